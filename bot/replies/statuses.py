"""Status edits of a message: at least three seconds apart, the latest wins."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.replies.card import build_card

if TYPE_CHECKING:
    from bot.database import Clock
    from bot.jobs.model import Job, Outlook
    from bot.replies.post import Post

log = logging.getLogger(__name__)

REST_SECONDS = 3.0
GATHER_SECONDS = 0.7
"""A status waits this long for the next one: queued, submitting and running often follow each other at once."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is to be shown of a job, and when."""

    job: Job
    outlook: Outlook
    due_at: datetime


class Statuses:
    """What is still to be shown of jobs. `run` sends the status edits that `show` was told of."""

    def __init__(self, post: Post, clock: Clock, label: str) -> None:
        self._post = post
        self._clock = clock
        self._label = label
        self._pending: dict[int, Status] = {}
        self._resting: dict[int, datetime] = {}
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._moved = asyncio.Event()

    def show(self, job: Job, outlook: Outlook) -> None:
        """Bring the reply up to date soon."""
        if job.message_id is not None:
            waiting = self._pending.get(job.id)
            due_at = waiting.due_at if waiting else self._clock() + timedelta(seconds=GATHER_SECONDS)
            self._pending[job.id] = Status(job, outlook, due_at)
            self._moved.set()

    def is_shown(self, job_id: int) -> bool:
        """Whether the last thing to show of a job is on its way no longer."""
        return job_id not in self._pending and job_id not in self._in_flight

    async def run(self) -> None:
        """Send status edits for ever."""
        while True:
            self._moved.clear()
            wait = self._send_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._moved.wait()

    async def flush(self) -> None:
        """Send the status edits that are due now, and return when Discord has them. For tests, instead of `run`."""
        self._send_due()
        await asyncio.gather(*self._in_flight.values())

    def forget(self, job_id: int) -> None:
        """Nothing more is to be shown of this job but what the caller shows now."""
        self._pending.pop(job_id, None)

    async def quiet(self, job_id: int) -> None:
        """Let no status of this job come after what the caller is about to send."""
        self.forget(job_id)
        if (edit := self._in_flight.get(job_id)) is not None:
            await asyncio.wait([edit])

    def _send_due(self) -> float | None:
        """Start the status edits that are due. Returns the seconds until the next one, None if none waits."""
        now = self._clock()
        self._resting = {job_id: until for job_id, until in self._resting.items() if until > now}
        # One whose last edit is still on its way is woken when that has landed.
        due = {
            job_id: max(status.due_at, self._resting.get(job_id, now))
            for job_id, status in self._pending.items()
            if job_id not in self._in_flight
        }
        for job_id in [each for each, at in due.items() if at <= now]:
            del due[job_id]
            self._start(self._pending.pop(job_id), now)
        return min(((at - now).total_seconds() for at in due.values()), default=None)

    def _start(self, status: Status, now: datetime) -> None:
        job_id = status.job.id
        self._resting[job_id] = now + timedelta(seconds=REST_SECONDS)
        edit = asyncio.create_task(self._send(status), name=f"show job {job_id}")
        self._in_flight[job_id] = edit
        edit.add_done_callback(partial(self._landed, job_id))

    def _landed(self, job_id: int, _: asyncio.Task[None]) -> None:
        self._in_flight.pop(job_id, None)
        self._moved.set()

    async def _send(self, status: Status) -> None:
        try:
            await self._post.edit(status.job, build_card(status.job, status.outlook, self._label))
        except (ReplyLost, ReplyNotReached) as error:  # the next status, or the result, tries again
            log.info("job %s: its status was not shown: %s", status.job.id, error)
