"""The policy of a guild in plain words. Pure: a policy in, sentences out; `cogs/panel.py` makes them Discord's.

Every setting has a sentence for each state it can be in: `on` and `off`, each of its choices, `none`, or `some` value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.moderation import pots
from bot.moderation.lists import Budgets, Presets, Words
from bot.moderation.pack import LANGUAGES
from bot.moderation.policy import SECTIONS, SETTINGS, Policy
from bot.moderation.shapes import NONE, Channel, Choice, Choices, Dollars, Ids, Locale, Share, Switch, Whole
from bot.replies.card import Field, format_dollars
from bot.replies.plain import fit_lines, format_line, format_safe, format_ticking
from bot.replies.texts import get_locales, name_option, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from bot.moderation.documents import Mistake
    from bot.moderation.lists import RoleBudget
    from bot.moderation.policies import Versioned
    from bot.moderation.shapes import Shape

OVERVIEW = "overview"
MOST_NAMED = 10
MOST_NAMED_BRIEFLY = 4
LONGEST_NAME = 40
LONGEST_FIELD = 1024
"""https://discord.com/developers/docs/resources/message#embed-object-embed-limits"""
UNITS = ("day", "hour", "minute")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the panel says besides the policy.

    `presets`: AutoMod rules use Discord's own lists; `unusable`: names of rules with a pattern that is not looked for;
    `safety_version`: of the local check, "" where it is not installed; `spent`: of each budget, a day and a month.
    """

    reads_automod: bool = False
    presets: bool = False
    unusable: tuple[str, ...] = ()
    safety_version: str = ""
    spent: Sequence[pots.Spent] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What of the policy is open: a section, perhaps one of its settings, for the guild or for one channel."""

    section: str = OVERVIEW
    key: str = ""
    channel_id: int | None = None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """The words of one page."""

    title: str
    text: str
    fields: tuple[Field, ...]


def list_keys(page: Page, section: str) -> list[str]:
    """The settings of a section that this page can change: a channel has its own only of some."""
    return [
        key
        for key, setting in SETTINGS.items()
        if setting.section == section and (page.channel_id is None or setting.per_channel)
    ]


def list_sections(page: Page) -> list[str]:
    """The overview, and each section in which this page can change something."""
    return [OVERVIEW, *(section for section in SECTIONS if list_keys(page, section))]


def build_panel(versioned: Versioned, page: Page, facts: Facts, locale: str) -> Panel:
    """The words of a page, with the policy as it is in force there."""
    if page.section == OVERVIEW:
        fields = [*_sections(versioned.policy, page, locale), *_notes(versioned.policy, page, facts, locale)]
    else:
        fields = [*_settings(versioned.policy, page, locale), *_used(facts, locale)]
    return Panel(
        title=say(locale, "panel.title" if page.channel_id is None else "panel.title_channel"),
        text="\n".join(_text(versioned, page, locale)),
        fields=tuple(fields),
    )


def format_setting(policy: Policy, key: str, locale: str, most: int = MOST_NAMED) -> str:
    """One setting in a sentence; of a list, at most so many are named."""
    value, shape = getattr(policy, key), SETTINGS[key].shape
    if isinstance(shape, Switch):
        return say(locale, f"setting.{key}.on" if value else f"setting.{key}.off")
    if isinstance(shape, Choice):
        return say(locale, f"setting.{key}.{value}")
    has_zero = isinstance(shape, Dollars | Share) or (isinstance(shape, Whole) and shape.optional)
    if value is None or (not value and not has_zero):
        return say(locale, f"setting.{key}.none")
    return say(locale, f"setting.{key}.some", value=format_value(policy, key, locale, most))


def format_value(policy: Policy, key: str, locale: str, most: int = MOST_NAMED) -> str:
    """The value of a setting as a person writes it."""
    value, shape = getattr(policy, key), SETTINGS[key].shape
    if isinstance(shape, Share):
        return f"{value:.0%}"
    if isinstance(shape, Dollars):
        return format_limit(value, locale)
    unit = next((unit for unit in UNITS if key.endswith(f"_{unit}s")), "")
    if unit:
        return say(locale, f"unit.{unit}" if value == 1 else f"unit.{unit}s", value=value)
    return _name(list(_items(shape, value, locale)), most, locale)


