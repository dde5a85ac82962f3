"""Members who are kept from making pictures, and pictures that are kept out: parts of `/repaint-moderation`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, TypeVar

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.replies.blocked import PAGE, format_ban, format_block, format_until
from bot.replies.plain import format_line
from bot.replies.texts import say
from cogs.forms import MOST_DAYS
from cogs.moderation import KEY, moderation
from cogs.naming import command
from cogs.powers import may_block, may_review, require, sets_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Interaction = discord.Interaction[Repaint]
Person = discord.Member | discord.User
Page = app_commands.Range[int, 1, 1000]
Days = app_commands.Range[int, 1, MOST_DAYS]
LONGEST_REASON = 200
LARGEST_NUMBER = 2**31 - 1
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Listed(Protocol[T_co]):
    """What a guild has a list of."""

    async def count(self, guild_id: int) -> int:
        """How many are in force."""

    async def read(self, guild_id: int, most: int, skipped: int = 0) -> Sequence[T_co]:
        """Some of them, the newest first."""


@command(moderation, f"{KEY}.block", member="member", days="days", reason="reason")
async def block(
    interaction: Interaction,
    member: Person,
    days: Days | None = None,
    reason: app_commands.Range[str, 1, LONGEST_REASON] = "",
) -> None:
    """Keep a member from making pictures here."""
    if not await require(interaction, may_block(interaction), "power.block"):
        return
    locale, guild_id = str(interaction.locale), interaction.guild_id or 0
    if sets_policy(member):
        await answer_alone(interaction, say(locale, "blocks.manages", member=member.mention))
        return
    said = format_line(reason, LONGEST_REASON)
    made = await interaction.client.rooms.blocks.block(guild_id, member.id, interaction.user.id, said, days)
    until = format_until(made.expires_at, locale)
    await answer_alone(interaction, say(locale, "blocks.blocked", member=member.mention, until=until))


@command(moderation, f"{KEY}.unblock", member="member")
async def unblock(interaction: Interaction, member: Person) -> None:
    """Let a member make pictures here again."""
    if not await require(interaction, may_block(interaction), "power.block"):
        return
    blocks, guild_id = interaction.client.rooms.blocks, interaction.guild_id or 0
    key = "unblocked" if await blocks.unblock(guild_id, member.id, interaction.user.id) else "not_blocked"
    await answer_alone(interaction, say(str(interaction.locale), f"blocks.{key}", member=member.mention))


@command(moderation, f"{KEY}.blocks", page="page")
async def list_blocks(interaction: Interaction, page: Page = 1) -> None:
    """Who is blocked here."""
    if not await require(interaction, may_block(interaction), "power.block"):
        return
    await _answer_list(interaction, "blocks", interaction.client.rooms.blocks, format_block, page)


@command(moderation, f"{KEY}.bans", page="page")
async def list_bans(interaction: Interaction, page: Page = 1) -> None:
    """Which pictures are banned here."""
    if not await _require_review(interaction):
        return
    await _answer_list(interaction, "bans", interaction.client.rooms.bans, format_ban, page)


@command(moderation, f"{KEY}.unban", number="number")
async def unban(interaction: Interaction, number: app_commands.Range[int, 1, LARGEST_NUMBER]) -> None:
    """Let a banned picture be used here again."""
    if not await _require_review(interaction):
        return
    bans, guild_id = interaction.client.rooms.bans, interaction.guild_id or 0
    key = "unbanned" if await bans.lift(guild_id, number, interaction.user.id) else "unknown"
    await answer_alone(interaction, say(str(interaction.locale), f"bans.{key}", number=number))


async def _require_review(interaction: Interaction) -> bool:
    """Whether they may ban pictures: then they may see the list, and lift a ban. Else they are told so."""
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    return await require(interaction, may_review(interaction, policy), "power.review")


async def _answer_list(
    interaction: Interaction, area: str, rows: Listed[T], format_row: Callable[[T, str], str], page: int
) -> None:
    """Answer with a page of what is in force here."""
    locale, guild_id = str(interaction.locale), interaction.guild_id or 0
    count = await rows.count(guild_id)
    pages = math.ceil(count / PAGE)
    found = await rows.read(guild_id, PAGE, (page - 1) * PAGE)
    if not count:
        await answer_alone(interaction, say(locale, f"{area}.none"))
    elif not found:
        await answer_alone(interaction, say(locale, "blocks.no_page", pages=pages))
    else:
        shown = "\n".join(format_row(each, locale) for each in found)
        embed = discord.Embed(title=say(locale, f"{area}.title", count=count), description=shown)
        embed.set_footer(text=say(locale, "blocks.page", page=page, pages=pages))
        await interaction.response.send_message(embed=embed, ephemeral=True)


async def setup(bot: Repaint) -> None:
    """Open this door: its commands are in the tree already, as parts of another."""
