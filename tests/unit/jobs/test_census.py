"""What is read from rows for those who run the bot, on both databases."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from bot.database.schema import OPEN
from bot.jobs import JobStatus, Store, census
from bot.jobs.census import Census, Crowd
from tests.readings import read_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from bot.database import Database
    from bot.jobs import Request
    from tests.conftest import MovedClock
    from tests.unit.jobs.conftest import Archive

INDEXES = {
    "COUNT_OPEN": "ix_jobs_(open|turns) ",  # all that is open, either way
    "COUNT_UNDECIDED": "ix_cases_undecided",
    "ADD_UP_DAY": "ix_charges_ordered",
}


async def test_an_empty_house_counts_nothing(database: Database) -> None:
    """Every open status is there all the same, so that a graph does not begin in the middle."""
    count = await Census(database).take()
    assert count.open == dict.fromkeys(OPEN, Crowd())
    assert count.undecided == Crowd()
    assert count.charged_usd == {}


async def test_jobs_cases_and_money_are_counted(
    archive: Archive, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """What is open by where it stands, what waits for a moderator, and what the ledger knows of the last day."""
    done = await archive.live_through(build_request())
    clock.move(60)
    first = build_request()
    await archive.queue(first)
    clock.move(60)
    await archive.queue(build_request())
    await archive.open_case(done)
    opened_at = clock()
    clock.move(60)
    count = await Census(archive.database).take()
    assert {status: crowd.count for status, crowd in count.open.items() if crowd.count} == {"queued": 2}
    oldest_at = count.open["queued"].oldest_at
    assert oldest_at is not None
    assert (clock() - oldest_at).total_seconds() == pytest.approx(120, abs=0.1)
    assert count.undecided == Crowd(1, opened_at)
    assert count.charged_usd == {("schnell", "settled"): Decimal("0.002")}
    clock.move(24 * 3600)
    assert (await Census(archive.database).take()).charged_usd == {}


async def test_many_who_ask_cost_one_reading(archive: Archive, build_request: Callable[..., Request]) -> None:
    """Within some seconds it is the same answer."""
    asked = Census(archive.database)
    before = await asked.take()
    await archive.queue(build_request())
    assert await asked.take() is before
    assert (await Census(archive.database).take()).open["queued"].count == 1


async def test_a_late_reading_is_a_new_one(
    archive: Archive, build_request: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not fresh any more is read anew."""
    asked = Census(archive.database)
    await asked.take()
    await archive.queue(build_request())
    monkeypatch.setattr(census, "FRESH_SECONDS", -1.0)
    assert (await asked.take()).open["queued"].count == 1


@pytest.mark.parametrize("name", ["COUNT_OPEN", "COUNT_UNDECIDED", "ADD_UP_DAY"])
async def test_no_statement_goes_through_history(database: Database, name: str) -> None:
    """Each is answered by a small index: of what is open, of what is undecided, of the last day."""

    def explain(connection: Connection) -> str:
        asked: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        connection.execute(getattr(census, name)).close()
        statement, given = asked[0]
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        else:  # which would read so little from end to end, but not where it has another choice
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", given)
        return "\n".join(row[-1] for row in plan)

    plan = await database.transact(explain)
    assert re.search(INDEXES[name], plan)
    assert not re.search(r"SCAN \w+$|Seq Scan", plan, re.MULTILINE)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_lease_that_runs_out_is_counted(
    database: Database, archive: Archive, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """By who takes the job over; what a process let go of itself, or takes up again, is none."""
    await archive.queue(build_request())
    held = await archive.store.hands.admit(1)
    assert held is not None
    other, before = Store(database, "other"), read_metrics()
    clock.move(61)
    (taken,) = await other.hands.claim(9)
    assert taken.status is JobStatus.SUBMITTING
    assert read_metrics().since(before).get("lease_takeovers_total", cause="expired") == 1
    other.hands.put_down(taken)
    clock.move(61)
    (again,) = await other.hands.claim(9)
    assert await other.release(again, 0) is not None
    other.hands.put_down(again)
    assert await archive.store.hands.claim(9)
    assert read_metrics().since(before).get("lease_takeovers_total", cause="expired") == 1


async def test_what_a_gone_process_held_is_counted(
    database: Database, archive: Archive, build_request: Callable[..., Request]
) -> None:
    """Once, by who noticed."""
    await archive.queue(build_request())
    assert await archive.store.hands.admit(1) is not None
    other, before = Store(database, "repaint"), read_metrics()
    await other.hands.abandon_others()
    await other.hands.abandon_others()
    assert read_metrics().since(before).get("lease_takeovers_total", cause="gone") == 1
