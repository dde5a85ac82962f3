"""The same without callbacks: how late a result is noticed, and how often PiAPI and Discord are asked for one job."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bots import Cast, alternate
from benchmarks.pictures import make_photo, make_result
from benchmarks.stage import Stage, format_prompt
from benchmarks.table import Row, format_ms, take_medians, take_share
from bot.provider import MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bots import Bot

JOBS = 30
USUAL_SECONDS = MODELS["schnell"].usual_seconds
ASKED_SECONDS = 10.0
CLOSES = 1.0
"""By then the last edit is out."""
MOST_SHARE = 0.2
MOST_POLLS = 6
STATUS_CHANGES = 5
"""queued, submitting, running, delivering, done: the answer itself shows the first status."""
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the jobs of one bot. `late`: seconds from ready to delivered."""

    late: list[float]
    polls: float
    requests: float


async def measure(rounds: int) -> list[Row]:
    """Members ask over some seconds; each picture takes as long as the model usually does."""
    stage = Stage(picture=make_result(), seconds=USUAL_SECONDS)
    async with stage.serve():
        found = await alternate(stage, rounds, _live, Cast(settings={"WEBHOOK_SECRET": ""}))
        called = await alternate(stage, 1, _live)
    return [
        *(_build_lateness(share, found) for share in (0.5, 0.95)),
        _count_row("polls of PiAPI a job, without callbacks", f"< {MOST_POLLS}", [ours.polls for _, ours in found]),
        _count_row("polls of PiAPI a job, with callbacks", "", [ours.polls for _, ours in called]),
        *(
            _count_row(f"requests to Discord a job, {how} callbacks", f"<= {STATUS_CHANGES + 2}", counted)
            for how, counted in (
                ("without", [ours.requests for _, ours in found]),
                ("with", [ours.requests for _, ours in called]),
            )
        ),
    ]


def _build_lateness(share: float, found: Sequence[tuple[Seen, Seen]]) -> Row:
    pairs = [(take_share(bare.late, share), take_share(ours.late, share)) for bare, ours in found]
    bare, ours = take_medians(pairs)
    most = bare * 1.5 + MOST_SHARE * USUAL_SECONDS
    return Row(
        f"result ready -> edit accepted, no callbacks, model takes {USUAL_SECONDS:g} s, p{share * 100:.0f}",
        f"<= 1.5 x + {MOST_SHARE * USUAL_SECONDS:.1f} s",
        format_ms(ours),
        format_ms(bare),
        "",
        ours <= most,
    )


def _count_row(what: str, aim: str, counted: Sequence[float]) -> Row:
    worst = max(counted)
    met = None if not aim else worst < MOST_POLLS if aim.startswith("< ") else worst <= STATUS_CHANGES + 2
    return Row(what, aim, f"{worst:.1f}", met=met)


async def _live(stage: Stage, bot: Bot) -> Seen:
    before = sum(stage.discord.requests().values())
    if not bot.ours:
        return Seen(await _bring_bare(stage), 0.0, 0.0)
    asked = await stage.ask(make_photo(), JOBS, ASKED_SECONDS)
    await stage.see_delivered(asked, PATIENCE_SECONDS)
    await asyncio.sleep(CLOSES)
    tasks = {task.input["prompt"]: task for task in stage.piapi.created}
    late = [stage.delivered_at(each) - tasks[format_prompt(number)].ended_at for number, each in enumerate(asked)]
    requests = sum(stage.discord.requests().values()) - before
    return Seen(late, sum(task.reads for task in tasks.values()) / JOBS, requests / JOBS)


async def _bring_bare(stage: Stage) -> list[float]:
    """What download and edit alone take, one after the other."""
    late = []
    for _ in range(JOBS):
        stage.hold()
        asked = await stage.ask(make_photo(), 1)
        await stage.until(lambda: stage.count_waiting() == 1, PATIENCE_SECONDS)
        ready_at = await stage.let_go()
        await stage.see_delivered(asked, PATIENCE_SECONDS)
        late.append(stage.delivered_at(asked[0]) - ready_at)
    return late