def _items(shape: Shape, value: Any, locale: str) -> Iterator[str]:
    """What a list names, or its one item."""
    if isinstance(shape, Ids):
        yield from (f"<@&{each}>" if shape.of == "roles" else f"<#{each}>" for each in sorted(value))
    elif isinstance(shape, Channel):
        yield f"<#{value}>"
    elif isinstance(shape, Budgets):
        yield from (_budget(each, locale) for each in value)
    elif isinstance(shape, Words | Presets):
        yield from (format_safe(each.name, LONGEST_NAME) for each in value)
    elif isinstance(shape, Choices):
        yield from (_label(option, locale) for option in sorted(value))
    else:
        yield str(value)


def list_choices(key: str, locale: str) -> dict[str, str]:
    """What a setting can be, as it is typed and as people call it; empty where that is no list."""
    shape = SETTINGS[key].shape
    if isinstance(shape, Switch | Choice):
        options = shape.options if isinstance(shape, Choice) else ("on", "off")
        return {option: say(locale, f"choice.{option}") for option in options}
    if isinstance(shape, Choices):
        return {option: _label(option, locale) for option in shape.options}
    if isinstance(shape, Locale):
        return {NONE: say(locale, "choice.none")} | {option: option for option in sorted(get_locales())}
    return {}


def _label(option: str, locale: str) -> str:
    """A language by its name; a model is called what it is called."""
    return say(locale, f"language.{option}") if option in LANGUAGES else option


def format_limit(amount: Decimal | None, locale: str) -> str:
    """Dollars, or that there is no limit."""
    return say(locale, "panel.no_limit") if amount is None else format_dollars(amount, locale)


def format_change(versioned: Versioned, locale: str) -> str:
    """One line of the history: who did what, and when."""
    what = describe_change(versioned, locale)
    values = {"version": versioned.version, "who": versioned.changed_by, "when": format_ticking(versioned.changed_at)}
    return say(locale, "settings.history_line", what=what, **values)


def format_mistake(mistake: Mistake, locale: str) -> str:
    """What cannot be, and what would be right."""
    values = {
        name: format_safe(value, LONGEST_NAME) if isinstance(value, str) and name != "options" else value
        for name, value in mistake.values.items()
    }
    if "option" in mistake.values:
        values["option"] = name_option(locale, str(mistake.values["option"]))
    sentence = say(locale, f"mistake.{mistake.problem}", **values)
    if not mistake.key:
        return sentence
    name = say(locale, f"setting.{mistake.key}.name")
    key = "mistake.of_setting" if mistake.channel_id is None else "mistake.of_channel"
    return say(locale, key, name=name, channel=mistake.channel_id, sentence=sentence)


def format_mistakes(mistakes: Sequence[Mistake], locale: str, most: int = 12) -> str:
    """A line for each, and how many there are besides."""
    told = [say(locale, "settings.mistake_line", sentence=format_mistake(each, locale)) for each in mistakes[:most]]
    if len(mistakes) > most:
        told.append(say(locale, "settings.mistakes_more", count=len(mistakes) - most))
    return "\n".join([say(locale, "settings.mistakes"), *told])


def describe_change(versioned: Versioned, locale: str) -> str:
    """What was done, as the policy says it since."""
    change = versioned.change
    if change is None or change.what == "import":
        return say(locale, "settings.history_import")
    if change.what == "undo":
        key = "settings.history_undo" if change.version else "settings.history_undo_all"
        return say(locale, key, version=change.version)
    if change.channel_id is None:
        return format_setting(versioned.policy, change.key, locale, MOST_NAMED_BRIEFLY)
    sentence = format_setting(versioned.policy.at(change.channel_id), change.key, locale, MOST_NAMED_BRIEFLY)
    return say(locale, "settings.history_channel", channel=change.channel_id, sentence=sentence)


