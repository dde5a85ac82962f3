"""The book: what is changed in it afterwards shows, words can be erased, and nobody writes past another."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select, update

from bot.database import entries
from bot.moderation.book import Book, Filter, write
from bot.moderation.cases import Matter, close_case, open_case
from bot.moderation.chain import EntryKind, Line, digest_line
from tests.conftest import NOON

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.database import Database
    from tests.conftest import MovedClock

GUILD, OTHER_GUILD = 500, 600
MIRA, THEO, JO = 7, 8, 9
DAY = 86_400


@pytest.fixture
def book(database: Database) -> Book:
    """An empty book."""
    return Book(database)


def line(**given: Any) -> Line:
    """Mira was refused."""
    values: dict[str, Any] = {
        "guild_id": GUILD,
        "kind": EntryKind.REFUSED,
        "actor_id": JO,
        "member_id": MIRA,
        "job_id": 11,
        "case_number": 3,
        "subject": "prompt_own",
        "content": {"prompt": "a cat"},
    }
    return Line(**(values | given))


async def fill(book: Book, clock: MovedClock) -> None:
    """Five lines, a minute apart."""
    for number in range(5):
        await book.add(line(job_id=number))
        clock.move(60)


async def change(database: Database, number: int, /, **values: Any) -> None:
    """What somebody with a database tool would do."""
    which = (entries.c.guild_id == GUILD, entries.c.number == number)
    await database.run(update(entries).where(*which).values(**values))


async def test_lines_are_numbered_in_each_guild(book: Book) -> None:
    """Every guild has a book of its own."""
    assert [await book.add(line()), await book.add(line(guild_id=OTHER_GUILD)), await book.add(line())] == [1, 1, 2]
    assert await book.verify(GUILD) is None
    assert await book.verify(OTHER_GUILD) is None
    assert await book.verify(700) is None


async def test_a_line_comes_back_as_it_was_written(book: Book) -> None:
    """With its time and every character, also those that only one of the databases would keep."""
    words = {"prompt": "é 🎨 \0 \ud800 'quoted'", "channel": 5}
    await book.add(line(content=words))
    (entry,) = await book.read(GUILD)
    assert (entry.number, entry.kind, entry.written_at) == (1, EntryKind.REFUSED, NOON)
    assert (entry.actor_id, entry.member_id, entry.job_id, entry.case_number) == (JO, MIRA, 11, 3)
    assert (entry.subject, entry.content, entry.erased) == ("prompt_own", words, False)
    assert await book.verify(GUILD) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("guild_id", 700),
        ("number", 9),
        ("kind", "decision"),
        ("actor_id", None),
        ("actor_id", THEO),
        ("member_id", THEO),
        ("job_id", 12),
        ("case_number", 4),
        ("subject", "approve"),
        ("content", '{"prompt":"a dog"}'),
        ("content", "no JSON, é"),
        ("content", None),
        ("salt", "0"),
        ("salt", "é"),
        ("salt", None),
        ("content_digest", "0"),
        ("digest", "0"),
    ],
)
async def test_a_changed_field_shows(
    book: Book, database: Database, clock: MovedClock, column: str, value: object
) -> None:
    """Whatever is changed in a row, the book says which one it was."""
    await fill(book, clock)
    await change(database, 3, **{column: value})
    assert await book.verify(GUILD) == 3


@pytest.mark.parametrize("content", ["", "no JSON", "[" * 100_000, '["a", "list"]', '"a text"', "5", "null"])
async def test_what_is_not_ours_is_nothing(book: Book, database: Database, content: str) -> None:
    """Whoever wrote it: the line is read and posted without it, and does not pass for one whose words were erased."""
    for number in range(3):
        await book.add(line(job_id=number))
    await change(database, 2, content=content)
    assert [(entry.content, entry.erased) for entry in await book.read(GUILD)][1] == ({}, False)
    assert [entry.number for entry in await book.take_unposted(9)] == [1, 2, 3]
    assert await book.verify(GUILD) == 2


@pytest.mark.parametrize("seconds", [1, 0.000001])
async def test_a_moved_time_shows(book: Book, database: Database, clock: MovedClock, seconds: float) -> None:
    """A line written a millionth of a second later is another line."""
    await fill(book, clock)
    third = (await book.read(GUILD))[2]
    await change(database, 3, written_at=third.written_at + timedelta(seconds=seconds))
    assert await book.verify(GUILD) == 3


async def test_a_line_taken_out_shows(book: Book, database: Database, clock: MovedClock) -> None:
    """A gap, also at the beginning, and also when the rest is numbered anew."""
    await fill(book, clock)
    await database.run(delete(entries).where(entries.c.guild_id == GUILD, entries.c.number == 1))
    assert await book.verify(GUILD) == 1
    for number in range(2, 6):
        await change(database, number, number=number - 1)
    assert await book.verify(GUILD) == 1


async def test_a_line_forged_with_its_digest_shows(book: Book, database: Database, clock: MovedClock) -> None:
    """Who computes the digest of a changed line anew is found out by the next one."""
    await fill(book, clock)
    second, third = await database.run(select(entries).where(entries.c.number.in_([2, 3])).order_by(entries.c.number))
    forged = dict(third._mapping) | {"subject": "approve"}
    await change(database, 3, subject="approve", digest=digest_line(second.digest, forged))
    assert await book.verify(GUILD) == 4


async def test_a_book_of_another_guild_shows(book: Book, database: Database, clock: MovedClock) -> None:
    """A whole book does not pass for that of somebody else."""
    await fill(book, clock)
    await database.run(update(entries).values(guild_id=OTHER_GUILD))
    assert await book.verify(OTHER_GUILD) == 1


async def test_many_write_at_once(book: Book, clock: MovedClock) -> None:
    """Each gets its own number, and the chain is whole: on PostgreSQL they really overlap."""
    guilds = (GUILD, OTHER_GUILD)
    numbers = await asyncio.gather(*(book.add(line(guild_id=guilds[n % 2], job_id=n)) for n in range(60)))
    assert sorted(numbers) == sorted([*range(1, 31), *range(1, 31)])
    assert [await book.verify(guild) for guild in guilds] == [None, None]
    await fill(book, clock)
    assert await book.verify(GUILD) is None


async def test_a_line_belongs_to_the_transaction_of_its_writer(book: Book, database: Database) -> None:
    """What did not happen is not in the book, and the next line takes its number."""

    def fail(connection: Connection) -> None:
        write(connection, line())
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await database.transact(fail)
    assert await book.read(GUILD) == []
    assert await book.add(line()) == 1
    assert await book.verify(GUILD) is None


async def test_a_long_book_is_read_to_its_end(book: Book, database: Database) -> None:
    """The chain is followed over many pages."""

    def write_many(connection: Connection) -> None:
        for number in range(1100):
            write(connection, line(job_id=number))

    await database.transact(write_many)
    assert await book.verify(GUILD) is None
    await change(database, 1001, subject="approve")
    assert await book.verify(GUILD) == 1001


async def test_filters(book: Book, clock: MovedClock) -> None:
    """The newest first, of this guild alone, and only what was asked for."""
    await book.add(line())
    clock.move(DAY)
    later = clock.now
    await book.add(line(kind=EntryKind.BLOCK, actor_id=THEO, case_number=None))
    await book.add(line(member_id=THEO, job_id=12, case_number=4))
    await book.add(line(guild_id=OTHER_GUILD))

    async def numbers(**wanted: Any) -> list[int]:
        return [entry.number for entry in await book.read(GUILD, Filter(**wanted))]

    assert await numbers() == [3, 2, 1]
    assert await numbers(kind=EntryKind.REFUSED) == [3, 1]
    assert await numbers(member_id=MIRA) == [2, 1]
    assert await numbers(actor_id=THEO) == [2]
    assert await numbers(job_id=12) == [3]
    assert await numbers(case_number=3) == [1]
    assert await numbers(since=later) == [3, 2]
    assert await numbers(member_id=MIRA, kind=EntryKind.REFUSED, since=later) == []
    assert [entry.number for entry in await book.read(GUILD, most=2)] == [3, 2]
    last = await book.last(GUILD, EntryKind.REFUSED, MIRA)
    assert last is not None
    assert last.number == 1
    assert await book.last(GUILD, EntryKind.BAN) is None


async def test_erased_words_leave_the_chain_whole(book: Book, clock: MovedClock) -> None:
    """What a member wrote and what was written about them is gone; what was decided stays, and so do others' words."""
    await book.add(line(case_number=None))  # about Mira, by Jo
    await book.add(line(case_number=None, kind=EntryKind.REPORT, actor_id=MIRA, member_id=THEO))
    await book.add(line(case_number=None, member_id=THEO))
    await book.add(line(case_number=None, kind=EntryKind.BLOCK, actor_id=MIRA, member_id=THEO))  # as a moderator
    await book.add(line(case_number=None, guild_id=OTHER_GUILD))
    clock.move(60)
    assert await book.erase(GUILD, MIRA, clock()) == 2
    erased, *rest = await book.read(GUILD)
    assert (erased.kind, erased.actor_id, erased.member_id, erased.subject) == (EntryKind.ERASED, MIRA, MIRA, "2")
    assert [(entry.number, entry.content is None, entry.erased) for entry in rest] == [
        (4, False, False),
        (3, False, False),
        (2, True, True),
        (1, True, True),
    ]
    assert [entry.salt for entry in rest if entry.erased] == [None, None]
    assert rest[-1].subject == "prompt_own"
    assert await book.verify(GUILD) is None
    assert await book.erase(OTHER_GUILD, MIRA, clock()) == 1  # what is left, in the other guild
    assert await book.erase(OTHER_GUILD, MIRA, clock()) == 0
    assert [entry.kind for entry in await book.read(OTHER_GUILD)] == [EntryKind.ERASED, EntryKind.REFUSED]
    assert await book.verify(OTHER_GUILD) is None


