"""Doors to a result that could not be brought: the Show result button, and `/img2img-result`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.replies.drafts import say_published
from bot.replies.texts import say
from cogs.naming import words

if TYPE_CHECKING:
    from bot.jobs import Job


class Result(commands.Cog):
    """Brings what is kept, with the token of a new interaction."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses["job:show"] = self.press

    async def press(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """Bring the message up to date, whenever the click comes, and keep the new token for what is still to come."""
        store = self.bot.rooms.store
        job = await store.get(job_id)
        if job is None or job.request.member_id != interaction.user.id:
            await answer_alone(interaction, say(str(interaction.locale), "door.not_yours"))
            return
        if job.reason is Reason.ERASED:  # it takes no new token: nothing is to come
            await answer_alone(interaction, say(str(interaction.locale), "door.no_result"))
            return
        if interaction.message is None or job.message_id not in {None, interaction.message.id}:
            await answer_alone(interaction, say_published(job, str(interaction.locale)))
            return
        await interaction.response.defer()
        renewed = await store.renew_token(job_id, interaction.token, interaction.id)
        await self._show(renewed or job)

    async def _show(self, job: Job) -> None:
        rooms = self.bot.rooms
        shown = job.status is JobStatus.DONE  # never what a moderator did not let through
        results = await rooms.store.get_results(job.id) if shown else []
        if results:
            await rooms.store.found(job, await rooms.editor.deliver(job, results))
        elif job.over:
            await rooms.editor.close(job)
        else:
            rooms.editor.show(job, await rooms.estimates.outlook(job))

    @app_commands.command(
        name=words("command.img2img-result.name"), description=words("command.img2img-result.description")
    )
    async def img2img_result(self, interaction: discord.Interaction[Repaint]) -> None:
        """Show the member's last kept result, to the member alone."""
        rooms, locale = self.bot.rooms, str(interaction.locale)
        job = await rooms.store.kept_result(interaction.user.id)
        if job is None:
            await answer_alone(interaction, say(locale, "door.no_result"))
            return
        answer = await interaction.response.defer(ephemeral=True)
        message_id = answer.message_id if answer is not None else None
        request = replace(job.request, token=interaction.token, locale=locale)
        here = replace(job, request=request, message_id=message_id, token_id=interaction.id)
        try:
            await rooms.editor.deliver(here, await rooms.store.get_results(job.id))
        except (ReplyLost, ReplyNotReached):
            await answer_alone(interaction, say(locale, "door.broke"))


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Result(bot))
