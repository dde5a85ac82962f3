"""The whole way of a job in this process, everything real but the network: what is left is our own work and rows."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.bots import UNLIMITED_READS
from benchmarks.pictures import make_small
from benchmarks.stage import format_prompt
from bot.config import read_settings
from bot.database import open_database, system_clock
from bot.intake import Declared
from bot.jobs import Request
from bot.jobs.model import DISCORD_EPOCH_MILLISECONDS
from bot.moderation.model import Standing
from bot.plan import Plan
from bot.provider import Order, Task, TaskState
from sandbox.world import build_environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sqlalchemy import Connection, Executable, Row

    from bot.client import Repaint
    from bot.database import Database
    from bot.jobs import Job
    from bot.jobs.model import Outlook
    from bot.pictures import Result
    from bot.provider import Watched
    from bot.replies import Editor

T = TypeVar("T")

GUILD, MEMBERS = 2, 100


@dataclass(eq=False, slots=True)
class Meter:
    """What the database took of this process, and how often it was asked. CPU of overlapping calls counts once."""

    calls: int = 0
    statements: int = 0
    cpu_seconds: float = 0.0
    _depth: int = 0
    _since: float = 0.0

    def begin(self) -> None:
        """Somebody waits for the database."""
        self.calls += 1
        if self._depth == 0:
            self._since = time.process_time()
        self._depth += 1

    def end(self) -> None:
        """And has the answer."""
        self._depth -= 1
        if self._depth == 0:
            self.cpu_seconds += time.process_time() - self._since

    def count(self, *_: object) -> None:
        """A statement went to the driver."""
        self.statements += 1


class Metered:
    """A database, and a meter on it."""

    def __init__(self, database: Database, meter: Meter) -> None:
        self._database = database
        self._meter = meter
        self.shared = database.shared
        self.tells_who_lives = database.tells_who_lives

    async def run(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """As the real one."""
        return await self._in(self._database.run(statement, **values))

    async def run_ahead(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """As the real one."""
        return await self._in(self._database.run_ahead(statement, **values))

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As the real one."""
        return await self._in(self._database.transact(work))

    async def _in(self, call: Awaitable[T]) -> T:
        self._meter.begin()
        try:
            return await call
        finally:
            self._meter.end()


class Nowhere:
    """Discord and PiAPI at once: every picture is there, every task is done, every edit arrives."""

    def __init__(self) -> None:
        self._picture = make_small()

    async def fetch_automod(self, _: int) -> list[dict[str, Any]] | None:
        """The guild does not let its rules be read."""
        return None

    async def fetch_attachment(self, _: Job) -> bytes:
        """The member's picture."""
        return self._picture

    def show(self, job: Job, outlook: Outlook) -> None:
        """Nobody looks."""

    async def deliver(self, job: Job, _: Sequence[Result]) -> int | None:
        """Into the reply."""
        return job.message_id

    async def bid_farewell(self, job: Job) -> None:
        """It was no draft."""

    async def submit(self, order: Order) -> Task:
        """It is begun."""
        return Task(order.image_url.rpartition("/")[2], TaskState.RUNNING)

    async def fetch_task(self, task_id: str) -> Task:
        """It is done."""
        return Task(task_id, TaskState.COMPLETED, (f"https://there.example/{task_id}",))

    async def fetch_picture(self, _: str) -> bytes:
        """The result."""
        return self._picture


@dataclass(eq=False, slots=True)
class Way:
    """The rooms of the way, wired as always."""

    plan: Plan
    meter: Meter
    _numbers: count[int] = field(default_factory=count)

    async def walk(self) -> None:
        """One job from the command to its end."""
        job = await self.ask()
        await self.plan.runner.settle()
        await self.plan.store.hint(job.key, None)  # PiAPI calls back
        await self.plan.runner.settle()
        over = await self.plan.store.get(job.id)
        if over is None or not over.over:
            raise RuntimeError(f"job {job.id} did not come to its end")

    async def ask(self) -> Job:
        """A member's command, answered."""
        request = self._build_request()
        allowed = await self.plan.intake.judge(request, Declared(2000, 64, 64), Standing())
        job = await self.plan.intake.arrive(request, allowed)
        if job is None:
            raise RuntimeError("somebody else has this interaction")
        await self.plan.intake.answered(job, job.id + 1)
        return job

    def _build_request(self) -> Request:
        number = next(self._numbers)
        milliseconds = int(time.time() * 1000) - DISCORD_EPOCH_MILLISECONDS
        return Request(
            id=(milliseconds << 22) + number,
            application_id=1,
            guild_id=GUILD,
            channel_id=3,
            member_id=1000 + number % MEMBERS,
            member_name="Mira",
            locale="en-US",
            token="t" * 200,
            attachment_url="https://cdn.example/photo.jpg",
            prompt=format_prompt(number),
            model="schnell",
            strength=0.7,
        )


@asynccontextmanager
async def open_way(database_url: str) -> AsyncIterator[Way]:
    """The way over this database."""
    environment = build_environment(database_url, "http://127.0.0.1:9", 9) | {"PIAPI_READS_PER_MINUTE": UNLIMITED_READS}
    settings = read_settings(environment)
    meter, nowhere = Meter(), Nowhere()
    event.listen(Engine, "before_cursor_execute", meter.count)
    try:
        async with open_database(database_url, system_clock, "bench") as database:
            plan = Plan(settings, system_clock, Metered(database, meter), cast("Watched", nowhere), "bench")
            plan.client, plan.editor = cast("Repaint", nowhere), cast("Editor", nowhere)
            yield Way(plan, meter)
    finally:
        event.remove(Engine, "before_cursor_execute", meter.count)