async def test_what_an_undecided_case_rests_on_is_not_erased(book: Book, database: Database, clock: MovedClock) -> None:
    """Nobody takes away what moderators have not looked at yet; once it is decided, it can go."""
    await book.add(line(case_number=None, kind=EntryKind.REPORT, actor_id=THEO))
    number = await database.transact(
        lambda connection: open_case(connection, Matter(GUILD, EntryKind.REPORT, MIRA, 11, words="rude"))
    )
    assert await book.erase(GUILD, MIRA, clock()) == 0
    assert await book.erase_older(GUILD, -1) == 0
    await database.transact(lambda connection: close_case(connection, GUILD, number, "reject", JO, "rude indeed"))
    assert await book.erase(GUILD, MIRA, clock()) == 3
    assert await book.verify(GUILD) is None


async def test_words_since_then_stay(book: Book, database: Database, clock: MovedClock) -> None:
    """What was written after the time in question is not meant, but for the decision of a case that was there."""
    matter = Matter(GUILD, EntryKind.APPEAL, MIRA, 11, MIRA, words="please")
    number = await database.transact(lambda connection: open_case(connection, matter))
    until = clock()
    clock.move(60)
    await database.transact(lambda connection: close_case(connection, GUILD, number, "reject", JO, "no"))
    await book.add(line(case_number=number))
    assert await book.erase(GUILD, MIRA, until) == 2
    assert [entry.erased for entry in await book.read(GUILD)] == [False, False, True, True]


