"""The Again button: the same request once more, from the same picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason
from bot.replies.texts import say
from cogs.beginning import begin, who_and_where

if TYPE_CHECKING:
    import discord


class Again(commands.Cog):
    """Begins a new job where an old one ended without a picture."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses["job:again"] = self.press

    async def press(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """A new order, by the member's own decision: nothing is ever ordered a second time without one."""
        job = await self.bot.rooms.steps.store.get(job_id)
        if job is None or job.request.member_id != interaction.user.id:
            await answer_alone(interaction, say(str(interaction.locale), "door.show_not_yours"))
            return
        if job.reason is Reason.ERASED:
            await answer_alone(interaction, say(str(interaction.locale), f"reason.{Reason.SOURCE_FORGOTTEN}"))
            return
        first = job.request.from_job_id or job.id
        request = replace(job.request, **who_and_where(interaction), from_job_id=first, attachment_url="")
        await begin(interaction, request, None)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Again(bot))
