"""What those who run the bot may ask: whether it lives, whether it is ready, and what it counts.

It lives while the loop that moves jobs comes round: where it does not, a restart is the cure. It is ready when Discord
is connected, the database can be written, the image service answers and takes orders: where that is not so, a restart
changes nothing, and it goes on by itself.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.database import brief
from bot.jobs.pause import CAPS, TROUBLES
from bot.provider import ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from bot.database import Clock, Kept
    from bot.jobs.census import Census, Count, Crowd
    from bot.jobs.pause import Pause
    from bot.jobs.runner import Runner
    from bot.provider import Watched

STUCK_SECONDS = 300.0
"""No round of the loop takes that long: every wait in it has its own, shorter end."""
PATIENCE_SECONDS = 5.0
"""What does not answer a question of ours by then does not answer."""
LATELY_SECONDS = 300.0
"""How long a good word of the image service counts. Then it is asked for its account, which costs nothing."""
TROUBLE_SECONDS = 30.0
"""How long a bad one does."""
LAG_EVERY_SECONDS = 1.0


class Connection(Protocol):
    """The line to Discord, as `bot.client` holds it."""

    @property
    def trouble(self) -> str:
        """Why members are not heard now; empty when they are."""

    @property
    def latency(self) -> float:
        """How many seconds a heartbeat and its echo take."""


@dataclass(slots=True)
class Watch:
    """Stands beside everything and asks."""

    runner: Runner
    pause: Pause
    kept: Kept
    census: Census
    provider: Watched
    discord: Connection
    clock: Clock
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    # -- whether it lives, whether it is ready -------------------------------------------------------------------

    def live(self) -> dict[str, object]:
        """Whether it is alive, and what is wrong with the database, or keeps all orders back, if something does."""
        trouble = self.runner.trouble or self.pause.trouble
        return {"alive": monotonic() - self.runner.round_at < STUCK_SECONDS, "trouble": trouble}

    async def ready(self) -> dict[str, object]:
        """Whether a member who asks now would get a picture; if not, why."""
        trouble = await self.find_troubles()
        return {"ready": not trouble, "trouble": trouble}

    async def find_troubles(self) -> dict[str, str]:
        """Why it is not ready, by what is in the way."""
        found = {
            "discord": self.discord.trouble,
            "database": await self._ask_database(),
            "provider": await self._ask_provider(),
            "orders": self._find_orders_trouble(),
        }
        return {what: why for what, why in found.items() if why}

    def _find_orders_trouble(self) -> str:
        """Why nothing is ordered; a cap that is reached is no trouble, but what whoever runs it wanted."""
        return "" if self.pause.is_wanted else self.pause.trouble

    async def _ask_database(self) -> str:
        return self.runner.trouble or await _within_patience(self.kept.probe())

    async def _ask_provider(self) -> str:
        """Its last word, or what it says now where that is too long ago. Many who ask at once are one."""
        async with self._asking:
            heard_at, trouble = self.provider.heard_at, self.provider.trouble
            if heard_at is not None and monotonic() - heard_at < (TROUBLE_SECONDS if trouble else LATELY_SECONDS):
                return trouble
            silence = await _within_patience(self.provider.fetch_account())
            if self.provider.heard_at == heard_at:
                self.provider.note(silence)
            return self.provider.trouble

    # -- what it counts ------------------------------------------------------------------------------------------

    async def measure(self) -> bytes:
        """Everything that is counted, in Prometheus' format. A database that does not answer makes it shorter."""
        self._look_around()
        for gauge in (metrics.JOBS, metrics.OLDEST_JOB_SECONDS, metrics.CHARGES_USD):
            gauge.clear()
        for lone in (metrics.CASES, metrics.OLDEST_CASE_SECONDS):
            lone.set(metrics.UNKNOWN)
        metrics.ROWS_READ.set(0)
        with suppress(SQLAlchemyError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                self._show(await self.census.take())
        return metrics.format_metrics()

    def _look_around(self) -> None:
        metrics.BUILD.labels(find_version()).set(1)
        metrics.DISCORD_CONNECTED.set(not self.discord.trouble)
        metrics.DISCORD_LATENCY_SECONDS.set(self.discord.latency)
        for reason in (*TROUBLES.values(), *CAPS):
            metrics.ORDERS_PAUSED.labels(reason).set(self.pause.reason is reason)
        metrics.DATABASE_IN_TROUBLE.set(bool(self.runner.trouble))
        metrics.JOBS_IN_HAND.set(self.runner.in_hand)

    def _show(self, count: Count) -> None:
        for status, crowd in count.open.items():
            metrics.JOBS.labels(status).set(crowd.count)
            metrics.OLDEST_JOB_SECONDS.labels(status).set(self._age(crowd))
        metrics.CASES.set(count.undecided.count)
        metrics.OLDEST_CASE_SECONDS.set(self._age(count.undecided))
        for (model, state), usd in count.charged_usd.items():
            metrics.CHARGES_USD.labels(model, state).set(float(usd))
        metrics.ROWS_READ.set(1)

    def _age(self, crowd: Crowd) -> float:
        return 0.0 if crowd.oldest_at is None else max(0.0, (self.clock() - crowd.oldest_at).total_seconds())


async def _within_patience(question: Awaitable[object]) -> str:
    """What is wrong if it is not answered well and soon; empty if it is."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await question
    except TimeoutError:
        return f"no answer in {PATIENCE_SECONDS:g} s"
    except SQLAlchemyError as error:
        return brief(error)
    except ProviderError as error:
        return type(error).__name__
    return ""


def find_version() -> str:
    """Which Repaint this is."""
    try:
        return version("repaint")
    except PackageNotFoundError:  # run from its folder, without having been installed
        return "unknown"


@asynccontextmanager
async def feeling_lag() -> AsyncIterator[None]:
    """While this is open, the event loop is asked each second how late it is."""
    feeling = asyncio.create_task(_feel_lag(), name="event loop lag")
    try:
        yield
    finally:
        feeling.cancel()


async def _feel_lag() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + LAG_EVERY_SECONDS
        await asyncio.sleep(LAG_EVERY_SECONDS)
        metrics.LOOP_LAG_SECONDS.observe(max(0.0, loop.time() - due_at))
