"""Every row from one database into another, whichever they are: `python -m bot move-database FROM TO`."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import LargeBinary, func, insert, null, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import greenlet_spawn

from bot.database.dialects import MIGRATING, PASS
from bot.database.engine import brief, system_clock
from bot.database.migrations import get_head, get_revision, upgrade
from bot.database.opening import need_extra, parse_url
from bot.database.schema import jobs, metadata, now
from bot.database.sqlite import build_engine
from bot.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import URL, Connection, Table

BATCH_ROWS = 500
BATCH_PICTURES = 8
FREE = update(jobs).where(jobs.c.owner.is_not(None)).values(owner=null(), wake_at=now())
"""Nobody works on the new database yet: what was in hand may be taken up at once."""


async def move_database(source_url: str, target_url: str) -> dict[str, int]:
    """Copy every table into an empty database, and return how many rows each has. All of it happens, or nothing.

    The source stays as it is; no process may be working with it. Raises `Misconfigured` with one sentence.
    """
    source, target = parse_url(source_url), parse_url(target_url)
    _judge(source, target)
    try:
        async with _begin(source, "REPEATABLE READ") as reading, _begin(target, "READ COMMITTED") as writing:
            if source.drivername == target.drivername == "sqlite":
                return _copy_all(reading, writing)
            return await greenlet_spawn(_copy_all, reading, writing)
    except (SQLAlchemyError, OSError) as error:
        raise Misconfigured([f"nothing was moved ({brief(error)})"]) from error


def _judge(source: URL, target: URL) -> None:
    if source == target:
        raise Misconfigured(["FROM and TO are the same database"])
    if source.drivername == "sqlite" and not Path(source.database or "").is_file():
        raise Misconfigured([f"FROM: there is no file {source.database}"])


@asynccontextmanager
async def _begin(url: URL, isolation: str) -> AsyncIterator[Connection]:
    """A transaction, committed where nothing goes wrong. PostgreSQL's works within `greenlet_spawn` alone."""
    if url.drivername == "sqlite":
        with _begin_file(url) as file:
            yield file
        return
    need_extra()
    from bot.database.postgres import begin  # noqa: PLC0415 (an extra: SQLite does without its packages)

    async with begin(url, "repaint-move", isolation) as server:
        yield cast("Connection", server.sync_connection)


@contextmanager
def _begin_file(url: URL) -> Iterator[Connection]:
    engine = build_engine(url, system_clock)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()  # closes the file, which undoes what was not committed


def _copy_all(source: Connection, target: Connection) -> dict[str, int]:
    revision = get_revision(source)
    if revision != get_head():
        raise Misconfigured(
            [f"FROM: the database is at {revision or 'nothing'}, not {get_head()}: start this Repaint with it once"]
        )
    target.execute(PASS, {"gate": MIGRATING})
    upgrade(target)
    if any(_count(table, target) for table in metadata.sorted_tables):
        raise Misconfigured(["TO: the database is not empty"])
    counts = {table.name: _copy(table, source, target) for table in metadata.sorted_tables}
    target.execute(FREE)
    return counts


def _copy(table: Table, source: Connection, target: Connection) -> int:
    """Copy one table in batches, and return how many rows it has, in both."""
    heavy = any(isinstance(column.type, LargeBinary) for column in table.columns)
    reading = select(table).execution_options(yield_per=BATCH_PICTURES if heavy else BATCH_ROWS)
    for batch in source.execute(reading).mappings().partitions():
        target.execute(insert(table), [dict(row) for row in batch])
    count = _count(table, source)
    if _count(table, target) != count:
        raise Misconfigured([f"nothing was moved: {table.name} would not have all of its {count} rows"])
    _number_on(table, target)
    return count


def _count(table: Table, connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _number_on(table: Table, target: Connection) -> None:
    """Numbers that the database gives out go on behind those that came along. SQLite sees to that itself."""
    column = table.autoincrement_column
    if column is not None and target.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        target.execute(select(func.setval(sequence, func.max(column))))
