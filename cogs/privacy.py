"""`/repaint-privacy`: what is kept about a member, in a file, deleted, and whether others may use their pictures.

In a guild it is about that guild, everywhere else about everything. All of it is told to its member alone.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.jobs.erasing import LEDGER_DAYS
from bot.jobs.retention import GRACE_DAYS
from bot.replies.buttons import Button
from bot.replies.editor import MOST_REQUEST_BYTES
from bot.replies.embed import CardButton
from bot.replies.texts import say
from cogs.naming import command, words
from cogs.powers import get_guild_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.jobs.privacy import Deleted

Interaction = discord.Interaction[Repaint]
KEY = "command.privacy"
ABOUT = ("kept", "sent", "spans", "seen", "say")

privacy = app_commands.Group(name=words(f"{KEY}.name"), description=words(f"{KEY}.description"))
sources = app_commands.Group(
    name=words(f"{KEY}.sources.name"), description=words(f"{KEY}.sources.description"), parent=privacy
)


@command(privacy, f"{KEY}.about")
async def about(interaction: Interaction) -> None:
    """What is kept, where it goes, and for how long."""
    locale = str(interaction.locale)
    spans = await interaction.client.rooms.retention.spans(get_guild_id(interaction) or 0)
    values = {
        "hours": spans.retention_hours,
        "days": spans.record_days,
        "ledger_days": LEDGER_DAYS,
        "grace_days": GRACE_DAYS,
    }
    await answer_alone(interaction, "\n\n".join(say(locale, f"privacy.about.{each}", **values) for each in ABOUT))


@command(privacy, f"{KEY}.export")
async def export(interaction: Interaction) -> None:
    """Everything that is kept, in a file."""
    locale, guild_id = str(interaction.locale), get_guild_id(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    most_bytes = min(interaction.filesize_limit, MOST_REQUEST_BYTES)
    made = await interaction.client.rooms.privacy.export(interaction.user.id, guild_id, most_bytes)
    sentences = [say(locale, "privacy.export_everywhere" if guild_id is None else "privacy.export_here")]
    if made.left_out:
        sentences.append(say(locale, "privacy.export_left_out", count=made.left_out))
    with io.BytesIO(made.data) as buffer:
        await interaction.followup.send(" ".join(sentences), file=discord.File(buffer, "repaint.zip"), ephemeral=True)


@command(privacy, f"{KEY}.delete")
async def delete(interaction: Interaction) -> None:
    """Ask once whether it is meant."""
    locale = str(interaction.locale)
    asked = say(locale, "privacy.ask_everywhere" if get_guild_id(interaction) is None else "privacy.ask_here")
    view = discord.ui.View(timeout=None)
    view.add_item(CardButton(Button(say(locale, "button.delete_sure"), f"member:{interaction.user.id}:delete")))
    stays = say(locale, "privacy.ask_stays")
    await interaction.response.send_message(f"{asked}\n\n{stays}", view=view, ephemeral=True)


async def press(interaction: Interaction, member_id: int) -> None:
    """Delete it, if whoever clicks is the member who was asked. The guild is the one of the click."""
    locale, rooms = str(interaction.locale), interaction.client.rooms
    if member_id != interaction.user.id:
        await answer_alone(interaction, say(locale, "privacy.not_yours"))
        return
    await interaction.response.defer()
    deleted = await rooms.privacy.delete(member_id, get_guild_id(interaction))
    rooms.wake()  # a place at the provider may be free
    await interaction.edit_original_response(content="\n".join(_tell(locale, deleted)), view=None)


def _tell(locale: str, deleted: Deleted) -> Iterator[str]:
    """What became of it, in as few sentences as are true."""
    if deleted.jobs:
        yield say(locale, "privacy.deleted", jobs=deleted.jobs, pictures=deleted.pictures)
    if deleted.stopped:
        yield say(locale, "privacy.stopped", stopped=deleted.stopped)
    if deleted.waiting:
        yield say(locale, "privacy.waiting", waiting=deleted.waiting)
    if deleted.jobs or deleted.stopped:
        yield say(locale, "privacy.ledger", days=LEDGER_DAYS)
    elif not deleted.waiting:
        yield say(locale, "privacy.nothing")


@command(sources, f"{KEY}.sources.allow")
async def allow(interaction: Interaction) -> None:
    """Others may use the pictures in this member's messages."""
    await interaction.client.rooms.source_consent.allow(interaction.user.id)
    await answer_alone(interaction, say(str(interaction.locale), "privacy.allowed"))


@command(sources, f"{KEY}.sources.refuse")
async def refuse(interaction: Interaction) -> None:
    """Nobody may use them."""
    await interaction.client.rooms.source_consent.refuse(interaction.user.id)
    await answer_alone(interaction, say(str(interaction.locale), "privacy.refused"))


async def setup(bot: Repaint) -> None:
    """Open this door."""
    bot.presses["member:delete"] = press
    bot.tree.add_command(privacy)