def _text(versioned: Versioned, page: Page, locale: str) -> Iterator[str]:
    if page.channel_id is not None:
        yield say(locale, "panel.channel", channel=page.channel_id)
    yield say(locale, f"section.{page.section}.about")
    if versioned.version == 0:
        yield say(locale, "panel.untouched")
        return
    when = format_ticking(versioned.changed_at)
    yield say(locale, "panel.version", version=versioned.version, who=versioned.changed_by, when=when)
    yield say(locale, "panel.legend" if page.channel_id is None else "panel.legend_channel")


def _sections(policy: Policy, page: Page, locale: str) -> Iterator[Field]:
    """Every section in brief."""
    for section in list_sections(page)[1:]:
        lines = [_line(policy, page, key, locale, MOST_NAMED_BRIEFLY) for key in list_keys(page, section)]
        yield Field(say(locale, f"section.{section}.title"), "\n".join(fit_lines(lines, LONGEST_FIELD)))


def _settings(policy: Policy, page: Page, locale: str) -> Iterator[Field]:
    """One section in full."""
    for key in list_keys(page, page.section):
        yield Field(say(locale, f"setting.{key}.name"), _line(policy, page, key, locale, MOST_NAMED))


def _used(facts: Facts, locale: str) -> Iterator[Field]:
    """How much of the budgets is used in the periods that are running."""
    lines = [
        say(
            locale,
            "panel.used_role" if day.pot.kind is pots.PotKind.ROLE else "panel.used_guild",
            role=day.pot.id,
            day=format_dollars(day.used_usd, locale),
            month=format_dollars(month.used_usd, locale),
        )
        for day, month in zip(facts.spent[::2], facts.spent[1::2], strict=True)
    ]
    if lines:
        yield Field(say(locale, "panel.used"), "\n".join(fit_lines(lines, LONGEST_FIELD)))


def _line(policy: Policy, page: Page, key: str, locale: str, most: int) -> str:
    there = policy if page.channel_id is None else policy.at(page.channel_id, page.parent_id)
    mark = "panel.changed" if is_changed(policy, page, key) else "panel.unchanged"
    return say(locale, mark, sentence=format_setting(there, key, locale, most))


def is_changed(policy: Policy, page: Page, key: str) -> bool:
    """Whether somebody decided this: in the guild against the default, in a channel against the guild."""
    if page.channel_id is not None:
        return key in policy.overrides.get(page.channel_id, {})
    changed: bool = getattr(policy, key) != SETTINGS[key].default
    return changed


def _notes(policy: Policy, page: Page, facts: Facts, locale: str) -> Iterator[Field]:
    if page.channel_id is not None:
        return
    notes = [say(locale, "panel.integrations")]
    notes.append(say(locale, "panel.automod_read" if facts.reads_automod else "panel.automod_unread"))
    if facts.presets:
        notes.append(say(locale, "panel.automod_presets"))
    if facts.unusable:
        names = [format_safe(name, LONGEST_NAME) for name in facts.unusable]
        notes.append(say(locale, "panel.unusable", value=_name(names, MOST_NAMED_BRIEFLY, locale)))
    known = "panel.safety_installed" if facts.safety_version else "panel.safety_missing"
    notes.append(say(locale, known, version=format_line(facts.safety_version, LONGEST_NAME)))
    if policy.review == "flagged" and policy.desk_channel_id is None:
        notes.append(say(locale, "panel.no_desk"))
    if policy.overrides:
        channels = [f"<#{channel_id}>" for channel_id in sorted(policy.overrides)]
        notes.append(say(locale, "panel.overrides", value=_name(channels, MOST_NAMED_BRIEFLY, locale)))
    yield Field(say(locale, "panel.notes"), "\n".join(fit_lines(notes, LONGEST_FIELD)))


def _budget(budget: RoleBudget, locale: str) -> str:
    day, month = format_limit(budget.day_usd, locale), format_limit(budget.month_usd, locale)
    return say(locale, "panel.budget", role=budget.role_id, day=day, month=month)


def _name(items: Sequence[str], most: int, locale: str) -> str:
    """The items with commas between them, and how many there are besides."""
    named = list(items[:most])
    if len(items) > most:
        named.append(say(locale, "panel.more", count=len(items) - most))
    return ", ".join(named)
