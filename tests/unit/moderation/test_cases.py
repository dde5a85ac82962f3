"""Cases: numbered in each guild, decided once, and the book knows."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from bot.database import cases as rows
from bot.database import jobs
from bot.jobs import Request, Store
from bot.moderation.book import Book
from bot.moderation.cases import Cases, History, Matter, close_case, open_case
from bot.moderation.chain import EntryKind, Line
from bot.moderation.model import Flag
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from tests.conftest import MovedClock

GUILD, OTHER_GUILD = 500, 600
MIRA, THEO, JO = 7, 8, 9
FLAGS = (Flag("own", "no cats"), Flag("near_ban", "2"), Flag("own", "no hats"))


@pytest.fixture
def cases(database: Database) -> Cases:
    """No cases yet."""
    return Cases(database)


async def bring(database: Database, matter: Matter) -> int:
    """Open a case."""
    return await database.transact(lambda connection: open_case(connection, matter))


async def decide(database: Database, guild_id: int, number: int, decision: str, by: int | None, note: str = "") -> bool:
    """Close it."""
    return await database.transact(lambda connection: close_case(connection, guild_id, number, decision, by, note))


async def test_a_case_comes_back_as_it_was_opened(cases: Cases, database: Database) -> None:
    """With its flags and words; nobody has decided, and nobody was shown it."""
    number = await bring(database, Matter(GUILD, EntryKind.REPORT, MIRA, 11, THEO, FLAGS, "that is me"))
    case = await cases.get(GUILD, number)
    assert case is not None
    assert (case.guild_id, case.number, case.kind, case.member_id, case.job_id) == (GUILD, 1, "report", MIRA, 11)
    assert (case.flags, case.words, case.opened_at, case.open) == (FLAGS, "that is me", NOON, True)
    assert (case.closed_at, case.decision, case.decided_by, case.note) == (None, None, None, "")
    assert (case.channel_id, case.message_id) == (None, None)
    await cases.posted(GUILD, number, 21, 22)
    posted = await cases.get(GUILD, number)
    assert posted is not None
    assert (posted.channel_id, posted.message_id) == (21, 22)


async def test_cases_are_numbered_in_each_guild(cases: Cases, database: Database) -> None:
    """Many at once get numbers of their own; another guild's number is unknown here."""
    matters = [Matter(guild, EntryKind.REVIEW, MIRA, n) for n in range(10) for guild in (GUILD, OTHER_GUILD)]
    numbers = await asyncio.gather(*(bring(database, matter) for matter in matters))
    assert sorted(numbers) == sorted([*range(1, 11), *range(1, 11)])
    await bring(database, Matter(GUILD, EntryKind.REVIEW, MIRA))
    assert await cases.get(OTHER_GUILD, 11) is None
    assert not await decide(database, OTHER_GUILD, 11, "approve", JO)


async def test_the_first_decision_wins(cases: Cases, database: Database) -> None:
    """Of many moderators at once one decides, and only that decision is in the book."""
    number = await bring(database, Matter(GUILD, EntryKind.REVIEW, MIRA, 11))
    decided = await asyncio.gather(*(decide(database, GUILD, number, "reject", by, f"by {by}") for by in range(1, 9)))
    assert decided.count(True) == 1
    winner = decided.index(True) + 1
    case = await cases.get(GUILD, number)
    assert case is not None
    assert (case.decision, case.decided_by, case.note, case.open) == ("reject", winner, f"by {winner}", False)
    told, opened = await Book(database).read(GUILD)
    assert (told.kind, told.subject, told.actor_id, told.case_number) == ("decision", "reject", winner, number)
    assert told.content == {"note": f"by {winner}"}
    assert (opened.kind, opened.subject, opened.case_number) == ("review", "", number)


async def test_opening_is_in_the_book(database: Database) -> None:
    """Who brought it up, about whom, with which flags, each kind once."""
    await bring(database, Matter(GUILD, EntryKind.APPEAL, MIRA, 11, MIRA, FLAGS, "please look again"))
    (entry,) = await Book(database).read(GUILD)
    assert (entry.kind, entry.actor_id, entry.member_id, entry.job_id) == ("appeal", MIRA, MIRA, 11)
    assert (entry.subject, entry.content) == ("own near_ban", {"words": "please look again"})


async def test_nobody_can_decide_in_time(cases: Cases, database: Database) -> None:
    """A decision without a moderator."""
    number = await bring(database, Matter(GUILD, EntryKind.REVIEW, MIRA, 11))
    assert await decide(database, GUILD, number, "expire", None)
    case = await cases.get(GUILD, number)
    assert case is not None
    assert (case.decision, case.decided_by) == ("expire", None)
    assert not await decide(database, GUILD, number, "approve", JO)


