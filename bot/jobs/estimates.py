"""How long a model usually takes, from our own recent jobs, and what that means for one job."""

from __future__ import annotations

from datetime import timedelta
from statistics import quantiles
from typing import TYPE_CHECKING

from bot.jobs.model import Job, JobStatus, Outlook
from bot.jobs.pace import Span, wait_in_queue
from bot.provider import MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.database import Clock
    from bot.jobs.pause import Pause
    from bot.jobs.store import Store

FRESH_SECONDS = 60.0
"""How long one reading of the rows is good for."""
LEAST_JOBS = 3
"""Fewer finished jobs than that say less than the model's own prior."""
PRIOR_SPREAD = 2.0
"""How many times longer than usual a slow task takes, as long as nothing better is known."""


class Estimates:
    """Expectations, from rows read at most once a minute per model."""

    def __init__(self, store: Store, clock: Clock, concurrency: int, pause: Pause) -> None:
        self._store = store
        self._clock = clock
        self._concurrency = concurrency
        self._pause = pause
        self._usual: dict[str, tuple[datetime, Span]] = {}

    async def usual_seconds(self, model: str) -> float:
        """The median of the model's last jobs, or what is known of it from elsewhere."""
        return (await self.usual(model)).half_seconds

    async def usual(self, model: str) -> Span:
        """The median and the ninetieth percentile of the same."""
        now = self._clock()
        read_at, usual = self._usual.get(model, (None, Span(0.0, 0.0)))
        if read_at is None or now - read_at > timedelta(seconds=FRESH_SECONDS):
            usual = measure(await self._store.recent_seconds(model), MODELS[model].usual_seconds)
            self._usual[model] = (now, usual)
        return usual

    async def outlook(self, job: Job, place: int | None = None) -> Outlook:
        """Where the job stands in the queue, when it is usually done, and what holds it up."""
        match job.status:
            case JobStatus.QUEUED:
                place = place or await self._store.place(job.id)
                if self._pause.said is not None:
                    return Outlook(place, None, self._pause.said, self._pause.opens_at)
                usual = await self.usual(job.request.model)
                waited = 0.0 if job.queued_at is None else (self._clock() - job.queued_at).total_seconds()
                return Outlook(place, wait_in_queue(place, self._concurrency, usual, waited))
            case JobStatus.SUBMITTING | JobStatus.RUNNING if job.submitted_at is not None:
                return Outlook(None, await self.usual(job.request.model))
            case _:
                return Outlook()


def measure(recent_seconds: Sequence[float], prior_seconds: float) -> Span:
    """The median and the ninetieth percentile of what was measured; of too little, what was known before."""
    if len(recent_seconds) < LEAST_JOBS:
        return Span(prior_seconds, prior_seconds * PRIOR_SPREAD)
    tenths = quantiles(recent_seconds, n=10, method="inclusive")
    return Span(tenths[4], tenths[8])
