"""Reads and writes the rows of jobs. Every write is one guarded statement; `None` means that the turn is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from bot.jobs import statements as sql
from bot.jobs.rows import (
    REQUEST_COLUMNS,
    format_picture,
    held,
    parse_job,
    parse_result,
    parse_source,
    to_micros,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection, Executable

    from bot.database import Database
    from bot.errors import Reason
    from bot.jobs.model import Job, JobStatus, Request
    from bot.pictures import Result, Source
    from bot.provider import Task

LEASE_SECONDS = 60.0
ARRIVAL_SECONDS = 15.0
"""A row whose interaction is not answered by then is taken up by the next loop that sees it."""


class Store:
    """The rows of jobs, seen from one process. `me` names this process in leases."""

    def __init__(self, database: Database, me: str) -> None:
        self._database = database
        self.me = me

    # -- arriving ------------------------------------------------------------------------------------------------

    async def arrive(self, request: Request, key: str, price_usd: Decimal) -> bool:
        """Write the row. False if this interaction has one already: another process was faster."""
        values = {name: getattr(request, name) for name in REQUEST_COLUMNS}
        try:
            await self._database.run(sql.ARRIVE, **values, key=key, price=to_micros(price_usd), wait=ARRIVAL_SECONDS)
        except IntegrityError:
            return False
        return True

    async def answered(self, job_id: int, message_id: int) -> None:
        """The interaction was answered with this message: from now on the loop may go on with the job."""
        await self._database.run(sql.ANSWERED, job=job_id, message=message_id)

    async def found(self, job: Job, message_id: int) -> None:
        """The answer of a process that died was found again."""
        await self._database.run(sql.FOUND, **held(job), message=message_id)

    async def withdraw(self, job_id: int) -> None:
        """The interaction could not be answered: nobody saw anything, and nothing remains."""
        await self._database.run(sql.WITHDRAW, job=job_id)

    async def queue(self, job: Job, source: Source, image_url: str | None) -> Job | None:
        """Keep the checked picture and let the job wait for its turn, in one transaction."""
        notes = " ".join(sorted(source.notes))
        picture = format_picture(job.id, "source", 0, source)

        def work(connection: Connection) -> Job | None:
            row = connection.execute(
                sql.QUEUE,
                {
                    **held(job),
                    "member": job.request.member_id,
                    "image": image_url,
                    "notes": notes,
                    "wait": 0.0,
                },
            ).one_or_none()
            if row is None:
                return None
            connection.execute(sql.ADD_PICTURE, picture)
            return parse_job(row)

        return await self._database.transact(work)

    # -- taking up -----------------------------------------------------------------------------------------------

    async def admit(self, concurrency: int) -> Job | None:
        """Take the job whose turn it is and mark it as being submitted, if the provider has room for one more."""
        return await self._one(sql.ADMIT, most=concurrency, me=self.me, lease=LEASE_SECONDS)

    async def claim(self, most: int) -> list[Job]:
        """Take up what is due, except what is in our own hands already."""
        return await self._all(sql.CLAIM, most=most, me=self.me, lease=LEASE_SECONDS)

    async def renew(self) -> None:
        """Keep what is in our hands."""
        await self._database.run(sql.RENEW, me=self.me, lease=LEASE_SECONDS)

    async def abandon_others(self) -> None:
        """Free what a process that is gone had in its hands. Only where there is one process at a time."""
        await self._database.run(sql.ABANDON, me=self.me)

    async def next_wake_at(self) -> datetime | None:
        """When something will be due."""
        rows = await self._database.run(sql.NEXT_WAKE, me=self.me)
        at: datetime | None = rows[0][0]
        return at

    async def release(self, job: Job, wait_seconds: float, *, failed: bool = False) -> Job | None:
        """Put it down until later; `failed` counts as an attempt."""
        return await self._one(sql.RELEASE, **held(job), wait=wait_seconds, more=int(failed))

    # -- at the provider -----------------------------------------------------------------------------------------

    async def requeue(self, job: Job, wait_seconds: float) -> Job | None:
        """Nothing was submitted: back to the same place, not before `wait_seconds`."""
        return await self._one(sql.REQUEUE, **held(job), wait=wait_seconds)

    async def doubt(self, job: Job, wait_seconds: float) -> Job | None:
        """Nobody knows whether a task was made: wait for news, never submit again."""
        return await self._one(sql.DOUBT, **held(job), wait=wait_seconds)

    async def running(self, job: Job, task_id: str, wait_seconds: float) -> Job | None:
        """The provider works on it; somebody looks again in `wait_seconds`."""
        return await self._one(sql.RUNNING, **held(job), task=task_id, wait=wait_seconds)

    async def learn_task(self, job_id: int, task_id: str) -> None:
        """Remember the task of a job that has moved on meanwhile: what may be charged must be findable."""
        await self._database.run(sql.LEARN, job=job_id, task=task_id)

    async def hint(self, key: str, task_id: str | None) -> bool:
        """Somebody who knows the job's key says that its task moved: look at it now. False if there is none."""
        return bool(await self._database.run(sql.HINT, secret_key=key, task=task_id))

    async def painted(self, job: Job, task: Task) -> Job | None:
        """The pictures are made: remember where they are and what they cost."""
        urls = "\n".join(task.picture_urls)
        return await self._one(sql.PAINTED, **held(job), urls=urls, cost=to_micros(task.cost_usd), wait=0.0)

    async def keep_results(self, job: Job, results: Sequence[Result]) -> None:
        """Keep the finished pictures until the message has them, and a retention time longer."""
        rows = [format_picture(job.id, "result", position, result) for position, result in enumerate(results)]
        await self._database.transact(lambda connection: connection.execute(sql.ADD_PICTURE, rows).close())

    # -- ending --------------------------------------------------------------------------------------------------

    async def end(
        self,
        job: Job,
        status: JobStatus,
        reason: Reason | None = None,
        values: Mapping[str, object] | None = None,
    ) -> Job | None:
        """Bring it to one of its ends. `values` fill the placeholders of the reason's sentence."""
        why = reason and reason.value
        return await self._one(
            sql.END, **held(job), end=status.value, why=why, why_values=json.dumps(dict(values or {}))
        )

    async def cancel(self, job_id: int) -> Job | None:
        """Stop waiting for it, whoever holds it. None if it is being delivered or over."""
        return await self._one(sql.CANCEL, job=job_id)

    async def sweep(self, retention_seconds: float) -> None:
        """Forget the pictures of jobs that ended longer ago than that."""
        await self._database.run(sql.SWEEP, retention=retention_seconds)

    # -- looking -------------------------------------------------------------------------------------------------

    async def get(self, job_id: int) -> Job | None:
        """The job of this interaction."""
        return await self._one(sql.GET, job=job_id)

    async def place(self, job_id: int) -> int:
        """How many waiting jobs are submitted before or with this one: 1 is the next."""
        rows = await self._database.run(sql.PLACE, job=job_id)
        return int(rows[0][0])

    async def waiting(self) -> list[Job]:
        """The first jobs of the queue, in the order of their turns."""
        return await self._all(sql.WAITING)

    async def recent_seconds(self, model: str) -> list[float]:
        """How long the last tasks of a model took."""
        return [float(row[0]) for row in await self._database.run(sql.RECENT_SECONDS, model=model)]

    async def get_source(self, job_id: int) -> Source | None:
        """The checked picture of a job."""
        rows = await self._database.run(sql.SOURCE, job=job_id)
        return parse_source(rows[0]) if rows else None

    async def get_results(self, job_id: int) -> list[Result]:
        """The finished pictures of a job, as far as they are kept."""
        return [parse_result(row) for row in await self._database.run(sql.RESULTS, job=job_id)]

    async def get_hosted(self, key: str) -> bytes | None:
        """The checked picture behind a job's key, while the job is not over."""
        rows = await self._database.run(sql.HOSTED, secret_key=key)
        return bytes(rows[0].data) if rows else None

    async def _all(self, statement: Executable, **values: object) -> list[Job]:
        return [parse_job(row) for row in await self._database.run(statement, **values)]

    async def _one(self, statement: Executable, **values: object) -> Job | None:
        found: Iterable[Job] = await self._all(statement, **values)
        return next(iter(found), None)
