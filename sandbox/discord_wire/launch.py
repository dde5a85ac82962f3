"""The bot, unchanged, with a stand-in as its Discord: `DISCORD_STANDIN=http://127.0.0.1:PORT` says where that is.

python -m sandbox.discord_wire.launch           as `python -m bot`
python -m sandbox.discord_wire.launch check     as `python -m bot check`
"""

from __future__ import annotations

import os
import sys

import discord
from yarl import URL

from sandbox.discord_wire.door import API
from sandbox.discord_wire.gateway import GATEWAY

VARIABLE = "DISCORD_STANDIN"


def point_at(address: str) -> None:
    """Let discord.py take this address for Discord's. Raises `ValueError` for any that is not on this machine."""
    place = URL(address)
    if place.host not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError(f"{VARIABLE} must be an address of this machine, not {address!r}")
    discord.http.Route.BASE = address + API
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = place.with_scheme("ws").with_path(GATEWAY)
    discord.Asset.BASE = address


def main() -> int:
    """What the bot's own front door returns."""
    point_at(os.environ.get(VARIABLE, ""))
    from bot.__main__ import main as run_bot  # noqa: PLC0415 (the bot finds its Discord where it always looks)

    return run_bot()


if __name__ == "__main__":
    sys.exit(main())
