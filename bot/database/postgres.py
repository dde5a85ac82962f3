"""PostgreSQL, for several processes: single statements commit by themselves, leases have a connection of their own.

Measured: AUTOCOMMIT for a single guarded statement costs a third less than BEGIN and COMMIT around it, and says as
much. A process's name is on each of its connections, so PostgreSQL's own list says who lives.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database.dialects import MIGRATING, PASS
from bot.database.engine import cannot_open
from bot.database.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sqlalchemy import URL, Connection, Executable, Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = logging.getLogger(__name__)
T = TypeVar("T")

CONNECTIONS = 10
"""At most, beside the one for leases. More do not make one process faster; what exceeds them waits its turn."""
CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 30.0
"""No statement of ours takes that long: who does not answer by then is not there."""
LONGEST_NAME = 63
"""PostgreSQL cuts longer ones, and would then not recognize a process."""
PREPARED = 400
"""Statements that a connection keeps prepared; one with a list in it is another for each length of the list."""
MOST_ATTEMPTS = 3
GIVEN_UP = {"40001", "40P01"}
"""Serialization failure, deadlock: nothing has happened (https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html)."""

WHO_AM_I = text("SELECT application_name FROM pg_stat_activity WHERE pid = :pid")


class Postgres:
    """A PostgreSQL, for any number of processes."""

    shared = True

    def __init__(self, engine: AsyncEngine, ahead: AsyncEngine, *, tells_who_lives: bool) -> None:
        self.tells_who_lives = tells_who_lives
        self._engine = engine
        self._ahead = ahead
        self._whole = engine.execution_options(isolation_level="READ COMMITTED")
        self._room = asyncio.Semaphore(CONNECTIONS)  # the pool's own queue would give up after a while
        self._room_ahead = asyncio.Lock()
        self._closed = False

    async def run(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """Execute one statement as a transaction of its own, and return its rows once they are durable."""
        return await self._in_turn(self._room, lambda: _execute(self._engine, statement, values))

    async def run_ahead(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """The same, on a connection where only such statements wait."""
        return await self._in_turn(self._room_ahead, lambda: _execute(self._ahead, statement, values))

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one transaction: everything in it happens, or nothing of it."""

        async def whole() -> T:
            async with connect(self._whole) as connection, connection.begin():
                return await connection.run_sync(work)

        return await self._in_turn(self._room, whole)

    async def close(self) -> None:
        """Finish what was handed in, then close every connection."""
        self._closed = True
        for _ in range(CONNECTIONS):
            await self._room.acquire()
        await self._room_ahead.acquire()
        await self._engine.dispose()
        await self._ahead.dispose()

    async def _in_turn(self, room: asyncio.Semaphore | asyncio.Lock, call: Callable[[], Awaitable[T]]) -> T:
        """Wait for a connection, then do it; again where PostgreSQL gave it up to let another go on."""
        if self._closed:
            raise RuntimeError("the database is closed")
        async with room:
            for attempt in range(1, MOST_ATTEMPTS + 1):
                try:
                    return await call()
                except DBAPIError as error:
                    if attempt == MOST_ATTEMPTS or getattr(error.orig, "sqlstate", None) not in GIVEN_UP:
                        raise
        raise AssertionError("unreachable")


@asynccontextmanager
async def open_postgres(url: URL, name: str) -> AsyncIterator[Postgres]:
    """Open PostgreSQL, bring its tables up to date, and close it in the end. `name` is on each connection.

    Raises `Misconfigured` with one sentence where it cannot be opened or is newer than this program.
    """
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"a process's name has at most {LONGEST_NAME} bytes")
    ahead = build_engine(url, name, 1, STATEMENT_SECONDS)
    try:
        await _knock(ahead)
        tells_who_lives = await _is_seen(ahead, name)
        await _upgrade(url, name)
    except SQLAlchemyError as error:
        await ahead.dispose()
        raise cannot_open(error) from error
    if not tells_who_lives:
        log.info("sessions are pooled on the way to PostgreSQL: leases alone will tell that a process died")
    engine = build_engine(url, name, CONNECTIONS, STATEMENT_SECONDS)
    database = Postgres(engine, ahead, tells_who_lives=tells_who_lives)
    try:
        yield database
    finally:
        await database.close()


def build_engine(url: URL, name: str, connections: int, statement_seconds: float | None) -> AsyncEngine:
    """Connections that carry this process's name and commit each statement by themselves."""
    engine = create_async_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # in errors, and so in logs: there are tokens among them
        connect_args={
            "server_settings": {"application_name": name},
            "timeout": CONNECT_SECONDS,
            "command_timeout": statement_seconds,
            "prepared_statement_cache_size": PREPARED,
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


@asynccontextmanager
async def connect(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of this engine; whatever the network does to it is an `SQLAlchemyError`."""
    try:
        async with engine.connect() as connection:
            yield connection
    except OSError as error:  # a TimeoutError is one too
        raise OperationalError(None, None, error) from error


async def _knock(engine: AsyncEngine) -> None:
    """Open the first connection. Whatever is wrong with the address shows here, and is an `SQLAlchemyError`."""
    try:
        async with engine.connect():
            pass
    except (OSError, TypeError, ValueError) as error:  # the last two: an option in it that is not known, or wrong
        raise OperationalError(None, None, error) from error


async def _execute(engine: AsyncEngine, statement: Executable, values: dict[str, object]) -> Sequence[Row[Any]]:
    async with connect(engine) as connection:
        result = await connection.execute(statement, values)
        return result.all() if result.returns_rows else ()


@asynccontextmanager
async def begin(url: URL, name: str, isolation: str) -> AsyncIterator[AsyncConnection]:
    """One transaction on a connection of its own, in which a statement may take as long as it needs."""
    engine = build_engine(url, name, 1, statement_seconds=None)
    try:
        await _knock(engine)
        async with connect(engine.execution_options(isolation_level=isolation)) as connection, connection.begin():
            yield connection
    finally:
        await engine.dispose()


async def _upgrade(url: URL, name: str) -> None:
    """Bring the tables up to date, one process after the other: Alembic itself takes no lock."""
    async with begin(url, name, "READ COMMITTED") as connection:
        await connection.execute(PASS, {"gate": MIGRATING})
        await connection.run_sync(upgrade)


async def _is_seen(engine: AsyncEngine, name: str) -> bool:
    """Whether the session that we were told is ours stands on PostgreSQL's list under our name.

    Behind a pooler it does not: there a session is shared, and its number is the pooler's invention.
    """
    async with connect(engine) as connection:
        raw = await connection.get_raw_connection()
        pid = raw.driver_connection.get_server_pid() if raw.driver_connection else None
        names = (await connection.execute(WHO_AM_I, {"pid": pid})).scalars().all()
    return list(names) == [name]


def _refuse_closed(connection: Any, _: object, __: object) -> None:
    """A connection that was cut while it lay idle is opened anew, instead of failing who takes it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("cut while idle")
