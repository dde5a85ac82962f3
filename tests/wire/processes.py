"""Processes of their own: Discord's stand-in, and the unchanged bot on it. What is started here is ended here."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.discord_wire import Control
from sandbox.discord_wire.launch import VARIABLE
from sandbox.world import build_environment, find_free_port
from tests.wire.tiny_bot import SPEC

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 10.0


@asynccontextmanager
async def start(
    module: str, *arguments: str, folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """`python -m module`, in a folder that keeps its log as `<module>.log`. Killed if it still runs at the end."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(settings or {})}
    with (folder / f"{module}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            cwd=folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def play_discord(folder: Path) -> AsyncIterator[tuple[str, Control]]:
    """Discord's stand-in in a process of its own: its address, and its control."""
    token = build_environment("", "", 0)["DISCORD_TOKEN"]
    spec = () if SPEC is None else ("--spec", str(SPEC))
    async with start("sandbox.discord_wire", "--token", token, *spec, folder=folder) as process:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        async with Control(address) as control:
            yield address, control


@asynccontextmanager
async def run_bot(
    folder: Path, discord_url: str, piapi_url: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """The bot, with its database in the folder. `settings` are variables as in `.env`."""
    database_url = f"sqlite:///{folder / 'repaint.db'}"
    standard = build_environment(database_url, piapi_url, find_free_port()) | {VARIABLE: discord_url}
    async with start("sandbox.discord_wire.launch", folder=folder, settings=standard | dict(settings or {})) as bot:
        yield bot


async def stop(process: Process) -> int:
    """Ask a process to end, as a supervisor does; what it exits with."""
    process.terminate()
    async with asyncio.timeout(STOP_SECONDS):
        return await process.wait()
