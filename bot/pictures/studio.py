"""The room's door: everything that decodes or encodes goes through here, off the event loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.pictures.limits import judge_weight, too_slow
from bot.pictures.result import PictureUnusable, fit, make_thumbnail, parse_result
from bot.pictures.slots import Slots
from bot.pictures.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.pictures.limits import PictureLimits
    from bot.pictures.provenance import Provenance
    from bot.pictures.result import Result
    from bot.pictures.source import Source

T = TypeVar("T")


class Studio:
    """Checks pictures within limits, `at_once` together: each may take some hundred MB meanwhile.

    `stamps`: whether finished pictures are to say where they come from.
    """

    def __init__(self, limits: PictureLimits, at_once: int = 2, *, stamps: bool = True) -> None:
        self._limits = limits
        self._stamps = stamps
        self._slots = Slots(at_once, limits.seconds, limits.waiting_seconds)

    async def check_source(self, data: bytes) -> Source:
        """Make a member's picture into a source. Raises Refused with one of the PICTURE reasons."""
        judge_weight(len(data), self._limits)
        try:
            return await self._slots.run(partial(parse_source, data, self._limits))
        except TimeoutError:
            raise too_slow(self._limits) from None

    async def check_result(self, data: bytes, provenance: Provenance | None = None) -> Result:
        """Prove that a finished picture is one, and let it say where it comes from; None: leave it as it came.

        The same picture and provenance make the same bytes, also of one that says so already. Raises PictureUnusable.
        """
        stamp = provenance if self._stamps else None
        return await self._work_on_result(partial(parse_result, data, self._limits, stamp))

    async def fit_result(self, result: Result, most_bytes: int) -> Result:
        """The result if it is light enough, else encoded again at its own size or smaller.

        Raises PictureUnusable.
        """
        if len(result.data) <= most_bytes:
            return result
        return await self._work_on_result(partial(fit, result, most_bytes))

    async def make_thumbnail(self, result: Result) -> bytes:
        """A small JPEG of a result, for a list. Raises PictureUnusable."""
        return await self._work_on_result(partial(make_thumbnail, result))

    async def _work_on_result(self, work: Callable[[], T]) -> T:
        try:
            return await self._slots.run(work)
        except TimeoutError:
            raise PictureUnusable("took too long") from None
