"""`/img2img-history`: one's own pictures, page by page, each of them once more, and where it came from.

In a guild it is about that guild, in direct messages about everything. What a control does is in its custom id, and
whatever that says, everybody is shown their own alone: all of it works after a restart, and forging it is no use.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.client import Repaint, answer_broken
from bot.jobs.history import NEWEST, Shelf
from bot.jobs.model import Outlook
from bot.replies.asking import TooLarge, UploadsClosed, asking
from bot.replies.embed import build_embed, build_rows
from bot.replies.files import Picture, open_files
from bot.replies.history import (
    build_detail,
    build_entries,
    build_family,
    build_family_buttons,
    build_numbers,
    build_turns,
    format_heading,
    format_thumbnail_name,
    list_relatives,
)
from bot.replies.post import UPLOAD_DEADLINE_SECONDS
from bot.replies.texts import say
from cogs.naming import words
from cogs.powers import get_guild_id, get_own

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from bot.jobs.history import Family, Page
    from bot.replies.history import Entry

Interaction = discord.Interaction[Repaint]
CUSTOM_ID = r"history:(?P<act>shelf|open):(?P<shelf>[a-z]{1,20})"
KEY = "command.img2img-history"


class HistoryChoice(discord.ui.DynamicItem[discord.ui.Select[Any]], template=CUSTOM_ID):
    """A select of the history: what is listed, or which relative is opened."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 (discord.py's signature)
        item: discord.ui.Item[Any],
        match: re.Match[str],  # noqa: ARG003 (discord.py's signature)
    ) -> HistoryChoice:
        """The select somebody used."""
        return cls(item)  # type: ignore[arg-type]  # the template says what it is

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show what was chosen."""
        _, act, shelf = self.custom_id.split(":")
        chosen = self.item.values[0]
        try:
            if act == "shelf":
                await show_page(Shelf(chosen), interaction, 0)
            else:
                await show_one(Shelf(shelf), interaction, int(chosen))
        except Exception as error:  # noqa: BLE001 (the last word for selects: the member is told, the log has it all)
            await answer_broken(interaction, error)


@app_commands.command(name=words(f"{KEY}.name"), description=words(f"{KEY}.description"))
async def img2img_history(interaction: Interaction) -> None:
    """The newest ones."""
    await show_page(Shelf.ALL, interaction, 0)


async def show_page(shelf: Shelf, interaction: Interaction, at: int) -> None:
    """The page that begins with this job; 0: with the newest."""
    await _begin(interaction)
    locale, history = str(interaction.locale), interaction.client.rooms.history
    page = await history.get_page(interaction.user.id, get_guild_id(interaction), shelf, min(at or NEWEST, NEWEST))
    pictures = [Picture(format_thumbnail_name(job_id), data) for job_id, data in page.thumbnails.items()]
    embeds = [_build_embed(entry) for entry in build_entries(page, locale)]
    await _put(interaction, embeds, pictures, _view_page(page, locale), format_heading(page, locale))


async def show_one(shelf: Shelf, interaction: Interaction, job_id: int) -> None:
    """One of them with its pictures, wherever they still are; what is hidden from others is not shown here, either."""
    job = await get_own(interaction, job_id)
    if job is None:
        return
    await _begin(interaction)
    rooms, locale = interaction.client.rooms, str(interaction.locale)
    found = await rooms.gallery.find(job) if job.shown else []
    pictures = await rooms.editor.prepare(job, found, interaction.filesize_limit)
    outlook = Outlook() if job.over else await rooms.estimates.outlook(job)
    here = replace(job, request=replace(job.request, locale=locale))
    card = build_detail(here, outlook, shelf, rooms.label, missing=job.shown and not pictures)
    await _put(interaction, [build_embed(card)], pictures, build_rows(card.buttons))


async def show_family(shelf: Shelf, interaction: Interaction, job_id: int) -> None:
    """What a picture was made from, and what was made from it."""
    job = await get_own(interaction, job_id)
    if job is None:
        return
    await _begin(interaction)
    locale = str(interaction.locale)
    family = await interaction.client.rooms.history.get_family(job)
    embeds = [_build_embed(entry) for entry in build_family(family, locale)]
    pictures = [Picture(format_thumbnail_name(job.id), family.thumbnail)] if family.thumbnail else []
    await _put(interaction, embeds, pictures, _view_family(family, locale, shelf))


# -- as Discord has it -----------------------------------------------------------------------------------------------


async def _begin(interaction: Interaction) -> None:
    """Time to look. What comes is in the message that was clicked if only one member sees it, else in a new one."""
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await interaction.response.defer()
    else:
        await interaction.response.defer(ephemeral=True, thinking=True)


async def _put(
    interaction: Interaction,
    embeds: Sequence[discord.Embed],
    pictures: Sequence[Picture],
    view: discord.ui.View,
    heading: str = "",
) -> None:
    """Show this and nothing else; without pictures where Discord takes none."""
    try:
        with open_files(pictures) as files:
            async with asking(UPLOAD_DEADLINE_SECONDS):
                await interaction.edit_original_response(content=heading, embeds=embeds, attachments=files, view=view)
    except (TooLarge, UploadsClosed):
        bare = [embed.set_thumbnail(url=None) for embed in embeds]
        said = "\n".join([heading, say(str(interaction.locale), "history.uploads_closed")]).strip()
        await interaction.edit_original_response(content=said, embeds=bare, attachments=[], view=view)


def _build_embed(entry: Entry) -> discord.Embed:
    embed = discord.Embed(title=entry.title or None, description=entry.text, color=entry.color)
    return embed.set_thumbnail(url=f"attachment://{entry.picture}") if entry.picture else embed


def _view_page(page: Page, locale: str) -> discord.ui.View:
    """Numbers, what turns the page, and what to show."""
    view = build_rows(build_numbers(page), build_turns(page, locale))
    options = [
        discord.SelectOption(label=say(locale, f"history.shelf.{shelf}"), value=shelf, default=shelf is page.shelf)
        for shelf in Shelf
    ]
    hint = say(locale, "history.choose_shelf")
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=f"history:shelf:{page.shelf}", options=options, placeholder=hint, row=2
    )
    return view.add_item(HistoryChoice(select))


def _view_family(family: Family, locale: str, shelf: Shelf) -> discord.ui.View:
    """Which relative to open, and the way back."""
    view = build_rows(build_family_buttons(family, locale, shelf))
    options = [
        discord.SelectOption(label=name, value=str(job_id), description=how)
        for job_id, (name, how) in list_relatives(family, locale).items()
    ]
    if options:
        hint = say(locale, "history.choose_relative")
        select: discord.ui.Select[Any] = discord.ui.Select(
            custom_id=f"history:open:{shelf}", options=options, placeholder=hint
        )
        view.add_item(HistoryChoice(select))
    return view


async def setup(bot: Repaint) -> None:
    """Open this door."""
    bot.add_dynamic_items(HistoryChoice)
    bot.presses["job:family"] = partial(show_family, Shelf.ALL)
    for shelf in Shelf:
        bot.presses |= {
            f"job:history_{shelf}": partial(show_page, shelf),
            f"job:open_{shelf}": partial(show_one, shelf),
            f"job:family_{shelf}": partial(show_family, shelf),
        }
    bot.tree.add_command(img2img_history)
