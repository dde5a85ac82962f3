"""Hears in which guilds the bot is: what is kept of one it was taken out of goes after a grace time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

if TYPE_CHECKING:
    import discord

    from bot.client import Repaint


class Guilds(commands.Cog):
    """Passes on that a guild was left, or that the bot is in it again.

    An outage is neither: Discord then says that a guild is unavailable, and discord.py keeps it.
    """

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was taken out, or the guild is no more."""
        await self.bot.rooms.leaving.leave(guild.id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was let in."""
        await self.bot.rooms.leaving.come_back(guild.id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Discord said in which guilds the bot is, those with an outage included: much may have happened meanwhile."""
        present = {guild.id for guild in self.bot.guilds}
        await self.bot.rooms.leaving.compare(present, self._is_ours)

    def _is_ours(self, guild_id: int) -> bool:
        """Whether one of our own shards would hear of this guild.

        https://discord.com/developers/docs/events/gateway#sharding
        """
        return (guild_id >> 22) % (self.bot.shard_count or 1) in self.bot.shards


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Guilds(bot))
