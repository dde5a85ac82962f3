"""The one entrance to the database, whichever it is."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.database.engine import Clock, Database, system_clock
from bot.database.sqlite import open_sqlite
from bot.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

POSTGRESQL = {"postgresql", "postgresql+asyncpg", "postgres"}
"""How people write it; there is one driver."""


def build_process_name() -> str:
    """A name no other process has, in leases, logs and PostgreSQL's list of sessions, which cuts it at 63 bytes."""
    host = socket.gethostname().encode("ascii", "replace").decode()
    return f"{host[:40]}-{os.getpid()}-{secrets.token_hex(3)}"


@asynccontextmanager
async def open_database(url: str, clock: Clock = system_clock, name: str = "repaint") -> AsyncIterator[Database]:
    """Open the database, bring its tables up to date, and close it in the end.

    `clock` is SQLite's; PostgreSQL has its own. `name` is how other processes on the same PostgreSQL see that this one
    lives: its name in leases. Raises `Misconfigured` with one sentence where the database cannot be opened or is newer
    than this program.
    """
    parsed = parse_url(url)
    async with _choose(parsed, clock, name) as database:
        yield database


def parse_url(url: str) -> URL:
    """The address in SQLAlchemy's words, with the driver that we use and libpq's `sslmode` under its name there.

    Raises `Misconfigured` where it is neither SQLite's nor PostgreSQL's, without repeating it: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured(["a database's address begins with sqlite:/// or postgresql+asyncpg://"]) from None
    if parsed.drivername == "sqlite":
        return parsed
    if parsed.drivername not in POSTGRESQL:
        raise Misconfigured([f"{parsed.drivername} is no database that this Repaint knows"])
    query = {"ssl" if key == "sslmode" else key: value for key, value in parsed.query.items()}
    return parsed.set(drivername="postgresql+asyncpg", query=query)


def need_file(url: str) -> None:
    """Raise `Misconfigured` where SQLite's file is not there: who only looks at a database makes no empty one."""
    parsed = parse_url(url)
    file = Path(parsed.database or "")
    if parsed.drivername == "sqlite" and not file.is_file():
        raise Misconfigured([f"there is no file {file.absolute()}; the first start makes it, or python -m bot migrate"])


def _choose(url: URL, clock: Clock, name: str) -> AbstractAsyncContextManager[Database]:
    if url.drivername == "sqlite":
        return open_sqlite(url, clock)
    need_extra()
    from bot.database.postgres import open_postgres  # noqa: PLC0415 (an extra: SQLite does without its packages)

    return open_postgres(url, name)


def need_extra() -> None:
    """Raise `Misconfigured` where PostgreSQL is asked for and its packages are not installed."""
    if find_spec("asyncpg") is None:
        raise Misconfigured(["for PostgreSQL, install Repaint with its extra: pip install '.[postgres]'"])
