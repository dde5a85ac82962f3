"""A guild's own rules about words."""

from dataclasses import asdict
from typing import Any

import pytest

from bot.moderation.patterns import TIMEOUTS_UNTIL_SLOW, Budget, Patterns
from bot.moderation.words import WordRule, WordRuleWrong, parse_word_rule
from bot.replies.texts import DEFAULT_LOCALE, say

GIVEN = {"name": "cats", "pattern": "cat*, red fox", "kind": "words", "action": "refuse", "message": "No cats."}
EVIL, VICTIM = r"(a|aa)+$", "a" * 100 + "!"


def find(pattern: str, text: str, kind: str = "words") -> str | None:
    """What a rule finds in a text."""
    return parse_word_rule(GIVEN | {"pattern": pattern, "kind": kind}).find(text, Patterns(), Budget())


def test_a_rule_is_read_and_written_again() -> None:
    """JSON in, the same JSON out; a message need not be."""
    assert parse_word_rule(GIVEN) == WordRule("cats", "cat*, red fox", "words", "refuse", "No cats.")
    assert asdict(parse_word_rule(GIVEN)) == GIVEN
    assert parse_word_rule({key: GIVEN[key] for key in GIVEN if key != "message"}).message == ""


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"name": " "}, "rule_name"),
        ({"name": "x" * 41}, "rule_name"),
        ({"pattern": ""}, "rule_pattern"),
        ({"pattern": "x" * 261}, "rule_pattern"),
        ({"message": "x" * 151}, "rule_message"),
        ({"kind": "glob"}, "rule_kind"),
        ({"action": "ban"}, "rule_action"),
        ({"name": 7}, "rule_text"),
        ({"extra": "x"}, "rule_fields"),
        ({"pattern": "*, ,*"}, "rule_no_word"),
        ({"kind": "regex", "pattern": "("}, "rule_unusable"),
        ({"kind": "regex", "pattern": "a{99999}"}, "rule_unusable"),
        ({"kind": "regex", "pattern": "cat|"}, "rule_matches_all"),
        ({"kind": "regex", "pattern": r"(?:^|$|\A|\Z){12}(?<=x)"}, "rule_slow"),
    ],
)
def test_a_mistake_is_one_sentence(change: dict[str, Any], mistake: str) -> None:
    """What is wrong, as a key of the catalogue with what its sentence needs."""
    with pytest.raises(WordRuleWrong) as caught:
        parse_word_rule(GIVEN | change)
    assert caught.value.problem == mistake
    assert say(DEFAULT_LOCALE, f"mistake.{mistake}", **caught.value.values)


@pytest.mark.parametrize("given", [None, "cat", [GIVEN]])
def test_what_is_no_rule_is_a_mistake(given: Any) -> None:
    """A file may hold anything."""
    with pytest.raises(WordRuleWrong, match="rule_fields"):
        parse_word_rule(given)


@pytest.mark.parametrize("text", ["a Category", "the red-fox red  fox", "c a t", "ｃат", "c4t", "RED FÓX"])
def test_words_are_found_in_disguise(text: str) -> None:
    """Look-alikes, digits, spaced letters, accents."""
    assert find("cat*, red fox", text) is not None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("sword", "_sword_"),
        ("sword", "a_sword_fight"),
        ("sword", "a\u200bsword\u200bfight"),
        ("sword", "s**w**ord"),
        ("sword", "sw-ord"),
        ("sword", "s.w o.r d"),
        ("sword", "sword1"),
        ("brand logo", "brand-logo"),
        ("brand logo", "brand*logo"),
        ("brand logo", "brand, logo"),
        ("brand logo", "brand_logo"),
        ("brand logo", "brand\u200blogo"),
        ("c++", "I like c++"),
    ],
)
def test_one_keystroke_hides_nothing(pattern: str, text: str) -> None:
    """Marks within a word or around it, and anything between those of a phrase."""
    assert find(pattern, text) is not None


def test_an_accent_in_the_rule_is_none_either() -> None:
    """Members leave accents out."""
    assert find("niño", "nino") == "nino"


@pytest.mark.parametrize("text", ["concatenate", "a redfox", "the red big fox", "c at"])
def test_other_words_are_left_alone(text: str) -> None:
    """Whole words, unless a star says otherwise."""
    assert find("cat*, red fox", text) is None


def test_a_regex_ignores_case_and_what_is_invisible() -> None:
    """It is found in what can be seen, and shown as it is written there."""
    assert find(r"\bc.t\b", "a C\u200bAT", "regex") == "CAT"
    assert find(r"\bcat\b", "a\u200bcat\u200bfight", "regex") == "cat"
    assert find(r"\bc.t\b", "a c a t", "regex") is None


def test_a_slow_regex_is_known_in_the_end() -> None:
    """It holds up three judgements, and no fourth; of each, the budget says that nobody knows."""
    rule, patterns = parse_word_rule(GIVEN | {"kind": "regex", "pattern": EVIL}), Patterns()
    for _ in range(TIMEOUTS_UNTIL_SLOW):
        budget = Budget()
        assert rule.find(VICTIM, patterns, budget) is None
        assert budget.missed(rule)
    assert [unusable.pattern for unusable in patterns.list_unusable(rule, [rule.pattern])] == [EVIL]
