"""The Report button on a result, and the same in the menu of its message."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.jobs import JobStatus
from bot.replies.texts import say
from cogs.forms import Form
from cogs.naming import words
from cogs.powers import BY_GUILDS, IN_GUILDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.jobs import Job

Interaction = discord.Interaction[Repaint]
LONGEST_WORDS = 300


class Report(commands.Cog):
    """Lets any member of the guild say that a picture should not be shown."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses["job:report"] = self.press
        menu = app_commands.ContextMenu(
            name=words("menu.report.name"), callback=self.menu, allowed_contexts=IN_GUILDS, allowed_installs=BY_GUILDS
        )
        bot.tree.add_command(menu)

    async def press(self, interaction: Interaction, job_id: int) -> None:
        """The button on a card."""
        job = await self.bot.rooms.store.get(job_id)
        await self._ask(interaction, job, interaction.message)

    async def menu(self, interaction: Interaction, message: discord.Message) -> None:
        """The message's own menu."""
        store = self.bot.rooms.store
        job = await store.get_by_message(interaction.channel_id or 0, message.id)
        await self._ask(interaction, job, message)

    async def _ask(self, interaction: Interaction, job: Job | None, message: discord.Message | None) -> None:
        locale = str(interaction.locale)
        here = job is not None and message is not None and self._is_here(interaction, job, message.id)
        if job is None or not here or job.status is not JobStatus.DONE:
            await answer_alone(interaction, say(locale, "report.not_here"))
            return
        if job.request.member_id == interaction.user.id:
            await answer_alone(interaction, say(locale, "report.own"))
            return
        form = Form(say(locale, "form.report"), partial(self._report, job.id))
        form.ask_words("words", say(locale, "form.report_words"), LONGEST_WORDS)
        await interaction.response.send_modal(form)

    def _is_here(self, interaction: Interaction, job: Job, message_id: int) -> bool:
        """Whether this is the job's own message, in the guild it was made for: buttons can be forged."""
        in_guild = interaction.guild_id is not None and job.request.guild_id == interaction.guild_id
        return in_guild and job.message_id == message_id

    async def _report(self, job_id: int, interaction: Interaction, answers: Mapping[str, str]) -> None:
        rooms, locale = self.bot.rooms, str(interaction.locale)
        job = await rooms.store.get(job_id)
        if job is None or job.request.guild_id != interaction.guild_id or interaction.guild_id is None:
            await answer_alone(interaction, say(locale, "report.not_here"))
            return
        heard = await rooms.review.report(job, interaction.guild_id, interaction.user.id, answers["words"])
        rooms.wake()
        await answer_alone(interaction, say(locale, f"report.{heard}"))


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Report(bot))
