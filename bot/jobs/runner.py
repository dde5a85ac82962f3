"""The loop that moves jobs: takes up what is due, hands each to the step of its status, and sleeps until the next.

Nothing waits in a coroutine: between two steps a job is only a row, so a restart is an ordinary day.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from bot.database import brief
from bot.jobs.moves import speak_of_request
from bot.jobs.pace import back_off_seconds
from bot.metrics import STEP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.database import Clock, Kept
    from bot.jobs.model import Job, JobStatus
    from bot.jobs.store import Store
    from bot.jobs.waiting import Waiting

    Step = Callable[[Job], Awaitable[None]]

log = logging.getLogger(__name__)

MOST_IN_HAND = 32
RENEW_SECONDS = 20.0
SWEEP_SECONDS = 600.0
LONGEST_SLEEP_SECONDS = 20.0
TROUBLE_SECONDS = 2.0
"""How often a database in trouble is asked whether it is well again."""
PROBE_BYTES = 1024 * 1024
"""As much as a picture."""
NOTICE_SECONDS = 1.0
"""How late another process's row, or its death, may be noticed; our own rows wake us at once."""


@dataclass(eq=False, slots=True)
class Runner:
    """Moves jobs until told to stop. `steps` says what to do with a job found in each status."""

    store: Store
    steps: Mapping[JobStatus, Step]
    submit: Step
    waiting: Waiting
    clock: Clock
    sweep: Callable[[], Awaitable[None]]
    kept: Kept
    trouble: str = field(default="", init=False)
    """What is wrong with the database, in its own words; empty when nothing is."""
    round_at: float = field(default_factory=monotonic, init=False)
    """When the loop last came round, on the monotonic clock."""
    _in_hand: set[asyncio.Task[None]] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _taking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while jobs are being taken up and are not in hand yet."""
    _looked_at: datetime = field(init=False)
    _renewed_at: datetime = field(init=False)
    _swept_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._looked_at = self._renewed_at = self._swept_at = self.clock()

    @property
    def in_hand(self) -> int:
        """How many jobs are worked on right now."""
        return len(self._in_hand)

    def wake(self) -> None:
        """Something may be due: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Move jobs until `stop`."""
        await self.store.hands.abandon_others()
        await self.waiting.begin()
        while not self._stopping:
            self._woken.clear()
            self.round_at = monotonic()
            try:
                taken = await self._take()
                await self._keep_house()
                seconds = 0.0 if taken else await self._seconds_to_sleep()
            except SQLAlchemyError as error:
                self._note_trouble(error)
                seconds = TROUBLE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()

    async def settle(self) -> None:
        """Do everything that is due now, and return when nothing is. For tests and the demo, instead of `run`."""
        while await self._take() or self._in_hand:
            if self._in_hand:
                await asyncio.wait(self._in_hand, return_when=asyncio.FIRST_COMPLETED)

    async def stop(self, deadline_seconds: float) -> None:
        """Take up nothing more, give what is in hand until the deadline, and leave the rest to the next start."""
        self._stopping = True
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_seconds):
                await self._finish()
        for step in self._in_hand:
            step.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _finish(self) -> None:
        """Do what is in hand. An order that is being admitted this moment goes out, or nobody would know of it."""
        async with self._taking:
            pass
        while self._in_hand:
            await asyncio.wait(self._in_hand)

    # -- one round -----------------------------------------------------------------------------------------------

    async def _take(self) -> bool:
        """Take up what is due and start its steps. False if there was nothing."""
        async with self._taking:
            return await self._take_up()

    async def _take_up(self) -> bool:
        room = MOST_IN_HAND - len(self._in_hand)
        if self._stopping or room <= 0 or not await self._is_well():
            return False
        await self.waiting.attend()
        claimed = await self.store.hands.claim(room)
        for job in claimed:
            self._start(self.steps[job.status], job)
        admitted = await self._admit(room - len(claimed))
        return bool(claimed or admitted)

    async def _admit(self, room: int) -> bool:
        """Let waiting jobs go to the provider, in turns, while it has room."""
        admitted = False
        while room > 0 and not self._stopping and (job := await self.waiting.admit()) is not None:
            self._start(self.submit, job)
            room -= 1
            admitted = True
        if admitted:
            await self.waiting.tell_places()
        return admitted

    def _start(self, step: Step, job: Job) -> None:
        task = asyncio.create_task(self._do(step, job), name=f"job {job.id} {job.status}")
        self._in_hand.add(task)
        task.add_done_callback(partial(self._put_down, job))

    def _put_down(self, job: Job, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self.store.hands.put_down(job)
        self.wake()  # a place at the provider, or in our hands, may be free

    async def _do(self, step: Step, job: Job) -> None:
        speak_of_request(job.request, job.turn, job.key)
        try:
            with STEP_SECONDS.labels(job.status).time():
                await step(job)
        except SQLAlchemyError as error:
            self._note_trouble(error)
            await self._let_go(job)
        except Exception:  # top of a job's step: one job's trouble is not the others'
            log.exception("job %s: the step at %s broke", job.id, job.status)
            await self._let_go(job)

    async def _let_go(self, job: Job) -> None:
        """Put a job down whose step did not come to its end."""
        with contextlib.suppress(SQLAlchemyError):  # then its lease runs out, and it is taken up again
            await self.store.release(job, back_off_seconds(job.attempts + 2), failed=True)

    # -- when the database is in trouble -------------------------------------------------------------------------

    def _note_trouble(self, error: SQLAlchemyError) -> None:
        """Take up nothing more until the database can write again. Said once, however often it fails."""
        words = brief(error)
        if words != self.trouble:
            log.error("the database is in trouble, so nothing is taken up: %s", words, exc_info=error)
        self.trouble = words

    async def _is_well(self) -> bool:
        """Whether the database can write: asked of itself while it is in trouble."""
        if not self.trouble:
            return True
        try:
            await self.kept.probe(PROBE_BYTES)
        except SQLAlchemyError as error:
            self._note_trouble(error)
            return False
        log.info("the database is well again")
        self.trouble = ""
        return True

    # -- between rounds ------------------------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        """Take over from who is gone, keep what is in our hands, and forget what is old enough."""
        now = self.clock()
        if self.store.shared and (now - self._looked_at).total_seconds() >= NOTICE_SECONDS:
            self._looked_at = now
            await self.store.hands.abandon_others()
        if (now - self._renewed_at).total_seconds() >= RENEW_SECONDS:
            self._renewed_at = now
            await self.store.hands.renew()
        if (now - self._swept_at).total_seconds() >= SWEEP_SECONDS:
            self._swept_at = now
            await self.sweep()

    async def _seconds_to_sleep(self) -> float:
        if self.trouble:
            return TROUBLE_SECONDS
        longest = NOTICE_SECONDS if self.store.shared else LONGEST_SLEEP_SECONDS
        due = [await self.store.hands.seconds_to_next(), self.waiting.seconds_to_next()]
        if len(self._in_hand) >= MOST_IN_HAND:
            return longest
        return min([longest, *(max(0.0, seconds) for seconds in due if seconds is not None)])
