"""`make sandbox`: the real bot in a browser page, with Discord and PiAPI played on this machine.

The page shows one channel of the server: `make sandbox CHANNEL=review` is the moderators' side.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import simcord

from bot.logs import set_up_logging
from bot.provider import MODELS
from sandbox.guild import CHANNELS, HIDDEN, ask, furnish
from sandbox.piapi import PROVOCATIONS
from sandbox.world import World, find_free_port, is_free, open_world

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from typing import Any

PORT = 8777
LOOK_SECONDS = 0.25
ASKED_SECONDS_AGO = 180.0
"""Long enough for what was asked at the start to be painted by now."""

WELCOME = """\
**Welcome to the sandbox.** Type `/img2img`, choose a picture, say what it should become, and press Enter.
Discord and PiAPI are played on this machine: nothing leaves it, nothing costs anything, and a few simple filters \
paint in the place of Flux. Try *watercolour*, *oil painting*, *pencil sketch*, *neon*, *stained glass*, *pixel art*, \
*comic*, *pop art* or *vintage*, or choose a `preset`: the first two are this server's own. `/img2img-history` shows \
what you have made, and what came of it.

With the option `visibility: draft` only you see what is made, until you press *Publish*: look as somebody else.

These words in a prompt, wherever they stand in it, show what else can happen:
{provocations}

Other channels of this server: `make sandbox CHANNEL=moderated`, `CHANNEL=review` (the moderators' side), `CHANNEL=log`.
"""


async def main(arguments: Sequence[str] | None = None) -> None:
    """Play until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make sandbox", description=__doc__)
    parser.add_argument("--channel", choices=CHANNELS, default=CHANNELS[0], help="the channel that the page shows")
    shown: str = parser.parse_args(arguments).channel
    set_up_logging("info", "text")
    with tempfile.TemporaryDirectory(prefix="repaint-") as folder:
        async with open_world(f"sqlite:///{folder}/sandbox.db", {"MODELS": ",".join(MODELS)}) as world:
            await prepare(world, shown)
            port = PORT if is_free(PORT) else find_free_port()
            viewers = list_viewers(world, shown)
            async with world.env.preview(world.channel, viewers=viewers, layout="channel", port=port) as page:
                say(f"\n  Repaint's sandbox is open, in #{shown}:\n\n    {page.url}\n\n  (Ctrl-C ends it.)\n")
                await play(world, page)


async def prepare(world: World, shown: str) -> None:
    """Furnish the server. Who looks at the moderators' side finds that something was asked a moment ago."""
    await world.catch_up(ASKED_SECONDS_AGO)
    await world.moderator.send(world.channel, format_welcome())
    await furnish(world)
    if shown in HIDDEN:
        await ask(world)
    await world.catch_up()
    world.channel = world.guild.channels[shown]


def list_viewers(world: World, shown: str) -> list[simcord.MemberActor]:
    """As whom the page can be looked at, beginning with whom it is most interesting for."""
    if shown in HIDDEN:
        return [world.moderator]
    members = [world.artist, world.friend]
    return [*members, world.moderator] if shown == CHANNELS[0] else [world.moderator, *members]


def format_welcome() -> str:
    """The first message in the channel."""
    lines = (f"- `{word}`: {meaning}" for word, meaning in PROVOCATIONS.items())
    return WELCOME.format(provocations="\n".join(lines))


async def play(world: World, page: simcord.Preview) -> None:
    """Run the bot as its front door does, and keep the page and the world's clock up to date."""
    parts: list[Coroutine[Any, Any, None]] = [
        world.house.runner.run(),
        world.house.editor.run(),
        world.house.log_poster.run(),
        follow_time(world),
        follow_messages(world, page),
    ]
    with world.env.time_context():  # what is started in it talks to this Discord
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)


async def follow_time(world: World) -> None:
    """Let the world's time pass as ours does."""
    while True:
        behind = (datetime.now(UTC) - world.env.now()).total_seconds()
        world.env.backend.advance_clock(max(0.0, behind))  # not advance_time: that would be in the way of a click
        await asyncio.sleep(LOOK_SECONDS)


async def follow_messages(world: World, page: simcord.Preview) -> None:
    """Show the page anew when a message changed, and only then: each time, a click being prepared is lost."""
    shown = None
    while True:
        seen = fingerprint(world)
        if seen != shown:
            with contextlib.suppress(simcord.SetupError):  # somebody is clicking; next time
                await page.refresh()
                shown = seen
        await asyncio.sleep(LOOK_SECONDS)


def fingerprint(world: World) -> object:
    """What would look different on the page if it differed, to everybody or to one of them alone."""
    viewers = list_viewers(world, world.channel.name or CHANNELS[0])
    seen = {each.id: each for viewer in viewers for each in world.channel.history(viewer=viewer)}
    return [(each.id, each.edited_at, len(each.attachments), len(each.components)) for each in seen.values()]


def say(text: str) -> None:
    """Speak to whoever started the sandbox."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
