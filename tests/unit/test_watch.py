"""What the watch finds by itself, without a world around it."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from bot import metrics, watch
from bot.database import Kept
from bot.jobs.census import Census
from bot.jobs.pause import CAPS, TROUBLES, Pause
from bot.jobs.runner import Runner
from bot.provider import PiAPI, Watched
from bot.watch import Watch, feeling_lag
from tests.conftest import NOON
from tests.readings import read_metrics

if TYPE_CHECKING:
    from unittest.mock import NonCallableMagicMock

    from bot.errors import Reason


@pytest.fixture
def runner() -> NonCallableMagicMock:
    """A loop that came round a moment ago."""
    loop: NonCallableMagicMock = create_autospec(Runner, instance=True)
    loop.round_at, loop.trouble = time.monotonic(), ""
    return loop


def build(runner: NonCallableMagicMock) -> Watch:
    """Somebody who looks at nothing but the loop."""
    nobody = create_autospec(object)
    return Watch(runner, Pause(lambda: NOON), nobody, nobody, nobody, nobody, nobody)


async def test_a_silent_service_is_asked_once(runner: NonCallableMagicMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many who ask whether all is well wait for one answer, and for its lack no longer than for an answer."""
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.05)
    service = create_autospec(PiAPI, instance=True)
    service.fetch_account.side_effect = asyncio.Event().wait
    told: list[str] = []
    provider = Watched(service, lambda operation, outcome, _: told.append(f"{operation} {outcome}"))
    discord = SimpleNamespace(trouble="", latency=0.1)
    kept, nobody = create_autospec(Kept, instance=True), create_autospec(object)
    asked = Watch(runner, Pause(lambda: NOON), kept, nobody, provider, discord, datetime.now)
    answers = await asyncio.gather(*(asked.ready() for _ in range(3)))
    assert answers == [{"ready": False, "trouble": {"provider": "no answer in 0.05 s"}}] * 3
    assert told == ["fetch_account broke"]


def build_well(runner: NonCallableMagicMock) -> Watch:
    """Somebody who finds nothing wrong but what the loop says."""
    kept, census = create_autospec(Kept, instance=True), create_autospec(Census, instance=True)
    census.take.side_effect = TimeoutError
    provider = Watched(create_autospec(PiAPI, instance=True), lambda *_: None)
    discord = SimpleNamespace(trouble="", latency=0.1)
    return Watch(runner, Pause(lambda: NOON), kept, census, provider, discord, lambda: NOON)


@pytest.mark.parametrize("reason", sorted({*TROUBLES.values(), *CAPS}))
async def test_a_pause_is_counted_and_only_a_cap_is_no_trouble(runner: NonCallableMagicMock, reason: Reason) -> None:
    """A cap is what whoever runs it wanted, so a new version may take over; everything else is in the way."""
    asked = build_well(runner)
    for _ in range(3):
        asked.pause.failed(reason)
    why = {} if reason in CAPS else {"orders": f"nothing is ordered for now: {reason}"}
    assert await asked.find_troubles() == why
    assert await asked.ready() == {"ready": reason in CAPS, "trouble": why}
    await asked.measure()
    counted = read_metrics()
    paused = {each: counted.get("orders_paused", reason=each) for each in (*TROUBLES.values(), *CAPS)}
    assert paused == {each: each is reason for each in paused}
    asked.pause = Pause(lambda: NOON)
    await asked.measure()
    assert read_metrics().get("orders_paused", reason=reason) == 0
    assert await asked.ready() == {"ready": True, "trouble": {}}


async def test_what_the_database_does_not_say_is_not_shown_as_it_was(runner: NonCallableMagicMock) -> None:
    """Neither old numbers nor zeros: they are missing, or no number."""
    metrics.CASES.set(3)
    metrics.OLDEST_CASE_SECONDS.set(90)
    metrics.JOBS.labels("queued").set(7)
    await build_well(runner).measure()
    counted = read_metrics()
    assert counted.get("rows_read") == 0
    assert math.isnan(counted.get("undecided_cases"))
    assert math.isnan(counted.get("oldest_undecided_case_seconds"))
    assert not counted.names & {"repaint_jobs", "repaint_oldest_job_seconds", "repaint_charges_last_day_usd"}


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
