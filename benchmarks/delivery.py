"""How soon a result that is ready at the provider is in its message, when the provider calls back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from benchmarks.bots import alternate
from benchmarks.pictures import make_photo, make_result
from benchmarks.stage import Stage
from benchmarks.table import Row, format_ms, take_medians, take_ratio, take_share

if TYPE_CHECKING:
    from benchmarks.bots import Bot

AT_ONCE = {1: 8, 40: 1, 200: 1}
"""How many results are ready in one moment, and how often that is measured in each round."""
ASKED_A_SECOND = 40
REST_SECONDS = 4.0
"""By then every card says that PiAPI is working: the last status edit is out, and 3 s have passed since."""
MOST_RATIO = 1.5


async def measure(rounds: int) -> list[Row]:
    """One row for each number of results at once, and share of them."""
    stage = Stage(picture=make_result(), seconds=1.0, at_once=max(AT_ONCE) + 20)
    async with stage.serve():
        found = await alternate(stage, rounds, _bring)
    rows = []
    for count in AT_ONCE:
        for share in (0.5, 0.95):
            pairs = [(take_share(bare[count], share), take_share(ours[count], share)) for bare, ours in found]
            rows.append(_build_row(count, share, pairs))
    return rows


def _build_row(count: int, share: float, pairs: list[tuple[float, float]]) -> Row:
    bare, ours = take_medians(pairs)
    ratio = take_ratio(pairs)
    return Row(
        f"result ready -> edit accepted, callbacks, {count} at once, 200 kB, p{share * 100:.0f}",
        f"<= {MOST_RATIO:g} x",
        format_ms(ours),
        format_ms(bare),
        f"{ratio:.1f}",
        ratio <= MOST_RATIO,
    )


async def _bring(stage: Stage, _: Bot) -> dict[int, list[float]]:
    """Seconds from ready to delivered, by how many were ready at once."""
    source = make_photo()
    await stage.see_delivered(await stage.ask(source, 5), 30)
    found: dict[int, list[float]] = {}
    for count, times in AT_ONCE.items():
        found[count] = [seconds for _ in range(times) for seconds in await _bring_at_once(stage, source, count)]
    return found


async def _bring_at_once(stage: Stage, source: bytes, count: int) -> list[float]:
    stage.hold()
    asked = await stage.ask(source, count, count / ASKED_A_SECOND)
    await stage.until(lambda: stage.count_waiting() == count, 60)
    await asyncio.sleep(REST_SECONDS)
    ready_at = await stage.let_go()
    await stage.see_delivered(asked, 120)
    return [stage.delivered_at(each) - ready_at for each in asked]
