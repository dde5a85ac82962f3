"""The small language of the pack."""

import re

import pytest

from bot.moderation.folding import fold
from bot.moderation.sequences import compile_sequences, list_beginnings, list_heads

LISTS = {
    "drop": ["drop", "let go of", "<give> up"],
    "give": ["give", "giving"],
    "my": ["my", "the", "all"],
    "hat": ["hat", "hats"],
}
CASES = [
    ("hat", "a hat, red", "hat"),
    ("hat", "a hat2", "hat"),
    ("hat", "hatter", None),
    ("hat*", "the hatter", "hatter"),
    ("*hat", "a sunhat", "sunhat"),
    ("red hat", "a red-hat", "red-hat"),
    ("red hat", "a red 🔥 hat", "red 🔥 hat"),
    ("red hat", "a red, hat", None),
    ("red hat", "redhat", None),
    ("<drop> <hat>", "I drop hats", "drop hats"),
    ("<drop> <hat>", "giving up hats", "giving up hats"),
    ("<drop> [my] <hat>", "let go of all the hats", "let go of all the hats"),
    ("<drop> [my] <hat>", "drop hat", "drop hat"),
    ("<drop> [my] <hat>", "drop her hat", None),
    ("drop .. hat", "drop one two three hat", "drop one two three hat"),
    ("drop .. hat", "drop one two three four hat", None),
    ("drop .. hat", "drop one. hat", None),
    ("red <hat> !<drop>", "red hats", "red hats"),
    ("red <hat> !<drop>", "red hat drop", None),
    ("red <hat> !<drop>", "red hat, drop", "red hat"),
    ("<age> years", "17 years", "17 years"),
    ("<age> years", "17-years", "17-years"),
    ("<age> years", "17years", "17years"),
    ("<age> years", "18 years", None),
    ("<age> years", "117 years", None),
    ("<age> years", "1,017 years", None),
    ("äh", "ah", "ah"),
    ("drop , my hat", "drop, my hat", "drop, my hat"),
    ("drop , my hat", "drop my hat", "drop my hat"),
    ("drop , my hat", "drop. my hat", None),
]
UNSPACED = [
    ("服を脱", "彼女の服を脱がせて", "服を脱"),
    ("<age> 歳", "14歳", "14歳"),
    ("ロリ", "カロリー", None),
    ("ロリ", "ロリの絵", "ロリ"),
    ("裸の <hat>", "裸の hat", "裸の hat"),
]


@pytest.mark.parametrize(("sequence", "text", "found"), CASES)
def test_a_sequence_finds(sequence: str, text: str, found: str | None) -> None:
    """Words in order, in one clause."""
    match = compile_sequences([sequence], LISTS, spaced=True).search(text)
    assert (match and match[0]) == found


@pytest.mark.parametrize(("sequence", "text", "found"), UNSPACED)
def test_without_spaces(sequence: str, text: str, found: str | None) -> None:
    """Anywhere, but words in katakana are whole."""
    match = compile_sequences([sequence], LISTS, spaced=False).search(text)
    assert (match and match[0]) == found


@pytest.mark.parametrize(("sequence", "text", "found", "spaced"), [
    *((*case, True) for case in CASES if not case[0].startswith("*")),
    *((*case, False) for case in UNSPACED),
    ("[my] <hat>", "hats", "hats", True),
    ("<age> years", "xx٥ years", "٥ years", True),
    ("dro*", "dropped", "dropped", True),
])  # fmt: skip
def test_what_a_text_has_can_be_told_by_its_heads(sequence: str, text: str, found: str | None, spaced: bool) -> None:
    """Never is a sequence in a text of which its beginnings say that it cannot be."""
    beginnings = list_beginnings([sequence], LISTS, spaced=spaced)
    assert found is None or not beginnings.isdisjoint(list_heads(fold(text)))
    assert beginnings.isdisjoint(list_heads("nothing of it"))


@pytest.mark.parametrize("sequence", ["*hat", "ha*", "+"])
def test_without_a_beginning_there_is_no_telling(sequence: str) -> None:
    """Whoever writes such a sequence is told."""
    with pytest.raises(ValueError, match=re.escape(sequence)):
        list_beginnings([sequence], LISTS, spaced=True)


def test_many_are_found_like_each() -> None:
    """Sequences that share a beginning do not hide one another."""
    pattern = compile_sequences(["red", "red hat", "red hot", "redder", "<drop> it"], LISTS, spaced=True)
    assert [match[0] for match in pattern.finditer("red; red hat; red hot; redder; drop it")] == [
        "red",
        "red hat",
        "red hot",
        "redder",
        "drop it",
    ]


def test_no_sequences_find_nothing() -> None:
    """A language may have none of a kind."""
    assert compile_sequences([], {}, spaced=True).search("anything") is None
