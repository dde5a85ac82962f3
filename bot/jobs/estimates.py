"""How long a model usually takes, from our own recent jobs, and what that means for one job."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from bot.jobs.model import Job, JobStatus, Outlook
from bot.jobs.pace import wait_in_queue_seconds
from bot.provider import MODELS

if TYPE_CHECKING:
    from datetime import datetime

    from bot.database import Clock
    from bot.jobs.store import Store

FRESH_SECONDS = 60.0
"""How long one reading of the rows is good for."""
LEAST_JOBS = 3
"""Fewer finished jobs than that say less than the model's own prior."""


class Estimates:
    """Expectations, from rows read at most once a minute per model."""

    def __init__(self, store: Store, clock: Clock, concurrency: int) -> None:
        self._store = store
        self._clock = clock
        self._concurrency = concurrency
        self._usual: dict[str, tuple[datetime, float]] = {}

    async def usual_seconds(self, model: str) -> float:
        """The median of the model's last jobs, or what is known of it from elsewhere."""
        now = self._clock()
        read_at, usual = self._usual.get(model, (None, 0.0))
        if read_at is None or now - read_at > timedelta(seconds=FRESH_SECONDS):
            recent = await self._store.recent_seconds(model)
            usual = median(recent) if len(recent) >= LEAST_JOBS else MODELS[model].usual_seconds
            self._usual[model] = (now, usual)
        return usual

    async def outlook(self, job: Job, place: int | None = None) -> Outlook:
        """Where the job stands in the queue and when it is usually done."""
        match job.status:
            case JobStatus.QUEUED:
                place = place or await self._store.place(job.id)
                usual = await self.usual_seconds(job.request.model)
                wait = wait_in_queue_seconds(place, self._concurrency, usual)
                return Outlook(place, self._clock() + timedelta(seconds=wait))
            case JobStatus.SUBMITTING | JobStatus.RUNNING if job.submitted_at is not None:
                usual = await self.usual_seconds(job.request.model)
                return Outlook(None, job.submitted_at + timedelta(seconds=usual))
            case _:
                return Outlook()
