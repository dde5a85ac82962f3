"""Follow: ask how the task stands; silence changes nothing.

Nothing here ends a job as failed because a question was not answered, unless a whole day goes by so.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.model import Job, JobStatus, Outlook
from bot.jobs.pace import FIRST_SEARCH_SECONDS, back_off_seconds, jittered, seconds_since
from bot.jobs.pause import is_locked_out
from bot.jobs.provider_steps import ProviderSteps
from bot.provider import FailureKind, KeyRefused, ReadFailed, TaskMissing, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiolimiter import AsyncLimiter

    from bot.jobs.search import Search

log = logging.getLogger(__name__)

CROWDED_SECONDS = 5.0
"""How long a look is put off when too many others are being done."""

FAILURES = {
    FailureKind.PICTURE: Reason.PROVIDER_REFUSED_PICTURE,
    FailureKind.NOT_FETCHED: Reason.PROVIDER_NOT_FETCHED,
    FailureKind.NO_CREDIT: Reason.PROVIDER_NO_CREDIT,
    FailureKind.BUSY: Reason.PROVIDER_BUSY,
    FailureKind.TIMEOUT: Reason.TOOK_TOO_LONG,
    FailureKind.OTHER: Reason.PROVIDER_FAILED,
}
"""Why an accepted task failed, in our words."""


@dataclass(frozen=True, slots=True)
class Following(ProviderSteps):
    """Asks about what was ordered."""

    search: Search
    reads: AsyncLimiter
    """What all looks of this process share, so that thousands of jobs do not storm the provider."""
    chance: Callable[[], float] = random.random

    async def look(self, job: Job) -> None:
        """Ask how the task stands. A question that is not answered changes nothing."""
        if not self.reads.has_capacity():
            await self.store.release(job, jittered(CROWDED_SECONDS, self.chance()))
            return
        async with self.reads:
            await self._ask(job)

    async def _ask(self, job: Job) -> None:
        if job.task_id is None:
            await self._search(job)
            return
        try:
            task = await self.provider.fetch_task(job.task_id)
        except (KeyRefused, ReadFailed) as error:
            log.info("job %s: task %s was not read: %s", job.id, job.task_id, error)
            await is_locked_out(self.pause, self.provider, error)
            await self._wait(job, answered=isinstance(error, TaskMissing))
            return
        self.pause.read(job.id, task)
        match task.state:
            case TaskState.RUNNING:
                await self._wait(job)
            case TaskState.FAILED:
                log.warning("job %s: task %s failed: %s", job.id, task.id, task.detail)
                await self.telling.fail(job, FAILURES[task.failure or FailureKind.OTHER])
            case TaskState.COMPLETED:
                await self.store.painted(job, task)

    async def _wait(self, job: Job, *, answered: bool = True) -> None:
        """Look again later. A task's time is up when the provider says so; its silence counts for nothing."""
        elapsed = seconds_since(job.submitted_at, self.clock())
        if elapsed > (self.limits.running_seconds if answered else self.limits.waiting_seconds):
            await self.telling.fail(job, Reason.TOOK_TOO_LONG)
            return
        wait = await self.estimates.next_look_seconds(job, elapsed)
        if job.status is JobStatus.UNKNOWN and job.task_id is not None:  # a callback told us its name
            await self.go_on(job, job.task_id, wait)
            return
        await self.store.release(job, wait)

    async def _search(self, job: Job) -> None:
        """Look for the task of an order whose answer was lost. It is never ordered again."""
        task_id, most_seconds = None, self.limits.unknown_seconds
        try:
            task_id = await self.search.find(job)
            self.pause.answered()
        except (KeyRefused, ReadFailed) as error:
            log.info("job %s: the history was not read: %s", job.id, error)
            if await is_locked_out(self.pause, self.provider, error):
                most_seconds = self.limits.waiting_seconds
        if task_id is not None:
            log.info("job %s: its order became task %s", job.id, task_id)
            await self.go_on(job, task_id, 0)
        elif seconds_since(job.submitted_at, self.clock()) > most_seconds:
            await self.telling.fail(job, Reason.OUTCOME_UNKNOWN)
        else:
            self.replies.show(job, Outlook())
            await self.store.release(job, back_off_seconds(job.attempts, FIRST_SEARCH_SECONDS), failed=True)
