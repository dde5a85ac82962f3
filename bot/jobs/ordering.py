"""Submit: an order goes out at most once.

It goes out only right after `submitting` was stored, and never again unless it is known that nothing was made.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.model import Job, Outlook
from bot.jobs.pace import FIRST_SEARCH_SECONDS, back_off_seconds, seconds_since
from bot.jobs.pause import find_trouble
from bot.jobs.provider_steps import ProviderSteps
from bot.provider import (
    Busy,
    Callback,
    KeyRefused,
    NotSubmitted,
    Order,
    OutcomeUnknown,
    RequestRefused,
    Task,
    pick_chosen,
)

if TYPE_CHECKING:
    from collections.abc import Callable


log = logging.getLogger(__name__)

REFUSALS: dict[type[NotSubmitted], Reason] = {
    KeyRefused: Reason.PROVIDER_KEY,
    RequestRefused: Reason.PROVIDER_REFUSED_REQUEST,
}
"""Why one order was not accepted, for good."""


@dataclass(frozen=True, slots=True)
class Ordering(ProviderSteps):
    """Sends the orders of jobs that were admitted."""

    callback: Callable[[Job], Callback | None]

    async def submit(self, job: Job) -> None:
        """Send the order of a job that was marked as `submitting` for us a moment ago."""
        try:
            task = await self.provider.submit(await self._order(job))
        except OutcomeUnknown as error:
            log.warning("job %s: the answer to the order was lost: %s", job.id, error)
            self.pause.failed(Reason.PROVIDER_DOWN, job.id)
            await self.doubt(job)
        except NotSubmitted as error:
            log.warning("job %s: not submitted: %s", job.id, error)
            await self._not_submitted(job, error)
        else:
            self.pause.succeeded()
            await self._submitted(job, task)

    async def doubt(self, job: Job) -> None:
        """An order that may have gone out: look for it. Also for one whose process died while it was sent."""
        job_now = await self.store.doubt(job, FIRST_SEARCH_SECONDS)
        if job_now is not None:
            self.replies.show(job_now, Outlook())

    async def _submitted(self, job: Job, task: Task) -> None:
        if not await self.go_on(job, task.id, await self.estimates.next_look_seconds(job, 0)):
            # Cancelled while the order was out: it may still be charged, so keep its name.
            await self.store.learn_task(job.id, task.id)

    async def _not_submitted(self, job: Job, error: NotSubmitted) -> None:
        trouble = await find_trouble(self.provider, error)
        if trouble is None:
            self.pause.succeeded()
            await self._refuse(job, REFUSALS[type(error)])
            return
        was_trial = self.pause.trial == job.id
        asked = error.retry_after_seconds if isinstance(error, Busy) else None
        self.pause.failed(trouble, job.id, asked)
        if seconds_since(job.queued_at, self.clock()) > self.limits.waiting_seconds:
            await self._refuse(job, trouble)
            return
        # What is paused begins with the same job again: it says when, not the job's own row.
        wait = 0.0 if self.pause.reason is not None else asked or back_off_seconds(job.attempts)
        job_now = await self.store.requeue(job, wait)
        if job_now is not None and not was_trial:  # whose card has said it before, and still says so
            self.replies.show(job_now, await self.estimates.outlook(job_now))

    async def _refuse(self, job: Job, reason: Reason) -> None:
        refused = await self.store.refuse_order(job, reason)
        if refused is not None:
            await self.telling.tell(refused)

    async def _order(self, job: Job) -> Order:
        request, source = job.request, await self.store.get_source(job.id)
        if job.image_url is None or source is None:
            raise ValueError("a queued job has its picture, and an address for it")
        return Order(
            model=request.model,
            prompt=request.words,
            image_url=job.image_url,
            width=source.width,
            height=source.height,
            callback=self.callback(job),
            **pick_chosen(request),
        )
