"""Reads and writes the rows of jobs. Every write is one guarded statement; `None` means that the turn is over."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from bot.database import PASS
from bot.jobs import statements as sql
from bot.jobs.hands import Hands
from bot.jobs.ledger import ChargeState, learn_charge
from bot.jobs.model import Job, JobStatus, Request
from bot.jobs.moves import moved
from bot.jobs.rows import (
    REQUEST_COLUMNS,
    format_picture,
    held,
    parse_job,
    parse_result,
    parse_source,
    to_micros,
)
from bot.moderation.model import format_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Connection, Executable

    from bot.database import Database
    from bot.errors import Reason
    from bot.moderation.model import Flag
    from bot.pictures import Result, Source
    from bot.provider import Task

ARRIVAL_SECONDS = 15.0
"""A row whose interaction is not answered by then is taken up by the next loop that sees it."""


class Store:
    """The rows of jobs, and in `hands` those this process, `me`, has taken up. `shared`: there may be others."""

    def __init__(self, database: Database, me: str) -> None:
        self._database = database
        self.shared = database.shared
        self.hands = Hands(database, me)

    # -- arriving ------------------------------------------------------------------------------------------------

    async def arrive(
        self,
        request: Request,
        key: str,
        price_usd: Decimal,
        flags: Sequence[Flag] = (),
        allow: Callable[[Connection], object] = lambda _: None,
    ) -> bool:
        """Write the row. False if this interaction has one already: another process was faster.

        `allow` counts in the same transaction, behind the guild's gate; where it raises, nothing was written.
        """
        values = {name: getattr(request, name) for name in REQUEST_COLUMNS}
        values |= {"key": key, "price": to_micros(price_usd), "flagged": format_flags(flags), "wait": ARRIVAL_SECONDS}
        gate = request.guild_id or request.member_id

        def work(connection: Connection) -> bool:
            connection.execute(PASS, {"gate": gate})
            if connection.execute(sql.GET, {"job": request.id}).one_or_none() is not None:
                return False
            connection.execute(sql.ARRIVE, values)
            allow(connection)
            return True

        try:
            return await self._database.transact(work)
        except IntegrityError:
            return False

    async def answered(self, job_id: int, message_id: int | None) -> None:
        """The interaction was answered with this message; None: perhaps, with one whose id is to be found.

        From now on the loop may go on with the job.
        """
        await self._database.run(sql.ANSWERED, job=job_id, message=message_id)

    async def found(self, job: Job, message_id: int | None) -> None:
        """The job's reply is this message now. None, or the one it was: there is nothing to write down."""
        if message_id is not None and message_id != job.message_id:
            await self._database.run(sql.FOUND, **held(job), message=message_id)

    async def withdraw(self, job_id: int) -> None:
        """The interaction could not be answered: nobody saw anything, and nothing remains."""
        await self._database.run(sql.WITHDRAW, job=job_id)

    async def queue(
        self, job: Job, source: Source, image_url: str | None, flags: Sequence[Flag] = (), *, spoiler: bool = False
    ) -> Job | None:
        """Keep the checked picture and let the job wait for its turn, in one transaction.

        `flags` and `spoiler` are what the rules say about the picture, and join what they said about the prompt.
        """
        notes = " ".join(sorted(source.notes))
        picture = format_picture(job.id, "source", 0, source)

        def work(connection: Connection) -> Job | None:
            connection.execute(PASS, {"gate": job.request.member_id})  # their other jobs count for this one's turn
            row = connection.execute(
                sql.QUEUE,
                {
                    **held(job),
                    "member": job.request.member_id,
                    "image": image_url,
                    "notes": notes,
                    "flagged": format_flags((*job.flags, *flags)),
                    "hidden": int(spoiler),
                },
            ).one_or_none()
            if row is None:
                return None
            connection.execute(sql.ADD_PICTURE, picture)
            return parse_job(row)

        return moved(await self._database.transact(work))

    # -- later ---------------------------------------------------------------------------------------------------

    async def release(self, job: Job, wait_seconds: float, *, failed: bool = False) -> Job | None:
        """Put it down until later; `failed` counts as an attempt."""
        return await self._one(sql.RELEASE, **held(job), wait=wait_seconds, more=int(failed))

    # -- at the provider -----------------------------------------------------------------------------------------

    async def requeue(self, job: Job, wait_seconds: float) -> Job | None:
        """Nothing was submitted: back to the same place, not before `wait_seconds`."""
        learned = partial(learn_charge, job_id=job.id, state=ChargeState.NONE)
        return moved(await self._move(sql.REQUEUE, learned, **held(job), wait=wait_seconds))

    async def doubt(self, job: Job, wait_seconds: float) -> Job | None:
        """Nobody knows whether a task was made: wait for news, never submit again."""
        learned = partial(learn_charge, job_id=job.id, state=ChargeState.UNKNOWN)
        return moved(await self._move(sql.DOUBT, learned, **held(job), wait=wait_seconds))

    async def running(self, job: Job, task_id: str, wait_seconds: float) -> Job | None:
        """The provider works on it; somebody looks again in `wait_seconds`."""
        learned = partial(learn_charge, job_id=job.id, state=ChargeState.EXPECTED, task_id=task_id)
        return moved(await self._move(sql.RUNNING, learned, **held(job), task=task_id, wait=wait_seconds))

    async def learn_task(self, job_id: int, task_id: str) -> None:
        """Remember the task of a job that has moved on meanwhile: what may be charged must be findable."""
        learned = partial(learn_charge, job_id=job_id, state=ChargeState.EXPECTED, task_id=task_id)
        await self._move(sql.LEARN, learned, job=job_id, task=task_id)

    async def hint(self, key: str, task_id: str | None) -> bool:
        """Somebody who knows the job's key says that its task moved: look at it now. False if there is none."""
        return bool(await self._database.run(sql.HINT, secret_key=key, task=task_id))

    async def painted(self, job: Job, task: Task) -> Job | None:
        """The pictures are made: remember where they are and what they cost."""
        urls = "\n".join(task.picture_urls)
        state = ChargeState.EXPECTED if task.cost_usd is None else ChargeState.SETTLED
        learned = partial(learn_charge, job_id=job.id, state=state, task_id=task.id, usd=task.cost_usd)
        cost = to_micros(task.cost_usd)
        return moved(await self._move(sql.PAINTED, learned, **held(job), urls=urls, cost=cost, wait=0.0))

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
        """Bring it to an end that its member is still to be told. `values` fill the placeholders of its sentence."""
        why, said = reason and reason.value, json.dumps(dict(values or {}))
        return moved(await self._one(sql.END, **held(job), end=status.value, why=why, why_values=said))

    async def finish(self, job: Job, status: JobStatus, reason: Reason | None = None) -> Job | None:
        """Bring it to an end of which there is nothing to tell: its member has the picture, or was never answered.

        The job's `flags` and `spoiler` are kept as they were shown.
        """
        shown = {"flagged": format_flags(job.flags), "hidden": int(job.spoiler)}
        why = reason and reason.value
        return moved(await self._one(sql.FINISH, **held(job), end=status.value, why=why, **shown))

    async def told(self, job: Job) -> None:
        """Its member knows how it ended, or cannot be reached."""
        await self._database.run(sql.TOLD, **held(job))

    async def refuse_order(self, job: Job, reason: Reason) -> Job | None:
        """The provider does not want this order: nothing was made, and the job ends."""
        learned = partial(learn_charge, job_id=job.id, state=ChargeState.NONE)
        end = {"end": JobStatus.FAILED.value, "why": reason.value, "why_values": "{}"}
        return moved(await self._move(sql.END, learned, **held(job), **end))

    async def cancel(self, job_id: int) -> Job | None:
        """Stop waiting for it, whoever holds it. None if it is being delivered or over.

        Who asked for it says so within some seconds, and that it was `told`; otherwise the loop does.
        """
        return moved(await self._one(sql.CANCEL, job=job_id, wait=ARRIVAL_SECONDS))

    async def renew_token(self, job_id: int, token: str, token_id: int) -> Job | None:
        """A click on the reply brought a new token: with it the reply can be edited for another quarter of an hour."""
        return await self._one(sql.RENEW_TOKEN, job=job_id, new_token=token, of=token_id)

    # -- looking -------------------------------------------------------------------------------------------------

    async def get(self, job_id: int) -> Job | None:
        """The job of this interaction."""
        return await self._one(sql.GET, job=job_id)

    async def strangers(self, task_ids: Sequence[str]) -> list[str]:
        """Those of the provider's tasks that belong to no job of ours, as far as we know."""
        rows = await self._database.run(sql.KNOWN_TASKS, tasks=list(task_ids))
        known = {row.task_id for row in rows}
        return [task_id for task_id in task_ids if task_id not in known]

    async def kept_result(self, member_id: int) -> Job | None:
        """The member's last finished job whose pictures are still kept, one that was never shown before others."""
        return await self._one(sql.KEPT_RESULT, member=member_id)

    async def place(self, job_id: int) -> int:
        """How many waiting jobs are submitted before or with this one: 1 is the next."""
        rows = await self._database.run(sql.PLACE, job=job_id)
        return int(rows[0][0])

    async def get_by_message(self, channel_id: int, message_id: int) -> Job | None:
        """The job whose reply this message is, of whichever guild."""
        return await self._one(sql.GET_BY_MESSAGE, channel=channel_id, message=message_id)

    async def get_open(self) -> list[Job]:
        """The oldest jobs that are not over."""
        return await self._all(sql.GET_OPEN)

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

    async def _move(self, statement: Executable, learned: Callable[[Connection], None], **values: object) -> Job | None:
        """A guarded move, and in the same transaction what was learned about money, also by who lost the turn."""

        def work(connection: Connection) -> Job | None:
            row = connection.execute(statement, values).one_or_none()
            learned(connection)
            return None if row is None else parse_job(row)

        return await self._database.transact(work)

    async def _all(self, statement: Executable, **values: object) -> list[Job]:
        return [parse_job(row) for row in await self._database.run(statement, **values)]

    async def _one(self, statement: Executable, **values: object) -> Job | None:
        return next(iter(await self._all(statement, **values)), None)
