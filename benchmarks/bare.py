"""The bare bot: the shortest discord.py program that answers, fetches a result and edits it in. It checks nothing.

It is told by its environment where the result is and how many it may bring at once: what it needs is what discord.py
and this machine need, and so the measure of everything else.
"""

from __future__ import annotations

import asyncio
import io
import os

import aiohttp
import discord
from discord import app_commands

from sandbox.discord_wire.launch import VARIABLE, point_at

WAIT, PICTURE, CAP = "BARE_WAIT_URL", "BARE_PICTURE_URL", "BARE_UPLOADS_AT_ONCE"


class Bare(discord.Client):
    """One command, no memory."""

    async def setup_hook(self) -> None:
        """Tell the command."""
        self.fetching = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.uploads = asyncio.Semaphore(int(os.environ[CAP]))
        tree = app_commands.CommandTree(self)
        tree.add_command(app_commands.Command(name="img2img", description="Repaint.", callback=img2img))
        await tree.sync()


async def img2img(interaction: discord.Interaction[Bare], image: discord.Attachment, prompt: str) -> None:  # noqa: ARG001 (a command's options)
    """Answer at once, fetch the result when there is one, edit it in."""
    client = interaction.client
    await interaction.response.send_message("One moment.")
    async with client.fetching.get(os.environ[WAIT]) as answer:
        await answer.read()
    async with client.uploads:
        async with client.fetching.get(os.environ[PICTURE]) as answer:
            picture = io.BytesIO(await answer.read())
        await interaction.edit_original_response(attachments=[discord.File(picture, "picture.png")])
    picture.close()


if __name__ == "__main__":
    point_at(os.environ[VARIABLE])
    Bare(intents=discord.Intents(guilds=True)).run(os.environ["DISCORD_TOKEN"])
