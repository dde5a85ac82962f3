"""Words and phrases as AutoMod knows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.folding import plain
from bot.moderation.phrases import FEW, find_all, parse_phrase, parse_phrases

DOCUMENTED = [
    # https://discord.com/developers/docs/resources/auto-moderation#auto-moderation-rule-object-keyword-matching-strategies
    ("cat*", ("catch", "Catapult", "CAttLE"), ("bobcat", "the lcat")),
    ("tra*", ("train", "trade", "TRAditional"), ("extra", "ultra")),
    ("the mat*", ("the matrix", "on The Mattress"), ("the format", "a mat")),
    ("*cat", ("wildcat", "copyCat"), ("category", "cats")),
    ("*tra", ("extra", "ultra", "orchesTRA"), ("train",)),
    ("*the mat", ("breathe mat",), ("the matrix",)),
    ("*cat*", ("location", "eduCation"), ("dog", "c a t")),
    ("*tra*", ("abstracted", "outrage"), ("start",)),
    ("*the mat*", ("breathe matter",), ("the  rmat",)),
    ("cat", ("cat", "a CAT sat"), ("category", "bobcat", "cat5")),
    ("train", ("Train", "the train left"), ("trainer", "strain")),
    ("the mat", ("The Mat", "on the   mat today"), ("the matrix", "breathe mat", "the big mat")),
]
DECIDED = [
    # Where the documentation is silent: anything that is no letter or digit ends a word.
    ("cat", ("_cat_", "__cat__", "a_cat_fight", "cat_1"), ("_cats_",)),
    ("cat", ("a cat.", "(cat)", "cat!", "cat-like", "the cat's", "cat,dog", "„cat“", "🐱cat🐱"), ("çat", "catá")),
    ("c++", ("c++", "I like C++."), ("ac++",)),
    ("--", ("a---",), ("a--",)),
    ("🍆", ("🍆🍆", "an 🍆"), ("🍅",)),
    ("ca\u200bt", ("c\u00adat",), ()),
    ("café", ("CAFE\u0301",), ("cafe",)),
    ("ло", ("ло",), ("слово", "лоб")),
    ("*ло*", ("слово",), ()),
    ("*裸*", ("裸の人",), ()),
]


@pytest.mark.parametrize(("written", "found", "missed"), DOCUMENTED + DECIDED)
def test_a_keyword_finds_what_is_documented(written: str, found: tuple[str, ...], missed: tuple[str, ...]) -> None:
    """The cases of Discord's documentation, and those decided where it is silent."""
    phrases = parse_phrases([written], plain)
    assert [text for text in found if not list(find_all(phrases, plain(text)))] == []
    assert [text for text in missed if list(find_all(phrases, plain(text)))] == []


@pytest.mark.parametrize(
    ("written", "said"), [("*cat*", "educations"), ("edu*", "educations"), ("cat*", None), ("*ons", "educations")]
)
def test_a_star_takes_the_rest_of_the_word(written: str, said: str | None) -> None:
    """What is found is shown as whole words."""
    text = "more educations now"
    spans = list(find_all(parse_phrases([written], plain), text))
    assert [text[start:end] for start, end in spans] == ([said] if said else [])


@pytest.mark.parametrize("written", ["", " ", "*", "**", " * ", "\u200b"])
def test_nothing_is_not_looked_for(written: str) -> None:
    """A star alone would be in every text."""
    assert parse_phrase(written, plain) is None


def test_what_glues_does_not_end_a_word() -> None:
    """For who asks for it: the rest of such a word belongs to it."""
    phrases = parse_phrases(["cat", "dog*"], plain)
    assert list(find_all(phrases, "cat_1 dog_1", "_")) == [(6, 11)]
    assert list(find_all(phrases, "cat_1 dog_1")) == [(0, 3), (6, 9)]


def test_every_place_is_found() -> None:
    """Not only the first, and not a part of a longer word between them."""
    assert list(find_all(parse_phrases(["ab"], plain), "ab abc ab")) == [(0, 2), (7, 9)]


@given(st.lists(st.text("abc *", min_size=1, max_size=5), max_size=8), st.text("abc ", max_size=30))
def test_looking_for_many_is_looking_for_each(written: list[str], text: str) -> None:
    """The shortcut for thousands of keywords leaves nothing out."""
    phrases = parse_phrases(written + [f"unseen{number}" for number in range(FEW)], plain)
    assert list(find_all(phrases, text)) == [span for phrase in phrases for span in phrase.find(text)]
