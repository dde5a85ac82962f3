"""The operator's caps: what counts, when it counts no more, and that nobody gets past them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.database import charges
from bot.errors import Reason, Refused
from bot.jobs import Store
from bot.jobs.spending import Spending
from bot.moderation.leaving import Leaving
from bot.provider import Task, TaskState
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from bot.jobs import Job, Request
    from tests.conftest import MovedClock
    from tests.unit.jobs.conftest import Archive

PRICE = Decimal("0.0015")
DAY = 86_400.0


async def admit(archive: Archive, spending: Spending) -> Job | None:
    """Let the next job go, if the caps have room for it."""
    return await archive.store.hands.admit(100, spending.open_charge)


async def fill(archive: Archive, build_request: Callable[..., Request], jobs: int) -> None:
    """Jobs of different members that wait."""
    for number in range(jobs):
        await archive.queue(build_request(member_id=number + 10))


async def is_full(archive: Archive, spending: Spending) -> Reason | None:
    """Why nobody may go; None: one has gone."""
    try:
        assert await admit(archive, spending) is not None
    except Refused as refused:
        return refused.reason
    return None


async def test_without_caps_nothing_is_counted(archive: Archive, build_request: Callable[..., Request]) -> None:
    """Nobody pays for a rule that there is not."""
    await fill(archive, build_request, 3)
    assert [await is_full(archive, Spending(None, None)) for _ in range(3)] == [None] * 3


@pytest.mark.parametrize(
    ("day", "month", "reason"),
    [
        (PRICE * 2, None, Reason.SPENDING_DAY),
        (None, PRICE * 2, Reason.SPENDING_MONTH),
        (PRICE * 9, PRICE * 2, Reason.SPENDING_MONTH),
        (PRICE * 3 - Decimal("0.000001"), PRICE * 9, Reason.SPENDING_DAY),
    ],
)
async def test_the_price_is_counted_before_the_money_goes_out(
    archive: Archive, build_request: Callable[..., Request], day: Decimal, month: Decimal, reason: Reason
) -> None:
    """Two fit, the third does not; of what did not go, nothing is written, and the job still waits."""
    spending = Spending(day, month)
    await fill(archive, build_request, 3)
    assert [await is_full(archive, spending) for _ in range(4)] == [None, None, reason, reason]
    assert await archive.count(charges) == 2
    assert len(await archive.store.waiting()) == 1


async def test_the_next_day_and_month_have_their_own(
    archive: Archive, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """By the calendar, in UTC: a minute before midnight is today."""
    spending = Spending(PRICE, PRICE * 2)
    await fill(archive, build_request, 4)
    assert await is_full(archive, spending) is None
    clock.now = NOON.replace(hour=23, minute=59)
    assert await is_full(archive, spending) is Reason.SPENDING_DAY
    clock.move(61)
    assert await is_full(archive, spending) is None
    clock.move(2 * DAY)
    assert await is_full(archive, spending) is Reason.SPENDING_MONTH
    clock.move(30 * DAY)
    assert await is_full(archive, spending) is None


async def test_what_is_learned_of_a_charge_counts(
    archive: Archive, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """Nothing was made: it is free again. Nobody knows: it counts at its price. It cost more: that counts."""
    spending = Spending(PRICE * 2, None)
    await fill(archive, build_request, 4)
    first, second = await admit(archive, spending), await admit(archive, spending)
    assert first is not None
    assert second is not None
    clock.move(60)
    spending = Spending(PRICE * 2, None)  # as after a restart: what was ordered a minute ago may still change
    assert await is_full(archive, spending) is Reason.SPENDING_DAY
    await archive.store.doubt(first, 60)
    assert await is_full(archive, spending) is Reason.SPENDING_DAY
    await archive.store.refuse_order(second, Reason.PROVIDER_REFUSED_REQUEST)
    third = await admit(archive, spending)
    assert third is not None
    running = await archive.store.running(third, "task", 0)
    assert running is not None
    (taken,) = [job for job in await archive.store.hands.claim(9) if job.id == third.id]
    await archive.store.painted(taken, Task("task", TaskState.COMPLETED, ("https://there/1.png",), Decimal("0.5")))
    assert await is_full(archive, Spending(Decimal("0.5"), None)) is Reason.SPENDING_DAY
    assert await is_full(archive, Spending(Decimal("0.51"), None)) is None


async def test_no_two_that_ask_at_once_get_past_it(
    database: Database, archive: Archive, build_request: Callable[..., Request]
) -> None:
    """Twenty admissions of two processes at the same moment: as many as fit, and not one more."""
    await fill(archive, build_request, 12)
    pair = [(Store(database, name), Spending(PRICE * 5, None)) for name in ("one", "other")]
    tries = [store.hands.admit(100, spending.open_charge) for store, spending in pair * 10]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(each, Refused) for each in found if isinstance(each, BaseException))
    (row,) = await database.run(select(func.count(), func.sum(charges.c.usd_micros)))
    assert tuple(map(int, row)) == (5, 7500)


async def test_a_long_month_is_added_up_seldom(
    archive: Archive, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """What was ordered hours ago is remembered: an order reads the orders of the last hours, and no month."""
    spending = Spending(None, PRICE * 4)
    await fill(archive, build_request, 6)
    for _ in range(3):
        assert await is_full(archive, spending) is None
        clock.move(7200.0 + 1)
    assert await is_full(archive, spending) is None
    settled = spending._settled
    (kept,) = settled.values()
    assert kept.micros >= 3000
    clock.move(60)
    assert await is_full(archive, spending) is Reason.SPENDING_MONTH
    assert list(settled.values()) == [kept]


async def test_a_guild_that_left_on_the_first_counts_until_the_months_end(
    archive: Archive, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """Taking the bot out does not make room for more: not even on the last evening of a long month."""
    await archive.live_through(build_request())
    await Leaving(archive.database).leave(2)
    clock.now = NOON.replace(day=31, hour=23)
    await archive.retention.sweep()
    await archive.queue(build_request(guild_id=3))
    assert await is_full(archive, Spending(None, PRICE)) is Reason.SPENDING_MONTH
