"""Both databases: what is answered is committed, and one caller's mistake is not another's."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import bindparam, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.database import Database, Kept, later, metadata, now, open_database
from bot.database.opening import parse_url
from bot.database.schema import Real, kept
from bot.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROOT = Path(__file__).parents[3]
ADD = insert(kept)
ALL = select(kept.c.name).order_by(kept.c.name)


def url(folder: Path) -> str:
    """A database file of this test, for what only SQLite does."""
    return f"sqlite:///{folder / 'deep' / 'repaint.db'}"


async def names(database: Database) -> list[str]:
    """What is in the table."""
    return [row.name for row in await database.run(ALL)]


async def test_what_was_answered_is_there_after_reopening(database_url: str) -> None:
    """A row whose write was answered survives the process."""
    async with open_database(database_url) as database:
        await Kept(database).keep("color", "blue")
        await Kept(database).keep("color", "red")
    async with open_database(database_url) as database:
        assert await Kept(database).get("color") == "red"
        assert await Kept(database).get("shape") is None


async def test_statements_waiting_together_share_a_commit_and_not_a_mistake(database_url: str) -> None:
    """Of many statements at once the wrong one fails alone."""
    async with open_database(database_url) as database:
        wanted = ["a", "b", "a", "c"]
        calls = [database.run(ADD, name=name, value="") for name in wanted]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results].count(IntegrityError) == 1
        assert await names(database) == ["a", "b", "c"]


async def test_a_transaction_happens_wholly_or_not_at_all(database_url: str) -> None:
    """What a failing piece of work wrote before it failed is undone; its neighbours stay."""

    def half(connection: Connection) -> None:
        connection.execute(ADD, {"name": "half", "value": ""})
        raise ValueError("no")

    async with open_database(database_url) as database:
        failed, _ = await asyncio.gather(
            database.transact(half), database.run(ADD, name="whole", value=""), return_exceptions=True
        )
        assert isinstance(failed, ValueError)
        assert await names(database) == ["whole"]


async def test_a_caller_that_gave_up_harms_nobody(database_url: str) -> None:
    """A cancelled call is executed or not, and the thread goes on."""
    async with open_database(database_url) as database:
        call = asyncio.create_task(database.run(ADD, name="a", value=""))
        await asyncio.sleep(0)
        call.cancel()
        await database.run(ADD, name="b", value="")
        assert "b" in await names(database)


async def test_a_failed_commit_fails_everyone_in_it_and_the_next_one_works(tmp_path: Path) -> None:
    """When the commit itself fails, nobody is told that it worked."""

    def spoil(connection: Connection) -> None:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(
            text(
                "INSERT INTO pictures (job_id, role, position, media_type, width, height, sha256, data)"
                " VALUES (1, 'source', 0, '', 1, 1, '', x'00')"
            )
        )

    async with open_database(url(tmp_path)) as database:
        results = await asyncio.gather(
            database.run(ADD, name="a", value=""), database.transact(spoil), return_exceptions=True
        )
        assert all(isinstance(result, IntegrityError) for result in results)
        await database.run(ADD, name="b", value="")
        assert await names(database) == ["b"]


async def test_a_locked_file_fails_the_call_and_not_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holding the write lock too long is an error for the caller; afterwards all is well."""
    monkeypatch.setattr("bot.database.sqlite.BUSY_SECONDS", 0.05)
    async with open_database(url(tmp_path)) as database:
        other = create_engine(url(tmp_path), isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(OperationalError):
                await database.run(ADD, name="a", value="")
            connection.exec_driver_sql("ROLLBACK")
        other.dispose()
        await database.run(ADD, name="b", value="")
        assert await names(database) == ["b"]


async def test_the_clock_can_be_moved(tmp_path: Path) -> None:
    """`now()` and `later()` follow the clock that was handed in."""
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    async with open_database(url(tmp_path), lambda: moment) as database:
        rows = await database.run(select(now(), later(bindparam("wait", type_=Real))), wait=90.0)
        assert tuple(rows[0]) == (moment, moment + timedelta(seconds=90))


async def test_migrations_make_exactly_the_declared_tables(database_url: str) -> None:
    """A database brought up by the migrations differs in nothing from the tables the program declares."""
    async with open_database(database_url) as database:

        def compare(connection: Connection) -> list[object]:
            return list(compare_metadata(MigrationContext.configure(connection), metadata))

        assert await database.transact(compare) == []


async def test_a_database_of_a_newer_program_is_left_alone(database_url: str) -> None:
    """An unknown revision stops the start with one sentence."""
    async with open_database(database_url) as database:
        await database.run(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="9999"):
        async with open_database(database_url):
            pass


async def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    """A path that is no file, and a file that is no database, are each one sentence."""
    (tmp_path / "notes.txt").write_text("I am not a database, only a text that is long enough to be read as one." * 9)
    for wrong in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(Misconfigured, match="DATABASE_URL"):
            async with open_database(f"sqlite:///{wrong}"):
                pass


async def test_a_full_disk_undoes_a_commit_wholly(tmp_path: Path) -> None:
    """SQLite undoes everything by itself: nobody in that commit is told that it worked, and nothing slips in after."""
    async with open_database(url(tmp_path)) as database:
        ((pages,),) = await database.run(text("PRAGMA page_count"))
        await database.run(text(f"PRAGMA max_page_count = {pages}"))

        def fill(connection: Connection) -> None:
            connection.execute(ADD, {"name": "big", "value": "x" * 1_000_000})

        calls = [database.run(ADD, name="a", value=""), database.transact(fill), database.run(ADD, name="b", value="")]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results] == [OperationalError] * 3
        assert await names(database) == []
        await database.run(text("PRAGMA max_page_count = 1000000"))
        await database.run(ADD, name="c", value="")
        assert await names(database) == ["c"]


