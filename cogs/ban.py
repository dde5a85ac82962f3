"""Banning a picture: the button on a case, and the menu of a message of Repaint's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.moderation import likeness
from bot.moderation.bans import FlatPicture
from bot.replies.texts import say
from cogs.forms import LONGEST_DAYS, Form, read_days
from cogs.naming import words
from cogs.powers import BY_GUILDS, IN_GUILDS, may_review, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.jobs import Job

Interaction = discord.Interaction[Repaint]
LONGEST_WORDS = 500
SOURCE = "source"


class Ban(commands.Cog):
    """Lets whoever may review keep a picture out of their guild. Each step asks anew whether they may."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses["case:ban"] = self.press
        menu = app_commands.ContextMenu(
            name=words("menu.ban.name"), callback=self.menu, allowed_contexts=IN_GUILDS, allowed_installs=BY_GUILDS
        )
        menu.default_permissions = discord.Permissions(manage_messages=True)
        bot.tree.add_command(menu)

    async def press(self, interaction: Interaction, number: int) -> None:
        """The button on a case."""
        case = await self.bot.rooms.cases.get(interaction.guild_id or 0, number)
        await self._ask(interaction, None if case is None else case.job_id)

    async def menu(self, interaction: Interaction, message: discord.Message) -> None:
        """The menu of a message with a result."""
        store = self.bot.rooms.store
        job = await store.get_by_message(interaction.channel_id or 0, message.id)
        await self._ask(interaction, None if job is None else job.id)

    async def _ask(self, interaction: Interaction, job_id: int | None) -> None:
        """Ask which picture, for how long, and why."""
        job = await self._job(interaction, job_id)
        if job is None:
            return
        locale = str(interaction.locale)
        numbers = range(1, job.request.count + 1)
        pictures = {SOURCE: say(locale, "form.source")} | {
            str(n): say(locale, "form.result", number=n) for n in numbers
        }
        form = Form(say(locale, "form.ban"), partial(self._ban, job.id))
        form.ask_choice("picture", say(locale, "form.picture"), pictures)
        form.ask_words("days", say(locale, "form.days"), LONGEST_DAYS, hint=say(locale, "form.days_hint"))
        form.ask_words("words", say(locale, "form.ban_reason"), LONGEST_WORDS)
        await interaction.response.send_modal(form)

    async def _job(self, interaction: Interaction, job_id: int | None) -> Job | None:
        """The job of this guild, for who may ban its pictures. Else answers them."""
        rooms, guild_id = self.bot.rooms, interaction.guild_id
        policy = await rooms.policies.get(guild_id or 0)
        if not await require(interaction, may_review(interaction, policy), "power.review"):
            return None
        job = None if job_id is None else await rooms.store.get(job_id)
        if job is None or guild_id is None or job.request.guild_id != guild_id:
            await answer_alone(interaction, say(str(interaction.locale), "ban.not_here"))
            return None
        return job

    async def _ban(self, job_id: int, interaction: Interaction, answers: Mapping[str, str]) -> None:
        job, days = await self._job(interaction, job_id), await read_days(interaction, answers["days"])
        if job is None or days is None:
            return
        locale = str(interaction.locale)
        await interaction.response.defer(ephemeral=True, thinking=True)
        data = await self._picture(job, answers["picture"])
        if data is None:
            await answer_alone(interaction, say(locale, "ban.picture_gone"))
            return
        bans, guild_id, by = self.bot.rooms.bans, job.request.guild_id or 0, interaction.user.id
        try:
            number = await bans.ban(guild_id, await likeness.look_at(data), answers["words"], by, days or None)
        except FlatPicture:
            await answer_alone(interaction, say(locale, "ban.picture_flat"))
            return
        await answer_alone(interaction, say(locale, "ban.banned", number=number))

    async def _picture(self, job: Job, which: str) -> bytes | None:
        """The source while it is kept; a result while it is kept, or shown in its message."""
        store = self.bot.rooms.store
        if which == SOURCE:
            source = await store.get_source(job.id)
            return None if source is None else source.data
        pictures = await self.bot.rooms.gallery.find(job)
        return pictures[int(which) - 1] if int(which) <= len(pictures) else None


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Ban(bot))
