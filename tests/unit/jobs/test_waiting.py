"""What those who wait are told: all of them, once, at Discord's pace, and by one process only."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from bot.database import jobs
from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.estimates import Estimates
from bot.jobs.pace import Limits
from bot.jobs.pause import Pause
from bot.jobs.spending import Spending
from bot.jobs.waiting import LEAST_BETWEEN, PAGE, Waiting
from bot.replies import Editor
from tests.readings import read_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.jobs import Request
    from bot.jobs.model import Outlook
    from tests.conftest import MovedClock
    from tests.unit.jobs.conftest import Archive

DAY = 86_400.0


class Process:
    """One process's view of the queue, and what it brought to the cards."""

    def __init__(self, archive: Archive, clock: MovedClock) -> None:
        self.pause = Pause(clock)
        self.replies = create_autospec(Editor, instance=True)
        estimates = Estimates(archive.store, clock, 3, self.pause)
        self.waiting = Waiting(
            archive.database,
            archive.store,
            self.replies,
            estimates,
            self.pause,
            Spending(None, None),
            clock,
            3,
            Limits(),
        )

    def told(self) -> list[tuple[int, Outlook]]:
        """Since it was last asked: whose card, and what of the wait."""
        told = [(call.args[0].id, call.args[1]) for call in self.replies.show.call_args_list]
        self.replies.show.reset_mock()
        return told

    async def tell_everything(self) -> list[int]:
        """Let it tell until there is nothing to tell."""
        told = []
        for _ in range(20):
            await self.waiting.attend()
            told += [job_id for job_id, _ in self.told()]
        return told


@pytest.fixture
def process(archive: Archive, clock: MovedClock) -> Process:
    """The only process."""
    return Process(archive, clock)


async def queue(archive: Archive, build_request: Callable[..., Request], count: int) -> list[int]:
    """Jobs of different members, in the order of their turns."""
    return [(await archive.queue(build_request(member_id=10 + number))).id for number in range(count)]


async def test_everybody_is_told_once_page_by_page(
    archive: Archive, process: Process, build_request: Callable[..., Request]
) -> None:
    """The next ones when Discord has taken the last; each with its place and the reason; and once when it is over."""
    waiting = await queue(archive, build_request, 2 * PAGE + 3)
    await process.waiting.attend()
    assert process.told() == []
    process.pause.failed(Reason.PROVIDER_KEY)
    process.replies.is_shown.return_value = False
    await process.waiting.attend()
    await process.waiting.attend()
    told = process.told()
    assert [job_id for job_id, _ in told] == waiting[:PAGE]
    assert [outlook.place for _, outlook in told] == list(range(1, PAGE + 1))
    assert {outlook.paused for _, outlook in told} == {Reason.PROVIDER_KEY}
    assert process.waiting.seconds_to_next() == 1.0
    process.replies.is_shown.return_value = True
    await process.waiting.attend()
    told = process.told()
    assert [outlook.place for _, outlook in told] == list(range(PAGE + 1, 2 * PAGE + 1))
    assert await process.tell_everything() == waiting[2 * PAGE :]


