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

from bot.moderation.folding import clean, readings
from bot.moderation.sequences import GAP, LETTER, compile_sequences, list_beginnings, list_heads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Family = Literal["minors", "undress", "sexual"]
Said = dict[str, str]
"""By language, the words that were found."""

LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "tr"})
EVERY_LANGUAGE = "mul"
"""ISO 639's word for many languages: what is said alike in all of them."""
KINDS = ("harmless", "bare", "somebody", "undress", "dressed", "worn", "nude", "sexual", "suggestive", "minor")

CLAUSE_END = re.compile(r"[.,;:!?()\[\]|]")
"""What no sequence goes across, but for the gap that may have a comma, in the text as it stands."""
ITEM_END = re.compile(r"[,;:.|+/&、]|\band\b")
WORD_BEFORE = re.compile(rf"({LETTER}+){GAP}$")
GAP_BEHIND = re.compile(GAP)
LONGEST_BEFORE = 30


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
    texts = _read(text)
    undress, nude, sexual = (_find(kind, texts) for kind in ("undress", "nude", "sexual"))
    undress |= _find_unwanted(without)
    hits = [PackHit("minors", *found) for found in _find_minors(texts, nude | undress | sexual)]
    wanted = (languages or LANGUAGES) | {EVERY_LANGUAGE}
    # Whoever asks a bot that is given photos for nakedness asks to undress somebody, and for sexual content, too.
    hits += [PackHit("undress", language, said) for language, said in (nude | undress).items() if language in wanted]
    hits += [PackHit("sexual", language, said) for language, said in (nude | sexual).items() if language in wanted]
    return hits


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is left of one way a text may be meant, and how its words begin."""

    text: str
    heads: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What a language says of a kind. Most of it cannot be in a text, which its words' beginnings tell at once."""

    pattern: re.Pattern[str]
    beginnings: frozenset[str]

    def may_be_in(self, reading: _Reading) -> bool:
        return not self.beginnings.isdisjoint(reading.heads)


def _read(text: str) -> list[_Reading]:
    """Every way it may be meant, without what is harmless. Of all but the first, only the clauses that are new."""
    first, *others = readings(text)
    texts, known = [first], set(CLAUSE_END.split(first))
    for other in others:
        clauses = [clause for clause in dict.fromkeys(CLAUSE_END.split(other)) if clause not in known]
        known.update(clauses)
        texts += ["|".join(clauses)] if clauses else []
    return [_take_out_harmless(_Reading(each, list_heads(each))) for each in texts]


def _find_minors(texts: list[_Reading], sexual: Said) -> Iterator[tuple[str, str]]:
    """What is sexual or only suggestive, together with somebody under 18, wherever in the text."""
    what = next(iter((sexual or _find("suggestive", texts)).values()), None)
    if what is not None:
        yield from ((language, f"{what} + {who}") for language, who in _find("minor", texts).items())


def _find(kind: str, texts: list[_Reading]) -> Said:
    said: Said = {}
    for language, sought in get_pack().items():
        places = (sought[kind].pattern.search(each.text) for each in texts if sought[kind].may_be_in(each))
        found = next(filter(None, places), None)
        if found is not None:
            said[language] = found[0]
    return said


def _find_unwanted(without: str) -> Said:
    """Clothes in a negative prompt. Who does not want nakedness either, wants no underwear to be seen."""
    texts = [read for line in clean(without).splitlines() for read in readings(line)]
    items = {item.strip() for text in texts for item in ITEM_END.split(text)}
    said = _find_items("dressed", items)
    worn = _find_items("worn", items)
    if worn and not any(_find(kind, _read(without)) for kind in ("nude", "sexual")):
        said |= worn
    return said


def _find_items(kind: str, items: Iterable[str]) -> Said:
    """What stands alone between commas: a negative prompt is a list."""
    return {
        language: item
        for language, sought in get_pack().items()
        for item in sorted(items)
        if sought[kind].pattern.fullmatch(item) is not None
    }


def _take_out_harmless(reading: _Reading) -> _Reading:
    """A bar instead of what is known to be harmless, which ends a clause: nothing goes together across it."""
    text = reading.text
    for sought in get_pack().values():
        if sought["harmless"].may_be_in(reading):
            text = sought["harmless"].pattern.sub("|", text)
        if sought["bare"].may_be_in(reading):
            text = sought["bare"].pattern.sub(_take_out_unless_beside_somebody, text)
    return _Reading(text, reading.heads)


def _take_out_unless_beside_somebody(found: re.Match[str]) -> str:
    """So that "naked truth" covers nothing in "naked truth woman", nor in "woman naked truth"."""
    before = WORD_BEFORE.search(found.string, max(0, found.start() - LONGEST_BEFORE), found.start())
    gap = GAP_BEHIND.match(found.string, found.end())
    somebody = [sought["somebody"].pattern for sought in get_pack().values()]
    beside = (before is not None and any(each.fullmatch(before[1]) for each in somebody)) or (
        gap is not None and any(each.match(found.string, gap.end()) for each in somebody)
    )
    return found[0] if beside else "|"


@cache
def get_pack() -> Mapping[str, Mapping[str, _Sought]]:
    """The pack as it is shipped, by language and kind."""
    file = resources.files("bot.moderation") / "pack.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {language: _compile(table) for language, table in tables.items()}


def _compile(table: Mapping[str, Any]) -> Mapping[str, _Sought]:
    lists, spaced = table.get("lists", {}), table.get("spaced", True)
    return {
        kind: _Sought(
            compile_sequences(table.get(kind, ()), lists, spaced=spaced),
            list_beginnings(table.get(kind, ()), lists, spaced=spaced),
        )
        for kind in KINDS
    }
