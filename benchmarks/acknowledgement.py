"""How soon a member is answered when a thousand ask within a second."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from benchmarks.bots import alternate
from benchmarks.pictures import make_result, make_small
from benchmarks.stage import NEVER, Stage
from benchmarks.table import Row, format_ms, take_medians, take_ratio, take_share

if TYPE_CHECKING:
    from benchmarks.bots import Bot

ASKED, SECONDS = 1000, 1.0
WARM_UP = 20
PATIENCE_SECONDS = 4.0
"""Discord itself waits for three."""
MOST_RATIO, MOST_SECONDS = 2.0, 1.0


async def measure(rounds: int) -> list[Row]:
    """Both bots answer, and go on with everything else they do."""
    stage = Stage(picture=make_result())
    async with stage.serve():
        found = await alternate(stage, rounds, _ask)
    pairs = [(take_share(bare, 0.99), take_share(ours, 0.99)) for bare, ours in found]
    bare, ours = take_medians(pairs)
    ratio = take_ratio(pairs)
    lost = sum(seconds == NEVER for _, ours_ in found for seconds in ours_)
    halves = take_medians([(take_share(bare_, 0.5), take_share(ours_, 0.5)) for bare_, ours_ in found])
    return [
        Row(
            f"acknowledgement, {ASKED:,} commands within a second, p99",
            f"<= {MOST_RATIO:g} x, <= {MOST_SECONDS:g} s",
            format_ms(ours) + (f" ({lost} of {ASKED * rounds:,} never)" if lost else ""),
            format_ms(bare),
            f"{ratio:.1f}",
            ratio <= MOST_RATIO and ours <= MOST_SECONDS,
        ),
        Row("the same, p50", "", format_ms(halves[1]), format_ms(halves[0]), f"{halves[1] / halves[0]:.1f}"),
    ]


async def _ask(stage: Stage, _: Bot) -> list[float]:
    source = make_small()
    await stage.see_delivered(await stage.ask(source, WARM_UP), 30)
    asked = await stage.ask(source, ASKED, SECONDS)
    with suppress(TimeoutError):  # then some never were
        await stage.until(lambda: NEVER not in stage.acknowledged(asked), PATIENCE_SECONDS)
    return stage.acknowledged(asked)
