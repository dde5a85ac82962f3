"""Where a picture came from: everything for its own guild, nothing for another."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.jobs import Request, Store
from bot.jobs.tracing import Tracing
from bot.moderation.book import Book
from bot.moderation.cases import Cases, Matter, open_case
from bot.moderation.chain import EntryKind, Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database

HERE, THERE = 2, 600


@pytest.fixture
def store(database: Database) -> Store:
    """The rows of jobs."""
    return Store(database, "me")


@pytest.fixture
def tracing(database: Database, store: Store) -> Tracing:
    """Who looks them up."""
    return Tracing(database, store, Book(database), Cases(database))


async def arrive(store: Store, request: Request) -> int:
    """A job with a message."""
    await store.arrive(request, f"key{request.id}", Decimal(0))
    await store.answered(request.id, request.id + 1)
    return request.id


async def test_everything_about_a_job(
    database: Database, store: Store, tracing: Tracing, build_request: Callable[..., Request]
) -> None:
    """The job, what was decided about it in order, its cases, and what came from the same picture."""
    first = await arrive(store, build_request())
    again = [await arrive(store, build_request(from_job_id=first)) for _ in range(2)]
    await arrive(store, build_request())
    await database.transact(lambda connection: open_case(connection, Matter(HERE, EntryKind.REPORT, 4, first)))
    await Book(database).add(Line(HERE, EntryKind.DECISION, job_id=first))
    trace = await tracing.trace(HERE, first)
    assert trace is not None
    assert trace.job is not None
    assert trace.job.id == first
    assert [entry.kind for entry in trace.entries] == ["report", "decision"]
    assert [case.number for case in trace.cases] == [1]
    assert list(trace.kin) == again
    later = await tracing.trace(HERE, again[1])
    assert later is not None
    assert later.kin == (first,)
    assert (later.entries, later.cases) == ((), ())


async def test_a_refused_request_is_known_by_its_line(database: Database, tracing: Tracing) -> None:
    """It never became a job; the book has it all the same, for its own guild."""
    await Book(database).add(Line(HERE, EntryKind.REFUSED, member_id=4, job_id=77))
    trace = await tracing.trace(HERE, 77)
    assert trace is not None
    assert (trace.job, trace.kin) == (None, ())
    assert [entry.kind for entry in trace.entries] == ["refused"]
    assert await tracing.trace(THERE, 77) is None


async def test_other_guilds_know_nothing(
    database: Database, store: Store, tracing: Tracing, build_request: Callable[..., Request]
) -> None:
    """Neither by number nor by message, not even with a line about it in their own book; nor of direct messages."""
    job_id = await arrive(store, build_request(channel_id=3))
    again = await arrive(store, build_request(guild_id=THERE, from_job_id=job_id))
    direct = await arrive(store, build_request(guild_id=None))
    await Book(database).add(Line(THERE, EntryKind.REFUSED, job_id=job_id))
    assert await tracing.trace(THERE, job_id) is None
    assert await tracing.trace_message(THERE, 3, job_id + 1) is None
    assert await tracing.trace(HERE, direct) is None
    assert await tracing.trace(0, direct) is None
    found = await tracing.trace_message(HERE, 3, job_id + 1)
    assert found is not None
    assert found.kin == ()
    theirs = await tracing.trace(THERE, again)
    assert theirs is not None
    assert theirs.kin == ()


async def test_what_never_was_is_unknown(tracing: Tracing) -> None:
    """A number of nothing."""
    assert await tracing.trace(HERE, 12345) is None
    assert await tracing.trace_message(HERE, 3, 12345) is None
