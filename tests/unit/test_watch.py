"""What the watch finds by itself, without a world around it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from bot import watch
from bot.database import Kept
from bot.jobs.runner import Runner
from bot.provider import PiAPI, Watched
from bot.watch import Watch, feeling_lag
from tests.readings import read_metrics

if TYPE_CHECKING:
    from unittest.mock import NonCallableMagicMock


@pytest.fixture
def runner() -> NonCallableMagicMock:
    """A loop that came round a moment ago."""
    loop: NonCallableMagicMock = create_autospec(Runner, instance=True)
    loop.round_at, loop.trouble, loop.waiting.pause.trouble = time.monotonic(), "", ""
    return loop


def build(runner: NonCallableMagicMock) -> Watch:
    """Somebody who looks at nothing but the loop."""
    nobody = create_autospec(object)
    return Watch(runner, nobody, nobody, nobody, nobody, nobody)


async def test_a_silent_service_is_asked_once(runner: NonCallableMagicMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many who ask whether all is well wait for one answer, and for its lack no longer than for an answer."""
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.05)
    service = create_autospec(PiAPI, instance=True)
    service.fetch_account.side_effect = asyncio.Event().wait
    told: list[str] = []
    provider = Watched(service, lambda operation, outcome, _: told.append(f"{operation} {outcome}"))
    discord = SimpleNamespace(trouble="", latency=0.1)
    asked = Watch(
        runner, create_autospec(Kept, instance=True), create_autospec(object), provider, discord, datetime.now
    )
    answers = await asyncio.gather(*(asked.ready() for _ in range(3)))
    assert answers == [{"ready": False, "trouble": {"provider": "no answer in 0.05 s"}}] * 3
    assert told == ["fetch_account broke"]


def test_a_loop_that_does_not_come_round_is_not_alive(runner: NonCallableMagicMock) -> None:
    """Then a restart is the cure; trouble with the database alone is none, and goes by itself."""
    assert build(runner).live() == {"alive": True, "trouble": ""}
    runner.trouble = "disk full"
    assert build(runner).live() == {"alive": True, "trouble": "disk full"}
    runner.round_at -= watch.STUCK_SECONDS + 1
    assert build(runner).live() == {"alive": False, "trouble": "disk full"}


async def test_who_holds_up_the_loop_is_felt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second in which nobody else could do anything is in the histogram; afterwards nobody feels."""
    monkeypatch.setattr(watch, "LAG_EVERY_SECONDS", 0.01)
    before = read_metrics()
    async with feeling_lag():
        await asyncio.sleep(0.03)
        time.sleep(0.1)  # noqa: ASYNC251 (that is what is to be felt)
        await asyncio.sleep(0.03)
    felt = read_metrics().since(before)
    assert felt.get("event_loop_lag_seconds_sum") > 0.08
    assert felt.get("event_loop_lag_seconds_bucket", le="0.05") < felt.get("event_loop_lag_seconds_count")
    await asyncio.sleep(0.05)
    assert read_metrics().since(before).get("event_loop_lag_seconds_count") == felt.get("event_loop_lag_seconds_count")
