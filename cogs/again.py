"""The Again button: the same request once more, from the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

from cogs.beginning import begin_from
from cogs.powers import get_own

if TYPE_CHECKING:
    import discord

    from bot.client import Repaint


class Again(commands.Cog):
    """Begins a new job as an old one began."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses["job:again"] = self.press

    async def press(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """A new order, by the member's own decision: nothing is ever ordered a second time without one."""
        job = await get_own(interaction, job_id)
        if job is not None:
            await begin_from(interaction, job)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Again(bot))
