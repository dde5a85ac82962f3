"""What the statements look at: jobs that are over are kept for ever, and cost nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from bot.database import open_database
from bot.jobs import statements as sql

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

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
]


@pytest.mark.parametrize("name", OFTEN)
async def test_no_statement_reads_the_whole_table(tmp_path: Path, name: str) -> None:
    """Each finds its rows by an index, the small ones of open jobs above all."""

    def explain(connection: Connection) -> list[str]:
        seen: list[tuple[str, Any]] = []

        def note(*args: Any) -> None:
            seen.append((args[2], args[3]))

        event.listen(connection, "before_cursor_execute", note)
        connection.execute(getattr(sql, name), VALUES).close()
        event.remove(connection, "before_cursor_execute", note)
        statement, values = seen[0]
        return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}") as database:
        plan = await database.transact(explain)
    assert not {"SCAN jobs", "SCAN pictures"} & set(plan)
    assert any("INDEX" in line or "KEY" in line for line in plan)
