"""A guild's own AutoMod rules, held against text."""

import random
import string
import time
from typing import Any

import pytest

from bot.moderation.automod import AutoModRule, parse_rule
from bot.moderation.patterns import Budget, Patterns

PAYLOAD: dict[str, Any] = {
    # The example of Discord's documentation, with everything a keyword rule may have.
    "id": "969707018069872670",
    "guild_id": "613425648685547541",
    "name": "Keyword Filter 1",
    "creator_id": "423457898095789043",
    "trigger_type": 1,
    "event_type": 1,
    "actions": [
        {"type": 1, "metadata": {"custom_message": "Please keep it clean."}},
        {"type": 2, "metadata": {"channel_id": "123456789123456789"}},
        {"type": 3, "metadata": {"duration_seconds": 60}},
    ],
    "trigger_metadata": {
        "keyword_filter": ["cat*", "*dog", "*ana*", "i like c++"],
        "regex_patterns": ["(b|c)at", "^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$"],
        "allow_list": ["caterpillar", "bat signal"],
    },
    "enabled": True,
    "exempt_roles": ["323456789123456789"],
    "exempt_channels": ["523456789123456789"],
}


def find(text: str, **fields: Any) -> str | None:
    """What a rule finds in a text."""
    return AutoModRule(1, "rule", **fields).find(text, Patterns(), Budget())


def parsed(**changes: Any) -> AutoModRule:
    """The documented rule with changes."""
    rule = parse_rule(PAYLOAD | changes)
    assert rule is not None
    return rule


def test_a_rule_is_read() -> None:
    """Everything a judgement needs."""
    assert parse_rule(PAYLOAD) == AutoModRule(
        id=969707018069872670,
        name="Keyword Filter 1",
        keywords=("cat*", "*dog", "*ana*", "i like c++"),
        patterns=("(b|c)at", "^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$"),
        allow_list=("caterpillar", "bat signal"),
        exempt_roles=frozenset({323456789123456789}),
        exempt_channels=frozenset({523456789123456789}),
        custom_message="Please keep it clean.",
    )


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"event_type": 2}, {"trigger_type": 3}, {"trigger_type": 5}, {"trigger_type": 6}]
)
def test_other_rules_are_none(change: dict[str, Any]) -> None:
    """Those that are off, about profiles, or about spam."""
    assert parse_rule(PAYLOAD | change) is None


def test_a_bare_rule_is_read() -> None:
    """Discord may leave out or empty what does not apply."""
    bare = {"id": "1", "name": "bare", "enabled": True, "event_type": 1, "trigger_type": 1}
    assert parse_rule(bare | {"actions": [{"type": 1, "metadata": None}], "trigger_metadata": None}) == AutoModRule(
        1, "bare"
    )


def test_lists_that_discord_keeps_are_known_as_such() -> None:
    """They are on, and nobody but Discord can look for them."""
    rule = parsed(trigger_type=4, trigger_metadata={"presets": [1, 3, 99], "allow_list": []})
    assert rule.preset
    assert rule.presets == ("profanity", "slurs")
    assert rule.find("cat", Patterns(), Budget()) is None
    assert not parsed().preset


def test_a_rule_that_only_alerts_does_not_block() -> None:
    """On Discord the message would go through, and moderators be told."""
    assert not parsed(actions=[{"type": 2, "metadata": {"channel_id": "1"}}]).blocks
    assert parsed(actions=[{"type": 3, "metadata": {"duration_seconds": 60}}]).blocks
    assert parsed().blocks


@pytest.mark.parametrize(
    ("channels", "roles", "applies"),
    [
        ({1, 2}, {3}, True),
        ({1, 523456789123456789}, {3}, False),
        ({1}, {3, 323456789123456789}, False),
        (set(), set(), True),
    ],
)
def test_exempt_places_and_roles(channels: set[int], roles: set[int], applies: bool) -> None:
    """The channel, what it belongs to, or any role is enough."""
    assert parsed().applies(frozenset(channels), frozenset(roles)) is applies


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a Category", "category"),
        ("hotdog!", "hotdog"),
        ("two bananas", "bananas"),
        ("I  like C++", "i like c++"),
        ("c\u200bat", "cat"),
        ("ＣＡＴ", "cat"),
        ("Bat", "Bat"),
        ("\n127.0.0.1\n", "127.0.0.1"),
        ("a caterpillar", None),
        ("a caterpillar and a cat", "cat"),
        ("the BAT SIGNAL", None),
        ("the bat signal and a bat", "bat"),
        ("a bird", None),
        ("", None),
    ],
)
def test_a_rule_finds_its_words_and_spares_what_it_allows(text: str, found: str | None) -> None:
    """Keywords and patterns alike; only the allowed words are spared, not the text around them."""
    assert parsed().find(text, Patterns(), Budget()) == found


@pytest.mark.parametrize(
    ("allowed", "found"), [("good bad", "bad word"), ("*bad word*", None), ("bad", "bad word"), ("so bad word", None)]
)
def test_only_what_is_allowed_as_a_whole_is_spared(allowed: str, found: str | None) -> None:
    """An allowed phrase that covers a part of what was found does not spare the rest."""
    assert (
        find(
            "a good bad word" if allowed == "good bad" else "so bad word", keywords=("bad word",), allow_list=(allowed,)
        )
        == found
    )


@pytest.mark.parametrize("text", ["_cat_", "a_cat_fight", "a\u200bcat\u200bfight", "c\u200bat"])
def test_neither_marks_nor_what_is_hidden_cover_a_keyword(text: str) -> None:
    """Discord would show a cat."""
    assert find(text, keywords=("cat",)) == "cat"


def test_an_underscore_does_not_make_the_allow_list_laxer() -> None:
    """What it spares ends where Discord says that a word ends."""
    assert find("a cat_fight", keywords=("*cat*",), allow_list=("cat",)) == "cat"
    assert find("a cat", keywords=("*cat*",), allow_list=("cat",)) is None


def test_a_pattern_sees_the_text_as_written_and_as_it_looks() -> None:
    """Who is after odd characters finds them, and who is after words finds words made of them."""
    assert find("x\u0337\u0321\u0337", patterns=(r"[\u0300-\u036f]{2}",)) == "\u0337\u0321"
    assert find("ｃａｔ", patterns=("cat",)) == "cat"


def test_space_around_a_text_is_not_part_of_it() -> None:
    """Discord takes it away, too."""
    assert find(" cat ", patterns=(r"^\s|\s$",)) is None
    assert find(" cat ", patterns=("^cat$",)) == "cat"


def test_a_pattern_that_matches_nothing_matches() -> None:
    """As on Discord, where such a rule blocks every message."""
    assert find("anything", patterns=("x*",)) == ""


def test_six_thousand_keywords_take_no_time() -> None:
    """As many as a guild may have, against the longest text; 5 ms measured, twenty times that is an accident."""
    chance = random.Random(1)  # noqa: S311 (no secret)

    def words(count: int) -> tuple[str, ...]:
        return tuple("".join(chance.choices(string.ascii_lowercase, k=9)) + "*" for _ in range(count))

    rules = [AutoModRule(number, "rule", words(1000), allow_list=words(100)) for number in range(6)]
    text = " ".join(words(220)).replace("*", "")
    started = time.process_time()
    assert [rule.find(text, Patterns(), Budget()) for rule in rules] == [None] * 6
    assert time.process_time() - started < 0.1
