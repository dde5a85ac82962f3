"""How many jobs a second go the whole way, with pictures so small that it is the bot that is measured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bots import alternate
from benchmarks.pictures import make_small
from benchmarks.stage import Stage
from benchmarks.table import Row, take_medians, take_ratio

if TYPE_CHECKING:
    from benchmarks.bots import Bot

WARM_UP = 30
IN_FLIGHT = 100
JOBS = 500
PATIENCE_SECONDS = 120.0
LEAST_RATIO = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, and at what price."""

    jobs_a_second: float
    cpu_ms_a_job: float


async def measure(rounds: int) -> list[Row]:
    """Closed loop: the next command comes when a picture is there."""
    stage = Stage(picture=make_small())
    async with stage.serve():
        found = await alternate(stage, rounds, _run)
    paces = [(bare.jobs_a_second, ours.jobs_a_second) for bare, ours in found]
    prices = [(bare.cpu_ms_a_job, ours.cpu_ms_a_job) for bare, ours in found]
    (bare, ours), ratio = take_medians(paces), take_ratio(paces)
    (bare_ms, ours_ms), price_ratio = take_medians(prices), take_ratio(prices)
    return [
        Row(
            "jobs a second through the whole way, small pictures",
            f">= {LEAST_RATIO:g} x",
            f"{ours:.0f}",
            f"{bare:.0f}",
            f"{ratio:.2f}",
            ratio >= LEAST_RATIO,
        ),
        Row("CPU a job, the whole way", "", f"{ours_ms:.1f} ms", f"{bare_ms:.1f} ms", f"{price_ratio:.1f}"),
    ]


async def _run(stage: Stage, bot: Bot) -> Pace:
    source = make_small()
    await stage.keep_busy(source, WARM_UP, IN_FLIGHT, PATIENCE_SECONDS)
    begun, used = time.monotonic(), bot.cpu_seconds()
    await stage.keep_busy(source, JOBS, IN_FLIGHT, PATIENCE_SECONDS)
    took = time.monotonic() - begun
    return Pace(JOBS / took, (bot.cpu_seconds() - used) / JOBS * 1000)
