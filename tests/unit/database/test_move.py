"""Moving house: every row arrives, nobody holds anything, and what cannot be done changes nothing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, text, update

from bot.__main__ import main
from bot.database import jobs, metadata, now, open_database, pictures
from bot.database.move import move_database
from bot.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from sqlalchemy import Row

    from bot.database import Database
    from tests.databases import Postgres

OLD_JOBS = 1200
OPEN_JOBS = 2
JOB: dict[str, Any] = {
    "status": "done",
    "application_id": 1,
    "channel_id": 2**62,
    "member_id": 3,
    "member_name": "Mira 🎨",
    "locale": "en-US",
    "token": "t",
    "most_upload_bytes": 1,
    "attachment_url": "https://cdn.example/cat.png",
    "prompt": "é",
    "negative_prompt": "",
    "model": "schnell",
    "strength": 0.7,
    "count": 1,
    "price_usd_micros": 1500,
    "created_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
}
PICTURE = {"media_type": "image/png", "width": 1, "height": 1, "sha256": "", "data": bytes(range(256)) * 400}

OF_TYPES: dict[type, Any] = {int: 7, float: 0.1, str: "é", object: datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)}
CHOSEN = {"kind": "review", "decision": "note", "state": "settled", "role": "source"}
"""Where not every word will do."""


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite", "sqlite to sqlite", "postgresql to postgresql"])
async def ends(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """A database with rows of every kind, and an empty one."""
    kinds = request.param.split(" to ")
    files = [f"sqlite:///{tmp_path / name}.db" for name in ("from", "to")]
    if "postgresql" not in kinds:
        yield files[0], files[1]
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.create() as full, server.create("template0") as empty:
        yield full if kinds[0] == "postgresql" else files[0], empty if kinds[1] == "postgresql" else files[1]


async def fill(url: str) -> None:
    """Many jobs, two of them in a process's hands, with pictures, and a row in every other table."""
    rows = [JOB | {"id": number, "key": f"key {number}"} for number in range(OLD_JOBS)]
    open_rows = [
        JOB | {"id": OLD_JOBS + number, "key": f"open {number}", "status": "running"} for number in range(OPEN_JOBS)
    ]
    async with open_database(url) as database:
        await database.transact(lambda connection: connection.execute(insert(jobs), rows + open_rows).close())
        held = jobs.c.status == "running"
        await database.run(update(jobs).where(held).values(owner="somebody", turn=3, wake_at=now()))
        shown = [PICTURE | {"job_id": number, "role": "result", "position": 0} for number in range(20)]
        await database.transact(lambda connection: connection.execute(insert(pictures), shown).close())
        for table in metadata.sorted_tables:
            if not await database.run(select(table)):
                await database.run(insert(table), **build_row(table))


def build_row(table: Table) -> dict[str, Any]:
    """A row with something in every column."""
    return {column.name: CHOSEN.get(column.name, OF_TYPES[column.type.python_type]) for column in table.columns}


async def read(database: Database) -> dict[str, Sequence[Row[Any]]]:
    """Everything in it, but who holds what."""
    return {
        table.name: await database.run(
            select(*(column for column in table.columns if column.name not in {"owner", "wake_at"})).order_by(
                *table.primary_key.columns
            )
        )
        for table in metadata.sorted_tables
    }


async def test_every_row_arrives_and_is_free(ends: tuple[str, str]) -> None:
    """All tables are equal afterwards, and what was in hand can be taken up at once. A second move is refused."""
    await fill(ends[0])
    counts = await move_database(*ends)
    assert counts["jobs"] == OLD_JOBS + OPEN_JOBS
    assert counts["pictures"] == 20
    assert counts.keys() == metadata.tables.keys()
    assert all(counts.values())
    async with open_database(ends[0]) as source, open_database(ends[1]) as target:
        assert await read(source) == await read(target)
        owned = select(jobs.c.id).where(jobs.c.owner.is_not(None))
        due = select(jobs.c.id).where(jobs.c.wake_at <= now())
        assert len(await source.run(owned)) == OPEN_JOBS
        assert await target.run(owned) == []
        assert len(await target.run(due)) == OPEN_JOBS
    with pytest.raises(Misconfigured, match="TO: the database is not empty"):
        await move_database(*ends)


async def test_another_revision_is_not_moved(tmp_path: Path) -> None:
    """Rows of an older or newer program would not fit: the sentence says what to do."""
    source, target = (f"sqlite:///{tmp_path / name}.db" for name in ("from", "to"))
    async with open_database(source) as database:
        await database.run(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(Misconfigured, match="FROM: the database is at 0001"):
        await move_database(source, target)


async def test_what_fails_on_the_way_leaves_nothing_behind(tmp_path: Path, postgres: Postgres) -> None:
    """A row that PostgreSQL cannot hold, far behind: no row of those before it is there, nor any table."""
    source = f"sqlite:///{tmp_path / 'from.db'}"
    await fill(source)
    async with open_database(source) as database:
        await database.run(update(jobs).where(jobs.c.id == OLD_JOBS).values(prompt="a\x00b"))
    async with postgres.create("template0") as target:
        with pytest.raises(Misconfigured, match="nothing was moved"):
            await move_database(source, target)
        assert await postgres.execute("SELECT * FROM pg_tables WHERE tablename = 'jobs'", url=target) == []


async def test_numbers_that_the_database_gives_out_go_on_behind_those_that_came_along(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table with numbered rows, moved to PostgreSQL, takes the next row without a collision."""
    numbered = Table("numbered", MetaData(), Column("id", Integer, primary_key=True), Column("what", Text))
    monkeypatch.setattr("bot.database.move.metadata", numbered.metadata)
    monkeypatch.setattr("bot.database.move.FREE", select(1))
    monkeypatch.setattr("bot.database.move.upgrade", numbered.metadata.create_all)
    source = f"sqlite:///{tmp_path / 'from.db'}"
    async with open_database(source) as database:
        await database.transact(numbered.metadata.create_all)
        for what in ("a", "b", "c"):
            await database.run(insert(numbered), what=what)
    async with postgres.create() as target:
        assert await move_database(source, target) == {"numbered": 3}
        async with open_database(target) as database:
            await database.run(insert(numbered), what="d")
            assert len(await database.run(select(numbered))) == 4


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("sqlite:///not-there.db", "sqlite:///to.db", "there is no file"),
        ("sqlite:///same.db", "sqlite:///same.db", "the same database"),
        ("no address", "sqlite:///to.db", "begins with"),
        ("mysql://u:hunter2@host/db", "sqlite:///to.db", "mysql is no database"),
        ("postgresql://u:hunter2@127.0.0.1:1/db", "sqlite:///to.db", "nothing was moved"),
    ],
)
async def test_what_cannot_be_moved_is_one_sentence(source: str, target: str, why: str) -> None:
    """It says which end is wrong, and repeats no password."""
    with pytest.raises(Misconfigured, match=why) as caught:
        await move_database(source, target)
    assert "hunter2" not in str(caught.value)


def test_it_is_a_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m bot move-database FROM TO` says how many rows of what were moved, or why none."""
    import asyncio  # noqa: PLC0415 (main has a loop of its own)

    source, target = (f"sqlite:///{tmp_path / name}.db" for name in ("from", "to"))
    asyncio.run(fill(source))
    monkeypatch.setattr(sys, "argv", ["bot", "move-database", source, target])
    assert main() == 0
    assert f"{OLD_JOBS + OPEN_JOBS} jobs" in capsys.readouterr().out
    assert main() == 78
    assert "not empty" in capsys.readouterr().err
