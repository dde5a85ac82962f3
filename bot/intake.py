"""The only way in: a request is judged, written down, and becomes a job once its picture is known to be good."""

from __future__ import annotations

import logging
import secrets
import unicodedata
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.errors import Reason, Refused
from bot.jobs.model import Job, JobStatus, Request
from bot.jobs.moves import moved
from bot.jobs.pace import Limits, back_off_seconds
from bot.jobs.ports import ReplyLost, ReplyNotReached, SourceGone
from bot.pictures import PictureLimits, judge_declared
from bot.presets import PROMPT
from bot.provider import Mismatch, ReadFailed, pick_chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.database import Clock
    from bot.jobs.estimates import Estimates
    from bot.jobs.gallery import Gallery
    from bot.jobs.handover import Handover
    from bot.jobs.offers import Offers
    from bot.jobs.ports import Replies
    from bot.jobs.store import Store
    from bot.jobs.telling import Telling
    from bot.moderation.model import Standing
    from bot.moderation.rules import Allowed, Rules
    from bot.pictures import Source, Studio
    from bot.provider import Model

log = logging.getLogger(__name__)

LONGEST_PROMPT = 1000
LONGEST_WORDS = 1500
"""With a preset's around them. What has its place for the prompt once can take the longest."""
KEY_BYTES = 24
MOST_DEATHS = 8
"""So often a process may end with an arriving job in hand. Its picture may be why, and would end the next one, too."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What Discord says about an attachment before a byte of it is fetched."""

    size_bytes: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Intake:
    """Settle, judge, arrive, accept. A refusal is a `Refused` with the sentence's values. `models`: those on offer."""

    store: Store
    studio: Studio
    replies: Replies
    handover: Handover
    gallery: Gallery
    estimates: Estimates
    telling: Telling
    rules: Rules
    clock: Clock
    models: Mapping[str, Model]
    offers: Offers
    limits: Limits
    picture_limits: PictureLimits

    async def settle(self, request: Request) -> Request:
        """The request with what its preset and its model do where nothing was chosen.

        Raises `Refused` for what there is not, and for what the model cannot do.
        """
        request = await self.offers.apply(request)
        model = self.models.get(request.model)
        if model is None:
            raise Refused(Reason.MODEL_NOT_OFFERED, model=request.model, models=", ".join(self.models))
        try:
            return replace(request, **model.settle(pick_chosen(request)))
        except Mismatch as mismatch:
            raise self._explain(model, mismatch) from None

    def _explain(self, model: Model, mismatch: Mismatch) -> Refused:
        name, option = mismatch.option, model.options.get(mismatch.option)
        values: dict[str, str | float] = {"model": model.name, "option": name}
        if option is None:
            values["models"] = ", ".join(each.name for each in self.models.values() if name in each.options)
        elif option.least is not None and option.most is not None:
            values |= {"least": option.least, "most": option.most}
        return Refused(Reason(f"option_{mismatch.problem}"), **values)

    async def judge(self, request: Request, declared: Declared | None, standing: Standing) -> Allowed:
        """What can be judged of a settled request without its picture's bytes; None: nothing is attached.

        Raises `Refused`.
        """
        if not says_something(request.prompt):
            raise Refused(Reason.PROMPT_EMPTY)
        if max(len(request.prompt), len(request.negative_prompt)) > LONGEST_PROMPT:
            raise Refused(Reason.PROMPT_TOO_LONG, most=LONGEST_PROMPT)
        if len(request.words) > LONGEST_WORDS:
            room = LONGEST_WORDS - len(request.template.replace(PROMPT, ""))
            raise Refused(Reason.PROMPT_TOO_LONG, most=room // request.template.count(PROMPT))
        if declared is not None:
            judge_declared(declared.size_bytes, declared.width, declared.height, self.picture_limits)
        price = self.models[request.model].price_usd * request.count
        ask = replace(request.as_ask(price), strays=await self.offers.strays(request))
        return await self.rules.judge_request(ask, standing)

    async def arrive(self, request: Request, allowed: Allowed) -> Job | None:
        """Write the row, within the guild's limits and budgets: raises `Refused`.

        None if another process has this interaction already: then it is not ours to answer.
        """
        language = "" if request.draft else allowed.policy.language  # it is the public's
        spoken = replace(request, locale=language or request.locale)
        key, allow = secrets.token_urlsafe(KEY_BYTES), partial(self.rules.allow, allowed=allowed)
        async with self.rules.noting(allowed.ask):
            if not await self.store.arrive(spoken, key, allowed.ask.price_usd, allowed.flags, allow):
                return None
        return moved(await self.store.get(request.id))

    async def answered(self, job: Job, message_id: int | None) -> None:
        """The member has been answered with this message, or (None) perhaps: go on."""
        await self.store.answered(job.id, message_id)

    async def withdraw(self, job: Job) -> None:
        """The member could not be answered: forget it."""
        await self.store.withdraw(job.id)

    async def accept(self, job: Job) -> None:
        """The step of an arriving job: fetch and check its picture, then queue it, or refuse it and say why."""
        try:
            found = await self._answered(job)
            await self._queue(found, await self._source(found))
        except Refused as refused:
            await self._refuse(job, refused)
        except SourceGone:
            again = job.request.from_job_id is not None
            await self._refuse(job, Refused(Reason.SOURCE_FORGOTTEN if again else Reason.PICTURE_GONE))
        except ReplyLost as error:
            log.info("job %s: nobody is there to be answered: %s", job.id, error)
            await self.store.finish(job, JobStatus.REFUSED, Reason.NEVER_ANSWERED)
        except (ReplyNotReached, ReadFailed) as error:
            await self._accept_later(job, error)

    async def _answered(self, job: Job) -> Job:
        """The job with its message, which a process may have sent and not written down before it died."""
        if job.message_id is not None:
            return job
        message_id = await self.replies.find_message(job)
        if message_id is None:
            raise ReplyLost("the interaction was never answered")
        await self.store.found(job, message_id)
        return await self.store.get(job.id) or job

    async def _source(self, job: Job) -> Source:
        """The checked picture: what is kept of the job this one starts from, or what is attached."""
        request = job.request
        if job.turn - job.attempts > MOST_DEATHS:  # each taking is a turn, each that came to its end an attempt
            raise Refused(Reason.PICTURE_BROKEN)
        if request.from_job_id is not None and request.from_position is not None:
            return await self.studio.check_source(await self._result(job, request.from_job_id, request.from_position))
        kept = None if request.from_job_id is None else await self.store.get_source(request.from_job_id)
        return kept or await self.studio.check_source(await self._attached(job))

    async def _result(self, job: Job, earlier_id: int, position: int) -> bytes:
        """What came out of an earlier job, which this one starts from."""
        results = [result.data for result in await self.store.get_results(earlier_id)]
        if not results and job.request.attachment_url:
            return await self._attached(job)
        earlier = None if results else await self.store.get(earlier_id)
        results = results or ([] if earlier is None else await self.gallery.find(earlier))
        if position >= len(results):
            raise Refused(Reason.SOURCE_FORGOTTEN)
        return results[position]

    async def _attached(self, job: Job) -> bytes:
        if not job.request.attachment_url:
            raise Refused(Reason.SOURCE_FORGOTTEN)
        return await self.replies.fetch_attachment(job)

    async def _queue(self, job: Job, source: Source) -> None:
        seen = await self.rules.judge_source(job.ask, source.data)
        aside = await self.rules.find_aside(job.ask, (*job.flags, *seen.flags))
        address = await self.handover.address(job, source, aside)
        queued = await self.store.queue(job, source, address, seen.flags, spoiler=seen.spoiler)
        if queued is not None:
            self.replies.show(queued, await self.estimates.outlook(queued))

    async def _refuse(self, job: Job, refused: Refused) -> None:
        await self.telling.end(job, JobStatus.REFUSED, refused)

    async def _accept_later(self, job: Job, error: Exception) -> None:
        log.info("job %s: not accepted this time: %s", job.id, error)
        if (self.clock() - job.created_at).total_seconds() < self.limits.arriving_seconds:
            await self.store.release(job, back_off_seconds(job.attempts), failed=True)
        else:
            await self._refuse(job, Refused(Reason.PICTURE_GONE))


def says_something(prompt: str) -> bool:
    """Whether anything in it can be seen: a letter, a digit, a symbol or a mark of punctuation."""
    return any(unicodedata.category(character)[0] in "LNSP" for character in prompt)
