"""Those who wait: who goes next, and what the others are told.

When nothing may go out, every waiting card says so once, and says once that it goes on: a page at a time, no faster
than Discord takes them. What cards were told last is a row, so that a restart, or another process that has the same
news, tells nobody twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Integer, bindparam, select, tuple_, update

from bot.database import Kept, jobs, later
from bot.database.schema import Id, Real
from bot.errors import Reason, Refused
from bot.jobs.model import JobStatus
from bot.jobs.moves import moved
from bot.jobs.pace import worth_telling
from bot.jobs.rows import parse_job
from bot.jobs.statements import ENDED, FREE, IS_QUEUED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.database import Clock, Database
    from bot.jobs.estimates import Estimates
    from bot.jobs.model import Job
    from bot.jobs.pace import Limits
    from bot.jobs.pause import Pause
    from bot.jobs.ports import Replies
    from bot.jobs.spending import Spending
    from bot.jobs.store import Store

TOLD = "waiting cards were told"
PAGE = 10
"""Cards that are changed together; the next ones are when Discord has taken these."""
PAGE_SECONDS = 1.0
LEAST_BETWEEN = timedelta(seconds=30)
"""Trouble that comes and goes changes each card no more often than that."""
CLEAR_EVERY = timedelta(seconds=60)
MOST_CLEARED = 100

_BEHIND = tuple_(jobs.c.round, jobs.c.id) > tuple_(bindparam("round", type_=Integer()), bindparam("last", type_=Id))
NEXT_PAGE = select(jobs).where(IS_QUEUED, _BEHIND).order_by(jobs.c.round, jobs.c.id).limit(PAGE)
_TOO_LONG = (
    select(jobs.c.id)
    .where(IS_QUEUED, jobs.c.queued_at < later(-bindparam("most_seconds", type_=Real)))
    .order_by(jobs.c.round, jobs.c.id)
    .limit(MOST_CLEARED)
    .with_for_update(skip_locked=True)
    .cte("too_long")
)
GIVE_UP = (
    update(jobs)
    .where(jobs.c.id == _TOO_LONG.c.id, IS_QUEUED)
    .values(ENDED | FREE | {"status": JobStatus.FAILED.value, "reason": bindparam("why"), "turn": jobs.c.turn + 1})
    .returning(jobs)
)
"""The loop finds them due, and tells."""


@dataclass(slots=True)
class Waiting:
    """The queue, seen from one process."""

    database: Database
    store: Store
    replies: Replies
    estimates: Estimates
    pause: Pause
    spending: Spending
    clock: Clock
    concurrency: int
    limits: Limits
    _told: str | None = field(default=None, init=False)
    """The pause that cards speak of, "" for none. None: not read yet."""
    _told_at: datetime | None = field(default=None, init=False)
    _telling_behind: tuple[int, int] | None = field(default=None, init=False)
    """The last place in the queue that was told the news; None: everybody was."""
    _page: Sequence[int] = field(default=(), init=False)
    """Whom it was told last."""
    _cleared_at: datetime | None = field(default=None, init=False)

    # -- who goes next -------------------------------------------------------------------------------------------

    async def admit(self) -> Job | None:
        """The job whose order goes out now, if one may, the provider has room for it, and no cap is reached."""
        if not self.pause.lets_go():
            return None
        try:
            job = await self.store.hands.admit(self.concurrency, self.spending.open_charge)
        except Refused as full:
            self.pause.failed(full.reason)
            return None
        if job is not None:
            self.pause.went(job.id)
        return job

    async def tell_places(self) -> None:
        """The queue moved: bring the cards up to date for which that is news. A trial moves nothing yet."""
        if self.pause.reason is not None:
            return
        for place, job in enumerate(await self.store.waiting(), start=1):
            if worth_telling(place):
                self.replies.show(job, await self.estimates.outlook(job, place))

    # -- what the others are told --------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Bring cards up to date that the process before may have left behind. Others look after their own."""
        await self.attend()  # before any card is built: it may have to say that nothing goes out
        for job in [] if self.store.shared else await self.store.get_open():
            self.replies.show(job, await self.estimates.outlook(job))

    async def attend(self) -> None:
        """Do what is due for those who wait: tell the news of a pause, and end what has waited too long."""
        if self._told is None:
            await self._take_over()
        is_news = self._news() != self._told and self._rest() <= timedelta(0)
        if is_news and self.pause.trial is None:  # whose card is not among those that wait
            await self._begin_telling()
        if self._telling_behind is not None and all(map(self.replies.is_shown, self._page)):
            await self._tell_page(*self._telling_behind)
        if self.pause.reason is not None:
            await self._give_up(self.pause.reason)

    def seconds_to_next(self) -> float | None:
        """How long until there is something to do here. None: time alone does not bring it."""
        if self._telling_behind is not None:
            return PAGE_SECONDS
        if self._rest() > timedelta(0) and self._news() != self._told:
            return self._rest().total_seconds()
        return self.pause.seconds_to_next()

    async def _take_over(self) -> None:
        """Go on from what a process before has told: it may still be so. Where nobody waits, nothing is held up."""
        self._told = await Kept(self.database).get(TOLD) or ""
        if self._told and await self.store.waiting():
            self.pause.resume(Reason(self._told))

    def _news(self) -> str:
        """What cards are to speak of."""
        return self.pause.said or ""

    def _rest(self) -> timedelta:
        """How long they are left alone with what they were told."""
        return timedelta(0) if self._told_at is None else self._told_at + LEAST_BETWEEN - self.clock()

    async def _begin_telling(self) -> None:
        news, kept = self._news(), Kept(self.database)
        if await kept.get(TOLD) != news:  # else another process has told it
            await kept.keep(TOLD, news)
            self._telling_behind = (-1, 0)
        self._told, self._told_at = news, self.clock()

    async def _tell_page(self, last_round: int, last_id: int) -> None:
        rows = await self.database.run(NEXT_PAGE, round=last_round, last=last_id)
        self._telling_behind = (rows[-1].round, rows[-1].id) if len(rows) == PAGE else None
        self._page = [row.id for row in rows]
        place = await self.store.place(rows[0].id) if rows else 0
        for job in map(parse_job, rows):
            self.replies.show(job, await self.estimates.outlook(job, place))
            place += 1

    async def _give_up(self, why: Reason) -> None:
        """Nobody waits for ever: end what has waited too long, in honest words and with a way to ask again."""
        if self._cleared_at is not None and self.clock() - self._cleared_at < CLEAR_EVERY:
            return
        self._cleared_at = self.clock()
        ended = await self.database.run(GIVE_UP, most_seconds=self.limits.waiting_seconds, why=why.value, wait=0.0)
        for row in ended:
            moved(parse_job(row))
