"""The door to a guild's own presets: `/repaint-settings presets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.moderation.edits import add_preset
from bot.moderation.lists import gather_presets
from bot.presets import LONGEST_NAME, LONGEST_TEMPLATE, find_preset
from bot.replies.presets import format_presets
from bot.replies.texts import say
from cogs.naming import command, words
from cogs.settings import KEY, amend, answer_list, check, offer, settings

if TYPE_CHECKING:
    from bot.moderation.policy import Policy

Interaction = discord.Interaction[Repaint]

presets = app_commands.Group(
    name=words(f"{KEY}.presets.name"), description=words(f"{KEY}.presets.description"), parent=settings
)


@command(
    presets,
    f"{KEY}.presets_add",
    name="name_option",
    template="template",
    model="model",
    strength="strength",
    guidance="guidance",
)
async def add(
    interaction: Interaction,
    name: app_commands.Range[str, 1, LONGEST_NAME],
    template: app_commands.Range[str, 1, LONGEST_TEMPLATE],
    model: str = "",
    strength: float | None = None,
    guidance: float | None = None,
) -> None:
    """Add a preset, or change the one of this name."""
    if not await check(interaction):
        return
    preset = {"name": name, "template": template, "model": model, "strength": strength, "guidance": guidance}
    await amend(interaction, "presets", lambda policy: add_preset(policy, preset), "settings.preset_added", name)


@add.autocomplete("model")
async def offer_models(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Those on offer."""
    locale = str(interaction.locale)
    return offer(interaction, current, {name: say(locale, f"model.{name}") for name in interaction.client.rooms.models})


@command(presets, f"{KEY}.presets_remove", name="name_option")
async def remove(interaction: Interaction, name: app_commands.Range[str, 1, LONGEST_NAME]) -> None:
    """Remove a preset."""
    if not await check(interaction):
        return
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    if find_preset(policy.presets, name) is None:
        await answer_alone(interaction, say(str(interaction.locale), "settings.no_such_preset"))
        return

    def without(policy: Policy) -> object:
        removed = find_preset(policy.presets, name)
        return tuple(each for each in policy.presets if each is not removed)

    await amend(interaction, "presets", without, "settings.preset_removed", name)


@remove.autocomplete("name")
async def offer_presets(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """The guild's own presets."""
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    return offer(interaction, current, {preset.name: preset.name for preset in policy.presets})


@command(presets, f"{KEY}.presets_list")
async def list_presets(interaction: Interaction) -> None:
    """The guild's own presets, and those of whoever runs the bot."""
    if not await check(interaction):
        return
    locale, rooms = str(interaction.locale), interaction.client.rooms
    policy = await rooms.policies.get(interaction.guild_id or 0)
    own = format_presets(policy.presets, rooms.models, locale) or [say(locale, "settings.no_presets")]
    more = gather_presets(policy, rooms.offers.presets)[len(policy.presets) :]
    lines = [*own, say(locale, "settings.presets_more"), *format_presets(more, rooms.models, locale)] if more else own
    await answer_list(interaction, "settings.presets", lines)


async def setup(bot: Repaint) -> None:
    """Open this door. Its commands belong to those of `cogs.settings`, which is open already."""
