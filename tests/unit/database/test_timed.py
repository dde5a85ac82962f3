"""A database with somebody in front of it who has a watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.database import Kept, Timed, jobs
from tests.readings import read_metrics

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.database import Database


async def test_it_is_the_same_database_and_what_it_takes_is_counted(database: Database) -> None:
    """Statements, those that go ahead, and transactions, each under its own name."""
    timed, before = Timed(database), read_metrics()
    assert (timed.shared, timed.tells_who_lives) == (database.shared, database.tells_who_lives)
    await Kept(timed).keep("colour", "blue")
    assert await Kept(timed).get("colour") == "blue"
    assert await timed.run_ahead(select(jobs.c.id)) == []
    came = read_metrics().since(before)
    for kind in ("run", "run_ahead", "transact"):
        assert came.get("database_seconds_count", kind=kind) == 1
        assert came.get("database_errors_total", kind=kind) == 0


async def test_what_fails_is_counted_and_passed_on(database: Database) -> None:
    """A statement that the database does not like; our own trouble in a transaction is not the database's."""
    timed, before = Timed(database), read_metrics()
    with pytest.raises(SQLAlchemyError):
        await timed.run(text("SELECT nonsense FROM nowhere"))

    def work(_: Connection) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await timed.transact(work)
    came = read_metrics().since(before)
    assert came.get("database_errors_total", kind="run") == 1
    assert came.get("database_errors_total", kind="transact") == 0


async def test_a_probe_leaves_nothing_behind(database: Database) -> None:
    """It is written and taken back, also after a process died between two probes."""
    kept = Kept(database)
    await kept.keep("probe", "of somebody who died")
    await kept.probe()
    await kept.probe()
    assert await kept.get("probe") is None
