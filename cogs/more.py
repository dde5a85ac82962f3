"""More, behind a finished picture: compare it with its source, describe it, take it away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.replies.buttons import build_more, build_sure
from bot.replies.card import LONGEST_ALT, format_default_alt
from bot.replies.embed import build_rows
from bot.replies.files import open_files
from bot.replies.texts import say
from cogs.forms import Form
from cogs.powers import may_delete, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.jobs import Job

Interaction = discord.Interaction[Repaint]


class More(commands.Cog):
    """What is not needed every day. Each click is judged anew; everything is answered to whoever clicked alone."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses |= {
            "job:more": self.show,
            "job:compare": self.compare,
            "job:alt": self.ask_alt,
            "job:delete": self.ask_delete,
            "job:delete_sure": self.delete,
        }

    async def show(self, interaction: Interaction, job_id: int) -> None:
        """The other buttons, as far as they are for whoever clicked."""
        job = await self._open(interaction, job_id)
        if job is None:
            return
        mine, locale = self._is_mine(interaction, job), str(interaction.locale)
        buttons = build_more(job, locale, mine=mine, moderates=self._moderates(interaction, job))
        key = "hands.more" if mine else "hands.more_moderator"
        await interaction.response.send_message(say(locale, key), view=build_rows(buttons), ephemeral=True)

    async def compare(self, interaction: Interaction, job_id: int) -> None:
        """Before and after, side by side."""
        job, locale = await self._open(interaction, job_id), str(interaction.locale)
        if job is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        rooms = self.bot.rooms
        source, results = await rooms.store.get_source(job.id), await rooms.gallery.find(job)
        pictures = await rooms.editor.compare(job, source, results, interaction.filesize_limit)
        if not pictures:
            await answer_alone(interaction, say(locale, "hands.compare_gone"))
            return
        with open_files(pictures) as files:
            await interaction.followup.send(say(locale, "hands.compared"), files=files, ephemeral=True)

    # -- alt texts -----------------------------------------------------------------------------------------------

    async def ask_alt(self, interaction: Interaction, job_id: int) -> None:
        """Ask what is to be read to who cannot see it."""
        job = await self._open(interaction, job_id, others=False)
        if job is None:
            return
        locale, count = str(interaction.locale), job.request.count
        form = Form(say(locale, "form.alt"), partial(self._describe, job_id))
        for position in range(count):
            label = say(locale, "form.alt_words" if count == 1 else "form.alt_words_of", number=position + 1)
            own = job.alts[position] if position < len(job.alts) else ""
            given = own or format_default_alt(job, position + 1, count)
            form.ask_words(str(position), label, LONGEST_ALT, hint=say(locale, "form.alt_hint"), given=given)
        await interaction.response.send_modal(form)

    async def _describe(self, job_id: int, interaction: Interaction, answers: Mapping[str, str]) -> None:
        job, locale = await self._open(interaction, job_id, others=False), str(interaction.locale)
        if job is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        described = await self.bot.rooms.docket.describe(job_id, list(answers.values()))
        try:
            await self.bot.rooms.editor.describe(described or job)
        except (ReplyLost, ReplyNotReached):
            await answer_alone(interaction, say(locale, "draft.alt_kept" if job.request.draft else "hands.alt_kept"))
            return
        await answer_alone(interaction, say(locale, "hands.alt_changed"))

    # -- taking it away ------------------------------------------------------------------------------------------

    async def ask_delete(self, interaction: Interaction, job_id: int) -> None:
        """Ask once whether it is meant."""
        job, locale = await self._open(interaction, job_id, gone=True), str(interaction.locale)
        if job is not None:
            view = build_rows(build_sure(job, locale))
            await interaction.response.send_message(say(locale, "hands.delete_ask"), view=view, ephemeral=True)

    async def delete(self, interaction: Interaction, job_id: int) -> None:
        """Forget the pictures, then take their message away. What could not be taken away can be tried again."""
        job, locale = await self._open(interaction, job_id, gone=True), str(interaction.locale)
        if job is None:
            return
        await interaction.response.defer()
        rooms = self.bot.rooms
        await rooms.docket.delete(job, interaction.user.id)
        try:
            await rooms.editor.delete(job)
        except (ReplyLost, ReplyNotReached):  # the button stays, to try it again
            await interaction.edit_original_response(content=say(locale, "hands.deleted_here"))
            return
        await interaction.edit_original_response(content=say(locale, "hands.deleted"), view=None)

    # -- who may -------------------------------------------------------------------------------------------------

    async def _open(
        self, interaction: Interaction, job_id: int, *, others: bool = True, gone: bool = False
    ) -> Job | None:
        """The finished job, for its member, or (`others`) for a moderator of its guild. Else answers them.

        `gone`: also one whose pictures were deleted, but whose message may still be there.
        """
        job = await self.bot.rooms.store.get(job_id)
        allowed = job is not None and (
            self._is_mine(interaction, job) or (others and self._moderates(interaction, job))
        )
        if job is None or not await require(interaction, allowed, "hands.not_yours"):
            return None
        closed = {Reason.ERASED} if gone else {Reason.ERASED, Reason.DELETED}
        shown = job.status is JobStatus.DONE and job.reason not in closed
        return job if await require(interaction, shown, "hands.not_shown") else None

    def _is_mine(self, interaction: Interaction, job: Job) -> bool:
        return job.request.member_id == interaction.user.id

    def _moderates(self, interaction: Interaction, job: Job) -> bool:
        here = job.request.guild_id == interaction.guild_id and not job.request.draft
        return here and may_delete(interaction)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(More(bot))
