"""Few threads at once, and a slot that belongs to a thread until it ends."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.pictures.slots import Slots

LONG = 30.0
"""Seconds that no test ever waits."""


class Work:
    """Something that goes on in a thread until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.begun = 0
        self._starts = threading.Semaphore(0)
        self.together = 0
        self.most_together = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """Go on until let go; then say which thread it was."""
        with self._lock:
            self.begun += 1
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        self._starts.release()
        self.let_go.wait(LONG)
        with self._lock:
            self.together -= 1
        return threading.current_thread().name

    async def has_begun(self, times: int) -> None:
        """Wait until that many threads are at it."""
        for _ in range(times):
            await asyncio.to_thread(self._starts.acquire, timeout=LONG)


@contextmanager
def complaints() -> Iterator[list[dict[str, Any]]]:
    """What the event loop had to say of errors that nobody looked at."""
    found: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: found.append(context))
    try:
        yield found
    finally:
        loop.set_exception_handler(None)


async def test_work_is_done_in_another_thread() -> None:
    """The loop keeps turning while work goes on: here it is the loop that lets the work end."""
    work, slots = Work(), Slots(1, LONG, LONG)
    running = asyncio.create_task(slots.run(work))
    await work.has_begun(1)
    work.let_go.set()
    assert await running != threading.current_thread().name


async def test_no_more_than_allowed_work_together() -> None:
    """Two slots, six pictures: never three at once, and every one gets its turn."""
    work, slots = Work(), Slots(2, LONG, LONG)
    running = [asyncio.create_task(slots.run(work)) for _ in range(6)]
    await work.has_begun(2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert work.begun == 2
    work.let_go.set()
    await asyncio.gather(*running)
    assert (work.begun, work.most_together) == (6, 2)


async def test_errors_come_out_and_give_the_slot_back() -> None:
    """A slot survives what happens in it."""
    slots = Slots(1, LONG, LONG)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await slots.run(lambda: 1 // 0)
    assert await slots.run(lambda: 7) == 7


async def test_work_that_takes_too_long_keeps_its_slot() -> None:
    """The caller is free at once; the next one only when the thread has really ended."""
    work, slots = Work(), Slots(1, 0.2, LONG)
    with pytest.raises(TimeoutError):
        await slots.run(work)
    following = asyncio.create_task(slots.run(lambda: work.together))
    await asyncio.sleep(0.02)
    assert not following.done()
    work.let_go.set()
    assert await following == 0


async def test_a_caller_who_goes_away_leaves_the_slot_taken() -> None:
    """Cancelling stops the waiting, not the thread, nor what it holds in memory."""
    work, slots = Work(), Slots(1, LONG, LONG)
    running = asyncio.create_task(slots.run(work))
    await work.has_begun(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    following = asyncio.create_task(slots.run(lambda: work.together))
    await asyncio.sleep(0.02)
    assert not following.done()
    work.let_go.set()
    assert await following == 0


async def test_a_closing_loop_gives_no_slot_away() -> None:
    """Even when everything is cancelled that can be: threads cannot."""
    work, slots = Work(), Slots(1, LONG, 0.02)
    running = asyncio.create_task(slots.run(work))
    await work.has_begun(1)
    for every in asyncio.all_tasks() - {asyncio.current_task()}:
        every.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(TimeoutError):
        await slots.run(lambda: 7)
    work.let_go.set()


async def test_waiting_for_a_slot_has_an_end() -> None:
    """Nobody stands in line for ever behind a thread that does not end, and leaving the line costs no slot."""
    work, slots = Work(), Slots(1, LONG, 0.02)
    running = asyncio.create_task(slots.run(work))
    await work.has_begun(1)
    with pytest.raises(TimeoutError):
        await slots.run(work)
    work.let_go.set()
    await running
    assert work.begun == 1
    assert await slots.run(lambda: 7) == 7


async def test_the_clock_starts_with_the_work() -> None:
    """Standing in line does not use up the time for decoding."""
    slots = Slots(1, 0.4, LONG)
    pause = threading.Event()
    answers = await asyncio.gather(*(slots.run(lambda: pause.wait(0.1)) for _ in range(5)))
    assert answers == [False] * 5


async def test_an_error_that_comes_too_late_is_not_reported_as_lost() -> None:
    """The caller was told already; the log needs no second alarm."""
    let_go = threading.Event()

    def fail_late() -> None:
        let_go.wait(LONG)
        raise ValueError("too late")

    slots = Slots(1, 0.2, LONG)
    with complaints() as heard:
        with pytest.raises(TimeoutError):
            await slots.run(fail_late)
        let_go.set()
        await slots.run(lambda: None)  # gets the slot only after the late error
        gc.collect()
    assert heard == []
