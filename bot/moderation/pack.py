"""The pack: what people ask for when they mean to undress somebody, sexual content, and anything sexual with minors.

It looks for what is asked to be in a picture. In a negative prompt the same words ask for the opposite: "nude, nsfw,
naked" keeps a picture decent, and "clothes" does not.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from bot.moderation.folding import readings
from bot.moderation.sequences import compile_sequences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Family = Literal["minors", "undress", "sexual"]
Said = dict[str, str]
"""By language, the words that were found."""

LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "tr"})
EVERY_LANGUAGE = "mul"
"""ISO 639's word for many languages: what is said alike in all of them."""
KINDS = ("harmless", "undress", "dressed", "nude", "sexual", "suggestive", "minor")


ITEM_END = re.compile(r"[,;.|\n、]")


@dataclass(frozen=True, slots=True)
class PackHit:
    """Something the pack is about: the language it is said in, and the words. For minors: both that go together."""

    family: Family
    language: str
    matched: str


def judge_pack(text: str, languages: frozenset[str] = frozenset(), without: str = "") -> list[PackHit]:
    """What the pack finds in a prompt, the gravest first, each family once a language.

    `without` is the negative prompt: who does not want clothes wants somebody undressed. `languages` narrows down
    undressing and sexual content; none: all. With minors everything counts, in any language.
    Takes some milliseconds for a long text.
    """
    texts = [_take_out_harmless(reading) for reading in readings(text)]
    undress, nude, sexual = (_find(kind, texts) for kind in ("undress", "nude", "sexual"))
    undress |= _find_items("dressed", readings(without))
    hits = [PackHit("minors", *found) for found in _find_minors(texts, nude | undress | sexual)]
    wanted = (languages or LANGUAGES) | {EVERY_LANGUAGE}
    # Whoever asks a bot that is given photos for nakedness asks to undress somebody, and for sexual content, too.
    hits += [PackHit("undress", language, said) for language, said in (nude | undress).items() if language in wanted]
    hits += [PackHit("sexual", language, said) for language, said in (nude | sexual).items() if language in wanted]
    return hits


def _find_minors(texts: list[str], sexual: Said) -> Iterator[tuple[str, str]]:
    """What is sexual or only suggestive, together with somebody under 18, wherever in the text."""
    what = next(iter((sexual or _find("suggestive", texts)).values()), None)
    if what is not None:
        yield from ((language, f"{what} + {who}") for language, who in _find("minor", texts).items())


def _find(kind: str, texts: list[str]) -> Said:
    said: Said = {}
    for language, patterns in get_pack().items():
        found = next(filter(None, map(patterns[kind].search, texts)), None)
        if found is not None:
            said[language] = found[0]
    return said


def _find_items(kind: str, texts: Iterable[str]) -> Said:
    """What stands alone between commas: a negative prompt is a list."""
    items = [item.strip() for text in texts for item in ITEM_END.split(text)]
    return {
        language: item
        for language, patterns in get_pack().items()
        for item in items
        if patterns[kind].fullmatch(item) is not None
    }


def _take_out_harmless(text: str) -> str:
    """A bar instead of what is known to be harmless, which ends a clause: nothing goes together across it."""
    for patterns in get_pack().values():
        text = patterns["harmless"].sub("|", text)
    return text


@cache
def get_pack() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    """The pack as it is shipped, by language and kind."""
    file = resources.files("bot.moderation") / "pack.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {language: _compile(table) for language, table in tables.items()}


def _compile(table: Mapping[str, Any]) -> Mapping[str, re.Pattern[str]]:
    lists, spaced = table.get("lists", {}), table.get("spaced", True)
    return {kind: compile_sequences(table.get(kind, ()), lists, spaced=spaced) for kind in KINDS}
