"""Publish and Discard, under a finished draft: for its member alone, each once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason, Refused
from bot.jobs import JobStatus
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.replies.asking import count_error
from bot.replies.drafts import build_farewell, say_published
from bot.replies.embed import build_embed
from bot.replies.texts import say
from cogs.beginning import ANSWER_SECONDS, answer_refused, get_standing, who_and_where
from cogs.powers import get_guild_id, get_own

if TYPE_CHECKING:
    from bot.jobs import Job

Interaction = discord.Interaction[Repaint]
log = logging.getLogger(__name__)


class Drafts(commands.Cog):
    """Decides about drafts. The buttons may stand on the draft's own message, or wherever it is shown again."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses |= {"job:publish": self.publish, "job:discard": self.discard}

    # -- publish -------------------------------------------------------------------------------------------------

    async def publish(self, interaction: Interaction, job_id: int) -> None:
        """Let it go before others: judged first, then moved; its step does the rest."""
        job = await self._open(interaction, job_id)
        if job is None or not await self._is_its_place(interaction, job):
            return
        anew = replace(job.request, **who_and_where(interaction) | {"id": job.id, "draft": False})
        rooms = self.bot.rooms
        try:
            published = await rooms.publishing.publish(job, anew, get_standing(interaction), interaction.id)
        except Refused as refused:
            await answer_refused(interaction, anew, refused, say(anew.locale, "draft.stays"))
            return
        if published is None:
            await self._say_why_not(interaction, await rooms.store.get(job_id) or job)
            return
        log.info("job %s: published by its member", job_id)
        await self._answer(interaction, published)
        await rooms.store.release(published, 0)
        rooms.wake()

    async def _is_its_place(self, interaction: Interaction, job: Job) -> bool:
        """Whether they are where it was made: nowhere else is known what they may do there. Else answers them."""
        request = job.request
        here = (get_guild_id(interaction), interaction.channel_id) == (request.guild_id, request.channel_id)
        if not here:
            key = "draft.elsewhere_outside" if request.guild_id is None else "draft.elsewhere"
            await answer_alone(interaction, say(str(interaction.locale), key, channel=f"<#{request.channel_id}>"))
        return here

    async def _answer(self, interaction: Interaction, job: Job) -> None:
        """Take the buttons away. Where that does not work, it is published all the same."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await interaction.response.edit_message(embed=build_embed(build_farewell(job)), view=None)
        except (discord.HTTPException, OSError) as error:  # TimeoutError is one
            count_error(error)
            log.info("job %s: the click that published it took no answer: %s", job.id, error)

    # -- discard -------------------------------------------------------------------------------------------------

    async def discard(self, interaction: Interaction, job_id: int) -> None:
        """Forget its pictures, then take it away wherever it can be reached: here, and its own message."""
        job = await self._open(interaction, job_id, gone=True)
        if job is None:
            return
        rooms = self.bot.rooms
        forgotten = await rooms.docket.delete(job, interaction.user.id)
        if not forgotten and job.reason is not Reason.DELETED:  # published a moment ago
            await self._say_why_not(interaction, await rooms.store.get(job_id) or job)
            return
        await self._take_away(interaction, job_id)
        if interaction.message is not None and interaction.message.id != job.message_id:
            try:
                await rooms.editor.delete(job)
            except (ReplyLost, ReplyNotReached) as error:
                log.info("job %s: its own message could not be taken away: %s", job_id, error)

    async def _take_away(self, interaction: Interaction, job_id: int) -> None:
        """Delete the message that was clicked. Where that does not work, it says what happened."""
        await interaction.response.defer()
        try:
            await interaction.delete_original_response()
        except (discord.HTTPException, OSError) as error:
            count_error(error)
            log.info("job %s: a message of its draft could not be taken away: %s", job_id, error)
            said = say(str(interaction.locale), "draft.discarded")
            await interaction.edit_original_response(content=said, embeds=[], attachments=[], view=None)

    # -- who may -------------------------------------------------------------------------------------------------

    async def _open(self, interaction: Interaction, job_id: int, *, gone: bool = False) -> Job | None:
        """The finished draft, for its member, where nobody else sees the message that was clicked. Else answers them.

        `gone`: also one that was discarded, but whose message is still there.
        """
        job = await get_own(interaction, job_id)
        if job is None:
            return None
        message = interaction.message
        alone = message is not None and (message.flags.ephemeral or interaction.context.dm_channel)
        there = job.shown or (gone and job.reason is Reason.DELETED)
        if alone and there and job.request.draft:
            return job
        await self._say_why_not(interaction, job)
        return None

    async def _say_why_not(self, interaction: Interaction, job: Job) -> None:
        """There is nothing to decide about it: say why."""
        locale, kept = str(interaction.locale), await self.bot.rooms.store.get_results(job.id)
        if not job.request.draft:
            sentence = say_published(job, locale)
        elif job.reason is Reason.DELETED:
            sentence = say(locale, "draft.discarded")
        else:
            sentence = say(locale, "draft.not_now" if kept or job.status is not JobStatus.DONE else "draft.forgotten")
        await answer_alone(interaction, sentence)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Drafts(bot))
