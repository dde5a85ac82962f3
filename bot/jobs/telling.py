"""The last word of a job that ended without a picture: said at least once, also when the process dies in between.

A row at its end still has a `wake_at` until its card has been shown; whoever finds it due tells.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Reason, Refused
from bot.jobs.model import Job, JobStatus
from bot.jobs.pace import Limits, back_off_seconds
from bot.jobs.ports import ReplyLost, ReplyNotReached

if TYPE_CHECKING:
    from bot.database import Clock
    from bot.jobs.ports import Replies
    from bot.jobs.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells how jobs ended."""

    store: Store
    replies: Replies
    clock: Clock
    limits: Limits

    async def end(self, job: Job, status: JobStatus, refused: Refused) -> None:
        """End a job, then say so."""
        ended = await self.store.end(job, status, refused.reason, refused.values)
        if ended is not None:
            await self.tell(ended)

    async def fail(self, job: Job, reason: Reason) -> None:
        """End a job as failed, then say so."""
        await self.end(job, JobStatus.FAILED, Refused(reason))

    async def tell(self, job: Job) -> None:
        """Say how a job ended. What cannot be reached is tried again for a while; it does not change how it ended."""
        try:
            await self._show(job)
        except ReplyNotReached as error:
            if job.ended_at is not None and (self.clock() - job.ended_at).total_seconds() < self.limits.telling_seconds:
                log.info("job %s: its end was not shown this time: %s", job.id, error)
                await self.store.release(job, back_off_seconds(job.attempts), failed=True)
                return
            log.warning("job %s: its end could not be shown: %s", job.id, error)
        except ReplyLost as error:
            log.info("job %s: there is no reply to show its end on: %s", job.id, error)
        await self.store.told(job)

    async def _show(self, job: Job) -> None:
        if job.status is JobStatus.REFUSED:
            reason = job.reason or Reason.NEVER_ANSWERED
            await self.replies.refuse(job, Refused(reason, **job.reason_values))
            return
        message_id = await self.replies.close(job)
        await self.store.found(job, message_id)
        if job.status is JobStatus.REJECTED:
            with contextlib.suppress(ReplyLost):  # who takes no direct messages finds the reason behind a button
                await self.replies.tell_rejected(job)
