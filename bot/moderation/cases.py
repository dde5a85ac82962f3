"""Cases: what a moderator has to decide, and what was decided. Opening and deciding are lines in the book, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, bindparam, func, insert, select, update

from bot.database import PASS, cases, entries, jobs, later, now
from bot.database.schema import DAY_SECONDS, Instant, Real
from bot.moderation.book import write
from bot.moderation.chain import EntryKind, Line
from bot.moderation.model import Flag, format_flags, parse_flags

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from bot.database import Database


@dataclass(frozen=True, slots=True)
class Matter:
    """What a case is about, before it has a number. `kind`: review, report, appeal or minors.

    `actor_id` brought it up (None: the rules); `words` are what they said.
    """

    guild_id: int
    kind: EntryKind
    member_id: int
    job_id: int | None = None
    actor_id: int | None = None
    flags: tuple[Flag, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One matter with its decision: approve, spoiler, reject, expire, note, or None while nobody has decided."""

    guild_id: int
    number: int
    kind: str
    member_id: int
    job_id: int | None
    flags: tuple[Flag, ...]
    words: str
    opened_at: datetime
    closed_at: datetime | None
    decision: str | None
    decided_by: int | None
    note: str
    channel_id: int | None
    message_id: int | None

    @property
    def open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a member in a guild, in numbers."""

    made: int
    refused: int
    rejected: int
    reported: int
    blocked: int


_THIS = and_(cases.c.guild_id == bindparam("guild"), cases.c.number == bindparam("which"))
_UNDECIDED = cases.c.closed_at.is_(None)
OPEN = (
    insert(cases)
    .values(
        guild_id=bindparam("guild"),
        number=func.coalesce(
            select(func.max(cases.c.number)).where(cases.c.guild_id == bindparam("guild")).scalar_subquery(), 0
        )
        + 1,
        kind=bindparam("about"),
        member_id=bindparam("member"),
        job_id=bindparam("job"),
        flags=bindparam("marks"),
        words=bindparam("said"),
        opened_at=now(),
    )
    .returning(cases.c.number)
)
CLOSE = (
    update(cases)
    .where(_THIS, _UNDECIDED)
    .values(closed_at=now(), decision=bindparam("decided"), decided_by=bindparam("by"), note=bindparam("said"))
    .returning(cases)
)
GET = select(cases).where(_THIS)
OPEN_OF = select(cases).where(cases.c.job_id == bindparam("job"), _UNDECIDED).order_by(cases.c.number.desc()).limit(1)
OPEN_ABOUT = select(func.min(cases.c.number)).where(
    cases.c.guild_id == bindparam("guild"),
    _UNDECIDED,
    cases.c.member_id == bindparam("member"),
    cases.c.kind == bindparam("about"),
)
OF_JOB = (
    select(cases)
    .where(cases.c.guild_id == bindparam("guild"), cases.c.job_id == bindparam("job"))
    .order_by(cases.c.number)
)
# What nobody has decided yet is still needed.
_DECIDED = cases.c.closed_at.is_not(None)
_EMPTY = {"words": "", "note": "", "flags": "[]"}  # a flag may say which words of a prompt it is about
ERASE = (
    update(cases)
    .where(
        cases.c.guild_id == bindparam("guild"),
        cases.c.member_id == bindparam("member"),
        cases.c.opened_at <= bindparam("until", type_=Instant()),
        _DECIDED,
    )
    .values(_EMPTY)
)
ERASE_OLDER = (
    update(cases)
    .where(cases.c.guild_id == bindparam("guild"), cases.c.closed_at < later(-bindparam("age", type_=Real)))
    .values(_EMPTY)
)
POSTED = update(cases).where(_THIS).values(channel_id=bindparam("channel"), message_id=bindparam("message"))
UNDECIDED = (
    select(cases)
    .where(cases.c.guild_id == bindparam("guild"), _UNDECIDED)
    .order_by(cases.c.number)
    .limit(bindparam("most"))
)


def _count(table: Any, *conditions: Any) -> Any:
    ours = (table.c.guild_id == bindparam("guild"), table.c.member_id == bindparam("member", type_=BigInteger()))
    return select(func.count()).select_from(table).where(*ours, *conditions).scalar_subquery()


HISTORY = select(
    _count(jobs).label("made"),
    _count(entries, entries.c.kind == "refused").label("refused"),
    _count(jobs, jobs.c.status == "rejected").label("rejected"),
    _count(cases, cases.c.kind == "report").label("reported"),
    _count(entries, entries.c.kind == "block").label("blocked"),
)


def open_case(connection: Connection, matter: Matter) -> int:
    """Open a case within the caller's transaction, and return its number. Passes the guild's gate itself."""
    connection.execute(PASS, {"gate": matter.guild_id})
    values = {
        "guild": matter.guild_id,
        "about": matter.kind.value,
        "member": matter.member_id,
        "job": matter.job_id,
        "marks": format_flags(matter.flags),
        "said": matter.words,
    }
    number = int(connection.execute(OPEN, values).scalar_one())
    line = Line(
        matter.guild_id,
        matter.kind,
        actor_id=matter.actor_id,
        member_id=matter.member_id,
        job_id=matter.job_id,
        case_number=number,
        subject=" ".join(dict.fromkeys(flag.kind for flag in matter.flags)),
        content={"words": matter.words} if matter.words else None,
    )
    write(connection, line)
    return number


def join_case(connection: Connection, matter: Matter) -> int:
    """The undecided case of this kind about this member, opened where there is none. Returns its number."""
    connection.execute(PASS, {"gate": matter.guild_id})
    about = {"guild": matter.guild_id, "member": matter.member_id, "about": matter.kind.value}
    found = connection.execute(OPEN_ABOUT, about).scalar()
    return open_case(connection, matter) if found is None else int(found)


def close_case(
    connection: Connection, guild_id: int, number: int, decision: str, by: int | None, note: str = ""
) -> bool:
    """Decide a case within the caller's transaction. False if somebody else was faster: then nothing is written.

    `decision`: approve, spoiler, reject, expire or note; `by` None: nobody did in time. Passes the guild's gate itself.
    """
    connection.execute(PASS, {"gate": guild_id})
    values = {"guild": guild_id, "which": number, "decided": decision, "by": by, "said": note}
    row = connection.execute(CLOSE, values).one_or_none()
    if row is None:
        return False
    line = Line(
        guild_id,
        EntryKind.DECISION,
        actor_id=by,
        member_id=row.member_id,
        job_id=row.job_id,
        case_number=number,
        subject=decision,
        content={"note": note} if note else None,
    )
    write(connection, line)
    return True


def parse_case(row: Row[Any]) -> Case:
    """The case a row stands for."""
    column = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    return Case(**{**column, "flags": parse_flags(row.flags)})


class Cases:
    """Reads the rows of cases. They are opened and decided by `open_case` and `close_case`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, guild_id: int, number: int) -> Case | None:
        """The case of that number."""
        return await self._one(GET, guild=guild_id, which=number)

    async def open_of(self, job_id: int) -> Case | None:
        """The undecided case of a job, the newest."""
        return await self._one(OPEN_OF, job=job_id)

    async def of_job(self, guild_id: int, job_id: int) -> list[Case]:
        """All cases of a job, the oldest first."""
        return await self._all(OF_JOB, guild=guild_id, job=job_id)

    async def posted(self, guild_id: int, number: int, channel_id: int, message_id: int) -> None:
        """Moderators see it in this message."""
        await self._database.run(POSTED, guild=guild_id, which=number, channel=channel_id, message=message_id)

    async def undecided(self, guild_id: int, most: int) -> list[Case]:
        """The cases of a guild that nobody has decided, the oldest first."""
        return await self._all(UNDECIDED, guild=guild_id, most=most)

    async def history(self, guild_id: int, member_id: int) -> History:
        """What is known of a member in this guild."""
        (row,) = await self._database.run(HISTORY, guild=guild_id, member=member_id)
        return History(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)

    async def erase(self, guild_id: int, member_id: int, until: datetime) -> None:
        """Forget the words of decided cases about a member that were opened until then."""
        await self._database.run(ERASE, guild=guild_id, member=member_id, until=until)

    async def erase_older(self, guild_id: int, days: float) -> None:
        """Forget the words of cases that were decided longer ago than that."""
        await self._database.run(ERASE_OLDER, guild=guild_id, age=days * DAY_SECONDS)

    async def _one(self, statement: Any, **values: object) -> Case | None:
        found = await self._all(statement, **values)
        return found[0] if found else None

    async def _all(self, statement: Any, **values: object) -> list[Case]:
        return [parse_case(row) for row in await self._database.run(statement, **values)]
