"""The book: what was decided in a guild, for ever. Words in it can be forgotten; that they were there cannot."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, insert, null, or_, select, update

from bot.database import PASS, cases, entries, later, now
from bot.database.schema import DAY_SECONDS, Instant, Real, spell
from bot.moderation.chain import (
    SPOKEN,
    WORDLESS,
    Entry,
    EntryKind,
    Line,
    digest_content,
    digest_line,
    format_canonical,
    is_intact,
    parse_entry,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.database import Database

PAGE = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; None means any."""

    kind: EntryKind | None = None
    member_id: int | None = None
    actor_id: int | None = None
    job_id: int | None = None
    case_number: int | None = None
    since: datetime | None = None


ANY = Filter()

_OF_GUILD = entries.c.guild_id == bindparam("guild")
_NEWEST = entries.c.number.desc()
_LAST = select(entries.c.digest).where(_OF_GUILD).order_by(_NEWEST).limit(1)
_COUNT = select(func.max(entries.c.number)).where(_OF_GUILD)
END = select(now().label("at"), _COUNT.scalar_subquery().label("number"), _LAST.scalar_subquery().label("digest"))
APPEND = insert(entries)
LATELY = select(entries.c.number).where(
    _OF_GUILD,
    entries.c.kind == bindparam("which"),
    entries.c.member_id == bindparam("member"),
    entries.c.subject == bindparam("about"),
    entries.c.written_at > later(-bindparam("age", type_=Real)),
)
FILTERS = {
    "kind": entries.c.kind == bindparam("kind"),
    "member_id": entries.c.member_id == bindparam("member_id"),
    "actor_id": entries.c.actor_id == bindparam("actor_id"),
    "job_id": entries.c.job_id == bindparam("job_id"),
    "case_number": entries.c.case_number == bindparam("case_number"),
    "since": entries.c.written_at >= bindparam("since", type_=Instant()),
}
NEXT_PAGE = (
    select(entries).where(_OF_GUILD, entries.c.number > bindparam("after")).order_by(entries.c.number).limit(PAGE)
)
# What an undecided case rests on stays until it is decided; after that the record's own time takes it. Asked twice, so
# that an index answers each; the sum keeps SQLite from going through all cases of the guild instead, for each line.
_UNDECIDED = select(cases.c.number).where(cases.c.closed_at.is_(None))
_NEEDED = or_(
    _UNDECIDED.where(cases.c.guild_id == entries.c.guild_id, cases.c.number == entries.c.case_number).exists(),
    _UNDECIDED.where(cases.c.guild_id + 0 == entries.c.guild_id, cases.c.job_id == entries.c.job_id).exists(),
)
_ERASABLE = and_(entries.c.content.is_not(None), entries.c.kind.not_in(WORDLESS), ~_NEEDED)
_EMPTY = {"content": null(), "salt": null()}
_SPOKE = and_(entries.c.actor_id == bindparam("member"), entries.c.kind.in_(SPOKEN))
_UNTIL = bindparam("until", type_=Instant())
# What a moderator noted on a matter belongs to it, whenever they decided.
_MATTER = and_(cases.c.guild_id == entries.c.guild_id, cases.c.number == entries.c.case_number)
_NOTED = and_(
    entries.c.kind == EntryKind.DECISION.value,
    select(cases.c.number).where(_MATTER, cases.c.opened_at <= _UNTIL).exists(),
)
ERASE = (
    update(entries)
    .where(
        _OF_GUILD,
        _ERASABLE,
        or_(entries.c.member_id == bindparam("member"), _SPOKE),
        or_(entries.c.written_at <= _UNTIL, _NOTED),
    )
    .values(_EMPTY)
    .returning(entries.c.number)
)
ERASE_OLDER = (
    update(entries)
    .where(_OF_GUILD, _ERASABLE, entries.c.written_at < later(-bindparam("age", type_=Real)))
    .values(_EMPTY)
    .returning(entries.c.number)
)
# Spelled: only so does SQLite see that the small index of unposted lines answers it.
_UNPOSTED = (
    select(entries.c.guild_id, entries.c.number)
    .where(entries.c.posted == spell(0))
    .order_by(entries.c.guild_id, entries.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("unposted")
)
TAKE_UNPOSTED = (
    update(entries)
    .where(entries.c.guild_id == _UNPOSTED.c.guild_id, entries.c.number == _UNPOSTED.c.number)
    .values(posted=1)
    .returning(entries)
)


def write(connection: Connection, line: Line) -> int:
    """Append a line within the caller's transaction, and return its number. Passes the guild's gate itself."""
    connection.execute(PASS, {"gate": line.guild_id})
    end = connection.execute(END, {"guild": line.guild_id}).one()
    content = None if line.content is None else format_canonical(line.content)
    salt = None if content is None else secrets.token_hex(16)
    row = {
        "guild_id": line.guild_id,
        "number": (end.number or 0) + 1,
        "kind": line.kind.value,
        "written_at": end.at,
        "actor_id": line.actor_id,
        "member_id": line.member_id,
        "job_id": line.job_id,
        "case_number": line.case_number,
        "subject": line.subject,
        "content_digest": digest_content(salt, content),
    }
    digest = digest_line(end.digest or "", row)
    connection.execute(APPEND, {**row, "content": content, "salt": salt, "digest": digest})
    return int(row["number"])


def has_lately(connection: Connection, line: Line, seconds: float) -> bool:
    """Whether the book has a line of this kind and subject about this member, written in the last seconds."""
    values = {"guild": line.guild_id, "which": line.kind.value, "member": line.member_id, "about": line.subject}
    return connection.execute(LATELY, values | {"age": seconds}).first() is not None


class Book:
    """Reads the book, and lets words in it be forgotten. Who decides something writes it with `write`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, line: Line) -> int:
        """Write a line that belongs to no other row. Returns its number."""
        return await self._database.transact(lambda connection: write(connection, line))

    async def read(self, guild_id: int, wanted: Filter = ANY, most: int = 50) -> list[Entry]:
        """The newest lines of a guild that are wanted, the newest first."""
        given = {name: getattr(wanted, name) for name in FILTERS if getattr(wanted, name) is not None}
        statement = select(entries).where(_OF_GUILD, *(FILTERS[name] for name in given)).order_by(_NEWEST)
        rows = await self._database.run(statement.limit(bindparam("most")), guild=guild_id, most=most, **given)
        return [parse_entry(row) for row in rows]

    async def last(self, guild_id: int, kind: EntryKind | None = None, member_id: int | None = None) -> Entry | None:
        """The newest line of this kind about this member."""
        found = await self.read(guild_id, Filter(kind=kind, member_id=member_id), most=1)
        return found[0] if found else None

    async def verify(self, guild_id: int) -> int | None:
        """The number of the first line that is not as it was written, or is missing; None where the chain is whole."""
        previous, number = "", 0
        while rows := await self._database.run(NEXT_PAGE, guild=guild_id, after=number):
            for row in rows:
                number += 1
                if not is_intact(previous, row):
                    return number
                previous = row.digest
        return None

    async def erase(self, guild_id: int, member_id: int, until: datetime) -> int:
        """Forget what a member wrote until then, and what was written about them and their cases of that time.

        That it happened is a line in the book. Returns how many lines lost their words.
        """
        values = {"member": member_id, "guild": guild_id, "until": until}

        def work(connection: Connection) -> int:
            connection.execute(PASS, {"gate": guild_id})
            erased = len(connection.execute(ERASE, values).all())
            if erased:
                write(connection, Line(guild_id, EntryKind.ERASED, member_id, member_id, subject=str(erased)))
            return erased

        return await self._database.transact(work)

    async def erase_older(self, guild_id: int, days: float) -> int:
        """Forget words that were written longer ago than that. Returns how many lines lost theirs."""
        return len(await self._database.run(ERASE_OLDER, guild=guild_id, age=days * DAY_SECONDS))

    async def take_unposted(self, most: int) -> list[Entry]:
        """Lines that no log channel has, in order. They count as posted from now on: none is taken twice."""
        taken = [parse_entry(row) for row in await self._database.run(TAKE_UNPOSTED, most=most)]
        return sorted(taken, key=lambda entry: (entry.guild_id, entry.number))
