"""What is forgotten of jobs, and how: their pictures, words, names and addresses, not their ids, amounts and times.

Budgets of the month are counted with those, so an erased row stays for `LEDGER_DAYS`; `Reason.ERASED` marks it. What
somebody still works with, or a moderator still has to decide about, is not touched: who asked for it is written down,
and gets it once that is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    union,
    update,
)

from bot.database import PASS, cases, entries, erasures, fingerprints, jobs, now, pictures, reports
from bot.database.schema import DAY_SECONDS, Id, ago, spell
from bot.errors import Reason
from bot.jobs.model import ENDS, JobStatus
from bot.jobs.rows import job_guild
from bot.moderation.chain import SPOKEN, EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import BindParameter, Connection, Executable, Row, Select

    from bot.database import Database
    from bot.moderation.book import Book
    from bot.moderation.cases import Cases

BATCH = 200
"""Jobs in one transaction: nobody waits long behind it."""
LEDGER_DAYS = 45
"""A calendar month, and some days for who settles it."""
HAND_SECONDS = 300.0
"""A job that was cancelled may be in a step's hands for so long, and that step may still write."""

# Spelled: only so does SQLite see that the small index of erased jobs answers it.
IS_ERASED = jobs.c.reason == spell(Reason.ERASED.value)
UNDECIDED = select(cases.c.number).where(cases.c.job_id == jobs.c.id, cases.c.closed_at.is_(None)).exists()
"""Whether a moderator still has to decide about the job. One that is under review is not at its end, either."""
TOLD = and_(jobs.c.status.in_(sorted(ENDS)), jobs.c.wake_at.is_(None))
LET_GO = or_(jobs.c.status != JobStatus.CANCELLED.value, jobs.c.ended_at < ago(HAND_SECONDS))
NOT_ERASED = jobs.c.reason.is_distinct_from(Reason.ERASED.value)
ERASABLE = and_(TOLD, LET_GO, NOT_ERASED, ~UNDECIDED)

_IDS: BindParameter[int] = bindparam("ids", type_=Id, expanding=True)
DROP_PICTURES = delete(pictures).where(pictures.c.job_id.in_(_IDS)).returning(pictures.c.job_id)
DROP_FINGERPRINTS = delete(fingerprints).where(fingerprints.c.job_id.in_(_IDS))
SILENCE_REPORTS = update(reports).where(reports.c.job_id.in_(_IDS)).values(words="")
ERASE = (
    update(jobs)
    .where(jobs.c.id.in_(_IDS))
    .values(
        reason=Reason.ERASED.value,
        reason_values="{}",
        member_name="",
        token="",
        attachment_url="",
        prompt="",
        preset="",
        template="",
        negative_prompt="",
        alts="[]",
        source_notes="",
        flags="[]",
        image_url=None,
        result_urls="",
    )
)
_SERVED = jobs.c.ended_at < ago(LEDGER_DAYS * DAY_SECONDS)
_UNNEEDED = select(jobs.c.id).where(IS_ERASED, TOLD, ~UNDECIDED, _SERVED).limit(BATCH)
DROP_ERASED = delete(jobs).where(jobs.c.id.in_(_UNNEEDED)).returning(jobs.c.id)

# -- who asked for it ------------------------------------------------------------------------------------------------

_MEMBER = bindparam("member", type_=BigInteger())
_GUILD = bindparam("guild", type_=BigInteger())
_THIS = and_(erasures.c.member_id == _MEMBER, erasures.c.guild_id == _GUILD)
WITHDRAW = delete(erasures).where(_THIS)
ASK = insert(erasures).values(member_id=_MEMBER, guild_id=_GUILD, asked_at=now())
FULFILLED = WITHDRAW.where(erasures.c.asked_at == bindparam("asked", type_=erasures.c.asked_at.type))
ASKED = select(erasures)
GET_ASKED = ASKED.where(_THIS)
# Of what was erased once: a wish of that job's member as of when it was asked for, so that nothing newer goes with it.
_BARE = (jobs.c.id == bindparam("job", type_=Id), IS_ERASED)
_HAS_WISH = and_(erasures.c.member_id == jobs.c.member_id, erasures.c.guild_id == job_guild)
EXTEND = (
    update(erasures)
    .where(*_BARE, _HAS_WISH, erasures.c.asked_at < jobs.c.created_at)
    .values(asked_at=jobs.c.created_at)
)
ASK_AGAIN = insert(erasures).from_select(
    ["member_id", "guild_id", "asked_at"],
    select(jobs.c.member_id, job_guild, jobs.c.created_at).where(
        *_BARE, ~select(erasures.c.asked_at).where(_HAS_WISH).correlate(jobs).exists()
    ),
)

