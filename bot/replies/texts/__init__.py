"""Every sentence a person reads, by locale. Nothing else in the program holds wording."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from bot.replies.plain import format_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.errors import Refused

DEFAULT_LOCALE = "en-US"
SPOKEN_ALIKE = {"en-GB": "en-US", "es-419": "es-ES"}
"""Locales that read another one's catalogue."""
LONGEST_MESSAGE = 200
WRITTEN = frozenset({"message", "preset", "presets"})
"""The values in sentences that are other people's words."""


@cache
def get_catalogue(locale: str) -> Mapping[str, str]:
    """All sentences of one locale, by dotted key. Empty for a locale nobody has written yet."""
    written = SPOKEN_ALIKE.get(locale, locale)
    if written not in get_locales():
        return {}
    files = (file for file in (resources.files(__name__) / written).iterdir() if file.name.endswith(".toml"))
    return {key: text for file in files for key, text in _flatten(tomllib.loads(file.read_text(encoding="utf-8")))}


@cache
def get_locales() -> frozenset[str]:
    """The locales that have a catalogue, in Discord's spelling."""
    entries = resources.files(__name__).iterdir()
    return frozenset(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("_"))


def get_translations(key: str) -> dict[str, str]:
    """What a key says in each locale that Discord may ask for and that has a catalogue."""
    spoken = {locale: get_catalogue(locale) for locale in sorted(get_locales() | SPOKEN_ALIKE.keys())}
    return {locale: catalogue[key] for locale, catalogue in spoken.items() if key in catalogue}


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, str(value)


def say(locale: str, key: str, /, **values: object) -> str:
    """The sentence for a key in this locale, or in English where it is missing there."""
    sentence = get_catalogue(locale).get(key) or get_catalogue(DEFAULT_LOCALE)[key]
    return sentence.format(**values)


def name_option(locale: str, option: str) -> str:
    """What an option of `/img2img` is called there."""
    return say(locale, f"command.img2img.{option}.name")


def say_refused(locale: str, refused: Refused) -> str:
    """The sentence for a refusal, with options as they are called there. What people wrote is shown as it was typed."""
    written = {name: refused.values[name] for name in WRITTEN & refused.values.keys()}
    values = refused.values | {name: format_safe(str(text), LONGEST_MESSAGE) for name, text in written.items()}
    if "option" in values:
        values["option"] = name_option(locale, str(values["option"]))
    return say(locale, f"reason.{refused.reason}", **values)
