"""What the steps have in common that speak with the provider: what they need, and how a job goes on there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.database import Clock
    from bot.jobs.estimates import Estimates
    from bot.jobs.model import Job
    from bot.jobs.pace import Limits
    from bot.jobs.pause import Pause
    from bot.jobs.ports import Replies
    from bot.jobs.store import Store
    from bot.jobs.telling import Telling
    from bot.provider import Provider


@dataclass(frozen=True, slots=True)
class ProviderSteps:
    """Leaves each job where it stands after the provider has spoken, or has not."""

    store: Store
    provider: Provider
    replies: Replies
    estimates: Estimates
    telling: Telling
    pause: Pause
    clock: Clock
    limits: Limits

    async def go_on(self, job: Job, task_id: str, wait_seconds: float) -> bool:
        """It is at the provider by this name: its card says so, and it is looked at later. False: the turn was over."""
        job_now = await self.store.running(job, task_id, wait_seconds)
        if job_now is not None:
            self.replies.show(job_now, await self.estimates.outlook(job_now))
        return job_now is not None
