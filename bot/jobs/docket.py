"""The moves of a job that people decide: into review and out of it, by report, appeal or decision.

Each happens with its case and its line in the guild's book in one transaction, so the first decision wins on any
process, and what is written down is what happened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, bindparam, delete, func, insert, literal, null, select, update

from bot.database import PASS, cases, jobs, now, pictures, reports
from bot.database.schema import Instant
from bot.errors import Reason
from bot.jobs.erasing import ask_again
from bot.jobs.model import Job, JobStatus
from bot.jobs.moves import moved
from bot.jobs.rows import held, parse_job
from bot.jobs.statements import ENDED, FREE, HELD
from bot.moderation.book import write
from bot.moderation.cases import Matter, close_case, open_case
from bot.moderation.chain import EntryKind, Line
from bot.moderation.model import Flag, format_flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from bot.database import Database

# A job that waits for a moderator has no turn at the provider any more, and its card is still to be changed.
WAITS_FOR_MODERATOR: dict[str, Any] = FREE | {
    "status": "reviewing",
    "round": null(),
    "ended_at": null(),
    "approved_at": null(),
    "attempts": 0,
    "turn": jobs.c.turn + 1,
    "flags": bindparam("flagged"),
}
HOLD = update(jobs).where(HELD).values(WAITS_FOR_MODERATOR).returning(jobs)
REOPEN = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job"),
        jobs.c.guild_id == bindparam("guild"),
        jobs.c.status == bindparam("before"),
        jobs.c.wake_at.is_(None),  # its end has been told
    )
    .values(WAITS_FOR_MODERATOR | {"reason": bindparam("why")})
    .returning(jobs)
)
_REVIEWED = and_(jobs.c.id == bindparam("job"), jobs.c.guild_id == bindparam("guild"), jobs.c.status == "reviewing")
LET_THROUGH = (
    update(jobs)
    .where(_REVIEWED)
    .values(
        FREE
        | {
            "status": "delivering",
            "reason": null(),
            "approved_at": now(),
            "spoiler": bindparam("hidden", type_=Integer()),
            "attempts": 0,
            "turn": jobs.c.turn + 1,
        }
    )
    .returning(jobs)
)
REJECT = (
    update(jobs)
    .where(_REVIEWED)
    .values(
        ENDED
        | FREE
        | {
            "status": "rejected",
            "reason": bindparam("why"),
            "reason_values": bindparam("why_values"),
            "turn": jobs.c.turn + 1,
        }
    )
    .returning(jobs)
)
_SHOWN = and_(jobs.c.id == bindparam("job"), jobs.c.status == "done", jobs.c.wake_at.is_(None))
DELETE = (
    update(jobs)
    .where(_SHOWN, jobs.c.reason.is_distinct_from("deleted"))
    .values(reason="deleted", alts="[]", result_urls="", turn=jobs.c.turn + 1)
    .returning(jobs.c.id)
)
DESCRIBE = update(jobs).where(_SHOWN).values(alts=bindparam("said")).returning(jobs)
DROP_RESULTS = delete(pictures).where(pictures.c.job_id == bindparam("job"), pictures.c.role == "result")

_IS_APPEAL = (cases.c.job_id == bindparam("job"), cases.c.kind == EntryKind.APPEAL.value)
APPEALS = select(func.count()).select_from(cases).where(*_IS_APPEAL)
REPORTED_BY = select(reports.c.job_id).where(
    reports.c.job_id == bindparam("job"), reports.c.member_id == bindparam("member")
)
ADD_REPORT = insert(reports).values(
    job_id=bindparam("job"), member_id=bindparam("member"), words=bindparam("said"), reported_at=now()
)
# Moderators who let a picture through have answered the reports until then.
_ANSWERED = select(func.max(cases.c.closed_at)).where(cases.c.job_id == bindparam("job")).scalar_subquery()
COUNT_REPORTS = (
    select(func.count())
    .select_from(reports)
    .where(
        reports.c.job_id == bindparam("job"),
        reports.c.reported_at > func.coalesce(_ANSWERED, literal(0.0), type_=Instant()),
    )
)


class Decision(StrEnum):
    """What a moderator decides about a result, or `expire`: nobody did in time. Stored in rows: never rename one."""

    APPROVE = "approve"
    SPOILER = "spoiler"
    REJECT = "reject"
    EXPIRE = "expire"
    NOTE = "note"
    """Seen; there is nothing to show or to take away."""


class Heard(StrEnum):
    """What became of a report or an appeal. Each is a key of the catalogue."""

    COUNTED = "counted"
    HIDDEN = "hidden"
    """This report was the last one needed: the picture waits for a moderator."""
    ALREADY = "already"
    APPEALED = "appealed"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Docket:
    """Writes what people decide about jobs."""

    database: Database

    async def hold(self, job: Job, flags: Sequence[Flag]) -> Job | None:
        """The pictures in our hands wait for a moderator. None: the turn is over."""
        matter = Matter(
            guild_id=job.request.guild_id or 0,
            kind=EntryKind.REVIEW,
            member_id=job.request.member_id,
            job_id=job.id,
            flags=tuple(flags),
        )

        def work(connection: Connection) -> Job | None:
            connection.execute(PASS, {"gate": matter.guild_id})
            row = connection.execute(HOLD, {**held(job), "flagged": format_flags(flags), "wait": 0.0}).one_or_none()
            if row is None:
                return None
            open_case(connection, matter)
            return parse_job(row)

        return moved(await self.database.transact(work))

    async def report(self, job: Job, guild_id: int, member_id: int, words: str, enough: int) -> Heard:
        """A member finds that the pictures should not be shown. `enough` of them hide it until a moderator decides."""

        def work(connection: Connection) -> Heard | Job:
            connection.execute(PASS, {"gate": guild_id})
            who = {"job": job.id, "member": member_id}
            if connection.execute(REPORTED_BY, who).one_or_none() is not None:
                return Heard.ALREADY
            connection.execute(ADD_REPORT, who | {"said": words})
            count = connection.execute(COUNT_REPORTS, {"job": job.id}).scalar_one()
            if count >= enough:
                flag = Flag("reported", str(count))
                hidden = self._reopen(connection, job, guild_id, EntryKind.REPORT, flag, words, member_id)
                if hidden is not None:
                    return hidden
            write(
                connection,
                Line(
                    guild_id,
                    EntryKind.REPORT,
                    actor_id=member_id,
                    member_id=job.request.member_id,
                    job_id=job.id,
                    content={"words": words} if words else None,
                ),
            )
            return Heard.COUNTED

        return _hear(await self.database.transact(work), Heard.HIDDEN)

    async def appeal(self, job: Job, guild_id: int, words: str) -> Heard:
        """The member asks for another look at rejected pictures: once."""

        def work(connection: Connection) -> Heard | Job:
            connection.execute(PASS, {"gate": guild_id})
            if connection.execute(APPEALS, {"job": job.id}).scalar_one():
                return Heard.ALREADY
            reopened = self._reopen(
                connection, job, guild_id, EntryKind.APPEAL, Flag("appeal"), words, job.request.member_id
            )
            return Heard.TOO_LATE if reopened is None else reopened

        return _hear(await self.database.transact(work), Heard.APPEALED)

    async def describe(self, job_id: int, alts: Sequence[str]) -> Job | None:
        """Keep what is to be read to who cannot see the results. None: they are not shown any more."""
        said = json.dumps(list(alts), ensure_ascii=False)
        rows = await self.database.run(DESCRIBE, job=job_id, said=said)
        return parse_job(rows[0]) if rows else None

    async def delete(self, job: Job, by: int) -> bool:
        """Forget the pictures of a finished job: nobody shows them again. False: they are not there to be forgotten."""
        guild_id = job.request.guild_id

        def work(connection: Connection) -> bool:
            connection.execute(PASS, {"gate": guild_id or job.request.member_id})
            if connection.execute(DELETE, {"job": job.id}).one_or_none() is None:
                return False
            connection.execute(DROP_RESULTS, {"job": job.id})
            if guild_id is not None:
                write(connection, Line(guild_id, EntryKind.DELETED, by, job.request.member_id, job.id))
            return True

        return await self.database.transact(work)

    async def decide(
        self, guild_id: int, number: int, job_id: int | None, decision: Decision, by: int | None, words: str = ""
    ) -> bool:
        """Decide a case of this guild and move its job. False: somebody else was faster, and nothing happened."""

        def work(connection: Connection) -> tuple[bool, Job | None]:
            if not close_case(connection, guild_id, number, decision.value, by, words):
                return False, None
            return True, None if job_id is None else self._move(connection, guild_id, job_id, decision, words)

        decided, job = await self.database.transact(work)
        moved(job)
        return decided

    def _reopen(  # noqa: PLR0913, PLR0917 (what a case is made of)
        self, connection: Connection, job: Job, guild_id: int, kind: EntryKind, flag: Flag, words: str, by: int
    ) -> Job | None:
        """An ended job goes back to review. None: it does not stand at that end any more."""
        ask_again(connection, job.id)
        appealed = kind is EntryKind.APPEAL
        flags = (*(each for each in job.flags if each.kind != flag.kind), flag)
        row = connection.execute(
            REOPEN,
            {
                "job": job.id,
                "guild": guild_id,
                "before": (JobStatus.REJECTED if appealed else JobStatus.DONE).value,
                "flagged": format_flags(flags),
                "why": None if appealed else Reason.REPORTED.value,
                "wait": 0.0,
            },
        ).one_or_none()
        if row is None:
            return None
        open_case(connection, Matter(guild_id, kind, job.request.member_id, job.id, by, flags, words))
        return parse_job(row)

    def _move(self, connection: Connection, guild_id: int, job_id: int, decision: Decision, words: str) -> Job | None:
        about = {"job": job_id, "guild": guild_id, "wait": 0.0}
        if decision in {Decision.APPROVE, Decision.SPOILER}:
            hidden = int(decision is Decision.SPOILER)
            row = connection.execute(LET_THROUGH, about | {"hidden": hidden}).one_or_none()
        else:
            why = Reason.REVIEW_EXPIRED if decision is Decision.EXPIRE else Reason.REJECTED
            said = json.dumps({"words": words} if words else {})
            row = connection.execute(REJECT, about | {"why": why.value, "why_values": said}).one_or_none()
        return None if row is None else parse_job(row)


def _hear(came: Heard | Job, heard: Heard) -> Heard:
    """What is answered: `heard` where it moved the job."""
    if isinstance(came, Heard):
        return came
    moved(came)
    return heard
