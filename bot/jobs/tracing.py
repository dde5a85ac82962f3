"""Where a picture came from: everything that one guild may know of one of its jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, select

from bot.database import jobs
from bot.moderation.book import Filter

if TYPE_CHECKING:
    from bot.database import Database
    from bot.jobs.model import Job
    from bot.jobs.store import Store
    from bot.moderation.book import Book
    from bot.moderation.cases import Case, Cases
    from bot.moderation.chain import Entry

MOST_ENTRIES = 20
MOST_KIN = 20

KIN = (
    select(jobs.c.id)
    .where(
        jobs.c.guild_id == bindparam("guild"),
        jobs.c.id != bindparam("job"),
        or_(jobs.c.from_job_id == bindparam("job"), jobs.c.id == bindparam("origin")),
    )
    .order_by(jobs.c.id)
    .limit(MOST_KIN)
)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a job. `job` is None for a request that was refused before it became one.

    `kin` are the ids of the job this one started from, and of those that started from it.
    """

    job_id: int
    job: Job | None
    kin: tuple[int, ...]
    entries: tuple[Entry, ...]
    cases: tuple[Case, ...]


class Tracing:
    """Looks jobs up for the moderators of a guild. What belongs to another guild is as unknown as what never was."""

    def __init__(self, database: Database, store: Store, book: Book, cases: Cases) -> None:
        self._database = database
        self._store = store
        self._book = book
        self._cases = cases

    async def trace(self, guild_id: int, job_id: int) -> Record | None:
        """What this guild may know of a job. None where it knows nothing."""
        job = await self._store.get(job_id)
        if job is not None and job.request.guild_id != guild_id:
            return None
        entries = await self._book.read(guild_id, Filter(job_id=job_id), MOST_ENTRIES)
        if job is None and not entries:
            return None
        origin = job.request.from_job_id if job is not None else None
        kin = await self._database.run(KIN, guild=guild_id, job=job_id, origin=origin)
        cases = await self._cases.of_job(guild_id, job_id)
        return Record(job_id, job, tuple(row.id for row in kin), tuple(reversed(entries)), tuple(cases))

    async def trace_message(self, guild_id: int, channel_id: int, message_id: int) -> Record | None:
        """The same of the job whose reply this message is."""
        job = await self._store.get_by_message(channel_id, message_id)
        return None if job is None else await self.trace(guild_id, job.id)
