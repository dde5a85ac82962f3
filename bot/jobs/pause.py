"""Whether orders may go out now, and why not: what holds up all of them alike, not one alone.

    open ---- trouble several times in a row, or once what does not pass by itself ---> paused
      ^                                                                                   |
      `------- the order went through, or was refused for its own sake --- one trial <----'  after a while

It is what this process has learned by itself; others learn for themselves. Orders speak of it, and so do questions
about tasks and tasks that come to nothing, where they say what holds for every order.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.pace import back_off_seconds
from bot.moderation.pots import Period, find_period
from bot.provider import Busy, FailureKind, KeyRefused, NoCredit, ReadFailed, TaskState, Unreachable

if TYPE_CHECKING:
    from datetime import datetime

    from bot.database import Clock
    from bot.provider import NotSubmitted, Provider, ProviderError, Task

log = logging.getLogger(__name__)

TROUBLES: dict[type[NotSubmitted], Reason] = {
    Busy: Reason.PROVIDER_BUSY,
    Unreachable: Reason.PROVIDER_DOWN,
    NoCredit: Reason.PROVIDER_NO_CREDIT,
    KeyRefused: Reason.PROVIDER_KEY,
}
"""What an answer to one order says about all of them."""
IN_A_ROW = 3
"""One order that finds the provider busy or down says nothing about the next one; so many in a row do."""
PASSING = frozenset({Reason.PROVIDER_BUSY, Reason.PROVIDER_DOWN})
"""What comes and goes. Everything else is paused for at once, and somebody has to do something about it."""
CAPS = {Reason.SPENDING_DAY: Period.DAY, Reason.SPENDING_MONTH: Period.MONTH}
SILENT_SECONDS = 10.0
"""What passes sooner than that is not worth a word to anybody."""
COUNT_AGAIN_SECONDS = 60.0
"""How often a spending cap is looked at: what was set aside for an order may come back."""
TRIAL_SECONDS = 120.0
"""How long a trial is waited for; longer than an order and a question about the account take together."""


class Pause:
    """Opens and closes by what is heard of the orders that go out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reason: Reason | None = None
        """Why nothing goes out. None: everything does."""
        self.trial: int | None = None
        """The job whose order is out to see whether it is over."""
        self._in_a_row = 0
        self._trials = 0
        self._hollow = False
        """Whether orders are taken and come to nothing all the same: then only a picture ends it."""
        self._since = self._try_at = clock()

    # -- what is to be done --------------------------------------------------------------------------------------

    def lets_go(self) -> bool:
        """Whether an order may go out: always, or one as a trial when it is time."""
        return self.reason is None or self._clock() >= self._try_at

    @property
    def said(self) -> Reason | None:
        """What waiting members are told."""
        fresh = (self._clock() - self._since).total_seconds() < SILENT_SECONDS
        return None if fresh and self.reason in PASSING else self.reason

    @property
    def opens_at(self) -> datetime | None:
        """When it is over, where the calendar says so."""
        period = CAPS.get(self.reason) if self.reason is not None else None
        return None if period is None else find_period(period, self._clock())[1]

    @property
    def is_wanted(self) -> bool:
        """Whether it is what whoever looks after the bot decided: a cap that is reached."""
        return self.reason in CAPS

    @property
    def trouble(self) -> str:
        """For who looks after the bot; empty when there is none."""
        return "" if self.reason is None else f"nothing is ordered for now: {self.reason}"

    def seconds_to_next(self) -> float | None:
        """How long until it is time for a trial, or for a word to the members. None: that is not for time to say."""
        if self.reason is None:
            return None
        times = [self._try_at]
        if self.reason in PASSING:
            times.append(self._since + timedelta(seconds=SILENT_SECONDS))
        return min(((at - self._clock()).total_seconds() for at in times if at > self._clock()), default=None)

    # -- what is heard -------------------------------------------------------------------------------------------

    def went(self, job_id: int) -> None:
        """The order of a job goes out now."""
        if self.reason is not None:
            self.trial = job_id
            self._trials += 1
            self._try_at = self._clock() + timedelta(seconds=TRIAL_SECONDS)

    def succeeded(self) -> None:
        """The provider took an order, or refused one for its own sake: nothing holds up the others."""
        if not self._hollow:
            self._open()

    def _open(self) -> None:
        if self.reason is not None:
            log.info("orders go out again; it was %s", self.reason)
        self.reason, self.trial, self._in_a_row, self._trials, self._hollow = None, None, 0, 0, False

    def failed(self, reason: Reason, job_id: int | None = None, asked_seconds: float | None = None) -> None:
        """An order did not get through, for a reason that is not its own. `asked_seconds`: when to come back."""
        self._in_a_row += 1
        self._hollow = False
        self.trial = None if self.trial == job_id else self.trial
        if self.reason is None and reason in PASSING and self._in_a_row < IN_A_ROW:
            return
        if self.reason is None:
            self._since = self._clock()
        if self.reason is not reason:
            log.warning("nothing is ordered for now: %s", reason)
        self.reason = reason
        self._try_at = self._clock() + timedelta(seconds=self._wait_seconds(asked_seconds))

    def _wait_seconds(self, asked_seconds: float | None) -> float:
        if self.opens_at is not None:
            return min(COUNT_AGAIN_SECONDS, (self.opens_at - self._clock()).total_seconds())
        return asked_seconds or back_off_seconds(self._trials)

    def locked_out(self) -> None:
        """A question was not answered, because of the key. What holds up orders already is not for that to replace."""
        if self.reason is None:
            self.failed(Reason.PROVIDER_KEY)

    def answered(self) -> None:
        """A question was answered: whatever was wrong with the key is over."""
        if self.reason is Reason.PROVIDER_KEY:
            self._open()

    def read(self, job_id: int, task: Task) -> None:
        """A task was read. One that failed because the account is empty speaks for those that follow."""
        self.answered()
        if task.failure is FailureKind.NO_CREDIT:
            self.failed(Reason.PROVIDER_NO_CREDIT, job_id)
            self._hollow = True
        elif task.state is TaskState.COMPLETED and self._hollow:
            self._open()

    def resume(self, reason: Reason) -> None:
        """Members were told this by a process before: a trial says whether it is still so."""
        self.reason = reason
        self._since = self._clock() - timedelta(seconds=SILENT_SECONDS)
        self._try_at = self._clock()


async def find_trouble(provider: Provider, error: NotSubmitted) -> Reason | None:
    """What keeps all orders from getting through. None: it is this one alone that is not wanted."""
    if isinstance(error, KeyRefused) and await _is_key_good(provider):
        return None
    return TROUBLES.get(type(error))


async def is_locked_out(pause: Pause, provider: Provider, error: ProviderError) -> bool:
    """Whether the key is why a question was not answered. Then there is no use in ordering anything, either."""
    locked_out = isinstance(error, KeyRefused) and await find_trouble(provider, error) is not None
    if locked_out:
        pause.locked_out()
    return locked_out


async def _is_key_good(provider: Provider) -> bool:
    """Whether the key opens its own account: then it is the order that its plan does not cover."""
    try:
        await provider.fetch_account()
    except (KeyRefused, ReadFailed) as error:
        log.info("the provider does not say that the key is good: %s", error)
        return False
    return True
