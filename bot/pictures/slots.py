"""Heavy work in threads, few at once: memory stays bounded, and the event loop keeps turning."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

log = logging.getLogger(__name__)


class Slots:
    """Runs work in threads, at most `at_once` together.

    A thread cannot be stopped: work that ran out of its `seconds`, or whose caller was cancelled, goes on
    unseen and keeps its slot, as it keeps its memory, until it has really ended.
    """

    def __init__(self, at_once: int, seconds: float, waiting_seconds: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._waiting_seconds = waiting_seconds

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. TimeoutError if no slot came free in time, or it took too long."""
        async with asyncio.timeout(self._waiting_seconds):
            await self._free.acquire()
        # Not a task around asyncio.to_thread: cancelled, that one would be done long before its thread is.
        running = asyncio.get_running_loop().run_in_executor(None, work)
        running.add_done_callback(self._give_back)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.shield(running)
        except TimeoutError:
            log.warning("decoding goes on after %g s, and keeps its slot", self._seconds)
            raise

    def _give_back(self, ended: asyncio.Future[T]) -> None:
        self._free.release()
        if not ended.cancelled():
            ended.exception()  # looked at, so that what nobody waited for is not reported as lost
