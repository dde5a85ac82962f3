"""A guild's own rules about words: lists of words and phrases as in AutoMod, or a regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from bot.moderation.folding import clean, fold, part_hidden, readings
from bot.moderation.patterns import Budget, PatternUnusable, compile_pattern
from bot.moderation.phrases import Phrase, find_all, parse_phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.moderation.patterns import Patterns

Kind = Literal["words", "regex"]
WordAction = Literal["refuse", "hold"]

LONGEST_NAME = 40
LONGEST_PATTERN = 260
LONGEST_MESSAGE = 150
"""The last two as in AutoMod."""
FIELDS = {"name", "pattern", "kind", "action", "message"}
NO_WORD = re.compile(r"[\W_]+|(?<=[^\W\d_])(?=\d)")
"""Between words: anything but letters and digits, and where a number is hung on a word."""


class WordRuleWrong(ValueError):
    """A rule that cannot be. `problem` is a key of the catalogue, and `values` fill its sentence."""

    def __init__(self, problem: str, **values: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.values = values


@dataclass(frozen=True, slots=True)
class WordRule:
    """`pattern`: for words `cat*, red fox`, separated by commas; for a regex, the regex, which ignores case.

    Words are found however they are disguised, whatever stands between those of a phrase. A regex sees what can be seen
    of a text, with nothing and with spaces for what is hidden, and nothing else is done for it.
    """

    name: str
    pattern: str
    kind: Kind
    action: WordAction
    message: str = ""

    def find(self, text: str, patterns: Patterns, budget: Budget) -> str | None:
        """What in the text the rule is about. Takes a while: call it in a thread."""
        if self.kind == "regex":
            texts = tuple(dict.fromkeys((clean(text).strip(), clean(part_hidden(text)).strip())))
            found = ((seen, span) for seen in texts for span in patterns.find(self, self.pattern, seen, budget))
        else:
            phrases = _phrases(self.pattern)
            found = ((read, span) for read in _read(text) for span in find_all(phrases, read))
        return next((seen[slice(*span)] for seen, span in found), None)


def parse_word_rule(given: Mapping[str, Any]) -> WordRule:
    """A rule from JSON. Raises `WordRuleWrong`."""
    if not isinstance(given, dict) or not given.keys() <= FIELDS:
        raise WordRuleWrong("rule_fields")
    texts = {key: given.get(key, "") for key in FIELDS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise WordRuleWrong("rule_text")
    name = _bounded("name", texts["name"], LONGEST_NAME, least=1)
    pattern = _bounded("pattern", texts["pattern"], LONGEST_PATTERN, least=1)
    message = _bounded("message", texts["message"], LONGEST_MESSAGE)
    if texts["kind"] not in get_args(Kind):
        raise WordRuleWrong("rule_kind")
    if texts["action"] not in get_args(WordAction):
        raise WordRuleWrong("rule_action")
    if texts["kind"] == "regex":
        _judge_regex(pattern)
    elif not _phrases(pattern):
        raise WordRuleWrong("rule_no_word")
    return WordRule(name, pattern, texts["kind"], texts["action"], message)


def _bounded(what: str, text: str, most: int, least: int = 0) -> str:
    text = text.strip()
    if not least <= len(text) <= most:
        raise WordRuleWrong(f"rule_{what}", least=least, most=most)
    return text


def _judge_regex(pattern: str) -> None:
    try:
        compiled = compile_pattern(pattern)
        matches_nothing = compiled.search("", timeout=Budget().seconds(), concurrent=True) is not None
    except PatternUnusable as error:
        raise WordRuleWrong("rule_unusable", why=str(error)) from error
    except TimeoutError as error:
        raise WordRuleWrong("rule_slow") from error
    if matches_nothing:
        raise WordRuleWrong("rule_matches_all")


@lru_cache(maxsize=8)  # every rule of a judgement asks for the same
def _read(text: str) -> tuple[str, ...]:
    """Every way the text may be meant, each once more with nothing but spaces between its words."""
    meant = readings(text)
    return tuple(dict.fromkeys((*meant, *(NO_WORD.sub(" ", read).strip() for read in meant))))


@lru_cache(maxsize=4096)
def _phrases(pattern: str) -> tuple[Phrase, ...]:
    return parse_phrases(pattern.replace("\n", ",").split(","), fold)
