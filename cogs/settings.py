"""The door to a guild's policy: `/repaint-settings`, with its panel, and the same for people who prefer typing."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.moderation.documents import PolicyWrong, parse_policy, read_value
from bot.moderation.policy import SETTINGS
from bot.moderation.words import LONGEST_NAME
from bot.replies.panel import Page, format_change, format_mistakes, format_setting, list_choices
from bot.replies.plain import fit_lines, format_safe
from bot.replies.texts import say
from cogs.controls import COLOR, PLACES
from cogs.naming import command, suggest, words
from cogs.panel import PanelControl, answer_mistakes, build_message
from cogs.powers import BY_GUILDS, IN_GUILDS, may_set_policy, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.moderation.policy import Policy

Interaction = discord.Interaction[Repaint]
KEY = "command.settings"
DEFAULT = "default"
"""What is typed to put a setting back."""
LONGEST_TYPED = 1000
LONGEST_LIST = 3900
MOST_HISTORY = 25
MOST_FILE_KB = 256
FILE_NAME = "repaint-settings.json"


class Place(app_commands.Transformer):
    """A channel or thread of the guild, also one that the bot cannot see."""

    type = discord.AppCommandOptionType.channel
    channel_types = PLACES

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Any:  # noqa: ARG002 (discord.py's)
        """As Discord sent it."""
        return value


SomePlace = app_commands.Transform[Any, Place]

settings = app_commands.Group(
    name=words(f"{KEY}.name"),
    description=words(f"{KEY}.description"),
    allowed_contexts=IN_GUILDS,
    allowed_installs=BY_GUILDS,
    default_permissions=discord.Permissions(manage_guild=True),
)


async def check(interaction: Interaction) -> bool:
    """Whether they may set the policy, whatever Discord lets them type; who may not is told so."""
    return await require(interaction, may_set_policy(interaction), "power.policy")


# -- the whole policy ------------------------------------------------------------------------------------------------


@command(settings, f"{KEY}.panel")
async def panel(interaction: Interaction) -> None:
    """The policy in plain words, with everything to change it."""
    if not await check(interaction):
        return
    await interaction.response.send_message(**await build_message(interaction, Page()), ephemeral=True)


@command(settings, f"{KEY}.show", channel="channel")
async def show(interaction: Interaction, channel: SomePlace = None) -> None:
    """The policy in plain words."""
    if not await check(interaction):
        return
    page = Page(channel_id=None if channel is None else channel.id, parent_id=getattr(channel, "parent_id", None))
    await interaction.response.send_message(**await build_message(interaction, page, controls=False), ephemeral=True)


@command(settings, f"{KEY}.history")
async def history(interaction: Interaction) -> None:
    """Who changed what, and when."""
    if not await check(interaction):
        return
    locale = str(interaction.locale)
    versions = await interaction.client.rooms.policies.history(interaction.guild_id or 0, MOST_HISTORY)
    if not versions:
        await answer_alone(interaction, say(locale, "settings.no_history"))
        return
    await answer_list(interaction, "settings.history", [format_change(each, locale) for each in versions])


@command(settings, f"{KEY}.undo")
async def undo(interaction: Interaction) -> None:
    """Take the last change back."""
    if not await check(interaction):
        return
    locale = str(interaction.locale)
    undone = await interaction.client.rooms.policies.undo(interaction.guild_id or 0, interaction.user.id)
    if undone is None or undone.change is None:
        await answer_alone(interaction, say(locale, "settings.nothing_to_undo"))
        return
    key = "settings.undone" if undone.change.version else "settings.undone_all"
    await answer_alone(interaction, say(locale, key, version=undone.change.version))


@command(settings, f"{KEY}.export")
async def export(interaction: Interaction) -> None:
    """Every setting, as a file that can be handed in again."""
    if not await check(interaction):
        return
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    text = json.dumps(policy.dump(), indent=2, ensure_ascii=False)
    with io.BytesIO(text.encode("utf-8", "backslashreplace")) as buffer:
        await interaction.response.send_message(
            say(str(interaction.locale), "settings.exported"), file=discord.File(buffer, FILE_NAME), ephemeral=True
        )


@command(settings, f"{KEY}.import", file="file")
async def take_over(interaction: Interaction, file: discord.Attachment) -> None:
    """Put the policy of a file in the place of this one; nothing changes unless all of it is well."""
    if not await check(interaction):
        return
    locale, policies, guild_id = str(interaction.locale), interaction.client.rooms.policies, interaction.guild_id or 0
    if file.size > MOST_FILE_KB * 1024:
        await answer_alone(interaction, say(locale, "settings.file_too_large", most=MOST_FILE_KB))
        return
    await interaction.response.defer(ephemeral=True, thinking=True)
    try:
        policy = parse_policy(json.loads(await file.read()))
    except PolicyWrong as wrong:
        await answer_alone(interaction, format_mistakes(wrong.mistakes, locale))
        return
    except (ValueError, RecursionError):  # no JSON, or not in UTF-8, or too deep to be anything of ours
        await answer_alone(interaction, say(locale, "settings.file_not_json"))
        return
    except (discord.HTTPException, OSError):
        await answer_alone(interaction, say(locale, "settings.file_unread"))
        return
    before = await policies.get_versioned(guild_id)
    after = await policies.replace(guild_id, interaction.user.id, policy)
    same = before.version == after.version
    await answer_alone(interaction, say(locale, "settings.imported_same" if same else "settings.imported"))


# -- one setting -----------------------------------------------------------------------------------------------------


@command(settings, f"{KEY}.set", key="key", value="value", channel="channel")
async def set_value(
    interaction: Interaction,
    key: app_commands.Range[str, 1, 100],
    value: app_commands.Range[str, 1, LONGEST_TYPED],
    channel: SomePlace = None,
) -> None:
    """Change one setting, for the guild or for one channel."""
    if not await check(interaction):
        return
    locale, policies = str(interaction.locale), interaction.client.rooms.policies
    guild_id, by, place = interaction.guild_id or 0, interaction.user.id, None if channel is None else channel.id
    if key not in SETTINGS:
        await answer_alone(interaction, say(locale, "settings.unknown_setting"))
        return
    try:
        if value.strip().casefold() == DEFAULT:
            changed = await policies.clear(guild_id, by, key, place)
        else:
            changed = await policies.change(guild_id, by, key, read_value(key, value), place)
    except PolicyWrong as wrong:
        await answer_mistakes(interaction, wrong)
        return
    policy = changed.policy if place is None else changed.policy.at(place, getattr(channel, "parent_id", None))
    await answer_alone(interaction, say(locale, "settings.changed", sentence=format_setting(policy, key, locale)))


@set_value.autocomplete("key")
async def offer_keys(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """The settings, by what people call them."""
    locale = str(interaction.locale)
    return offer(interaction, current, {key: say(locale, f"setting.{key}.name") for key in SETTINGS})


@set_value.autocomplete("value")
async def offer_values(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """What the chosen setting can be, where that can be listed."""
    locale = str(interaction.locale)
    chosen = next((given for _, given in interaction.namespace if given in SETTINGS), None)
    offered = {} if chosen is None else list_choices(chosen, locale)
    return offer(interaction, current, offered | {DEFAULT: say(locale, "panel.default")})


# -- answers ---------------------------------------------------------------------------------------------------------


def offer(interaction: Interaction, current: str, offered: dict[str, str]) -> list[app_commands.Choice[str]]:
    """Those that what was typed so far can become, by value; nothing for who may not know."""
    return suggest(current, offered) if may_set_policy(interaction) else []


async def amend(interaction: Interaction, key: str, edit: Callable[[Policy], object], said: str, name: str) -> None:
    """Change one of the policy's lists and say so (`said` with this name), or what cannot be."""
    policies, locale = interaction.client.rooms.policies, str(interaction.locale)
    try:
        await policies.amend(interaction.guild_id or 0, interaction.user.id, key, edit)
    except PolicyWrong as wrong:
        await answer_mistakes(interaction, wrong)
        return
    await answer_alone(interaction, say(locale, said, name=format_safe(name, LONGEST_NAME)))


async def answer_list(interaction: Interaction, key: str, lines: Iterable[str]) -> None:
    """Lines under a heading, as many as one message holds, and how many there are besides."""
    locale, told = str(interaction.locale), [*lines]
    shown = fit_lines(told, LONGEST_LIST)
    if len(shown) < len(told):
        shown.append(say(locale, "panel.more", count=len(told) - len(shown)))
    embed = discord.Embed(title=say(locale, key), description="\n".join(shown), color=COLOR)
    await interaction.response.send_message(embed=embed, ephemeral=True)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    bot.tree.add_command(settings)
    bot.add_dynamic_items(PanelControl)
