"""The book: what was decided in a guild, for ever. Each line is chained to the one before by its digest.

A line's digest covers the line before and everything that was decided; of what people wrote it covers only a salted
digest. So the words, with their salt, can be erased while the chain stays whole. Who cuts lines off the end is found
out by any digest that was seen before: the log channel has them, and so has every export.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, null, or_, select, update

from bot.database import PASS, cases, entries, later, now
from bot.database.schema import Instant, Real, spell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from bot.database import Database

PAGE = 500
DAY_SECONDS = 86_400.0


class EntryKind(StrEnum):
    """What a line is about. Stored in rows: never rename one."""

    REFUSED = "refused"
    """A rule said no to a request."""
    REVIEW = "review"
    """A result waits for a moderator: its case was opened."""
    REPORT = "report"
    """A member reported a result, or, with a case, enough of them did."""
    APPEAL = "appeal"
    DECISION = "decision"
    """A case was decided. `subject` says how."""
    BLOCK = "block"
    UNBLOCK = "unblock"
    BAN = "ban"
    UNBAN = "unban"
    SETTINGS = "settings"
    BUDGET = "budget"
    MINORS = "minors"
    """Something sexual with minors was asked for: refused, and a case was opened."""
    DELETED = "deleted"
    """A finished picture was taken away, by its member or by a moderator."""
    ERASED = "erased"
    """A member had what they wrote erased. `subject` says how many lines lost their words."""


WORDLESS = (EntryKind.SETTINGS.value, EntryKind.BUDGET.value)
"""Their content is figures and choices, nobody's own words: it is never erased."""
SPOKEN = (EntryKind.REFUSED.value, EntryKind.REPORT.value, EntryKind.APPEAL.value)
"""Their content is the words of who acted."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be written. `actor_id` did it (None: the rules), to `member_id`.

    `subject` holds nobody's own words and is kept for ever; what people wrote is `content`, which can be erased.
    """

    guild_id: int
    kind: EntryKind
    actor_id: int | None = None
    member_id: int | None = None
    job_id: int | None = None
    case_number: int | None = None
    subject: str = ""
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it stands in the book. `kind` is an `EntryKind`, unless somebody tampered with it."""

    guild_id: int
    number: int
    kind: str
    written_at: datetime
    actor_id: int | None
    member_id: int | None
    job_id: int | None
    case_number: int | None
    subject: str
    content: Mapping[str, Any] | None
    salt: str | None = field(repr=False)
    content_digest: str = field(repr=False)
    digest: str = field(repr=False)

    @property
    def erased(self) -> bool:
        """Whether it had content once."""
        return self.content is None and self.content_digest != ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; None means any. `before` is a number: older ones only."""

    kind: EntryKind | None = None
    member_id: int | None = None
    actor_id: int | None = None
    job_id: int | None = None
    case_number: int | None = None
    since: datetime | None = None
    before: int | None = None


ANY = Filter()

DECIDED = ("guild_id", "number", "kind", "written_at", "actor_id", "member_id", "job_id", "case_number", "subject")
"""The columns that the chain covers, in this order, followed by `content_digest`."""

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
    "before": entries.c.number < bindparam("before"),
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
    content = None if line.content is None else _canonical(line.content)
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


def digest_content(salt: str | None, content: str | None) -> str:
    """What the chain holds of a line's words: SHA-256 over the salt and their JSON. Empty where there are none."""
    return "" if content is None else _sha256(f"{salt}{content}")


def digest_line(previous: str, row: Mapping[str, Any]) -> str:
    """The digest of a line: SHA-256 over the digest of the one before, what was decided, and its words' digest.

    It is taken of a JSON list without spaces, all in ASCII: ids as text, the time in ISO 8601 with microseconds.
    """
    decided = [format_value(name, row[name]) for name in DECIDED]
    return _sha256(_canonical([previous, *decided, row["content_digest"]]))


def format_value(name: str, value: Any) -> Any:
    """A decided value as it stands in the chain and in exports: no reader's numbers round an id."""
    if value is None:
        return None
    if name == "written_at":
        return value.isoformat(timespec="microseconds")
    return str(value) if name.endswith("_id") else value


def parse_entry(row: Row[Any]) -> Entry:
    """The line a row stands for."""
    column = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    del column["posted"]
    content = parse_content(column.pop("content"))
    return Entry(**column, content=content)


def parse_content(text: str | None) -> dict[str, Any] | None:
    """A line's words as they were written; None where there are none (any more), empty where they are not ours."""
    if text is None:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # somebody tampered with it; the chain says so, and the rest can be read
        return {}
    return content if isinstance(content, dict) else {}


def is_intact(previous: str, row: Row[Any]) -> bool:
    """Whether this row is as it was written, right after the line with that digest."""
    column = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    words = (row.salt is None) if row.content is None else row.content_digest == digest_content(row.salt, row.content)
    return bool(words and row.digest == digest_line(previous, column))


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


def _canonical(value: Any) -> str:
    """JSON in exactly one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
