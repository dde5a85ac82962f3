"""How long a model usually takes, from our own recent jobs, and what that means for one job."""

from __future__ import annotations

import random
from datetime import timedelta
from statistics import quantiles
from typing import TYPE_CHECKING

from bot.jobs.model import Job, JobStatus, Outlook
from bot.jobs.pace import Span, jittered, next_look_seconds, seconds_since, wait_in_queue
from bot.provider import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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
    """Expectations, from rows read at most once a minute per model. `called_back`: by the provider, about each end."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        concurrency: int,
        pause: Pause,
        *,
        called_back: bool = False,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._concurrency = concurrency
        self._pause = pause
        self._called_back = called_back
        self._chance = chance
        self._usual: dict[str, tuple[datetime, Span]] = {}

    async def usual(self, model: str) -> Span:
        """The median and the ninetieth percentile of the model's last jobs, or what is known of it from elsewhere."""
        now = self._clock()
        read_at, usual = self._usual.get(model, (None, Span(0.0, 0.0)))
        if read_at is None or now - read_at > timedelta(seconds=FRESH_SECONDS):
            usual = measure(await self._store.recent_seconds(model), MODELS[model].usual_seconds)
            self._usual[model] = (now, usual)
        return usual

    async def next_look_seconds(self, job: Job, elapsed: float) -> float:
        """How long to wait before asking about its task, which was ordered so long ago."""
        usual = (await self.usual(job.request.model)).half_seconds
        return jittered(next_look_seconds(elapsed, usual, called_back=self._called_back), self._chance())

    async def outlook(self, job: Job, place: int | None = None) -> Outlook:
        """Where the job stands in the queue, when it is usually done, and what holds it up."""
        match job.status:
            case JobStatus.QUEUED:
                place = place or await self._store.place(job.id)
                if self._pause.said is not None:
                    return Outlook(place, None, self._pause.said, self._pause.opens_at)
                usual = await self.usual(job.request.model)
                waited = seconds_since(job.queued_at, self._clock())
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
