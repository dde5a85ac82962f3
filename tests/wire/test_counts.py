"""What a job costs, in counts: requests, statements, bytes. Times are for `make bench`; counts are alike everywhere."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from benchmarks.polling import STATUS_CHANGES
from bot.__main__ import run_parts
from bot.config import read_settings
from bot.wiring import House, open_house
from sandbox.discord_wire import Control, DiscordStandIn
from sandbox.discord_wire.launch import point_at
from sandbox.piapi import StandIn
from sandbox.world import API_KEY, build_environment, find_free_port
from tests.wire.test_discord_bot import invert, is_done, paint_photo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from bot.database import Database

JOBS = 6
MOST_REQUESTS = STATUS_CHANGES + 2
MOST_STATEMENTS, MOST_LOOKS = 36, 30
"""Of the job itself; and of the loop that looks for what is due, which is alike for one job and for many at once."""
LOOKS = ("WITH due AS", "WITH unposted AS", "SELECT jobs.id \nFROM jobs \nWHERE jobs.status = 'queued'", "SELECT min(")
MOST_BYTES = 8 * 1024
"""What the file grows by for a job, beside its two pictures."""
CALLBACK, SOURCE = (
    "POST /interactions/{interaction_id}/{interaction_token}/callback",
    "GET /ephemeral-attachments/{file}",
)
EDIT = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
TABLES = "jobs|pictures|charges|fingerprints|policies|blocks|banned_pictures|entries|cases|job_roles"
TABLE_SCANNED = re.compile(rf"SCAN ({TABLES})$")
"""Tables that grow. What goes through an index in its order says USING behind it."""


@dataclass(eq=False, slots=True)
class Said:
    """What went to the database: each statement with the values it came with first, and how often."""

    values: dict[str, Any] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)

    def note(self, *given: Any) -> None:
        """SQLAlchemy's event: connection, cursor, statement, values, and more."""
        self.values.setdefault(given[2], given[3])
        self.times[given[2]] += 1


@dataclass(frozen=True, slots=True)
class Scene:
    """A running bot, and whoever is around it."""

    database: Database
    control: Control
    piapi: StandIn
    said: Said

    async def live_through(self, count: int) -> None:
        """So many jobs, from command to picture."""
        picture = await self.control.attach("cat.jpg", paint_photo())
        for number in range(count):
            await self.control.slash("img2img", {"image": picture, "prompt": f"a cat, number {number}"})
        await self.control.see(lambda messages: sum(map(is_done, messages)) == count or None)

    async def size(self) -> int:
        """Bytes of the database, without what is free in it."""
        ((pages,),) = await self.database.run(
            text("SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count")
        )
        ((page_bytes,),) = await self.database.run(text("PRAGMA page_size"))
        return int(pages * page_bytes)


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """The bot in this process, Discord and PiAPI on sockets; PiAPI calls back."""
    monkeypatch.setattr(discord.http.Route, "BASE", "")
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", None)
    monkeypatch.setattr(discord.Asset, "BASE", "")
    piapi = StandIn(api_key=API_KEY, brush=invert, durations={"Qubico/flux1-schnell": 1.0})
    async with piapi.serve() as piapi_url, DiscordStandIn().serve() as discord_url, Control(discord_url) as control:
        point_at(discord_url)
        settings = build_environment(f"sqlite:///{tmp_path / 'repaint.db'}", piapi_url, find_free_port())
        settings |= {"DISCORD_TOKEN": DiscordStandIn.token, "PIAPI_CONCURRENCY": str(JOBS)}
        async with open_house(read_settings(settings)) as house, running(house):
            await control.see_sessions(1)
            yield Scene(house.store._database, control, piapi, Said())


@asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    """Everything runs, as the front door runs it."""
    stop = asyncio.Event()
    async with house.client:
        await house.client.login(DiscordStandIn.token)
        parts = asyncio.create_task(run_parts(house, stop))
        try:
            yield
        finally:
            stop.set()
            await parts


@asynccontextmanager
async def noting(said: Said) -> AsyncIterator[None]:
    """Meanwhile every statement is noted."""
    event.listen(Engine, "before_cursor_execute", said.note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", said.note)


async def test_what_a_job_costs(scene: Scene) -> None:
    """Few requests, few statements, each by an index; every picture goes over the wire once; rows stay small."""
    await scene.live_through(1)
    asked, size = Counter(await scene.control.requests()), await scene.size()
    await scene.control.forget()
    async with noting(scene.said):
        await scene.live_through(JOBS)
    asked = Counter(await scene.control.requests())

    assert asked.total() <= MOST_REQUESTS * JOBS, asked
    assert set(asked) == {f"{CALLBACK} 200", f"{SOURCE} 200", f"{EDIT} 200"}
    assert (asked[f"{CALLBACK} 200"], asked[f"{SOURCE} 200"]) == (JOBS, JOBS)
    sent = [version.files for message in await scene.control.messages() for version in message.versions]
    assert sum(bool(files) for files in sent) == JOBS
    assert all(task.reads == 1 for task in scene.piapi.created)

    looks = sum(times for sql, times in scene.said.times.items() if sql.startswith(LOOKS))
    assert looks <= MOST_LOOKS * JOBS
    assert scene.said.times.total() - looks <= MOST_STATEMENTS * JOBS, scene.said.times.most_common(8)
    pictures = 2 * max(len(paint_photo()), *(file.size for files in sent for file in files))
    assert (await scene.size() - size) / JOBS <= pictures + MOST_BYTES

    scanned = {sql: plan for sql, plan in (await explain(scene)).items() if any(map(TABLE_SCANNED.match, plan))}
    assert not scanned


async def explain(scene: Scene) -> dict[str, list[str]]:
    """How SQLite finds the rows of each statement that was noted."""

    def work(connection: Connection) -> dict[str, list[str]]:
        return {
            sql: [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            for sql, values in scene.said.values.items()
        }

    return await scene.database.transact(work)
