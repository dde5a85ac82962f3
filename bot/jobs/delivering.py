"""Deliver: the pictures are kept until their member has them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.model import Job, JobStatus
from bot.jobs.pace import Limits, back_off_seconds, seconds_since
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.moderation.rules import Showing
from bot.pictures import PictureUnusable, Provenance
from bot.provider import MODELS, PictureForbidden, PictureGone, PictureNotFetched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.database import Clock
    from bot.jobs.docket import Docket
    from bot.jobs.mentions import Mentions
    from bot.jobs.ports import Replies
    from bot.jobs.publishing import Publishing
    from bot.jobs.store import Store
    from bot.jobs.telling import Telling
    from bot.moderation.rules import Rules
    from bot.pictures import Result, Studio
    from bot.provider import Provider

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivering:
    """Brings what was made before its member; where the rules want that, before moderators first."""

    store: Store
    provider: Provider
    studio: Studio
    replies: Replies
    rules: Rules
    docket: Docket
    publishing: Publishing
    mentions: Mentions
    telling: Telling
    clock: Clock
    limits: Limits

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
            await self.telling.fail(job, reason)
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
        if seconds_since(since, self.clock()) < self.limits.delivering_seconds:
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
