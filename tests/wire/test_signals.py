"""Signals, as a supervisor or an operator sends them to the process."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING, Any

from sandbox.piapi import StandIn
from tests.wire.processes import play_discord, run_bot, stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.discord_wire import Control


LOG = "sandbox.discord_wire.launch.log"


def read(folder: Path) -> list[dict[str, Any]]:
    """What the bot has said until now."""
    return [json.loads(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()]


async def see_line(folder: Path, like: Callable[[dict[str, Any]], object]) -> None:
    """Wait until the bot has said such a line."""
    async with asyncio.timeout(10):
        while not any(like(line) for line in read(folder)):
            await asyncio.sleep(0.05)


async def ask_for_rules(control: Control) -> None:
    """A command that is answered at once, and its answer."""
    asked = await control.slash("repaint-settings show", {}, member="jo")
    async with asyncio.timeout(10):
        while (await control.interaction(asked)).answered_after_seconds is None:
            await asyncio.sleep(0.05)


async def test_the_log_says_more_and_less_while_the_bot_runs(tmp_path: Path) -> None:
    """SIGUSR1: debug, libraries too. SIGUSR2: as the settings say. Then SIGTERM ends it in good order."""
    piapi = StandIn(api_key="sandbox-key-of-nobody")
    async with (
        piapi.serve() as piapi_url,
        play_discord(tmp_path) as (discord_url, control),
        run_bot(tmp_path, discord_url, piapi_url, {"LOG_FORMAT": "json", "LOG_LEVEL": "warning"}) as bot,
    ):
        await control.see_sessions(1)
        await ask_for_rules(control)
        assert read(tmp_path) == []
        bot.send_signal(signal.SIGUSR1)
        await see_line(tmp_path, lambda line: line["message"] == "from now on at level debug")
        await ask_for_rules(control)
        await see_line(tmp_path, lambda line: line["level"] == "DEBUG" and line["logger"].startswith("discord."))
        bot.send_signal(signal.SIGUSR2)
        await see_line(tmp_path, lambda line: line["message"] == "from now on at level warning")
        said = len(read(tmp_path))
        await ask_for_rules(control)
        assert len(read(tmp_path)) == said
        assert await stop(bot) == 0