async def test_what_waits_is_listed(cases: Cases, database: Database) -> None:
    """The undecided cases of this guild, the oldest first; those of a job, decided or not."""
    for job_id in (11, 12, 11):
        await bring(database, Matter(GUILD, EntryKind.REVIEW, MIRA, job_id))
    await bring(database, Matter(OTHER_GUILD, EntryKind.REVIEW, MIRA, 13))
    await decide(database, GUILD, 1, "approve", JO)
    assert [case.number for case in await cases.undecided(GUILD, 9)] == [2, 3]
    assert [case.number for case in await cases.undecided(GUILD, 1)] == [2]
    assert [case.number for case in await cases.of_job(GUILD, 11)] == [1, 3]
    assert await cases.of_job(OTHER_GUILD, 11) == []
    open_case_of_job = await cases.open_of(11)
    assert open_case_of_job is not None
    assert open_case_of_job.number == 3
    await decide(database, GUILD, 3, "approve", JO)
    assert await cases.open_of(11) is None


async def test_words_of_decided_cases_can_be_forgotten(cases: Cases, database: Database, clock: MovedClock) -> None:
    """A member's own at once, everybody's after the record's time; what is undecided stays."""
    for guild_id, member_id in ((GUILD, MIRA), (GUILD, MIRA), (GUILD, THEO), (OTHER_GUILD, MIRA)):
        await bring(database, Matter(guild_id, EntryKind.REPORT, member_id, words="rude"))

    async def words() -> list[str]:
        found = [await cases.get(GUILD, 1), await cases.get(GUILD, 2), await cases.get(GUILD, 3)]
        found.append(await cases.get(OTHER_GUILD, 1))
        return [case.words + case.note for case in found if case is not None]

    for guild_id, number in ((GUILD, 1), (GUILD, 3), (OTHER_GUILD, 1)):
        await decide(database, guild_id, number, "reject", JO, "!")
    await cases.erase(GUILD, MIRA, clock() - timedelta(seconds=1))
    assert await words() == ["rude!", "rude", "rude!", "rude!"]
    await cases.erase(GUILD, MIRA, clock())
    assert await words() == ["", "rude", "rude!", "rude!"]
    await cases.erase(OTHER_GUILD, MIRA, clock())
    assert await words() == ["", "rude", "rude!", ""]
    await cases.erase_older(GUILD, 1)
    assert await words() == ["", "rude", "rude!", ""]
    clock.move(86_401)
    await cases.erase_older(OTHER_GUILD, 1)
    assert await words() == ["", "rude", "rude!", ""]
    await cases.erase_older(GUILD, 1)
    assert await words() == ["", "rude", "", ""]


async def test_the_history_of_a_member(cases: Cases, database: Database, build_request: Callable[..., Request]) -> None:
    """Counted in this guild, of this member."""
    store, book = Store(database, "me"), Book(database)
    made = [
        build_request(guild_id=guild, member_id=member) for guild in (GUILD, OTHER_GUILD) for member in (MIRA, THEO)
    ]
    for number, request in enumerate([*made, build_request(guild_id=GUILD, member_id=MIRA)]):
        await store.arrive(request, f"key{number}", Decimal(0))
    await database.run(update(jobs).where(jobs.c.id == made[0].id).values(status="rejected"))
    for kind in (EntryKind.REFUSED, EntryKind.REFUSED, EntryKind.BLOCK, EntryKind.UNBLOCK):
        await book.add(Line(GUILD, kind, member_id=MIRA))
    await bring(database, Matter(GUILD, EntryKind.REPORT, MIRA))
    await bring(database, Matter(GUILD, EntryKind.REVIEW, MIRA))
    assert await cases.history(GUILD, MIRA) == History(made=2, refused=2, rejected=1, reported=1, blocked=1)
    assert await cases.history(GUILD, THEO) == History(made=1, refused=0, rejected=0, reported=0, blocked=0)


async def test_only_kinds_and_decisions_that_exist(database: Database) -> None:
    """The database itself refuses others."""
    values = {"guild_id": GUILD, "number": 1, "kind": "refused", "member_id": MIRA, "opened_at": NOON}
    with pytest.raises(IntegrityError):
        await database.run(insert(rows).values(**values))
    await bring(database, Matter(GUILD, EntryKind.REVIEW, MIRA))
    with pytest.raises(IntegrityError):
        await decide(database, GUILD, 1, "burn", JO)
