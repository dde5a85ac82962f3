"""A database that an older Repaint wrote: its rows stay, and mean what they meant."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from bot.database import system_clock
from bot.database.migrations import get_head, get_revision, upgrade
from bot.database.migrations.applying import build_config
from bot.database.opening import parse_url
from bot.database.sqlite import build_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

JOB = """
    INSERT INTO jobs (id, status, application_id, guild_id, channel_id, member_id, member_name, locale, token,
        most_upload_bytes, attachment_url, prompt, negative_prompt, model, strength, count, key, price_usd_micros,
        created_at)
    VALUES (1, 'running', 1, 2, 3, 4, 'Mira', 'en-US', 't', 1, 'a', 'a cat', '', 'schnell', 0.7, 1, 'k', 1500, 1.0)
"""
PICTURE = "INSERT INTO pictures VALUES (1, 'source', 0, 'image/jpeg', 1, 1, 'x', x'00')"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Connection]:
    """A file as the first release left it, with a job on its way and its picture."""
    engine = build_engine(parse_url(f"sqlite:///{tmp_path / 'old.db'}"), system_clock)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config = build_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(JOB)
        connection.exec_driver_sql(PICTURE)
        connection.exec_driver_sql("COMMIT")
        yield connection
    engine.dispose()


def test_an_upgrade_keeps_jobs_and_their_pictures(old: Connection) -> None:
    """Nothing is deleted on the way, and the file is sound."""
    old.exec_driver_sql("BEGIN IMMEDIATE")
    upgrade(old)
    old.exec_driver_sql("COMMIT")
    assert get_revision(old) == get_head()
    kept = old.exec_driver_sql("SELECT id, status, prompt, strength, flags FROM jobs").one()
    assert tuple(kept) == (1, "running", "a cat", 0.7, "[]")
    assert old.exec_driver_sql("SELECT count(*) FROM pictures").scalar_one() == 1
    assert old.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    assert old.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_after_an_upgrade_a_job_can_be_reviewed_and_nothing_else_is_new(old: Connection) -> None:
    """The new statuses are allowed; a status that does not exist still is not."""
    old.exec_driver_sql("BEGIN IMMEDIATE")
    upgrade(old)
    for status in ("reviewing", "rejected", "done"):
        old.exec_driver_sql("UPDATE jobs SET status = ?", (status,))
    with pytest.raises(IntegrityError):
        old.exec_driver_sql("UPDATE jobs SET status = 'nonsense'")
    old.exec_driver_sql("COMMIT")


def test_the_newest_file_is_where_alembic_stands() -> None:
    """What is to be applied is told by names of files; Alembic, which reads them, says the same."""
    assert ScriptDirectory.from_config(build_config()).get_current_head() == get_head()


def test_an_ordinary_start_needs_no_alembic(tmp_path: Path) -> None:
    """It takes 11 MB for as long as the process lives: who has nothing to apply does not load it."""
    url = f"sqlite:///{tmp_path / 'repaint.db'}"
    start = (
        "import asyncio, sys, bot.wiring\n"
        "from bot.database import open_database\n"
        "async def start():\n"
        f"    async with open_database({url!r}): pass\n"
        "asyncio.run(start())\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert [subprocess.run([sys.executable, "-c", start], check=False).returncode for _ in range(2)] == [1, 0]  # noqa: S603 (ours)
