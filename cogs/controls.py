"""What the panel is made of: its words as an embed, and the selects and buttons under them.

A custom id says it all: what to do, the channel (0: the whole guild), and the section or the setting that is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.moderation.lists import Budgets, Presets, Words
from bot.moderation.policy import SETTINGS
from bot.moderation.shapes import NONE, Channel, Choices, Dollars, Ids, Share, Switch, Whole
from bot.replies.panel import OVERVIEW, is_changed, list_choices, list_keys, list_sections
from bot.replies.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.moderation.policies import Versioned
    from bot.moderation.policy import Policy
    from bot.replies.panel import Page, Panel

CUSTOM_ID = r"policy:(?P<act>section|key|place|value|write|clear|undo):(?P<place>[0-9]{1,20}):(?P<at>[a-z_]{1,40})"
COLOR = 0x7E6BB5
MOST_OPTIONS = 25
THREADS = [discord.ChannelType.public_thread, discord.ChannelType.private_thread]
DESKS = [discord.ChannelType.text, discord.ChannelType.news, *THREADS]
"""Where the bot can write to moderators."""
PLACES = [
    *DESKS,
    discord.ChannelType.forum,
    discord.ChannelType.media,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
]
"""Where commands can be typed, or threads opened in which they can."""

Control = discord.ui.Item[Any]


def build_embed(panel: Panel) -> discord.Embed:
    """The words."""
    embed = discord.Embed(title=panel.title, description=panel.text, color=COLOR)
    for field in panel.fields:
        embed.add_field(name=field.name, value=field.value, inline=False)
    return embed


def build_controls(versioned: Versioned, page: Page, guild: discord.Guild | None, locale: str) -> Iterator[Control]:
    """The controls of a page: four rows of selects at most, then buttons."""
    yield _choose_section(page, locale)
    yield _choose_place(page, locale)
    if page.section != OVERVIEW:
        yield _choose_key(page, locale)
    if page.key:
        policy = versioned.policy
        there = policy if page.channel_id is None else policy.at(page.channel_id, page.parent_id)
        yield from _choose_value(there, page, guild, locale)
    yield from _press(versioned, page, locale)


def find_kind(act: str, key: str) -> type[Control]:
    """The kind of control that does this with a setting: another one is forged, or older than the setting's shape."""
    shape = SETTINGS[key].shape if key and act == "value" else None
    if act == "place" or isinstance(shape, Channel) or (isinstance(shape, Ids) and shape.of == "channels"):
        return discord.ui.ChannelSelect
    if isinstance(shape, Ids | Budgets):
        return discord.ui.RoleSelect
    return discord.ui.Select if act in {"section", "key", "value"} else discord.ui.Button


def _name(act: str, page: Page) -> str:
    return f"policy:{act}:{page.channel_id or 0}:{page.key or page.section}"


def _choose_section(page: Page, locale: str) -> Control:
    options = [
        discord.SelectOption(label=say(locale, f"section.{each}.title"), value=each, default=each == page.section)
        for each in list_sections(page)
    ]
    hint = say(locale, "panel.choose_section")
    return discord.ui.Select(custom_id=_name("section", page), options=options, placeholder=hint, row=0)


def _choose_place(page: Page, locale: str) -> Control:
    return discord.ui.ChannelSelect(
        custom_id=_name("place", page),
        channel_types=PLACES,
        min_values=0,
        default_values=[discord.Object(page.channel_id)] if page.channel_id else [],
        placeholder=say(locale, "panel.choose_place"),
        row=1,
    )


def _choose_key(page: Page, locale: str) -> Control:
    options = [
        discord.SelectOption(label=say(locale, f"setting.{each}.name"), value=each, default=each == page.key)
        for each in list_keys(page, page.section)
    ]
    hint = say(locale, "panel.choose_setting")
    return discord.ui.Select(custom_id=_name("key", page), options=options, placeholder=hint, row=2)


