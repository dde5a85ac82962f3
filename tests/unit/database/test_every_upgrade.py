"""From each schema that was ever released to the newest: every row stays, and says what it said."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Float, Integer, LargeBinary, MetaData, Numeric, Table, insert, select

from bot.database import metadata, open_database, system_clock
from bot.database.migrations import upgrade
from bot.database.migrations.applying import build_config
from bot.database.opening import parse_url
from bot.database.postgres import begin
from bot.database.sqlite import build_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from sqlalchemy import Column, Connection

    from tests.databases import Postgres

REVISIONS = [each.revision for each in ScriptDirectory.from_config(build_config()).walk_revisions()][1:]
WORDS = {
    "status": "running",
    "role": "source",
    "state": "expected",
    "kind": "review",
    "decision": "approve",
    "reason_values": "{}",
    "flags": "[]",
    "content": None,
}
"""What a column of this name may hold; all others hold their own name."""

Rows = dict[str, dict[str, Any]]


def invent(column: Column[Any]) -> Any:
    """A value that this column takes."""
    if column.name in WORDS:
        return WORDS[column.name]
    if isinstance(column.type, LargeBinary):
        return b"\x01"
    if isinstance(column.type, Integer):
        return 1  # also what points to another row
    return 1.5 if isinstance(column.type, Float | Numeric) else column.name


def fill(connection: Connection, revision: str) -> Rows:
    """Make a database as that Repaint left it, with a row in each of its tables."""
    config = build_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    old = MetaData()
    old.reflect(connection)
    rows = {
        table.name: {column.name: invent(column) for column in table.columns}
        for table in old.sorted_tables
        if table.name != "alembic_version"
    }
    for name, row in rows.items():
        connection.execute(insert(old.tables[name]).values(row))
    return rows


def read(connection: Connection, rows: Rows) -> Rows:
    """The same columns as they stand now."""
    now = MetaData()
    now.reflect(connection)

    def of(table: Table, columns: Any) -> dict[str, Any]:
        return dict(connection.execute(select(*(table.c[name] for name in columns))).mappings().one())

    return {name: of(now.tables[name], row) for name, row in rows.items()}


@asynccontextmanager
async def transaction(url: str) -> AsyncIterator[Any]:
    """Runs functions in one transaction, on either database."""
    parsed = parse_url(url)
    if parsed.drivername != "sqlite":
        async with begin(parsed, "repaint-test", "READ COMMITTED") as server:
            yield server.run_sync
        return
    engine = build_engine(parsed, system_clock)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

        async def run(work: Callable[..., Any], *arguments: Any) -> Any:
            return work(connection, *arguments)

        yield run
        connection.exec_driver_sql("COMMIT")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.create(template="template0") as url:
        yield url


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_row_stays_and_says_what_it_said(revision: str, empty_url: str) -> None:
    """With a row in every table of that time; afterwards the program opens it as its own."""
    async with transaction(empty_url) as run:
        rows: Rows = await run(fill, revision)
    async with transaction(empty_url) as run:
        await run(upgrade)
    async with transaction(empty_url) as run:
        assert await run(read, rows) == rows
    assert rows.keys() <= metadata.tables.keys()
    async with open_database(empty_url):
        pass
