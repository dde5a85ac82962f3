"""Whether a member is mentioned after a long wait: the button on the mention, and `/repaint-privacy mentions`."""

from __future__ import annotations

import contextlib
from functools import partial

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.replies.embed import CardButton
from bot.replies.mention import build_button
from bot.replies.texts import say
from cogs.naming import command, words
from cogs.privacy import KEY, privacy

Interaction = discord.Interaction[Repaint]

mentions = app_commands.Group(
    name=words(f"{KEY}.mentions.name"), description=words(f"{KEY}.mentions.description"), parent=privacy
)


@command(mentions, f"{KEY}.mentions.allow")
async def allow(interaction: Interaction) -> None:
    """Mention this member again."""
    await _decide(interaction, wanted=True)


@command(mentions, f"{KEY}.mentions.refuse")
async def refuse(interaction: Interaction) -> None:
    """Mention this member no more."""
    await _decide(interaction, wanted=False)


async def press(interaction: Interaction, member_id: int, *, wanted: bool) -> None:
    """The button, which then offers the opposite. Only the member who was mentioned may press it."""
    locale = str(interaction.locale)
    if member_id != interaction.user.id:
        await answer_alone(interaction, say(locale, "mention.not_yours"))
        return
    view = discord.ui.View(timeout=None).add_item(CardButton(build_button(member_id, locale, wanted=wanted)))
    with contextlib.suppress(discord.HTTPException):  # the message is gone: what was decided counts all the same
        await interaction.response.edit_message(view=view)
    await _decide(interaction, wanted=wanted)


async def _decide(interaction: Interaction, *, wanted: bool) -> None:
    consent, member_id = interaction.client.rooms.mention_consent, interaction.user.id
    await (consent.allow(member_id) if wanted else consent.refuse(member_id))
    await answer_alone(interaction, say(str(interaction.locale), "mention.on" if wanted else "mention.off"))


async def setup(bot: Repaint) -> None:
    """Open this door. Its commands belong to those of `cogs.privacy`, which is open already."""
    bot.presses["member:hush"] = partial(press, wanted=False)
    bot.presses["member:unhush"] = partial(press, wanted=True)