@pytest.mark.parametrize("scheme", ["postgresql+asyncpg", "postgresql", "postgres"])
def test_postgresql_is_addressed_as_people_write_it(scheme: str) -> None:
    """Every way leads to the one driver, and libpq's `sslmode` to what is called `ssl` there."""
    parsed = parse_url(f"{scheme}://user:word@host:6/name?sslmode=require")
    assert parsed.render_as_string(hide_password=False) == "postgresql+asyncpg://user:word@host:6/name?ssl=require"


async def test_errors_do_not_repeat_what_was_written(database_url: str) -> None:
    """An error ends in the log, and among the values are tokens."""
    async with open_database(database_url) as database:
        await database.run(ADD, name="a", value="hunter2")
        with pytest.raises(IntegrityError) as caught:
            await database.run(ADD, name="a", value="hunter2")
    assert "hunter2" not in str(caught.value)


async def test_postgresql_without_its_packages_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are an extra, and the sentence says how to get them."""
    monkeypatch.setattr("bot.database.opening.find_spec", lambda _: None)
    with pytest.raises(Misconfigured, match="extra"):
        async with open_database("postgresql://host/name"):
            pass


ALONE = """
import asyncio, sys
sys.modules["asyncpg"] = sys.modules["greenlet"] = None
import bot.__main__
from bot.database import Kept, open_database
from bot.database.move import move_database

async def main():
    async with open_database("sqlite:///from.db") as database:
        await Kept(database).keep("color", "blue")
    print(await move_database("sqlite:///from.db", "sqlite:///to.db"))

asyncio.run(main())
"""


def test_sqlite_does_without_the_packages_of_postgresql(tmp_path: Path) -> None:
    """Nothing of them is imported unless PostgreSQL is asked for."""
    (tmp_path / "alone.py").write_text(ALONE)
    done = subprocess.run(
        [sys.executable, "alone.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "'kept': 1" in done.stdout, done.stderr
