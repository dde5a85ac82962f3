"""The stage: Discord and PiAPI played in this process, members who act on it, and when what came of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.discord_wire import DiscordStandIn
from sandbox.piapi import StandIn
from sandbox.world import API_KEY, HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

TOKEN = "stand-in-token"  # noqa: S105 (opens nothing but the stand-in)
WIRE_MODEL = "Qubico/flux1-schnell"
KEPT_BYTES = 512 * 1024 * 1024
"""A round of a thousand results, and the picture that all are made from, which came first."""
LOOK_SECONDS = 0.02
MEMBERS = 100
NEVER = float("inf")


class StageClock:
    """PiAPI's time: it can be stopped, so that many tasks become ready in one moment."""

    def __init__(self) -> None:
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        """Unix seconds."""
        return time.time() if self._stopped_at is None else self._stopped_at

    def stop(self) -> None:
        """From now on no task gets ready."""
        self._stopped_at = time.time()

    def go_on(self) -> None:
        """It is now again."""
        self._stopped_at = None


@dataclass(kw_only=True, eq=False)
class Stage:
    """Everything but a bot. `picture` is every result, and a task takes `seconds`; at most `at_once` are in work."""

    picture: bytes
    seconds: float = 0.0
    at_once: int = 100
    clock: StageClock = field(default_factory=StageClock)

    def __post_init__(self) -> None:
        self.discord = DiscordStandIn(token=TOKEN, kept_bytes=KEPT_BYTES)
        self.piapi = StandIn(
            clock=self.clock,
            api_key=API_KEY,
            durations={WIRE_MODEL: self.seconds},
            concurrency=self.at_once,
            brush=lambda *_: self.picture,
        )
        self.discord_url = self.piapi_url = self.shelf_url = ""
        self._members = [self.discord.state.add_user(f"member-{number}").id for number in range(MEMBERS)]
        self._ready = asyncio.Event()
        self._ready.set()
        self._waiting = 0

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Stage]:
        """Play until the context is left."""
        app = web.Application()
        app.router.add_get("/wait", self._wait)
        app.router.add_get("/picture", self._give)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        async with self.discord.serve() as self.discord_url, self.piapi.serve() as self.piapi_url:
            await runner.setup()
            try:
                await web.TCPSite(runner, HOST, 0).start()
                self.shelf_url = f"http://{HOST}:{runner.addresses[0][1]}"
                yield self
            finally:
                await runner.cleanup()

    # -- what the bare bot fetches -------------------------------------------------------------------------------

    async def _wait(self, _: web.Request) -> web.Response:
        self._waiting += 1
        await self._ready.wait()
        self._waiting -= 1
        return web.Response()

    async def _give(self, _: web.Request) -> web.Response:
        return web.Response(body=self.picture, content_type="image/png")

    # -- what members do -----------------------------------------------------------------------------------------

    async def ask(self, source: bytes, count: int, seconds: float = 0.0) -> list[int]:
        """So many commands, evenly over so many seconds. Returns the interactions."""
        picture, begun = self.discord.attach("photo.jpg", source), time.monotonic()
        asked: list[int] = []
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number * seconds / count - time.monotonic()))
            asked.append(self._ask_once(picture, number))
        return asked

    async def keep_busy(self, source: bytes, count: int, in_flight: int, within_seconds: float) -> list[int]:
        """So many commands: the next one when one of those in flight has its picture."""
        picture, over = self.discord.attach("photo.jpg", source), 0
        asked: list[int] = []
        async with asyncio.timeout(within_seconds):
            while over < count:
                while len(asked) < min(count, over + in_flight):
                    asked.append(self._ask_once(picture, len(asked)))
                await asyncio.sleep(LOOK_SECONDS)
                over = self.count_delivered(asked)
        return asked

    def _ask_once(self, picture: int, number: int) -> int:
        options = {"image": picture, "prompt": format_prompt(number)}
        return self.discord.slash("img2img", options, member=self._members[number % MEMBERS])

    # -- when results are ready ----------------------------------------------------------------------------------

    def hold(self) -> None:
        """From now on no result gets ready."""
        self.clock.stop()
        self._ready.clear()

    async def let_go(self) -> float:
        """Every result is ready, and who wants to be called is called, all in one moment. Returns when that was."""
        self.clock.go_on()
        self._ready.set()
        now = time.time()
        await self.piapi.settle()
        return now

    def count_waiting(self) -> int:
        """How many results are waited for."""
        return self._waiting + sum(not task.has_ended(self.clock()) for task in self.piapi.created)

    def forget(self) -> None:
        """Drop what was done so far."""
        self.discord.forget()
        self.piapi.tasks.clear()

    # -- what came of it -----------------------------------------------------------------------------------------

    def count_connected(self) -> int:
        """How many bots are on the gateway."""
        return sum(each["connected"] for each in self.discord.sessions())

    def acknowledged(self, asked: Sequence[int]) -> list[float]:
        """Seconds until each interaction was answered."""
        found = [self.discord.state.interactions[each] for each in asked]
        return [NEVER if each.answered_at is None else each.answered_at - each.created_at for each in found]

    def delivered_at(self, interaction_id: int) -> float:
        """When its message had a picture."""
        message = self.discord.state.interactions[interaction_id].original
        versions = [] if message is None else message.versions
        return next((version.at for version in versions if version.files), NEVER)

    def count_delivered(self, asked: Sequence[int]) -> int:
        """How many of them have their picture."""
        return sum(self.delivered_at(each) < NEVER for each in asked)

    async def see_delivered(self, asked: Sequence[int], within_seconds: float) -> None:
        """Wait until all of them have their picture. Raises `TimeoutError`."""
        await self.until(lambda: self.count_delivered(asked) == len(asked), within_seconds)

    async def until(self, seen: Callable[[], bool], within_seconds: float) -> None:
        """Wait until it is so. Raises `TimeoutError`."""
        async with asyncio.timeout(within_seconds):
            while not seen():  # noqa: ASYNC110 (what another process does is looked for)
                await asyncio.sleep(LOOK_SECONDS)


def format_prompt(number: int) -> str:
    """What a member writes."""
    return f"a lighthouse in oil, number {number}"
