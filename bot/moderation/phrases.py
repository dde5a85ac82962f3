"""Words and phrases as moderators write them for Discord's AutoMod: `cat`, `cat*`, `*cat`, `*cat*`.

https://discord.com/developers/docs/resources/auto-moderation#auto-moderation-rule-object-keyword-matching-strategies
says that a whole word is "surrounded by whitespace". Here anything but a letter or a digit ends a word, so that
"(cat)", "a cat." and "_cat_", which Discord shows in italics, are found, too.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Span = tuple[int, int]

LOOK = 3
"""How many letters are looked at before a whole phrase is looked for."""
FEW = 100
"""Phrases that are looked for one by one sooner than such a set is made."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What to look for, and whether the word may go on in front of it or behind it."""

    core: str
    open_start: bool
    open_end: bool

    def find(self, text: str, glue: str = "") -> Iterator[Span]:
        """Where it is in a text that was made comparable like the phrase: from a word's start to a word's end.

        `glue`: what else does not end a word.
        """

        def goes_on(place: int) -> bool:
            return 0 <= place < len(text) and (_in_word(text[place]) or text[place] in glue)

        start = text.find(self.core)
        while start >= 0:
            begin, end = start, start + len(self.core)
            while self.open_start and goes_on(begin - 1):
                begin -= 1
            while self.open_end and goes_on(end):
                end += 1
            if not goes_on(begin - 1) and not goes_on(end):
                yield begin, end
            start = text.find(self.core, start + 1)


def parse_phrase(written: str, fold: Callable[[str], str]) -> Phrase | None:
    """A phrase as it is written, made comparable by `fold`. None where nothing is left to look for."""
    folded = fold(written).strip()
    core = folded.removeprefix("*").removesuffix("*").strip()
    return Phrase(core, folded.startswith("*"), folded.endswith("*")) if core else None


def parse_phrases(written: Iterable[str], fold: Callable[[str], str]) -> tuple[Phrase, ...]:
    """All of them that look for something, each once."""
    parsed = (parse_phrase(each, fold) for each in written)
    return tuple(dict.fromkeys(phrase for phrase in parsed if phrase is not None))


def find_all(phrases: Sequence[Phrase], text: str, glue: str = "") -> Iterator[Span]:
    """Where any of them is. Most of thousands do not even begin like anything in the text: a set tells that at once."""
    if len(phrases) > FEW:
        begins = {text[i : i + LOOK] for i in range(len(text))}
        phrases = [phrase for phrase in phrases if len(phrase.core) < LOOK or phrase.core[:LOOK] in begins]
    return (span for phrase in phrases for span in phrase.find(text, glue))


def _in_word(character: str) -> bool:
    """Whether a word goes on there; marks belong to their letters."""
    return character.isalnum() or (character > "\u02ff" and unicodedata.category(character)[0] == "M")
