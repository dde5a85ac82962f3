"""An image service with somebody beside it: what is noted of each call, and what its last word was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from bot.provider import (
    Busy,
    KeyRefused,
    NoCredit,
    Order,
    OutcomeUnknown,
    PiAPI,
    PictureGone,
    ProviderError,
    ReadFailed,
    RequestRefused,
    Task,
    TaskMissing,
    TaskState,
    Unreachable,
    Watched,
)

if TYPE_CHECKING:
    from unittest.mock import NonCallableMagicMock

ORDER = Order("schnell", "a cat", "https://here/cat.jpg", 4, 3)
TASK = Task("task", TaskState.RUNNING)


class Bench:
    """A service that does as it is told, and what was noted of it."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []
        self.took: list[float] = []
        self.service: NonCallableMagicMock = create_autospec(PiAPI, instance=True)
        self.service.submit.return_value = TASK
        self.service.fetch_task.return_value = TASK
        self.watched = Watched(self.service, self._note)

    def _note(self, operation: str, outcome: str, seconds: float) -> None:
        self.noted.append((operation, outcome))
        self.took.append(seconds)


@pytest.fixture
def bench() -> Bench:
    """A service that answers well."""
    return Bench()


async def test_every_call_goes_through_and_is_noted(bench: Bench) -> None:
    """With what it was given, and under its own name."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert await bench.watched.submit(ORDER) is TASK
    assert await bench.watched.fetch_task("task") is TASK
    await bench.watched.fetch_history(now, now)
    await bench.watched.fetch_account()
    await bench.watched.upload(b"jpeg", "cat.jpg")
    await bench.watched.fetch_picture("https://there/1.png")
    bench.service.submit.assert_awaited_once_with(ORDER)
    bench.service.upload.assert_awaited_once_with(b"jpeg", "cat.jpg")
    operations = ["submit", "fetch_task", "fetch_history", "fetch_account", "upload", "fetch_picture"]
    assert bench.noted == [(operation, "ok") for operation in operations]
    assert all(seconds >= 0 for seconds in bench.took)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (Unreachable("no connection"), "it does not answer as it should"),
        (OutcomeUnknown("no answer"), "it does not answer as it should"),
        (ReadFailed("502"), "it does not answer as it should"),
        (KeyRefused("401"), "it does not accept the key"),
        (TaskMissing("404"), ""),
        (Busy("429"), ""),
        (RequestRefused("400"), ""),
        (NoCredit("402"), ""),
    ],
)
async def test_an_error_says_something_about_the_service_or_about_the_call(
    bench: Bench, error: ProviderError, trouble: str
) -> None:
    """It is noted by its name and passed on; the next good answer ends the trouble."""
    bench.service.submit.side_effect = error
    with pytest.raises(type(error)):
        await bench.watched.submit(ORDER)
    assert bench.noted == [("submit", type(error).__name__)]
    assert bench.watched.trouble == trouble
    assert bench.watched.heard_at == pytest.approx(monotonic(), abs=1)
    await bench.watched.fetch_task("task")
    assert bench.watched.trouble == ""


async def test_hosts_of_pictures_are_not_the_service(bench: Bench) -> None:
    """An upload that the plan does not cover, or a picture that is gone, says nothing about it."""
    bench.service.upload.side_effect = KeyRefused("403")
    bench.service.fetch_picture.side_effect = PictureGone("404")
    with pytest.raises(KeyRefused):
        await bench.watched.upload(b"jpeg", "cat.jpg")
    with pytest.raises(PictureGone):
        await bench.watched.fetch_picture("https://there/1.png")
    assert bench.noted == [("upload", "KeyRefused"), ("fetch_picture", "PictureGone")]
    assert (bench.watched.trouble, bench.watched.heard_at) == ("", None)


async def test_who_gives_up_learns_nothing(bench: Bench) -> None:
    """A call that was cancelled is noted, and is not the service's word."""
    bench.service.fetch_account.side_effect = asyncio.CancelledError
    with pytest.raises(asyncio.CancelledError):
        await bench.watched.fetch_account()
    assert bench.noted == [("fetch_account", "broke")]
    assert bench.watched.heard_at is None
