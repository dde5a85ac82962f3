"""When nothing goes out, what is tried meanwhile, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from bot.errors import Reason
from bot.jobs.pause import CAPS, IN_A_ROW, PASSING, SILENT_SECONDS, TROUBLES, Pause, find_trouble
from bot.provider import (
    Account,
    Busy,
    FailureKind,
    KeyRefused,
    NoCredit,
    PiAPI,
    ReadFailed,
    RequestRefused,
    Task,
    TaskState,
    Unreachable,
)
from tests.conftest import NOON

if TYPE_CHECKING:
    from bot.provider import NotSubmitted
    from tests.conftest import MovedClock

GRAVE = sorted({*TROUBLES.values(), Reason.SPENDING_DAY, Reason.SPENDING_MONTH} - PASSING)


@pytest.fixture
def pause(clock: MovedClock) -> Pause:
    """Nothing has happened yet."""
    return Pause(clock)


def shut(pause: Pause, reason: Reason = Reason.PROVIDER_DOWN) -> None:
    """So much trouble that nothing goes out."""
    for job_id in range(IN_A_ROW):
        pause.failed(reason, job_id)


@pytest.mark.parametrize("reason", sorted(PASSING))
def test_trouble_that_passes_counts_in_a_row_only(pause: Pause, reason: Reason) -> None:
    """One order that finds it busy says nothing about the next; what goes through in between begins anew."""
    for _ in range(3):
        for job_id in range(IN_A_ROW - 1):
            pause.failed(reason, job_id)
        assert pause.lets_go()
        pause.succeeded()
    shut(pause, reason)
    assert not pause.lets_go()
    assert "nothing is ordered for now" in pause.trouble


@pytest.mark.parametrize("reason", GRAVE)
def test_what_does_not_pass_by_itself_counts_and_is_said_at_once(pause: Pause, reason: Reason) -> None:
    """There is no second order to be refused first."""
    assert pause.said is None
    pause.failed(reason, 1)
    assert not pause.lets_go()
    assert pause.said is reason


def test_what_passes_within_seconds_is_not_said(pause: Pause, clock: MovedClock) -> None:
    """Nothing goes out, but nobody is bothered with it yet; and whoever looks is woken when it is time for a word."""
    shut(pause)
    said = [pause.said]
    clock.move(SILENT_SECONDS - 0.5)
    pause.went(9)
    assert pause.seconds_to_next() == 0.5
    clock.move(0.5)
    said.append(pause.said)
    pause.succeeded()
    said.append(pause.said)
    assert said == [None, Reason.PROVIDER_DOWN, None]
    assert pause.trouble == ""


def test_one_trial_at_a_time_and_ever_rarer(pause: Pause, clock: MovedClock) -> None:
    """Two seconds, four, eight, and in the end once a minute; nobody else goes while one is out."""
    shut(pause)
    waits, trials = [], []
    for _ in range(8):
        seconds = 0
        while not pause.lets_go():
            clock.move(1)
            seconds += 1
        pause.went(7)
        trials.append(pause.trial)
        assert not pause.lets_go()
        pause.failed(Reason.PROVIDER_DOWN, 7)
        trials.append(pause.trial)
        waits.append(seconds)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert trials == [7, None] * 8
    pause.went(7)
    pause.succeeded()
    assert pause.lets_go()
    assert pause.trial is None


def test_orders_that_were_out_before_are_no_trials(pause: Pause) -> None:
    """Ten that fail together are one trouble, not ten trials."""
    for job_id in range(10):
        pause.failed(Reason.PROVIDER_BUSY, job_id)
    assert pause.seconds_to_next() == 2.0
    assert pause.trial is None


def test_who_asks_us_to_stay_away_is_heard(pause: Pause, clock: MovedClock) -> None:
    """Retry-After counts for everybody."""
    for job_id in range(IN_A_ROW):
        pause.failed(Reason.PROVIDER_BUSY, job_id, 90.0)
    clock.move(89)
    assert not pause.lets_go()
    clock.move(1)
    assert pause.lets_go()


def test_a_trial_whose_step_broke_is_not_waited_for_for_ever(pause: Pause, clock: MovedClock) -> None:
    """Nobody told how it went: the next one goes."""
    shut(pause)
    clock.move(2)
    pause.went(7)
    clock.move(300)
    assert pause.lets_go()


def test_time_alone_does_not_wake_anybody_without_need(pause: Pause, clock: MovedClock) -> None:
    """Open, or when a trial only waits for a job: nothing is due."""
    assert pause.seconds_to_next() is None
    shut(pause)
    clock.move(3600)
    assert pause.lets_go()
    assert pause.seconds_to_next() is None


@pytest.mark.parametrize(
    ("reason", "opens_at"),
    [
        (Reason.SPENDING_DAY, datetime(2026, 3, 2, tzinfo=UTC)),
        (Reason.SPENDING_MONTH, datetime(2026, 4, 1, tzinfo=UTC)),
        (Reason.PROVIDER_KEY, None),
    ],
)
def test_caps_open_by_the_calendar(pause: Pause, reason: Reason, opens_at: datetime | None) -> None:
    """In UTC, as they are counted. When a key is put right, nobody knows."""
    assert pause.opens_at is None
    pause.failed(reason, 1)
    assert pause.opens_at == opens_at


def test_a_cap_is_looked_at_once_a_minute_and_when_the_day_turns(pause: Pause, clock: MovedClock) -> None:
    """An order that made nothing gives its money back."""
    pause.failed(Reason.SPENDING_DAY)
    assert pause.seconds_to_next() == 60
    clock.now = NOON.replace(hour=23, minute=59, second=48)
    pause.failed(Reason.SPENDING_DAY)
    assert pause.seconds_to_next() == 12


def test_what_was_told_before_a_restart_still_holds(pause: Pause, clock: MovedClock) -> None:
    """It is said at once, and a trial may go at once."""
    pause.resume(Reason.PROVIDER_BUSY)
    assert pause.said is Reason.PROVIDER_BUSY
    assert pause.lets_go()
    pause.went(1)
    clock.move(timedelta(minutes=1).total_seconds())
    assert not pause.lets_go()


@pytest.mark.parametrize(
    ("error", "account", "trouble"),
    [
        (Busy("x"), None, Reason.PROVIDER_BUSY),
        (Unreachable("x"), None, Reason.PROVIDER_DOWN),
        (NoCredit("x"), None, Reason.PROVIDER_NO_CREDIT),
        (RequestRefused("x"), None, None),
        (KeyRefused("x"), KeyRefused("x"), Reason.PROVIDER_KEY),
        (KeyRefused("x"), ReadFailed("x"), Reason.PROVIDER_KEY),
        (KeyRefused("x"), Account("me", "free", None), None),
    ],
)
async def test_a_key_that_opens_its_account_is_good(
    error: NotSubmitted, account: Account | Exception | None, trouble: Reason | None
) -> None:
    """Then it is the order that its plan does not cover; where the account says nothing, nobody's order is given up."""
    provider = create_autospec(PiAPI, instance=True)
    provider.fetch_account.side_effect = [account]
    assert await find_trouble(provider, error) is trouble
    assert provider.fetch_account.await_count == (account is not None)


