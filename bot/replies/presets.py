"""Presets as moderators read them in a list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.replies.plain import format_safe, format_share
from bot.replies.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.presets import Preset

LONGEST_NAME = 32
LONGEST_TEMPLATE = 200


def format_presets(presets: Sequence[Preset], models: Collection[str], locale: str) -> list[str]:
    """A text for each. `models`: those on offer, without which a preset that chooses one cannot be used."""
    return [_format(preset, models, locale) for preset in presets]


def _format(preset: Preset, models: Collection[str], locale: str) -> str:
    name, template = format_safe(preset.name, LONGEST_NAME), format_safe(preset.template, LONGEST_TEMPLATE)
    choices = " · ".join(_choices(preset, locale))
    line = say(locale, "settings.preset_line", name=name, template=template)
    if choices:
        line = say(locale, "settings.preset_line_choices", name=name, template=template, choices=choices)
    if preset.model and preset.model not in models:
        line += say(locale, "settings.preset_unusable", model=preset.model)
    return line


def _choices(preset: Preset, locale: str) -> Iterator[str]:
    """What it chooses, each with its name."""
    chosen = {"model": preset.model}
    if preset.strength is not None:
        chosen["strength"] = format_share(preset.strength)
    if preset.guidance is not None:
        chosen["guidance"] = f"{preset.guidance:g}"
    return (f"{say(locale, f'card.{name}')} {value}" for name, value in chosen.items() if value)