async def test_when_it_goes_on_everybody_hears_of_that(
    archive: Archive, process: Process, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """Once more, with the usual span; not sooner than half a minute after the last word."""
    waiting = await queue(archive, build_request, 2)
    process.pause.failed(Reason.PROVIDER_KEY)
    assert await process.tell_everything() == waiting
    clock.move(1)
    process.pause.succeeded()
    assert await process.tell_everything() == []
    assert process.waiting.seconds_to_next() == LEAST_BETWEEN.total_seconds() - 1
    clock.move(LEAST_BETWEEN.total_seconds())
    await process.waiting.attend()
    told = process.told()
    assert [job_id for job_id, _ in told] == waiting
    assert [(outlook.paused, outlook.usual is not None) for _, outlook in told] == [(None, True)] * 2
    assert await process.tell_everything() == []
    assert process.waiting.seconds_to_next() is None


async def test_nobody_is_left_out_for_being_tried(
    archive: Archive, process: Process, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """While an order is out as a trial, its card is not among those that wait: so the word waits for it."""
    waiting = await queue(archive, build_request, 2)
    process.pause.failed(Reason.PROVIDER_KEY)
    clock.move(1)
    trial = await process.waiting.admit()
    assert trial is None
    clock.move(1)
    trial = await process.waiting.admit()
    assert trial is not None
    assert await process.tell_everything() == []
    process.pause.failed(Reason.PROVIDER_KEY, trial.id)
    await archive.store.requeue(trial, 0)
    assert await process.tell_everything() == waiting


async def test_another_process_with_the_same_news_tells_nobody_again(
    archive: Archive, process: Process, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """It learned it by itself; one that starts goes on from what was told."""
    waiting = await queue(archive, build_request, 2)
    other = Process(archive, clock)
    assert await other.tell_everything() == []
    for each in (process, other):
        each.pause.failed(Reason.PROVIDER_NO_CREDIT)
    assert await process.tell_everything() == waiting
    assert await other.tell_everything() == []
    third = Process(archive, clock)
    assert await third.tell_everything() == []
    assert third.pause.said is Reason.PROVIDER_NO_CREDIT
    third.pause.succeeded()
    assert await third.tell_everything() == waiting


async def test_a_card_that_is_built_first_speaks_of_the_pause(
    archive: Archive, process: Process, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """After a restart, what a process before has told is read before anything is shown."""
    waiting = await queue(archive, build_request, 1)
    process.pause.failed(Reason.PROVIDER_KEY)
    await process.tell_everything()
    after = Process(archive, clock)
    await after.waiting.begin()
    expected = [] if archive.store.shared else [(job_id, Reason.PROVIDER_KEY) for job_id in waiting]
    assert [(job_id, outlook.paused) for job_id, outlook in after.told()] == expected


async def test_where_nobody_waits_a_restart_forgets_the_pause(
    archive: Archive, process: Process, clock: MovedClock
) -> None:
    """Nothing is held up: neither /readyz nor an alert has to wait for somebody to ask for a picture."""
    process.pause.failed(Reason.PROVIDER_KEY)
    await process.tell_everything()
    after = Process(archive, clock)
    await after.waiting.attend()
    assert after.pause.reason is None


async def test_who_has_waited_a_day_is_told_so(
    archive: Archive, process: Process, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """Only while nothing goes out, and only who has; it is counted, and the loop finds them due and tells."""
    (old,) = await queue(archive, build_request, 1)
    clock.move(DAY)
    (new,) = await queue(archive, build_request, 1)
    clock.move(1)
    await process.waiting.attend()
    assert len(await archive.store.waiting()) == 2
    process.pause.failed(Reason.SPENDING_MONTH)
    before = read_metrics()
    await process.waiting.attend()
    assert read_metrics().since(before).get("job_moves_total", status="failed", reason="spending_month") == 1
    assert [job.id for job in await archive.store.waiting()] == [new]
    (ended,) = await archive.store.hands.claim(9)
    assert (ended.id, ended.status, ended.reason) == (old, JobStatus.FAILED, Reason.SPENDING_MONTH)
    (row, _) = await archive.rows(jobs)
    assert row.ended_at == clock.now


async def test_a_queue_that_moves_tells_who_it_is_news_for(
    archive: Archive, process: Process, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """The first ones each; but a trial moves nothing yet."""
    waiting = await queue(archive, build_request, 6)
    await process.waiting.tell_places()
    assert [job_id for job_id, _ in process.told()] == [*waiting[:3], waiting[4]]
    process.pause.failed(Reason.PROVIDER_KEY)
    clock.move(5)
    assert await process.waiting.admit() is not None
    await process.waiting.tell_places()
    assert process.told() == []