_ASKED_AT = select(erasures.c.asked_at).where(_THIS).scalar_subquery()
_MINE = and_(jobs.c.member_id == _MEMBER, job_guild == _GUILD, jobs.c.created_at <= _ASKED_AT)
_REPORTED = and_(jobs.c.id == reports.c.job_id, job_guild == _GUILD)
_SAID = and_(reports.c.member_id == _MEMBER, reports.c.words != "", reports.c.reported_at <= _ASKED_AT)
ASKED_FOR = select(jobs.c.id).where(_MINE, ERASABLE)
_OPENED_BY_THEM = and_(
    entries.c.job_id == cases.c.job_id,
    entries.c.guild_id == cases.c.guild_id,
    entries.c.case_number == cases.c.number,
    entries.c.kind == EntryKind.REPORT.value,
    entries.c.actor_id == _MEMBER,
)
SILENCE_CASES = (
    update(cases)
    .where(
        cases.c.guild_id == _GUILD,
        cases.c.kind == EntryKind.REPORT.value,
        cases.c.words != "",
        cases.c.closed_at.is_not(None),
        cases.c.opened_at <= _ASKED_AT,
        select(entries.c.number).where(_OPENED_BY_THEM).exists(),
    )
    .values(words="")
)
"""A case that reports opened has the words of whose report was the last one needed."""
SILENCE = update(reports).where(_SAID, select(jobs.c.id).where(_REPORTED, ~UNDECIDED).exists()).values(words="")
WAITING = union(
    select(jobs.c.id).where(_MINE, NOT_ERASED),
    select(func.coalesce(cases.c.job_id, -type_coerce(cases.c.number, BigInteger()))).where(
        cases.c.member_id == _MEMBER,
        cases.c.guild_id == _GUILD,
        cases.c.closed_at.is_(None),
        cases.c.opened_at <= _ASKED_AT,
    ),
    select(reports.c.job_id).where(_SAID, select(jobs.c.id).where(_REPORTED).exists()),
)
"""What cannot go yet, each matter once: jobs, and cases without one."""
PLACES = union(
    select(job_guild.label("guild")).where(jobs.c.member_id == _MEMBER),
    select(cases.c.guild_id).where(cases.c.member_id == _MEMBER),
    select(entries.c.guild_id).where(entries.c.member_id == _MEMBER),
    select(entries.c.guild_id).where(
        entries.c.actor_id == _MEMBER, entries.c.kind.in_(SPOKEN), entries.c.content.is_not(None)
    ),
    select(job_guild).join(reports, reports.c.job_id == jobs.c.id).where(reports.c.member_id == _MEMBER),
)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was forgotten, and how many matters have to wait."""

    jobs: int = 0
    pictures: int = 0
    waiting: int = 0

    def __add__(self, other: Erased) -> Erased:
        return Erased(self.jobs + other.jobs, self.pictures + other.pictures, self.waiting + other.waiting)


class Erasing:
    """Forgets jobs, and what was written about their members."""

    def __init__(self, database: Database, cases: Cases, book: Book) -> None:
        self._database = database
        self._cases = cases
        self._book = book

    async def erase(self, due: Select[Any], **values: object) -> Erased:
        """Erase the jobs whose ids `due` selects."""
        return await self._each(due, (DROP_FINGERPRINTS, SILENCE_REPORTS, ERASE), values)

    async def drop_pictures(self, due: Select[Any], **values: object) -> Erased:
        """Forget the pictures of the jobs whose ids `due` selects, and nothing else."""
        return await self._each(due, (), values)

    async def _each(self, due: Select[Any], others: Sequence[Executable], values: dict[str, object]) -> Erased:
        """Drop the pictures of these jobs and do what else is to be done with them, some at a time."""
        some = due.limit(BATCH).with_for_update(of=jobs, skip_locked=True)
        total, more = Erased(), True
        while more:
            erased = await self._database.transact(partial(_erase_some, some, others, values))
            total, more = total + erased, erased.jobs == BATCH
        return total

    async def drop_erased(self) -> None:
        """Delete the rows that no budget needs any more."""
        while len(await self._database.run(DROP_ERASED)) == BATCH:
            pass

    async def places(self, member_id: int) -> list[int]:
        """The guilds that know anything of a member; 0 stands for direct messages."""
        return sorted(row.guild for row in await self._database.run(PLACES, member=member_id))

    async def ask(self, member_id: int, guild_id: int) -> Erased:
        """Erase everything about a member in one guild: now what can be, the rest when it can be."""
        where = {"member": member_id, "guild": guild_id}

        def work(connection: Connection) -> Row[Any]:
            connection.execute(PASS, {"gate": guild_id})
            connection.execute(WITHDRAW, where)
            connection.execute(ASK, where)
            return connection.execute(GET_ASKED, where).one()

        return await self._fulfil(await self._database.transact(work))

    async def go_on(self) -> None:
        """Erase what had to wait and need not wait any longer."""
        asked: Sequence[Row[Any]] = await self._database.run(ASKED)
        for row in asked:
            await self._fulfil(row)

    async def _fulfil(self, asked: Row[Any]) -> Erased:
        where = {"member": asked.member_id, "guild": asked.guild_id}
        erased = await self.erase(ASKED_FOR, **where)
        await self._database.run(SILENCE, **where)
        await self._database.run(SILENCE_CASES, **where)
        # Counted before the rest is erased: a case that is decided in between has to be come back to.
        waiting = len(await self._database.run(WAITING, **where))
        await self._cases.erase(asked.guild_id, asked.member_id, asked.asked_at)
        await self._book.erase(asked.guild_id, asked.member_id, asked.asked_at)
        if waiting == 0:
            await self._database.run(FULFILLED, **where, asked=asked.asked_at)
        return erased + Erased(waiting=waiting)


def ask_again(connection: Connection, job_id: int) -> None:
    """What was erased comes before the moderators once more, and goes again when they have decided.

    Within a transaction that has passed the guild's gate; nothing happens for a job that was not erased.
    """
    for statement in (EXTEND, ASK_AGAIN):
        connection.execute(statement, {"job": job_id})


def _erase_some(
    due: Select[Any], others: Sequence[Executable], values: dict[str, object], connection: Connection
) -> Erased:
    ids = list(connection.execute(due, values).scalars())
    if not ids:
        return Erased()
    gone = connection.execute(DROP_PICTURES, {"ids": ids}).all()
    for statement in others:
        connection.execute(statement, {"ids": ids})
    return Erased(len(ids), len(gone))