async def test_old_words_are_forgotten(book: Book, clock: MovedClock) -> None:
    """After the record's time words go by themselves; figures and settings, which are nobody's words, stay."""
    await book.add(line())
    await book.add(line(kind=EntryKind.SETTINGS, content={"review": {"was": "never", "is": "flagged"}}))
    await book.add(line(guild_id=OTHER_GUILD))
    clock.move(89 * DAY)
    await book.add(line())
    assert await book.erase_older(GUILD, 90) == 0
    clock.move(DAY + 1)
    assert await book.erase_older(GUILD, 90) == 1
    assert [entry.erased for entry in await book.read(GUILD)] == [False, False, True]
    assert [entry.erased for entry in await book.read(OTHER_GUILD)] == [False]
    assert await book.verify(GUILD) is None


async def test_a_line_is_taken_once(book: Book, clock: MovedClock) -> None:
    """For the log channel: in order, never twice, also with two processes at it; the chain does not mind."""
    await fill(book, clock)
    await book.add(line(guild_id=OTHER_GUILD))
    first = await book.take_unposted(2)
    assert [(entry.guild_id, entry.number) for entry in first] == [(GUILD, 1), (GUILD, 2)]
    parts = await asyncio.gather(*(book.take_unposted(3) for _ in range(4)))
    taken = [(entry.guild_id, entry.number) for part in parts for entry in part]
    assert sorted(taken) == [(GUILD, 3), (GUILD, 4), (GUILD, 5), (OTHER_GUILD, 1)]
    assert await book.take_unposted(9) == []
    assert await book.verify(GUILD) is None
