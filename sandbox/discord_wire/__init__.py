"""Discord's stand-in: its gateway, its REST routes and its CDN on a real loopback socket, for tests and benchmarks.

`async with DiscordStandIn().serve() as address` plays in this process, `python -m sandbox.discord_wire` in one of its
own; `Control` talks to either, and `python -m sandbox.discord_wire.launch` is the bot with this as its Discord.
"""

from __future__ import annotations

from sandbox.discord_wire.control import Control
from sandbox.discord_wire.faults import Fault
from sandbox.discord_wire.seen import SeenFile, SeenInteraction, SeenMessage, SeenVersion
from sandbox.discord_wire.standin import DiscordStandIn

__all__ = ["Control", "DiscordStandIn", "Fault", "SeenFile", "SeenInteraction", "SeenMessage", "SeenVersion"]
