"""The bots that are measured, each in a process of its own: ours, and the bare one."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil

from benchmarks import bare
from benchmarks.stage import TOKEN
from sandbox.discord_wire.launch import VARIABLE
from sandbox.world import build_environment, find_free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from benchmarks.stage import Stage

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
MIB = 1024 * 1024
START_SECONDS = 30.0
QUIET_SECONDS = 3.0
"""What a bot does once it is connected, such as discord.py's wait for guilds, is over by then."""
UNLIMITED_READS = "100000"
"""A minute. The limit protects PiAPI, and is not what is measured."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is connected. `started_seconds`: from its process's begin until Discord said READY."""

    ours: bool
    process: psutil.Process
    started_seconds: float
    log: Path

    def rss_mib(self) -> float:
        """Memory it has now."""
        return float(self.process.memory_info().rss) / MIB

    def cpu_seconds(self) -> float:
        """CPU it used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def wake_ups(self) -> int:
        """How often its event loop was woken so far."""
        return int(self.process.num_ctx_switches().voluntary)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays. `uploads`: how many results the bare bot brings at once; `settings` of ours are as in `.env`."""

    uploads: int = 8
    settings: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def run_bare(stage: Stage, folder: Path, cast: Cast) -> AsyncIterator[Bot]:
    """The bare bot."""
    settings = {
        bare.WAIT: f"{stage.shelf_url}/wait",
        bare.PICTURE: f"{stage.shelf_url}/picture",
        bare.CAP: str(cast.uploads),
    }
    async with _run("benchmarks.bare", stage, folder, settings) as bot:
        yield bot


@asynccontextmanager
async def run_ours(stage: Stage, folder: Path, cast: Cast) -> AsyncIterator[Bot]:
    """Ours, with its database in the folder."""
    standard = build_environment(f"sqlite:///{folder / 'repaint.db'}", stage.piapi_url, find_free_port())
    chosen = {"PIAPI_CONCURRENCY": str(stage.at_once), "PIAPI_READS_PER_MINUTE": UNLIMITED_READS}
    async with _run("sandbox.discord_wire.launch", stage, folder, {**standard, **chosen, **cast.settings}) as bot:
        yield bot


async def alternate(
    stage: Stage, rounds: int, measure: Callable[[Stage, Bot], Awaitable[T]], cast: Cast | None = None
) -> list[tuple[T, T]]:
    """Measure the bare bot, ours, the bare bot, ours: what else this machine does meets both. Pairs of (bare, ours)."""
    pairs = []
    for _ in range(rounds):
        bare_one = await measure_one(stage, run_bare, measure, cast)
        pairs.append((bare_one, await measure_one(stage, run_ours, measure, cast)))
    return pairs


async def measure_one(
    stage: Stage,
    run: Callable[[Stage, Path, Cast], AbstractAsyncContextManager[Bot]],
    measure: Callable[[Stage, Bot], Awaitable[T]],
    cast: Cast | None = None,
) -> T:
    """Measure one bot, from an empty folder."""
    with tempfile.TemporaryDirectory(prefix="repaint-bench-") as folder:
        async with run(stage, Path(folder), cast or Cast()) as bot:
            await asyncio.sleep(QUIET_SECONDS)
            measured = await measure(stage, bot)
        stage.forget()
    return measured


@asynccontextmanager
async def _run(module: str, stage: Stage, folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Bot]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), VARIABLE: stage.discord_url, **settings}
    begun, log = time.monotonic(), folder / f"{module}.log"
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            cwd=folder,
            env=environment | {"DISCORD_TOKEN": TOKEN},
            stdout=stderr,
            stderr=stderr,
        )
    try:
        await stage.until(lambda: stage.count_connected() > 0, START_SECONDS)
        took = time.monotonic() - begun
        yield Bot(module != "benchmarks.bare", psutil.Process(process.pid), took, log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await stage.until(lambda: stage.count_connected() == 0, START_SECONDS)
