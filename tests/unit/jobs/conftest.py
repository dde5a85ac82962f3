"""The rooms around the rows of jobs, and jobs that were lived through."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import pytest
from sqlalchemy import insert, select

from bot.database import fingerprints, jobs, now, pictures, quiet_members, reports
from bot.errors import Reason
from bot.jobs import Job, JobStatus, Request, Store
from bot.jobs.erasing import Erasing
from bot.jobs.pace import Limits
from bot.jobs.privacy import Privacy
from bot.jobs.retention import Retention
from bot.jobs.telling import Telling
from bot.moderation.book import Book
from bot.moderation.cases import Cases, Matter, close_case, open_case
from bot.moderation.chain import EntryKind
from bot.moderation.consent import Consent
from bot.moderation.model import Flag
from bot.moderation.policies import Policies
from bot.pictures import Result, Source
from bot.provider import Task, TaskState
from bot.replies import Editor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Table

    from bot.database import Database
    from tests.conftest import MovedClock

OPERATORS_HOURS = 72
FLAGS = (Flag("near_ban", "17"),)
SOURCE = Source(data=b"source" * 1000, width=4, height=3, sha256="x")
RESULT = Result(data=b"result" * 1000, media_type="image/png", width=4, height=3)


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything that keeps and forgets what is known of members."""

    database: Database
    store: Store
    policies: Policies
    cases: Cases
    book: Book
    retention: Retention
    privacy: Privacy

    async def live_through(self, request: Request, end: JobStatus = JobStatus.DONE) -> Job:
        """A job that has come to its end, of which everybody was told."""
        painted = await self.paint(request)
        if end is JobStatus.DONE:
            done = await self.store.finish(painted, end)
            assert done is not None
            return done
        over = await self.store.end(painted, end, Reason.PROVIDER_FAILED, {"word": "a secret"})
        assert over is not None
        await self.store.told(over)
        return over

    async def paint(self, request: Request) -> Job:
        """A job whose pictures are made and kept, and not brought yet."""
        await self.queue(request)
        admitted = await self.store.hands.admit(100)
        assert admitted is not None
        running = await self.store.running(admitted, "task", 0)
        assert running is not None
        (taken,) = [job for job in await self.store.hands.claim(9) if job.id == request.id]
        task = Task("task", TaskState.COMPLETED, ("https://there/1.png",), Decimal("0.002"))
        assert await self.store.painted(taken, task) is not None
        (painted,) = [job for job in await self.store.hands.claim(9) if job.id == request.id]
        await self.store.keep_results(painted, [RESULT])
        look = {"role": "result", "position": 0, "sha256": "x", "fingerprint": "y"}
        await self.database.run(insert(fingerprints), **look, job_id=painted.id, guild_id=request.guild_id)
        return painted

    async def queue(self, request: Request) -> Job:
        """A job that waits for its turn."""
        assert await self.store.arrive(request, f"key{request.id}", Decimal("0.0015"))
        await self.store.answered(request.id, 99)
        (job,) = [job for job in await self.store.hands.claim(9) if job.id == request.id]
        queued = await self.store.queue(job, SOURCE, "https://here/picture.jpg", FLAGS)
        assert queued is not None
        return queued

    async def report(self, job: Job, by: int, words: str = "rude") -> None:
        """A member says that a picture is bad."""
        said = {"job_id": job.id, "member_id": by, "words": words}
        await self.database.run(insert(reports).values(**said, reported_at=now()))

    async def open_case(
        self, job: Job, kind: EntryKind = EntryKind.REVIEW, words: str = "", by: int | None = None
    ) -> int:
        """A moderator has to decide about a job."""
        request = job.request
        matter = Matter(request.guild_id or 0, kind, request.member_id, job.id, by, FLAGS, words)
        return await self.database.transact(lambda connection: open_case(connection, matter))

    async def close_case(self, guild_id: int, number: int, note: str = "not here", decision: str = "reject") -> None:
        """A moderator decided."""

        def work(connection: Any) -> bool:
            return close_case(connection, guild_id, number, decision, 77, note)

        assert await self.database.transact(work)

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        return len(await self.rows(table))

    async def rows(self, table: Table) -> Sequence[Row[Any]]:
        """All rows, by their keys."""
        return await self.database.run(select(table).order_by(*table.primary_key))


@pytest.fixture
def archive(database: Database, clock: MovedClock) -> Archive:
    """The rooms of one process, without Discord."""
    store, policies, cases, book = Store(database, "me"), Policies(database), Cases(database), Book(database)
    erasing = Erasing(database, cases, book)
    editor = create_autospec(Editor, instance=True)
    editor.close.return_value = None
    telling = Telling(store, editor, clock, Limits())
    return Archive(
        database,
        store,
        policies,
        cases,
        book,
        Retention(database, policies, cases, book, erasing, OPERATORS_HOURS),
        Privacy(database, store, telling, erasing, Consent(database, quiet_members)),
    )


async def is_bare(archive: Archive, job: Job) -> bool:
    """Whether nothing of a job is left but ids, amounts and times."""
    (row,) = await archive.database.run(select(jobs).where(jobs.c.id == job.id))
    left = f"{row.prompt}{row.negative_prompt}{row.member_name}{row.token}{row.attachment_url}{row.image_url or ''}"
    left += f"{row.result_urls}{row.reason_values.strip('{}')}{row.flags.strip('[]')}"
    kept = [
        await archive.database.run(select(table.c.job_id).where(table.c.job_id == job.id))
        for table in (pictures, fingerprints)
    ]
    assert row.price_usd_micros == 1500
    assert row.created_at == job.created_at
    return not left and not any(kept)
