"""The panel of a guild's policy: one message for a moderator alone, which shows the policy and changes it in place.

What a control does is in its custom id, and the policy is read anew at each click: a panel works after a restart, and
one that was left open changes the one setting it was used for. Who clicks has to be allowed to at that moment.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import discord

from bot.client import Repaint, answer_alone, answer_broken
from bot.moderation.documents import PolicyWrong, read_value
from bot.moderation.edits import add_budget, add_preset, add_rule
from bot.moderation.lists import Budgets, Presets, Words
from bot.moderation.policy import SETTINGS
from bot.moderation.shapes import MOST_ID, Channel, Choices, Ids, Share, Whole
from bot.moderation.words import LONGEST_MESSAGE, LONGEST_NAME, LONGEST_PATTERN
from bot.presets import LONGEST_NAME as LONGEST_PRESET_NAME
from bot.presets import LONGEST_TEMPLATE, NUMBERS
from bot.replies.panel import Facts, Page, build_panel, format_mistake, list_keys, list_sections
from bot.replies.texts import say
from cogs.controls import CUSTOM_ID, build_controls, build_embed, find_kind
from cogs.forms import Form
from cogs.powers import may_set_policy, require

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from bot.moderation.patterns import Patterns
    from bot.moderation.policies import Versioned
    from bot.moderation.policy import Policy
    from bot.moderation.words import WordRule

Interaction = discord.Interaction[Repaint]
LONGEST_VALUE = 40
MOST_MISTAKES = 5
BUDGET = "budget"


class PanelControl(discord.ui.DynamicItem[discord.ui.Item[Any]], template=CUSTOM_ID):
    """A select or a button of the panel. Its item carries what was chosen."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 (discord.py's signature)
        item: discord.ui.Item[Any],
        match: re.Match[str],  # noqa: ARG003 (discord.py's signature)
    ) -> PanelControl:
        """The control somebody used."""
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says, for who may."""
        _, act, place, at = self.custom_id.split(":")
        try:
            if await require(interaction, may_set_policy(interaction), "power.policy"):
                page = find_page(interaction, int(place), at)
                fits = isinstance(self.item, find_kind(act, page.key))
                acts = ACTS if page.key else PAGING
                await (acts.get(act, reopen) if fits else reopen)(interaction, page, self.item)
        except Exception as error:  # noqa: BLE001 (the last word for controls: the member is told, the log has it all)
            await answer_broken(interaction, error)


# -- showing ---------------------------------------------------------------------------------------------------------


async def build_message(interaction: Interaction, page: Page, *, controls: bool = True) -> dict[str, Any]:
    """The policy in force, as a message about this page."""
    rooms, guild_id, locale = interaction.client.rooms, interaction.guild_id or 0, str(interaction.locale)
    versioned = await rooms.policies.get_versioned(guild_id)
    may = interaction.app_permissions
    automod = await rooms.automod.get(guild_id) or ()
    broken = [rule.name for rule in automod if rooms.patterns.list_unusable(rule, rule.patterns)]
    used = await rooms.count_spent(guild_id, versioned.policy) if page.section == BUDGET else ()
    facts = Facts(
        reads_automod=may.manage_guild or may.administrator,
        presets=rooms.automod.has_presets(guild_id),
        unusable=(*broken, *list_unusable(rooms.patterns, versioned.policy.words)),
        safety_version=rooms.safety_version,
        spent=used,
    )
    message: dict[str, Any] = {"embed": build_embed(build_panel(versioned, page, facts, locale))}
    if controls:
        message["view"] = discord.ui.View(timeout=None)
        for control in build_controls(versioned, page, interaction.guild, locale):
            message["view"].add_item(PanelControl(control))
    return message


def list_unusable(patterns: Patterns, rules: Iterable[WordRule]) -> list[str]:
    """The names of rules whose regular expression does not compile, or took too long too often."""
    return [rule.name for rule in rules if rule.kind == "regex" and patterns.list_unusable(rule, [rule.pattern])]


async def show(interaction: Interaction, page: Page) -> None:
    """Bring the panel to this page."""
    await interaction.response.edit_message(**await build_message(interaction, page))


def find_page(interaction: Interaction, place: int, at: str) -> Page:
    """The page that a custom id speaks of. What it cannot speak of, because it is forged or old, is left out."""
    if place > MOST_ID:
        return Page()
    channel = interaction.guild.get_channel_or_thread(place) if interaction.guild and place else None
    page = Page(channel_id=place or None, parent_id=getattr(channel, "parent_id", None))
    section = SETTINGS[at].section if at in SETTINGS else at
    if section not in list_sections(page):
        return page
    return replace(page, section=section, key=at if at in list_keys(page, section) else "")


async def reopen(interaction: Interaction, page: Page, _: Any) -> None:
    """The control speaks of nothing that can be changed there: show what there is."""
    await show(interaction, page)


async def turn(interaction: Interaction, page: Page, item: Any) -> None:
    """Open the section or the setting that was chosen."""
    await show(interaction, find_page(interaction, page.channel_id or 0, item.values[0]))


async def move(interaction: Interaction, page: Page, item: Any) -> None:
    """Go to the channel that was chosen, or back to the whole guild."""
    place = item.values[0].id if item.values else 0
    await show(interaction, find_page(interaction, place, page.key or page.section))


# -- changing --------------------------------------------------------------------------------------------------------


async def choose(interaction: Interaction, page: Page, item: Any) -> None:
    """Change a setting to what was chosen. A role is only asked for its budget."""
    if isinstance(SETTINGS[page.key].shape, Budgets):
        await ask_budget(interaction, page, item.values[0].id)
    else:
        await amend(interaction, page, lambda policy: pick(policy, page, item))


def pick(policy: Policy, page: Page, item: Any) -> Any:
    """The value that a select makes of the policy in force.

    Of a list, only what was added or taken away counts: what others changed since the panel was shown stays.
    """
    shape, value = SETTINGS[page.key].shape, getattr(policy, page.key)
    if isinstance(shape, Ids):
        shown, chosen = {each.id for each in item.default_values}, {each.id for each in item.values}
        return frozenset((value - shown) | chosen)
    if isinstance(shape, Choices):
        marked = {each.value for each in item.options if each.default}
        return frozenset((value - marked) | set(item.values))
    if isinstance(shape, Words | Presets):
        return tuple(each for each in value if each.name not in item.values)
    if isinstance(shape, Channel):
        return item.values[0].id if item.values else None
    return read_value(page.key, item.values[0])


async def write(interaction: Interaction, page: Page, _: Any) -> None:
    """Ask for what is typed: a number, dollars, a rule about words, or a preset."""
    shape, locale = SETTINGS[page.key].shape, str(interaction.locale)
    if isinstance(shape, Words):
        await ask_rule(interaction, page)
        return
    if isinstance(shape, Presets):
        await ask_preset(interaction, page)
        return
    form = Form(say(locale, f"setting.{page.key}.name"), partial(typed, page))
    hint = format_hint(shape, locale)
    form.ask_words("value", say(locale, "panel.value_label"), LONGEST_VALUE, hint=hint, required=True)
    await interaction.response.send_modal(form)


def format_hint(shape: Any, locale: str) -> str:
    """What can be typed."""
    if not isinstance(shape, Whole | Share):
        return say(locale, "hint.dollars")
    kind = "whole" if isinstance(shape, Whole) else "share"
    least, most = f"{shape.least:g}", f"{shape.most:g}" if isinstance(shape, Share) else shape.most
    return say(locale, f"hint.{kind}_or_none" if shape.optional else f"hint.{kind}", least=least, most=most)


async def typed(page: Page, interaction: Interaction, answers: Mapping[str, str]) -> None:
    """Change a setting to what was typed."""
    await amend(interaction, page, lambda _: read_value(page.key, answers["value"]))


async def ask_rule(interaction: Interaction, page: Page) -> None:
    """Ask for a rule about words."""
    locale = str(interaction.locale)
    form = Form(say(locale, "panel.add_words"), partial(typed_rule, page))
    form.ask_words("name", say(locale, "panel.rule_name"), LONGEST_NAME, required=True)
    hint = say(locale, "panel.rule_pattern_hint")
    form.ask_words("pattern", say(locale, "panel.rule_pattern"), LONGEST_PATTERN, hint=hint, required=True)
    kinds = {each: say(locale, f"choice.{each}") for each in ("words", "regex")}
    form.ask_choice("kind", say(locale, "panel.rule_kind"), kinds)
    actions = {each: say(locale, f"choice.{each}") for each in ("refuse", "hold")}
    form.ask_choice("action", say(locale, "panel.rule_action"), actions)
    form.ask_words("message", say(locale, "panel.rule_message"), LONGEST_MESSAGE)
    await interaction.response.send_modal(form)


async def typed_rule(page: Page, interaction: Interaction, answers: Mapping[str, str]) -> None:
    """Add the rule that was typed."""
    await amend(interaction, page, lambda policy: add_rule(policy, answers))


async def ask_preset(interaction: Interaction, page: Page) -> None:
    """Ask for a preset."""
    locale = str(interaction.locale)
    form = Form(say(locale, "panel.add_presets"), partial(typed_preset, page))
    form.ask_words("name", say(locale, "panel.preset_name"), LONGEST_PRESET_NAME, required=True)
    hint = say(locale, "panel.preset_template_hint")
    form.ask_words("template", say(locale, "panel.preset_template"), LONGEST_TEMPLATE, hint=hint, required=True)
    models = {name: say(locale, f"model.{name}") for name in interaction.client.rooms.models}
    form.ask_choice("model", say(locale, "panel.preset_model"), models, required=False)
    for name in NUMBERS:
        form.ask_words(name, say(locale, f"panel.preset_{name}"), LONGEST_VALUE)
    await interaction.response.send_modal(form)


async def typed_preset(page: Page, interaction: Interaction, answers: Mapping[str, str]) -> None:
    """Add the preset that was typed."""
    await amend(interaction, page, lambda policy: add_preset(policy, answers))


async def ask_budget(interaction: Interaction, page: Page, role_id: int) -> None:
    """Ask for the budget of a role."""
    locale = str(interaction.locale)
    form = Form(say(locale, "setting.role_budgets.name"), partial(typed_budget, page, role_id))
    for name in ("day", "month"):
        hint = say(locale, "hint.dollars")
        form.ask_words(name, say(locale, f"panel.budget_{name}"), LONGEST_VALUE, hint=hint, required=True)
    await interaction.response.send_modal(form)


async def typed_budget(page: Page, role_id: int, interaction: Interaction, answers: Mapping[str, str]) -> None:
    """Give a role the budget that was typed, or none."""
    await amend(interaction, page, lambda policy: add_budget(policy, role_id, answers["day"], answers["month"]))


async def clear(interaction: Interaction, page: Page, _: Any) -> None:
    """Put a setting back: to the default, or for a channel to what the guild has."""
    policies, guild_id = interaction.client.rooms.policies, interaction.guild_id or 0
    await change(interaction, page, policies.clear(guild_id, interaction.user.id, page.key, page.channel_id))


async def undo(interaction: Interaction, page: Page, _: Any) -> None:
    """Take the last change back."""
    undone = await interaction.client.rooms.policies.undo(interaction.guild_id or 0, interaction.user.id)
    await show(interaction, page)
    if undone is None:
        await answer_alone(interaction, say(str(interaction.locale), "settings.nothing_to_undo"))


async def amend(interaction: Interaction, page: Page, edit: Callable[[Policy], Any]) -> None:
    """Change the setting of a page to what `edit` makes of the policy in force at its place."""
    if not await require(interaction, may_set_policy(interaction), "power.policy"):  # a form may have been open long
        return

    def edit_there(policy: Policy) -> Any:
        return edit(policy if page.channel_id is None else policy.at(page.channel_id, page.parent_id))

    policies, guild_id = interaction.client.rooms.policies, interaction.guild_id or 0
    amended = policies.amend(guild_id, interaction.user.id, page.key, edit_there, page.channel_id)
    await change(interaction, page, amended)


async def change(interaction: Interaction, page: Page, changing: Awaitable[Versioned]) -> None:
    """Change the policy, show it as it is then, and say what could not be."""
    wrong: PolicyWrong | None = None
    try:
        await changing
    except PolicyWrong as error:
        wrong = error
    await show(interaction, page)
    if wrong is not None:
        await answer_mistakes(interaction, wrong)


async def answer_mistakes(interaction: Interaction, wrong: PolicyWrong) -> None:
    """Say what cannot be: nothing was changed."""
    told = [format_mistake(each, str(interaction.locale)) for each in wrong.mistakes[:MOST_MISTAKES]]
    await answer_alone(interaction, "\n".join(told))


PAGING = {"section": turn, "key": turn, "place": move, "undo": undo}
"""What can be done on every page, by the word in the custom id."""
ACTS = PAGING | {"value": choose, "write": write, "clear": clear}
"""The same with a setting open."""
