"""What the owner of the application is told, and shown by `/repaint-status`."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from bot.jobs.ports import ReplyNotReached
from bot.moderation.pots import format_usd
from bot.replies.card import Card, Field, format_dollars
from bot.replies.plain import fit_lines, format_safe, format_ticking
from bot.replies.texts import DEFAULT_LOCALE, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from bot.jobs.census import Crowd
    from bot.jobs.model import JobStatus
    from bot.jobs.overview import Orders
    from bot.replies.post import Post

WELL, UNWELL = 0x4CB944, 0xBC4B51
LONGEST_NAME = 40
LONGEST_TROUBLE = 200
LONGEST_TABLE = 1000


@dataclass(frozen=True, slots=True)
class Facts:
    """How the program stands. `troubles` are those of `/readyz`; `balance_usd` None: PiAPI did not say.

    `guilds` and `latency_seconds` are this process's, and may be no number while Discord has not answered a heartbeat.
    """

    troubles: Sequence[str]
    wanted: str
    """Why nothing is ordered, where that is no trouble; empty where it goes on."""
    latency_seconds: float
    guilds: int
    balance_usd: Decimal | None
    queue: Mapping[JobStatus, Crowd]
    today: Orders
    month: Orders
    by_guild: Sequence[tuple[str, Orders]]
    versions: Mapping[str, str]


class Owner:
    """Does what `bot.jobs.ports.Owner` asks for, by direct message."""

    def __init__(self, post: Post, get_owner_id: Callable[[], int | None]) -> None:
        self._post = post
        self._get_owner_id = get_owner_id

    async def tell_low_balance(self, balance_usd: Decimal) -> None:
        """Say what is left. The same amount within some minutes is one message, however many processes say it."""
        owner_id = self._get_owner_id()
        if owner_id is None:
            raise ReplyNotReached("Discord has not told whose application this is")
        left = format_usd(balance_usd)
        await self._post.say_directly(owner_id, say(DEFAULT_LOCALE, "operator.low_balance", left=left), f"low-{left}")


def build_status(facts: Facts, locale: str) -> Card:
    """Everything on one card, for one person."""
    troubles = [f"⚠️ {format_safe(each, LONGEST_TROUBLE)}" for each in facts.troubles]
    wanted = [f"⏸️ {format_safe(facts.wanted, LONGEST_TROUBLE)}"] if facts.wanted else []
    return Card(
        author="",
        title=say(locale, "operator.unwell" if troubles else "operator.well"),
        text="\n".join(troubles + wanted),
        color=UNWELL if troubles else WELL,
        fields=tuple(Field(say(locale, f"operator.{name}"), value) for name, value in _rows(facts, locale)),
        footer=" · ".join(f"{name} {version}" for name, version in facts.versions.items()),
        buttons=(),
    )


def _rows(facts: Facts, locale: str) -> Iterator[tuple[str, str]]:
    unknown = say(locale, "operator.unknown")
    yield "balance", unknown if facts.balance_usd is None else format_dollars(facts.balance_usd, locale)
    yield "today", _spent(facts.today, locale)
    yield "month", _spent(facts.month, locale)
    beat = f"{facts.latency_seconds * 1000:.0f} ms" if isfinite(facts.latency_seconds) else unknown
    yield "discord", say(locale, "operator.latency", beat=beat, guilds=facts.guilds)
    yield "queue", "\n".join(_queue(facts.queue, locale)) or say(locale, "operator.nothing")
    if facts.by_guild:
        lines = [f"{format_safe(name, LONGEST_NAME)}: {_spent(spent, locale)}" for name, spent in facts.by_guild]
        yield "by_guild", "\n".join(fit_lines(lines, LONGEST_TABLE))


def _spent(spent: Orders, locale: str) -> str:
    return say(locale, "operator.spent", usd=format_dollars(spent.usd, locale), orders=spent.count)


def _queue(queue: Mapping[JobStatus, Crowd], locale: str) -> Iterator[str]:
    """Where jobs stand, and since when the oldest of them."""
    for status, crowd in queue.items():
        title, since = say(locale, f"status.{status}.title"), format_ticking(crowd.oldest_at)
        yield say(locale, "operator.queued", status=title, count=crowd.count, since=since)