def _choose_value(policy: Policy, page: Page, guild: discord.Guild | None, locale: str) -> Iterator[Control]:
    """The select of a setting's value; none for what is typed."""
    shape, value, where = SETTINGS[page.key].shape, getattr(policy, page.key), _name("value", page)
    hint = say(locale, "panel.choose_value")
    if isinstance(shape, Channel):
        yield _choose_channels(where, DESKS, 1, _keep_known([value] if value else [], guild), hint)
    elif isinstance(shape, Ids) and shape.of == "channels":
        kinds = [*PLACES, discord.ChannelType.category]
        yield _choose_channels(where, kinds, MOST_OPTIONS, _keep_known(value, guild), hint)
    elif isinstance(shape, Ids):
        yield discord.ui.RoleSelect(
            custom_id=where,
            min_values=0,
            max_values=MOST_OPTIONS,
            default_values=_keep_known(value, guild),
            placeholder=hint,
            row=3,
        )
    elif isinstance(shape, Budgets):
        yield discord.ui.RoleSelect(custom_id=where, placeholder=say(locale, "panel.choose_role"), row=3)
    elif options := _list_options(policy, page.key, locale):
        several = isinstance(shape, Choices | Words | Presets)
        yield discord.ui.Select(
            custom_id=where,
            options=options[:MOST_OPTIONS],
            min_values=0 if several else 1,
            max_values=min(len(options), MOST_OPTIONS) if several else 1,
            placeholder=say(locale, f"panel.remove_{page.key}") if isinstance(shape, Words | Presets) else hint,
            row=3,
        )


def _choose_channels(
    where: str, kinds: list[discord.ChannelType], most: int, known: list[discord.Object], hint: str
) -> Control:
    return discord.ui.ChannelSelect(
        custom_id=where,
        channel_types=kinds,
        min_values=0,
        max_values=most,
        default_values=known,
        placeholder=hint,
        row=3,
    )


def _list_options(policy: Policy, key: str, locale: str) -> list[discord.SelectOption]:
    """The words to choose from; those that are chosen now are marked. Of the guild's own rules and presets: all."""
    shape, value = SETTINGS[key].shape, getattr(policy, key)
    if isinstance(shape, Words | Presets):
        return [discord.SelectOption(label=each.name, value=each.name) for each in value]
    chosen = {"on" if value else "off"} if isinstance(shape, Switch) else {value or NONE}
    if isinstance(shape, Choices):
        chosen = value
    return [
        discord.SelectOption(label=label, value=word, default=word in chosen)
        for word, label in list_choices(key, locale).items()
    ]


def _press(versioned: Versioned, page: Page, locale: str) -> Iterator[Control]:
    """Type, put back, undo: as far as they make sense here."""
    shape = SETTINGS[page.key].shape if page.key else None
    if isinstance(shape, Whole | Share | Dollars):
        yield _button("write", page, say(locale, "panel.write"), discord.ButtonStyle.primary)
    if isinstance(shape, Words | Presets):
        yield _button("write", page, say(locale, f"panel.add_{page.key}"), discord.ButtonStyle.primary)
    if page.key and is_changed(versioned.policy, page, page.key):
        yield _button("clear", page, say(locale, "panel.default" if page.channel_id is None else "panel.as_guild"))
    if versioned.version:
        yield _button("undo", page, say(locale, "panel.undo"))


def _button(act: str, page: Page, label: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary) -> Control:
    return discord.ui.Button(label=label, custom_id=_name(act, page), style=style, row=4)


def _keep_known(ids: Iterable[int], guild: discord.Guild | None) -> list[discord.Object]:
    """Those that are still there, as many as a select shows: Discord takes no other for chosen."""
    known = [each for each in sorted(ids) if guild and (guild.get_channel_or_thread(each) or guild.get_role(each))]
    return [discord.Object(each) for each in known[:MOST_OPTIONS]]
