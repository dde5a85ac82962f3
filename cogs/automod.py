"""Hears what may have changed a guild's AutoMod rules, or the bot's right to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

if TYPE_CHECKING:
    import discord

    from bot.client import Repaint


class AutoMod(commands.Cog):
    """Passes on that something may be new; what it is, is read from Discord."""

    def __init__(self, bot: Repaint) -> None:
        self.rules = bot.rooms.automod

    async def cog_unload(self) -> None:
        """The bot stops."""
        self.rules.stop()

    @commands.Cog.listener("on_automod_rule_create")
    @commands.Cog.listener("on_automod_rule_update")
    @commands.Cog.listener("on_automod_rule_delete")
    async def on_rule(self, rule: discord.AutoModRule) -> None:
        """Somebody wrote a rule, changed one, or took one away."""
        self.rules.look(rule.guild.id)

    @commands.Cog.listener("on_guild_available")
    @commands.Cog.listener("on_guild_join")
    async def on_guild(self, guild: discord.Guild) -> None:
        """The bot came here, or is here again after a session in which nobody told it anything."""
        self.rules.look(guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was taken out of a guild."""
        self.rules.forget(guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role may do more or less than before; the bot may have it."""
        if before.permissions != after.permissions:
            self.rules.look(after.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A role is gone; the bot may have had it."""
        self.rules.look(role.guild.id)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """The bot has other roles. Without the intent for members, Discord tells it of nobody but itself."""
        if before.roles != after.roles:
            self.rules.look(after.guild.id)

    @commands.Cog.listener()
    async def on_shard_resumed(self, _: int) -> None:
        """The line was broken. Discord repeats what was missed, but this it would be bad to miss."""
        self.rules.doubt()


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(AutoMod(bot))
