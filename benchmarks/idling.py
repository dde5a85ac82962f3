"""What the bot costs while nothing happens, and how soon it is there."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bots import Cast, run_bare, run_ours
from benchmarks.pictures import make_small
from benchmarks.stage import Stage
from benchmarks.table import Row

if TYPE_CHECKING:
    from benchmarks.bots import Bot

SETTLE_SECONDS = 5.0
WATCHED_SECONDS = 20.0
MOST_MIB, MOST_SECONDS = 25.0, 1.0


@dataclass(frozen=True, slots=True)
class Idle:
    """A bot that nobody talks to."""

    started_seconds: float
    rss_mib: float
    cpu_ms_a_second: float
    wake_ups_a_second: float


async def measure(rounds: int) -> list[Row]:
    """Each bot, started over the database it made the time before, as on an ordinary day."""
    stage = Stage(picture=make_small())
    found: tuple[list[Idle], list[Idle]] = ([], [])
    async with stage.serve():
        with tempfile.TemporaryDirectory(prefix="repaint-bench-") as folder:
            async with run_ours(stage, Path(folder), Cast()) as first:
                first_seconds = first.started_seconds
            for _ in range(rounds):
                async with run_bare(stage, Path(folder), Cast()) as bot:
                    found[0].append(await _watch(bot))
                async with run_ours(stage, Path(folder), Cast()) as bot:
                    found[1].append(await _watch(bot))
    bare, ours = map(_take_medians, found)
    return [*_build_rows(bare, ours), Row("the very first start, which makes the tables", "", f"{first_seconds:.2f} s")]


def _build_rows(bare: Idle, ours: Idle) -> list[Row]:
    more_mib, more_seconds = ours.rss_mib - bare.rss_mib, ours.started_seconds - bare.started_seconds
    return [
        Row(
            "idle: memory",
            f"<= bare + {MOST_MIB:g} MiB",
            f"{ours.rss_mib:.0f} MiB",
            f"{bare.rss_mib:.0f} MiB",
            f"+{more_mib:.0f} MiB",
            more_mib <= MOST_MIB,
        ),
        Row(
            "start to READY",
            f"<= bare + {MOST_SECONDS:g} s",
            f"{ours.started_seconds:.2f} s",
            f"{bare.started_seconds:.2f} s",
            f"+{more_seconds:.2f} s",
            more_seconds <= MOST_SECONDS,
        ),
        Row("idle: CPU a second", "", f"{ours.cpu_ms_a_second:.1f} ms", f"{bare.cpu_ms_a_second:.1f} ms"),
        Row("idle: wake-ups a second", "", f"{ours.wake_ups_a_second:.1f}", f"{bare.wake_ups_a_second:.1f}"),
    ]


def _take_medians(found: list[Idle]) -> Idle:
    return Idle(
        median(each.started_seconds for each in found),
        median(each.rss_mib for each in found),
        median(each.cpu_ms_a_second for each in found),
        median(each.wake_ups_a_second for each in found),
    )


async def _watch(bot: Bot) -> Idle:
    await asyncio.sleep(SETTLE_SECONDS)
    used, woken = bot.cpu_seconds(), bot.wake_ups()
    await asyncio.sleep(WATCHED_SECONDS)
    return Idle(
        bot.started_seconds,
        bot.rss_mib(),
        (bot.cpu_seconds() - used) / WATCHED_SECONDS * 1000,
        (bot.wake_ups() - woken) / WATCHED_SECONDS,
    )
