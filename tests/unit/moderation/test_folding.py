"""Texts made comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.folding import clean, fold, plain, readings

DISGUISES = [
    "NUDE",
    "\uff2e\uff35\uff24\uff25",  # fullwidth
    "𝓷𝓾𝓭𝓮",
    "ⓝⓤⓓⓔ",
    "🅽🆄🅳🅴",
    "🅝🅤🅓🅔",
    "🇳🇺🇩🇪",
    "ɴᴜᴅᴇ",
    "n\u200bu\u2060d\u00ade",  # zero-width space, word joiner, soft hyphen
    "\u202enu\u202cde",  # directions
    "nu\ufe0fde",
    "n\u0335\u0322u\u0336d\u0334e\u0335",  # marks stacked on letters
    "nüdé",
    "nudе",  # Cyrillic
    "пude",
    "nυde",  # Greek
    "nud3",
    "n u d e",
    "n.u.d.e",
    "n - u - d - e",
    "n_u_d_e",
    "N\u200b U\u200b D\u200b E",
]
HARMLESS = [
    "a beautiful castle, 4k, 8k, 16 bit",
    "Samsung A55, 3D, R34, h264, B12",
    "он сказал, рот и нос",
    "καλημέρα κόσμε",
    "Łódź, Århus, Größe, niño",
    "裸足の女の子",
    "Ёлка и йод",
]


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_word_is_read(disguise: str) -> None:
    """However it is written, one reading has it, between other words, too."""
    assert "nude" in readings(disguise)
    assert "draw nude now" in readings(f"draw {disguise}  now")


@pytest.mark.parametrize("text", ["a n u d e", "a n.u.d.e"])
def test_an_article_before_spaced_letters_is_a_word(text: str) -> None:
    """The run may begin with a word of one letter."""
    assert "a nude" in readings(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("un-dress", "undress"),
        ("und.ress", "undress"),
        ("un**dress**", "undress"),
        ("s**w**ord", "sword"),
        ("s.w o.r d", "sword"),
        ("_nude_", "nude"),
        ("nude\u200bwoman", "nude woman"),
        ("remove (her) [hat]", "remove her hat"),
        ("||nude|| woman", "nude woman"),
        ("a_sword_fight", "a sword fight"),
    ],
)
def test_what_takes_words_apart_or_joins_them_is_seen_through(text: str, meant: str) -> None:
    """Hyphens, dots, brackets, Discord's marks, and what nobody sees."""
    assert meant in readings(text)


def test_what_ends_a_clause_stays() -> None:
    """Or else any two things in a list would be one."""
    assert all("," in read for read in readings("(transparent) umbrella, *red* dress"))


def test_spaced_words_stay_apart() -> None:
    """Wider gaps are gaps between words."""
    assert "remove her hat" in readings("r e m o v e  h e r  h a t")


def test_a_stroke_is_an_i_or_an_l() -> None:
    """Nobody can know which."""
    assert {"gir1", "giri", "girl"} == set(readings("gir1"))


def test_cyrillic_words_are_read_in_cyrillic() -> None:
    """Latin letters between Cyrillic ones pass for Cyrillic."""
    assert "голая" in readings("гoлaя")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_texts_have_one_reading(text: str) -> None:
    """Other alphabets, sizes and model numbers are what they are."""
    assert readings(text) == (fold(text),)


def test_the_first_reading_is_the_text() -> None:
    """What is harmless as it stands can be found as it stands: an age is no word."""
    assert readings("a 14yo boy named B0B")[0] == "a 14yo boy named b0b"


def test_letters_of_another_alphabet_are_proof_of_it() -> None:
    """A word of twins alone is read as Latin, but not beside letters that Latin does not have."""
    assert "sex" in readings("ѕех")
    assert readings("ехо ѕех и где") == ("ехо ѕех и где",)


@pytest.mark.parametrize(("text", "kept"), [("El AÑO", "el año"), ("İstanbul", "istanbul"), ("STRASSE", "straße")])
def test_plain_keeps_accents_and_drops_case(text: str, kept: str) -> None:
    """AutoMod's "año" is not "ano", and case is what Unicode says it is."""
    assert plain(text) == plain(kept)
    assert plain("año") != plain("ano")


@pytest.mark.parametrize(
    ("text", "folded"), [("AÑO", "ano"), ("Łódź", "lodz"), ("ёлка", "елка"), ("ｶﾞ", "ガ"), ("й", "й")]
)
def test_fold_drops_accents_of_latin_letters_only(text: str, folded: str) -> None:
    """In other scripts they make another letter."""
    assert fold(text) == folded


def test_clean_keeps_case_and_lines() -> None:
    """A regular expression may ask for both."""
    assert clean("\u200bＡb\n  Ç\u0000") == "Ab\n  Ç"


def test_marks_of_a_script_stay() -> None:
    """What makes up letters in India is not stacked on them."""
    assert plain("हिन्दी") == "हिन्दी"


@given(st.text(max_size=60))
def test_what_is_comparable_stays_so(text: str) -> None:
    """Folding twice is folding once, whatever comes."""
    for step in (clean, plain, fold):
        assert step(step(text)) == step(text)
    assert readings(text)[0] == fold(text)
