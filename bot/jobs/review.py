"""A result that waits for a moderator: brought before them, decided once, and never left lying without an answer.

The job's row says that it waits, its case says what was decided; both survive restarts, and any process can go on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.docket import Decision, Docket, Heard
from bot.jobs.pace import back_off_seconds
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.moderation.chain import EntryKind
from bot.pictures import PictureUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.database import Clock
    from bot.jobs.model import Job
    from bot.jobs.ports import Bench, Replies
    from bot.jobs.store import Store
    from bot.moderation.cases import Case, Cases
    from bot.moderation.policies import Policies
    from bot.moderation.policy import Policy
    from bot.pictures import Result, Studio

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 6 * 3600.0
"""A case without a deadline is looked at so often: the policy may have changed, or its channel come back."""
MOST_WORDLESS = 25
NOT_SHOWN_SECONDS = 600.0
"""How soon the moderators' channel is tried again when it could not be reached."""


@dataclass(frozen=True, slots=True)
class Review:
    """Brings cases before the moderators and does what they decide. Who calls it from a door wakes the runner then."""

    store: Store
    docket: Docket
    cases: Cases
    policies: Policies
    bench: Bench
    replies: Replies
    studio: Studio
    clock: Clock

    async def step(self, job: Job) -> None:
        """The step of a job in review: show it to the moderators, then wait for them or for the deadline."""
        case = await self.cases.open_of(job.id)
        if case is None:  # decided a moment ago, and the row has moved on
            await self.store.release(job, LOOK_AGAIN_SECONDS)
            return
        policy = await self.policies.get_at(job.ask)
        left = policy.review_hours * 3600 - (self.clock() - case.opened_at).total_seconds()
        if left <= 0 and policy.review_then == "reject":
            await self.decide(case, Decision.EXPIRE, None)
            return
        if not await self._is_shown(case, policy) and not await self._bring(job, case, policy):
            await self.store.release(job, NOT_SHOWN_SECONDS if job.attempts else back_off_seconds(2), failed=True)
            return
        await self.store.release(job, min(LOOK_AGAIN_SECONDS, left) if left > 0 else LOOK_AGAIN_SECONDS)

    async def decide(self, case: Case, decision: Decision, by: int | None, words: str = "") -> Case:
        """Decide a case, unless somebody was faster. Returns it as it stands now: `decided_by` says who was."""
        decided = await self.docket.decide(case.guild_id, case.number, case.job_id, decision, by, words)
        now = await self.cases.get(case.guild_id, case.number) or case
        if decided:
            log.info("case %s of guild %s: %s", case.number, case.guild_id, decision)
            if by is None:
                await self.show_decided(now)
        return now

    async def report(self, job: Job, guild_id: int, member_id: int, words: str) -> Heard:
        """A member of this guild reports what a job shows."""
        policy = await self.policies.get_at(job.ask)
        return await self.docket.report(job, guild_id, member_id, words, policy.report_count)

    async def appeal(self, job: Job, words: str) -> Heard:
        """The member of a rejected job asks for another look, while its pictures are kept."""
        if not await self.store.get_results(job.id):
            return Heard.TOO_LATE
        return await self.docket.appeal(job, job.request.guild_id or 0, words)

    async def fetch_evidence(self, job: Job) -> list[Result]:
        """The pictures of a job: as they are kept, else as its reply still shows them, which are then kept again."""
        results = await self.store.get_results(job.id)
        if results or job.reason is not Reason.REPORTED:
            return results
        try:
            published = await self.replies.fetch_published(job)
            results = [await self.studio.check_result(data) for data in published]
        except (ReplyLost, PictureUnusable) as error:
            log.warning("job %s: its pictures are not kept and cannot be read again: %s", job.id, error)
            return []
        await self.store.keep_results(job, results)
        return results

    async def bring_wordless(self, guild_id: int) -> None:
        """Show the moderators what has no pictures: cases that were opened when a request was refused."""
        desk_id = (await self.policies.get(guild_id)).desk_channel_id
        if desk_id is None:
            return
        for case in await self.cases.undecided(guild_id, MOST_WORDLESS):
            if case.job_id is not None or case.message_id is not None:
                continue
            try:
                message_id = await self.bench.bring(desk_id, case, None, [])
            except (ReplyLost, ReplyNotReached) as error:
                log.warning("case %s of guild %s: not shown to the moderators: %s", case.number, guild_id, error)
                return
            await self.cases.posted(guild_id, case.number, desk_id, message_id)

    async def _is_shown(self, case: Case, policy: Policy) -> bool:
        """Whether the moderators have it before them, where they look now."""
        if case.message_id is None or case.channel_id != policy.desk_channel_id:
            return False
        try:
            await self.bench.refresh(case)
        except ReplyLost:
            return False
        except ReplyNotReached as error:
            log.info("case %s of guild %s: not looked after: %s", case.number, case.guild_id, error)
        return True

    async def _bring(self, job: Job, case: Case, policy: Policy) -> bool:
        """Hide it from everybody, and show it to the moderators. False: their channel was not reached."""
        try:
            results = await self.fetch_evidence(job)
            visible = not await self._hide(job, case, policy, results)
            if policy.desk_channel_id is None:
                log.warning("case %s of guild %s: no channel to review it in", case.number, case.guild_id)
                return False
            message_id = await self.bench.bring(policy.desk_channel_id, case, job, results, visible=visible)
        except (ReplyLost, ReplyNotReached) as error:
            log.warning("case %s of guild %s: not shown to the moderators: %s", case.number, case.guild_id, error)
            return False
        await self.cases.posted(case.guild_id, case.number, policy.desk_channel_id, message_id)
        return True

    async def _hide(self, job: Job, case: Case, policy: Policy, results: Sequence[Result]) -> bool:
        """What was never shown stays unseen; what was reported goes behind a spoiler or away. False: it could not.

        Pictures of which we have no copy are left where they are: they are the only one.
        """
        reported = case.kind == EntryKind.REPORT.value
        lost = reported and not results
        shown = results if reported and policy.report_then == "spoiler" else []
        try:
            message_id = await self.replies.hold(job, None if lost else shown)
        except ReplyLost as error:
            log.warning("job %s: its reply could not be changed: %s", job.id, error)
            return not reported
        await self.store.found(job, message_id)
        return not lost

    async def show_decided(self, case: Case) -> None:
        """Bring the moderators' message of a case up to date, where nobody's click does."""
        if case.message_id is None:
            return
        try:
            await self.bench.refresh(case)
        except (ReplyLost, ReplyNotReached) as error:
            log.info("case %s of guild %s: its message was not changed: %s", case.number, case.guild_id, error)
