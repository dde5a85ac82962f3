"""Where a picture came from: found by its bytes, or by what it looks like, in its own guild alone."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select

from bot.database import fingerprints, jobs
from bot.jobs import Request, Store
from bot.moderation import traces as room
from bot.moderation.likeness import NEAR, Fingerprint, Look
from bot.moderation.traces import Trace, Traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database

GUILD, OTHER_GUILD = 500, 600
CAT = int("0f" * 32, 16)


def build_look(bits: int, sha256: str = "") -> Look:
    """What a picture with these bits looks like; with none, it is flat."""
    views = (Fingerprint(bits),) if bits else ()
    return Look(sha256 or f"of {bits}", Fingerprint(bits), views, views)


def flip(count: int) -> int:
    """A cat of which so many bits are different."""
    return CAT ^ ((1 << count) - 1)


@pytest.fixture
def traces(database: Database) -> Traces:
    """Nothing was seen yet."""
    return Traces(database)


@pytest.fixture
async def ids(database: Database, build_request: Callable[..., Request]) -> list[int]:
    """Jobs, the oldest first."""
    requests = [build_request(guild_id=GUILD) for _ in range(8)]
    for request in requests:
        assert await Store(database, "me").arrive(request, f"key{request.id}", Decimal(0))
    return [request.id for request in requests]


async def test_the_same_bytes_come_first_then_the_nearest(traces: Traces, ids: list[int]) -> None:
    """Of the same the newest first; what is further away than very similar is not the picture."""
    kept = [(flip(5), ""), (CAT, "same"), (flip(2), ""), (flip(NEAR), ""), (flip(NEAR + 1), ""), (CAT, "same")]
    for job, (bits, sha256) in zip(ids, kept, strict=False):
        await traces.keep(job, GUILD, "source", 0, build_look(bits, sha256))
    await traces.keep(ids[7], GUILD, "result", 3, build_look(flip(5), "other"))
    found = await traces.find(GUILD, build_look(CAT, "same"))
    assert found == [
        Trace(ids[5], "source", 0, 0),
        Trace(ids[1], "source", 0, 0),
        Trace(ids[2], "source", 0, 2),
        Trace(ids[7], "result", 3, 5),
        Trace(ids[0], "source", 0, 5),
    ]
    assert await traces.find(GUILD, build_look(CAT, "same"), most=1) == found[:1]
    assert (await traces.find(GUILD, build_look(CAT, "same"), most=9))[5:] == [Trace(ids[3], "source", 0, NEAR)]


async def test_every_page_is_looked_at(traces: Traces, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the same bytes lie on both sides of a page's end."""
    monkeypatch.setattr(room, "NEXT_PAGE", room.NEXT_PAGE.limit(2))
    for job, sha256 in zip(ids, "aabbbbbc", strict=True):
        await traces.keep(job, GUILD, "source", 0, build_look(flip(1), sha256))
        await traces.keep(job, GUILD, "result", 0, build_look(flip(2), sha256))
    found = await traces.find(GUILD, build_look(CAT), most=99)
    nearest = [Trace(job, role, 0, bits) for role, bits in (("source", 1), ("result", 2)) for job in reversed(ids)]
    assert found == nearest


async def test_nobody_finds_another_guilds_pictures(traces: Traces, ids: list[int]) -> None:
    """Neither by their bytes nor by their looks; those of direct messages nobody does."""
    await traces.keep(ids[0], GUILD, "source", 0, build_look(CAT))
    await traces.keep(ids[1], 0, "source", 0, build_look(CAT))
    assert await traces.find(OTHER_GUILD, build_look(CAT)) == []
    assert await traces.find(0, build_look(CAT)) == []
    assert len(await traces.find(GUILD, build_look(CAT))) == 1


async def test_a_flat_picture_is_found_by_its_bytes_alone(traces: Traces, ids: list[int]) -> None:
    """White looks like white, which says nothing about where it came from."""
    await traces.keep(ids[0], GUILD, "source", 0, build_look(0, "white"))
    await traces.keep(ids[1], GUILD, "source", 0, build_look(1, "nearly white"))
    assert await traces.find(GUILD, build_look(0, "white")) == [Trace(ids[0], "source", 0, 0)]
    assert await traces.find(GUILD, build_look(0, "other white")) == []
    assert await traces.find(GUILD, build_look(2)) == [Trace(ids[1], "source", 0, 2)]


async def test_it_is_kept_once(traces: Traces, ids: list[int]) -> None:
    """A step that is taken again keeps nothing twice, and a job that is gone keeps nothing."""
    for job in (ids[0], ids[0], 12345):
        await traces.keep(job, GUILD, "source", 0, build_look(CAT))
    assert await traces.find(GUILD, build_look(CAT)) == [Trace(ids[0], "source", 0, 0)]


async def test_it_goes_with_its_job(traces: Traces, ids: list[int], database: Database) -> None:
    """When the row is deleted, nothing of it is found."""
    for job in ids[1:3]:
        await traces.keep(job, GUILD, "source", 0, build_look(CAT))
        await traces.keep(job, GUILD, "result", 0, build_look(CAT))
    await database.run(delete(jobs).where(jobs.c.id == ids[1]))
    assert {trace.job_id for trace in await traces.find(GUILD, build_look(CAT))} == {ids[2]}
    assert (await database.run(select(func.count()).select_from(fingerprints)))[0][0] == 2
