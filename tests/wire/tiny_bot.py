"""The smallest bot: it hands every interaction to the test, which answers in its place with the real discord.py."""

from __future__ import annotations

import asyncio
import io
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord import app_commands

from sandbox.discord_wire import Control, DiscordStandIn
from sandbox.discord_wire.__main__ import SPEC_VARIABLE
from sandbox.discord_wire.launch import point_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from sandbox.discord_wire import SeenMessage

Interaction = discord.Interaction[discord.Client]
SPEC = Path(os.environ[SPEC_VARIABLE]) if os.environ.get(SPEC_VARIABLE) else None
"""Where Discord's description of its API is at hand, everything in these tests is held against it."""


EVERYWHERE = app_commands.AppInstallationType(guild=True, user=True)
ANYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)


async def suggest(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """What comes to mind."""
    return [app_commands.Choice(name=f"{typed}!", value=typed)]


@app_commands.autocomplete(text=suggest)
async def draw(
    interaction: Interaction,
    text: app_commands.Range[str, 1, 50] = "-",
    image: discord.Attachment | None = None,
    number: app_commands.Range[int, 1, 4] = 1,
) -> None:
    """The test answers."""


async def look(interaction: Interaction, message: discord.Message) -> None:
    """The test answers, and has the message."""
    interaction.extras["message"] = message


class TinyBot(discord.Client):
    """Knows `/draw text image number` and Look, in the menu of messages, and does nothing by itself."""

    def __init__(self, shard_id: int | None = None, shard_count: int | None = None) -> None:
        super().__init__(intents=discord.Intents(guilds=True), shard_id=shard_id, shard_count=shard_count)
        self.tree = app_commands.CommandTree(self, allowed_installs=EVERYWHERE, allowed_contexts=ANYWHERE)
        self.tree.add_command(app_commands.Command(name="draw", description="Draw.", callback=draw))
        self.tree.add_command(app_commands.ContextMenu(name="Look", callback=look))
        self.heard: asyncio.Queue[Interaction] = asyncio.Queue()

    async def setup_hook(self) -> None:
        """Tell the commands."""
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify again at once; discord.py would wait five seconds."""

    async def on_interaction(self, interaction: Interaction) -> None:
        """Keep it for the test."""
        self.heard.put_nowait(interaction)

    async def hear(self) -> Interaction:
        """The next interaction."""
        async with asyncio.timeout(5):
            return await self.heard.get()

    def reach(self, message_id: int, interaction: Interaction) -> discord.PartialMessage:
        """A message, by the route of the bot's own token."""
        return self.get_partial_messageable(interaction.channel_id or 0).get_partial_message(message_id)


class Wire:
    """A played Discord, its control, and bots on it."""

    def __init__(self, standin: DiscordStandIn, control: Control) -> None:
        self.standin = standin
        self.control = control
        self._bots: list[tuple[TinyBot, asyncio.Task[None]]] = []

    async def connect(self, shard: tuple[int, int] | None = None) -> TinyBot:
        """One more process of the bot, as it were; `shard` is (number, count)."""
        bot = TinyBot(*(shard or ()))
        await bot.login("stand-in-token")
        self._bots.append((bot, asyncio.create_task(bot.connect())))
        await self.control.see_sessions(len(self._bots))
        return bot

    async def draw(
        self, bot: TinyBot, content: str = "one moment", channel: str = "repaint", **message: Any
    ) -> tuple[Interaction, int]:
        """Use `/draw` and answer it: the interaction and the id of its message."""
        await self.control.slash("draw", channel=channel)
        interaction = await bot.hear()
        answered = await interaction.response.send_message(content, **message)
        assert answered.message_id is not None
        return interaction, answered.message_id

    async def look(self, message_id: int) -> SeenMessage:
        """A message as it is seen now."""
        return next(message for message in await self.control.messages() if message.id == message_id)

    async def close(self) -> None:
        """Disconnect them all."""
        for bot, connection in self._bots:
            await bot.close()
            await asyncio.gather(connection, return_exceptions=True)


@asynccontextmanager
async def open_wire(monkeypatch: pytest.MonkeyPatch, **rules: Any) -> AsyncIterator[Wire]:
    """A Discord and nobody on it yet. `rules` go to the stand-in."""
    monkeypatch.setattr(discord.http.Route, "BASE", "")
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", None)
    monkeypatch.setattr(discord.Asset, "BASE", "")
    standin = DiscordStandIn(**{"spec": SPEC, **rules})
    async with standin.serve() as address, Control(address) as control:
        point_at(address)
        wire = Wire(standin, control)
        try:
            yield wire
            own = ("own answer", "itself broke")  # what it says is held against the description too
            broken = [each for each in await control.violations() if any(words in each for words in own)]
            assert not broken, broken
        finally:
            await wire.close()


def file(name: str, data: bytes, description: str | None = None) -> discord.File:
    """A file to send."""
    return discord.File(io.BytesIO(data), name, description=description)


def hook(bot: TinyBot, interaction: Interaction) -> discord.Webhook:
    """The route of an interaction's token, as another process goes it."""
    return discord.Webhook.partial(interaction.application_id, interaction.token, client=bot)


async def refusal(attempt: Awaitable[object]) -> tuple[int, int]:
    """Status and code of the refusal that this gets."""
    with pytest.raises(discord.HTTPException) as raised:
        await attempt
    return raised.value.status, raised.value.code
