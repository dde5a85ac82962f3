"""What is held in memory: by jobs that wait, and after many results."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from benchmarks.bots import alternate, measure_one, run_ours
from benchmarks.pictures import make_result, make_small
from benchmarks.stage import Stage
from benchmarks.table import Row

if TYPE_CHECKING:
    from benchmarks.bots import Bot

WARM_UP = 100
WAITING = 10_000
ASKED_A_SECOND = 40
QUIET_SECONDS = 5.0
PATIENCE_SECONDS = 900.0
MOST_KIB = 3.0

ROUNDS, RESULTS, IN_FLIGHT = 4, 1000, 60
MOST_MIB = 120.0
FLAT_MIB = 5.0
"""How much the last rounds may differ."""


async def measure_waiting(_: int) -> list[Row]:
    """Ten thousand jobs come in and wait for their turn, which does not come."""
    stage = Stage(picture=make_small(), at_once=1)
    async with stage.serve():
        kib = await measure_one(stage, run_ours, _let_wait)
    return [
        Row(
            f"memory a job, {WAITING:,} waiting, over idle", f"< {MOST_KIB:g} KiB", f"{kib:.1f} KiB", met=kib < MOST_KIB
        )
    ]


async def _let_wait(stage: Stage, bot: Bot) -> float:
    source = make_small()
    stage.at_once = 1
    await stage.see_delivered(await stage.ask(source, WARM_UP, WARM_UP / ASKED_A_SECOND), PATIENCE_SECONDS)
    await asyncio.sleep(QUIET_SECONDS)
    idle = bot.rss_mib()
    stage.hold()
    asked = await stage.ask(source, WAITING, WAITING / ASKED_A_SECOND)
    await stage.until(lambda: _count_queued(stage, asked) >= WAITING - 1, PATIENCE_SECONDS)
    await asyncio.sleep(QUIET_SECONDS)
    return (bot.rss_mib() - idle) * 1024 / WAITING


def _count_queued(stage: Stage, asked: list[int]) -> int:
    """How many cards say so, which are those that were edited after the answer."""
    messages = [stage.discord.state.interactions[each].original for each in asked]
    return sum(message is not None and len(message.versions) > 1 for message in messages)


async def measure_results(_: int) -> list[Row]:
    """Four times a thousand results of 200 kB."""
    stage = Stage(picture=make_result())
    async with stage.serve():
        ((bare, ours),) = await alternate(stage, 1, _bring_many)
    flat = max(ours[1:]) - min(ours[1:])
    shown, bare_shown = (" / ".join(f"{mib:.0f}" for mib in each) for each in (ours, bare))
    return [
        Row(
            f"memory after {ROUNDS} rounds of {RESULTS:,} results of 200 kB",
            f"< {MOST_MIB:g} MiB, flat",
            f"{shown} MiB",
            f"{bare_shown} MiB",
            f"{ours[-1] / bare[-1]:.1f}",
            max(ours) < MOST_MIB and flat < FLAT_MIB,
        )
    ]


async def _bring_many(stage: Stage, bot: Bot) -> list[float]:
    source, after = make_small(), []
    for _ in range(ROUNDS):
        await stage.keep_busy(source, RESULTS, IN_FLIGHT, PATIENCE_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)
        stage.forget()
        after.append(bot.rss_mib())
    return after
