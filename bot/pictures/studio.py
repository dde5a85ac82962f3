"""The room's door: everything that decodes or encodes goes through here, off the event loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.pictures.limits import judge_weight, too_slow
from bot.pictures.result import PictureUnusable, fit, parse_result
from bot.pictures.slots import Slots
from bot.pictures.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.pictures.limits import PictureLimits
    from bot.pictures.result import Result
    from bot.pictures.source import Source


class Studio:
    """Checks pictures within limits, `at_once` together: each may take some hundred MB meanwhile."""

    def __init__(self, limits: PictureLimits, at_once: int = 2) -> None:
        self._limits = limits
        self._slots = Slots(at_once, limits.seconds, limits.waiting_seconds)

    async def check_source(self, data: bytes) -> Source:
        """Make a member's picture into a source. Raises Refused with one of the PICTURE reasons."""
        judge_weight(len(data), self._limits)
        try:
            return await self._slots.run(partial(parse_source, data, self._limits))
        except TimeoutError:
            raise too_slow(self._limits) from None

    async def check_result(self, data: bytes) -> Result:
        """Prove that a finished picture is one, and leave it as it came. Raises PictureUnusable."""
        return await self._work_on_result(partial(parse_result, data, self._limits))

    async def fit_result(self, result: Result, most_bytes: int) -> Result:
        """The result if it is light enough, else encoded again at its own size or smaller.

        Raises PictureUnusable.
        """
        if len(result.data) <= most_bytes:
            return result
        return await self._work_on_result(partial(fit, result, most_bytes))

    async def _work_on_result(self, work: Callable[[], Result]) -> Result:
        try:
            return await self._slots.run(work)
        except TimeoutError:
            raise PictureUnusable("took too long") from None
