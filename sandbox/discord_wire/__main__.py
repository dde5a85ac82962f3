"""The stand-in in a process of its own. It prints its address and plays until SIGINT or SIGTERM.

python -m sandbox.discord_wire --port 0
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.discord_wire.standin import DiscordStandIn

if TYPE_CHECKING:
    from collections.abc import Sequence

SPEC_VARIABLE = "DISCORD_OPENAPI"


async def play(standin: DiscordStandIn, port: int) -> None:
    """Play until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with standin.serve(port) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await stop.wait()


def parse(arguments: Sequence[str] | None = None) -> tuple[DiscordStandIn, int]:
    """The stand-in that the command line asks for, and its port."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.discord_wire", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=DiscordStandIn.token, help="the bot's token that is accepted")
    spec = os.environ.get(SPEC_VARIABLE)
    about = f"Discord's openapi.json, to check every body against ({SPEC_VARIABLE})"
    parser.add_argument("--spec", type=Path, default=Path(spec) if spec else None, help=about)
    parser.add_argument("--no-rate-limits", action="store_true", help="neither headers nor refusals")
    parser.add_argument("--shards", type=int, default=1, help="how many are advised")
    given = parser.parse_args(arguments)
    rules = {"token": given.token, "spec": given.spec, "shards": given.shards}
    return DiscordStandIn(**rules, rate_limits=not given.no_rate_limits), given.port


if __name__ == "__main__":
    asyncio.run(play(*parse()))