@pytest.mark.parametrize("reason", sorted({*TROUBLES.values(), *CAPS} - {Reason.PROVIDER_KEY}))
def test_a_question_speaks_of_the_key_alone(pause: Pause, reason: Reason) -> None:
    """Unanswered, it begins a pause where there is none; answered, it ends the one that is about the key."""
    pause.locked_out()
    assert pause.said is Reason.PROVIDER_KEY
    pause.answered()
    assert pause.reason is None
    shut(pause, reason)
    pause.locked_out()
    pause.answered()
    assert pause.reason is reason


def test_orders_that_come_to_nothing_are_believed_when_a_picture_came(pause: Pause, clock: MovedClock) -> None:
    """While tasks fail for no credit, an order that was taken says nothing: one is tried, until one paints."""
    pause.read(1, Task("a", TaskState.FAILED, failure=FailureKind.NO_CREDIT))
    assert pause.reason is Reason.PROVIDER_NO_CREDIT
    clock.move(2)
    pause.went(2)
    pause.succeeded()
    assert not pause.lets_go()
    pause.read(2, Task("b", TaskState.FAILED, failure=FailureKind.NO_CREDIT))
    assert pause.seconds_to_next() == 4
    clock.move(4)
    pause.went(3)
    pause.succeeded()
    pause.read(3, Task("c", TaskState.RUNNING))
    assert not pause.lets_go()
    pause.read(3, Task("c", TaskState.COMPLETED))
    assert pause.lets_go()


def test_a_picture_that_came_ends_no_other_pause(pause: Pause) -> None:
    """It was ordered before; whether orders are taken now it does not say."""
    pause.failed(Reason.PROVIDER_NO_CREDIT, 1)
    pause.read(2, Task("a", TaskState.COMPLETED))
    assert pause.reason is Reason.PROVIDER_NO_CREDIT
