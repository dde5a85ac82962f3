"""The Cancel button on a waiting card."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.jobs.model import Outlook
from bot.replies.card import build_card
from bot.replies.embed import build_embed
from bot.replies.texts import say


class Cancel(commands.Cog):
    """Lets the member who asked for a picture stop waiting for it."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses["job:cancel"] = self.press

    async def press(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """Stop the job behind the button. The answer brings the card up to date in the same breath."""
        rooms, locale = self.bot.rooms, str(interaction.locale)
        job = await rooms.store.get(job_id)
        message = interaction.message
        if job is None or message is None or job.message_id != message.id:  # a forged or a forgotten button
            await answer_alone(interaction, say(locale, "door.cancel_too_late"))
            return
        if job.request.member_id != interaction.user.id:
            await answer_alone(interaction, say(locale, "door.cancel_not_yours"))
            return
        cancelled = await rooms.store.cancel(job_id)
        if cancelled is None:
            await answer_alone(interaction, say(locale, "door.cancel_too_late"))
            return
        rooms.wake()  # a place at the provider may be free
        rooms.editor.forget(job_id)
        card = build_card(cancelled, Outlook(), rooms.label)
        try:
            await interaction.response.edit_message(embed=build_embed(card), view=None, attachments=[])
        except discord.HTTPException:  # the click came too late to be answered; the card is brought up to date anyway
            await rooms.editor.close(cancelled)
        await rooms.store.told(cancelled)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Cancel(bot))
