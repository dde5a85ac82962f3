"""Looks for the task of an order whose answer was lost: nobody is charged twice, and nothing paid for is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.jobs.model import Job
    from bot.jobs.store import Store
    from bot.provider import Provider, Task

BEFORE_SECONDS = 60
"""The provider's clock may be behind ours by this much."""
AFTER_SECONDS = 240
"""An order is given up after a minute, but may be taken a little later; and clocks differ the other way, too."""


@dataclass(frozen=True, slots=True)
class Search:
    """Asks the provider's history. What a callback tells comes faster, and needs no search."""

    store: Store
    provider: Provider

    async def find(self, job: Job) -> str | None:
        """The id of the job's task; None if there is none so far. Raises `KeyRefused` or `ReadFailed`.

        The history shows ids and times, but not for certain what was ordered: each task that is nobody's is read.
        """
        if job.submitted_at is None:
            return None
        since = job.submitted_at - timedelta(seconds=BEFORE_SECONDS)
        until = job.submitted_at + timedelta(seconds=AFTER_SECONDS)
        made = await self.provider.fetch_history(since, until)
        for task_id in await self.store.strangers(made):
            if is_ours(await self.provider.fetch_task(task_id), job):
                return task_id
        return None


def is_ours(task: Task, job: Job) -> bool:
    """Whether this is the task that the job's order became: our picture, or our callback."""
    return (bool(task.image_url) and task.image_url == job.image_url) or job.key in task.callback_url
