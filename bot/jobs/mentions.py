"""The mention at the end of a long wait: an edit pings nobody, and who has waited for minutes is elsewhere by now."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.jobs.ports import ReplyLost, ReplyNotReached

if TYPE_CHECKING:
    from bot.database import Clock
    from bot.jobs.model import Job
    from bot.jobs.ports import Replies
    from bot.moderation.consent import Consent
    from bot.moderation.policies import Policies

log = logging.getLogger(__name__)

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Mentions:
    """Mentions members, once for each job: after its row is at its end, so that nothing repeats it."""

    policies: Policies
    consent: Consent
    replies: Replies
    clock: Clock

    async def follow(self, job: Job) -> None:
        """The pictures have just been put into the job's reply: mention its member, if that is worth it and wanted."""
        if not await self._is_due(job):
            return
        try:
            await self.replies.mention(job)
        except (ReplyLost, ReplyNotReached) as error:
            log.info("job %s: its member was not mentioned: %s", job.id, error)

    async def _is_due(self, job: Job) -> bool:
        """Not for what its member alone sees, nor for what comes back after a report: that was there before."""
        waited = (self.clock() - max(job.created_at, job.token_at)).total_seconds()  # who has clicked since was here
        if waited < MINUTE or job.request.draft or any(flag.kind == "reported" for flag in job.flags):
            return False
        minutes = (await self.policies.get_at(job.ask)).mention_minutes
        return 0 < minutes * MINUTE <= waited and not await self.consent.refuses(job.request.member_id)
