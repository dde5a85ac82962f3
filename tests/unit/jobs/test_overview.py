"""What an operator is told about queue and money, from both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.jobs import JobStatus, Request, Store
from bot.jobs import overview as room
from bot.jobs.census import Crowd
from bot.jobs.ledger import ChargeState
from bot.jobs.overview import Overview
from bot.pictures import Source
from bot.provider import Task, TaskState
from bot.spend import format_csv
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from bot.jobs import Job
    from tests.conftest import MovedClock

SOURCE = Source(data=b"x", width=1, height=1, sha256="x")
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store(database: Database) -> Store:
    """The rows of jobs."""
    return Store(database, "me")


async def order(store: Store, request: Request, usd: str = "0.0015") -> Job:
    """A job whose order is out."""
    await store.arrive(request, f"key{request.id}", Decimal(usd))
    await store.answered(request.id, request.id + 1)
    job = next(each for each in await store.hands.claim(9) if each.id == request.id)
    await store.queue(job, SOURCE, "https://x")
    store.hands.put_down(job)
    admitted = await store.hands.admit(99)
    assert admitted is not None
    return admitted


async def test_the_queue_by_where_jobs_stand(
    database: Database, store: Store, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """How many, and since when the oldest; what is over does not count."""
    await order(store, build_request())
    clock.move(60)
    await order(store, build_request())
    done = await order(store, build_request())
    await store.end(done, JobStatus.FAILED)
    queue = await Overview(database).queue()
    assert queue == {JobStatus.SUBMITTING: Crowd(2, NOON)}


async def test_money_by_span_guild_day_and_model(
    database: Database, store: Store, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """At the price until the provider says what it took; not at all once it is sure that nothing was made."""
    settled = await order(store, build_request(guild_id=7), "0.02")
    running = await store.running(settled, "t1", 0)
    assert running is not None
    await store.painted(running, Task("t1", TaskState.COMPLETED, cost_usd=Decimal("0.03")))
    refused = await order(store, build_request(guild_id=7), "5")
    await store.requeue(refused, 10 * DAY.total_seconds())
    await order(store, build_request(guild_id=None, model="dev"), "0.015")
    clock.move(DAY.total_seconds())
    await order(store, build_request(guild_id=8), "0.5")
    overview = Overview(database)
    assert await overview.spent(MIDNIGHT, MIDNIGHT + DAY) == room.Orders(3, Decimal("0.045"))
    assert await overview.guilds(MIDNIGHT, MIDNIGHT + 2 * DAY, 2) == {
        8: room.Orders(1, Decimal("0.5")),
        7: room.Orders(2, Decimal("0.03")),
    }
    table = format_csv(await overview.report(MIDNIGHT, MIDNIGHT + 2 * DAY)).splitlines()
    assert table == [
        "day,guild_id,model,orders,settled_usd,expected_usd,unknown_usd",
        "2026-03-01,,dev,1,0,0,0.015",
        "2026-03-01,7,schnell,2,0.03,0,0",
        "2026-03-02,8,schnell,1,0,0,0.5",
    ]


async def test_a_long_report_is_read_page_by_page(
    database: Database, store: Store, build_request: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where many orders were made at the very same moment."""
    monkeypatch.setattr(room, "LINES", room.LINES.limit(2))
    for _ in range(5):
        await order(store, build_request())
    (line,) = (await Overview(database).report(MIDNIGHT, MIDNIGHT + DAY)).values()
    assert (line.orders, line.usd[ChargeState.ORDERING]) == (5, Decimal("0.0075"))
