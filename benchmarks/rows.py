"""What the rows of a job cost, on both databases, and how many moves a second SQLite makes durable."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.postgres import run_postgres
from benchmarks.table import Row
from benchmarks.way import open_way

if TYPE_CHECKING:
    from benchmarks.postgres import Server

WARM_UP, JOBS = 20, 200
MOST_MS = 3.0
MOVES, MOVERS, LEAST_MOVES = 3000, 32, 500


async def measure(rounds: int) -> list[Row]:
    """Job after job, so that nothing else is in the figures."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="repaint-bench-") as folder:
        for number in range(rounds):
            url = f"sqlite:///{Path(folder) / f'{number}.db'}"
            rows.append(await _walk(url))
        moves = [await _move(f"sqlite:///{Path(folder) / f'{number}.db'}") for number in range(rounds)]
    with run_postgres() as server:
        shared = [await _walk(server.url(), server) for _ in range(rounds)]
    return [
        *_build_rows("SQLite", rows),
        *_build_rows("PostgreSQL", shared),
        Row(
            f"moves a second on SQLite, {MOVERS} at once",
            f">= {LEAST_MOVES}",
            f"{median(moves):,.0f}",
            met=median(moves) >= LEAST_MOVES,
        ),
    ]


def _build_rows(name: str, found: list[tuple[float, float, float, float]]) -> list[Row]:
    ours, theirs, calls, statements = (median(each) for each in zip(*found, strict=True))
    shown = f"{ours:.2f} ms" + (f" + {theirs:.2f} ms of the server's" if theirs else "")
    return [
        Row(f"database time a job, {name}", f"< {MOST_MS:g} ms CPU", shown, met=ours + theirs < MOST_MS),
        Row(f"statements a job, {name}", "", f"{statements:.0f} in {calls:.0f} calls"),
    ]


async def _walk(url: str, server: Server | None = None) -> tuple[float, float, float, float]:
    """CPU a job in ms, ours and the server's; calls, statements."""
    async with open_way(url) as way:
        for _ in range(WARM_UP):
            await way.walk()
        way.meter.calls = way.meter.statements = 0
        way.meter.cpu_seconds, theirs = 0.0, server.cpu_seconds() if server else 0.0
        for _ in range(JOBS):
            await way.walk()
        theirs = server.cpu_seconds() - theirs if server else 0.0
        meter = way.meter
        return (
            meter.cpu_seconds / JOBS * 1000,
            theirs / JOBS * 1000,
            meter.calls / JOBS,
            meter.statements / JOBS,
        )


async def _move(url: str) -> float:
    """Moves a second: each is one guarded statement, and answered when it would survive a power cut."""
    async with open_way(url) as way:
        store, numbers = way.plan.store, iter(range(MOVES))
        jobs = [await way.ask() for _ in range(MOVERS)]
        held = await store.hands.claim(MOVERS)

        async def keep_moving(number: int) -> None:
            job = held[number]
            for _ in numbers:
                await store.release(job, 60.0)

        begun = time.monotonic()
        await asyncio.gather(*(keep_moving(number) for number in range(len(jobs))))
        return MOVES / (time.monotonic() - begun)
