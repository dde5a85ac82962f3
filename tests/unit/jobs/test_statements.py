"""What the statements look at: jobs that are over are kept for ever, and cost nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from bot.database import open_database
from bot.jobs import hands
from bot.jobs import statements as sql
from bot.jobs.spending import ORDERED
from bot.jobs.waiting import GIVE_UP, NEXT_PAGE
from tests.conftest import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Executable

VALUES = {
    "me": "me",
    "most": 1,
    "lease": 60.0,
    "wait": 0.0,
    "job": 1,
    "held": 1,
    "member": 1,
    "image": None,
    "notes": "",
    "model": "schnell",
    "hands": [2],
    "secret_key": "key",
    "task": "task",
    "flagged": "[]",
    "hidden": 0,
    "round": 0,
    "last": 1,
    "most_seconds": 60.0,
    "why": "provider_down",
    "since": NOON,
    "until": NOON,
}
OFTEN = [
    "CAN_ADMIT",
    "ADMIT",
    "CLAIM",
    "RENEW",
    "ABANDON",
    "NEXT_WAKE",
    "QUEUE",
    "PLACE",
    "WAITING",
    "HINT",
    "RECENT_SECONDS",
    "NEXT_PAGE",
    "GIVE_UP",
    "ORDERED",
]


@pytest.mark.parametrize("name", OFTEN)
async def test_no_statement_reads_the_whole_table(tmp_path: Path, name: str) -> None:
    """Each finds its rows by an index, the small ones of open jobs above all."""
    known = vars(sql) | vars(hands) | {"NEXT_PAGE": NEXT_PAGE, "GIVE_UP": GIVE_UP, "ORDERED": ORDERED}
    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}") as database:
        plan = await database.transact(partial(explain, known[name]))
    assert not {"SCAN jobs", "SCAN pictures", "SCAN charges"} & set(plan)
    assert any("INDEX" in line or "KEY" in line for line in plan)


def explain(wanted: Executable, connection: Connection) -> list[str]:
    """How SQLite would look for the rows."""
    seen: list[tuple[str, Any]] = []

    def note(*args: Any) -> None:
        seen.append((args[2], args[3]))

    event.listen(connection, "before_cursor_execute", note)
    connection.execute(wanted, VALUES).close()
    event.remove(connection, "before_cursor_execute", note)
    statement, values = seen[0]
    return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
