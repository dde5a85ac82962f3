"""The finished pictures of a job, wherever they still are."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.jobs.ports import ReplyLost, ReplyNotReached

if TYPE_CHECKING:
    from bot.jobs.model import Job
    from bot.jobs.ports import Replies
    from bot.jobs.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gallery:
    """Looks for pictures: first among what is kept, then in the reply."""

    store: Store
    replies: Replies

    async def find(self, job: Job) -> list[bytes]:
        """The results as they are kept, else as the reply shows them; none where neither has them any more."""
        kept = [result.data for result in await self.store.get_results(job.id)]
        if kept:
            return kept
        try:
            return await self.replies.fetch_published(job)
        except (ReplyLost, ReplyNotReached) as error:
            log.info("job %s: its pictures are not kept and cannot be read again: %s", job.id, error)
            return []
