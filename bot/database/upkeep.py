"""What is done with a database beside running the bot on it: its tables brought up to date, and a copy of it made."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from bot.database.migrations import get_head
from bot.database.opening import need_file, open_database, parse_url
from bot.errors import Misconfigured

ONLY_OURS = 0o600
"""There are members' pictures in it, and tokens."""


async def migrate_database(url: str) -> str:
    """Bring the tables up to date without starting the bot. Returns where they stand now. Raises `Misconfigured`."""
    async with open_database(url):
        return str(get_head())


def back_up_database(url: str, target: Path) -> int:
    """Copy an SQLite database that may be in use, as it stands at one moment. Returns how many bytes the copy has.

    Raises `Misconfigured` with one sentence, also for PostgreSQL, whose own tool does it better.
    """
    parsed = parse_url(url)
    if parsed.drivername != "sqlite":
        raise Misconfigured([f"for PostgreSQL: pg_dump --format=custom --file={target} {_format_for_pg_dump(parsed)}"])
    need_file(url)
    if target.exists():
        raise Misconfigured([f"{target} exists already, and stays as it is"])
    unfinished = target.with_name(f"{target.name}.part")
    try:
        _copy(Path(parsed.database or ""), unfinished)
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise Misconfigured([f"nothing was kept ({error})"]) from error
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    """One step, so that all of it is from one moment; who writes meanwhile is not held up.

    The copy needs no second file beside it, and was read through once. https://sqlite.org/backup.html
    """
    os.close(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, ONLY_OURS))
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
        found = writing.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is not sound: {found}")


def _format_for_pg_dump(url: URL) -> str:
    """The address in libpq's words, without the password: pg_dump asks for it, or finds it in ~/.pgpass."""
    query = {"sslmode" if key == "ssl" else key: value for key, value in url.query.items()}
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return f"'{bare.render_as_string()}'"
