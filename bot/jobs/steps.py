"""What is done with a job at each status: the way from `queued` to one of its ends.

Money: an order goes out only right after `submitting` was stored, and never again unless it is known that nothing was
made. Truth: nothing here ends a job as failed because a question was not answered, unless a whole day goes by so.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Reason, Refused
from bot.jobs.model import Job, JobStatus, Outlook
from bot.jobs.pace import Limits, back_off_seconds, jittered, next_look_seconds
from bot.jobs.pause import find_trouble, is_locked_out
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.moderation.rules import Showing
from bot.pictures import PictureUnusable, Provenance
from bot.provider import (
    MODELS,
    Busy,
    Callback,
    FailureKind,
    KeyRefused,
    NotSubmitted,
    Order,
    OutcomeUnknown,
    PictureForbidden,
    PictureGone,
    PictureNotFetched,
    ReadFailed,
    RequestRefused,
    Task,
    TaskMissing,
    TaskState,
    pick_chosen,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aiolimiter import AsyncLimiter

    from bot.database import Clock
    from bot.jobs.docket import Docket
    from bot.jobs.estimates import Estimates
    from bot.jobs.mentions import Mentions
    from bot.jobs.pause import Pause
    from bot.jobs.ports import Replies
    from bot.jobs.publishing import Publishing
    from bot.jobs.search import Search
    from bot.jobs.store import Store
    from bot.jobs.telling import Telling
    from bot.moderation.rules import Rules
    from bot.pictures import Result, Studio
    from bot.provider import Provider

log = logging.getLogger(__name__)

FIRST_SEARCH_SECONDS = 5.0
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

REFUSALS: dict[type[NotSubmitted], Reason] = {
    KeyRefused: Reason.PROVIDER_KEY,
    RequestRefused: Reason.PROVIDER_REFUSED_REQUEST,
}
"""Why one order was not accepted, for good."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of accepted jobs. Each takes the job as it was taken up and leaves it where it stands next."""

    store: Store
    provider: Provider
    studio: Studio
    replies: Replies
    estimates: Estimates
    clock: Clock
    callback: Callable[[Job], Callback | None]
    limits: Limits
    telling: Telling
    search: Search
    rules: Rules
    docket: Docket
    publishing: Publishing
    pause: Pause
    mentions: Mentions
    reads: AsyncLimiter
    """What all looks of this process share, so that thousands of jobs do not storm the provider."""
    chance: Callable[[], float] = random.random

    # -- submit --------------------------------------------------------------------------------------------------

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
        job_now = await self.store.running(job, task.id, await self._next_look(job, 0))
        if job_now is None:  # cancelled while the order was out: it may still be charged, so keep its name
            await self.store.learn_task(job.id, task.id)
            return
        self.replies.show(job_now, await self.estimates.outlook(job_now))

    async def _not_submitted(self, job: Job, error: NotSubmitted) -> None:
        trouble = await find_trouble(self.provider, error)
        if trouble is None:
            self.pause.succeeded()
            await self._refuse(job, REFUSALS[type(error)])
            return
        was_trial = self.pause.trial == job.id
        asked = error.retry_after_seconds if isinstance(error, Busy) else None
        self.pause.failed(trouble, job.id, asked)
        if self._since(job.queued_at) > self.limits.waiting_seconds:
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

    # -- follow --------------------------------------------------------------------------------------------------

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
                await self._fail(job, FAILURES[task.failure or FailureKind.OTHER])
            case TaskState.COMPLETED:
                await self.store.painted(job, task)

    async def _wait(self, job: Job, *, answered: bool = True) -> None:
        """Look again later. A task's time is up when the provider says so; its silence counts for nothing."""
        elapsed = self._since(job.submitted_at)
        if elapsed > (self.limits.running_seconds if answered else self.limits.waiting_seconds):
            await self._fail(job, Reason.TOOK_TOO_LONG)
            return
        wait = await self._next_look(job, elapsed)
        if job.status is JobStatus.UNKNOWN and job.task_id is not None:  # a callback told us its name
            job_now = await self.store.running(job, job.task_id, wait)
            if job_now is not None:
                self.replies.show(job_now, await self.estimates.outlook(job_now))
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
            job_now = await self.store.running(job, task_id, 0)
            if job_now is not None:
                self.replies.show(job_now, await self.estimates.outlook(job_now))
        elif self._since(job.submitted_at) > most_seconds:
            await self._fail(job, Reason.OUTCOME_UNKNOWN)
        else:
            self.replies.show(job, Outlook())
            await self.store.release(job, back_off_seconds(job.attempts, FIRST_SEARCH_SECONDS), failed=True)

    async def _next_look(self, job: Job, elapsed: float) -> float:
        usual = await self.estimates.usual_seconds(job.request.model)
        called_back = self.callback(job) is not None
        return jittered(next_look_seconds(elapsed, usual, called_back=called_back), self.chance())

    # -- deliver -------------------------------------------------------------------------------------------------

    async def deliver(self, job: Job) -> None:
        """Bring the finished pictures into the message; they are kept here until it has them."""
        try:
            job = await self._announce(job)
            results = await self.store.get_results(job.id) or await self._fetch_results(job)
            if job.approved_at is not None:
                job = replace(job, spoiler=job.spoiler or await self.rules.blurs(job.ask))
            else:
                job, showing = await self._judge(job, results)
                if showing is Showing.HOLD:
                    await self._bid_farewell(await self.docket.hold(job, job.flags))
                    return
            message_id = await self.replies.deliver(job, results)
            if await self._bring(job, message_id) and message_id == job.message_id:  # a new one has mentioned them
                await self.mentions.follow(job)
        except (PictureGone, PictureForbidden, PictureUnusable) as error:
            log.warning("job %s: the result cannot be used: %s", job.id, error)
            gone = isinstance(error, PictureGone)
            await self._lose(job, Reason.RESULT_GONE if gone else Reason.RESULT_UNUSABLE)
        except ReplyLost as error:
            log.warning("job %s: no way to its member; the pictures are kept: %s", job.id, error)
            await self._keep(job)
        except (PictureNotFetched, ReplyNotReached) as error:
            await self._deliver_later(job, error)

    async def _announce(self, job: Job) -> Job:
        """The job with its message: a draft that is published has none before others yet, and is given one."""
        if job.message_id is not None:
            return job
        message_id = await self.replies.announce(job)
        await self.store.found(job, message_id)
        return replace(job, message_id=message_id)

    async def _bring(self, job: Job, message_id: int | None) -> bool:
        """The pictures are in this message now, or (None) in a direct one. False: the turn was over."""
        await self.store.found(job, message_id)
        done = await self.store.finish(job, JobStatus.DONE)
        await self._bid_farewell(done)
        return done is not None

    async def _bid_farewell(self, job: Job | None) -> None:
        """Where it was a draft, the draft says what became of it. None: that is somebody else's turn."""
        if job is not None:
            await self.replies.bid_farewell(job)

    async def _keep(self, job: Job) -> None:
        """Nothing reaches its member; what never got before others is a draft again."""
        if job.message_id is None:
            await self._bid_farewell(await self.publishing.take_back(job))
        else:
            await self.store.finish(job, JobStatus.DONE, Reason.REPLY_GONE)

    async def _lose(self, job: Job, reason: Reason) -> None:
        """Nobody has the pictures any more; the reply may, where they were shown before and moderators said yes."""
        if job.approved_at is None:
            await self._fail(job, reason)
            return
        try:
            await self._bring(job, await self.replies.restore(job))
        except (ReplyLost, ReplyNotReached) as error:
            log.warning("job %s: its reply could not be restored: %s", job.id, error)
            await self.store.finish(job, JobStatus.DONE, Reason.REPLY_GONE)

    async def _judge(self, job: Job, results: Sequence[Result]) -> tuple[Job, Showing]:
        """What the guild's rules say about the pictures that were made, and how they come before others."""
        seen = await self.rules.judge_results(job.ask, [result.data for result in results])
        flags, spoiler = tuple(dict.fromkeys((*job.flags, *seen.flags))), job.spoiler or seen.spoiler
        showing = await self.rules.showing(job.ask, flags, spoiler=spoiler)
        return replace(job, flags=flags, spoiler=showing is Showing.SPOILER), showing

    async def _deliver_later(self, job: Job, error: PictureNotFetched | ReplyNotReached) -> None:
        log.info("job %s: not delivered this time: %s", job.id, error)
        since = max(at for at in (job.approved_at, job.painted_at, job.token_at) if at is not None)
        if self._since(since) < self.limits.delivering_seconds:
            await self.store.release(job, back_off_seconds(job.attempts), failed=True)
        elif isinstance(error, PictureNotFetched):
            await self._lose(job, Reason.RESULT_GONE)
        else:
            await self._keep(job)

    async def _fetch_results(self, job: Job) -> list[Result]:
        """Download, check, label and keep every picture of the task: from here on these are its bytes."""
        if not job.result_urls:
            raise PictureGone("nobody knows any more where it is")
        model, fetch = MODELS[job.request.model], self.provider.fetch_picture
        provenance = Provenance(job.id, f"{model.wire_model} {model.task_type}")
        results = [await self.studio.check_result(await fetch(url), provenance) for url in job.result_urls]
        await self.store.keep_results(job, results)
        return results

    # -- end -----------------------------------------------------------------------------------------------------

    async def _fail(self, job: Job, reason: Reason) -> None:
        await self.telling.end(job, JobStatus.FAILED, Refused(reason))

    def _since(self, at: datetime | None) -> float:
        return 0.0 if at is None else (self.clock() - at).total_seconds()
