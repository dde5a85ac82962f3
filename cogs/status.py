"""`/repaint-status`: how the bot is, for whoever owns the application, and nobody else."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.client import Repaint
from bot.database import get_head
from bot.moderation.pots import Period, find_period
from bot.provider import KeyRefused, ReadFailed
from bot.replies.embed import build_embed
from bot.replies.operator import Facts, build_status
from bot.watch import find_version
from cogs.naming import words
from cogs.powers import require

if TYPE_CHECKING:
    from decimal import Decimal

Interaction = discord.Interaction[Repaint]
MOST_GUILDS = 15


@app_commands.command(
    name=words("command.repaint-status.name"), description=words("command.repaint-status.description")
)
@app_commands.default_permissions()
async def status(interaction: Interaction) -> None:
    """Health, money, queue, versions, and what each server costs."""
    bot, locale = interaction.client, str(interaction.locale)
    if not await require(interaction, await bot.is_owner(interaction.user), "operator.not_owner"):
        return
    await interaction.response.defer(ephemeral=True, thinking=True)
    card = build_status(await gather(bot), locale)
    await interaction.followup.send(embed=build_embed(card), ephemeral=True)


async def gather(bot: Repaint) -> Facts:
    """How the program stands at this moment."""
    overview, pause, now = bot.rooms.overview, bot.rooms.pause, discord.utils.utcnow()
    day, month = find_period(Period.DAY, now), find_period(Period.MONTH, now)
    costly = await overview.guilds(*month, MOST_GUILDS)
    balance_usd = await _fetch_balance(bot)  # first: what PiAPI says to that is its last word on the key
    return Facts(
        troubles=[f"{what}: {why}" for what, why in (await bot.rooms.troubles()).items()],
        wanted=pause.trouble if pause.is_wanted else "",
        latency_seconds=bot.latency,
        guilds=len(bot.guilds),
        balance_usd=balance_usd,
        queue=await overview.queue(),
        today=await overview.spent(*day),
        month=await overview.spent(*month),
        by_guild=[(_name(bot, guild_id), spent) for guild_id, spent in costly.items()],
        versions={
            "Repaint": find_version(),
            "discord.py": discord.__version__,
            "Python": platform.python_version(),
            "schema": get_head() or "",
        },
    )


def _name(bot: Repaint, guild_id: int | None) -> str:
    """What a guild is called; its id where it is another process's, or was left."""
    guild = None if guild_id is None else bot.get_guild(guild_id)
    return guild.name if guild is not None else str(guild_id or "-")


async def _fetch_balance(bot: Repaint) -> Decimal | None:
    try:
        return (await bot.rooms.provider.fetch_account()).balance_usd
    except (KeyRefused, ReadFailed):  # the watch has heard it, too, and shows it among the troubles
        return None


async def setup(bot: Repaint) -> None:
    """Open this door."""
    bot.tree.add_command(status)
