"""Every sentence has its place in the catalogue, and every place its sentence."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from bot.errors import Reason, Refused
from bot.jobs import JobStatus
from bot.provider import MODELS, OPTIONS
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, get_locales, say, say_refused

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"^[-_'\w]{1,32}$")
MOST_SENTENCE = 900
LONGEST = {
    r"command\..*\.description": 100,
    r"menu\..*": 32,
    r"button\..*": 34,
    r"form\.(days_wrong|alt_hint)": 100,
    r"form\..*|setting\.[^.]+\.name": 45,
    r"(model|reject|pick|kind|choice|history\.shelf)\..*|family\.(before|after)": 100,
    r"status\..*\.title": 100,
}
"""What Discord takes, by key; of a button it shows about so much."""


def placeholders(sentence: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_has_words(status: JobStatus) -> None:
    """A title for each, and a text unless the pictures speak for themselves."""
    assert say(DEFAULT_LOCALE, f"status.{status}.title")
    assert f"status.{status}.text" in get_catalogue(DEFAULT_LOCALE)


def test_every_reason_has_words_and_no_words_are_left_over() -> None:
    """Reasons and their sentences are the same set."""
    spoken = {key.removeprefix("reason.") for key in get_catalogue(DEFAULT_LOCALE) if key.startswith("reason.")}
    assert spoken == {reason.value for reason in Reason}


def test_every_model_and_option_has_words() -> None:
    """A new row in the table of models is not offered without saying what it is good for."""
    catalogue = get_catalogue(DEFAULT_LOCALE)
    assert {key.removeprefix("model.") for key in catalogue if key.startswith("model.")} == set(MODELS)
    assert all(len(catalogue[f"model.{name}"]) <= 100 for name in MODELS)
    assert all(catalogue[f"command.img2img.{name}.description"] for name in OPTIONS)


@pytest.mark.parametrize("locale", sorted(get_locales()))
def test_every_language_says_the_same(locale: str) -> None:
    """The same keys with the same placeholders in every language."""
    english, other = get_catalogue(DEFAULT_LOCALE), get_catalogue(locale)
    assert other.keys() == english.keys()
    for key, sentence in other.items():
        assert placeholders(sentence) == placeholders(english[key]), key


@pytest.mark.parametrize("locale", sorted(get_locales()))
def test_command_words_fit_into_discord(locale: str) -> None:
    """Names of 1 to 32 lower-case characters, each once under its command or group (`words_add` is in `words`)."""
    catalogue, names = get_catalogue(locale), dict[str, list[str]]()
    for key, sentence in catalogue.items():
        if key.startswith("command.") and key.endswith(".name"):
            assert NAME.match(sentence), key
            assert sentence == sentence.lower(), key
            at, own, _ = key.rsplit(".", 2)
            group = f"{at}.{own.partition('_')[0]}"
            names.setdefault(group if f"{group}.name" in catalogue else at, []).append(sentence)
    for at, given in names.items():
        assert len(given) == len(set(given)), at


@pytest.mark.parametrize("locale", sorted(get_locales()))
def test_everything_fits_into_its_place(locale: str) -> None:
    """Descriptions, buttons, forms, choices and menus: as long as Discord takes them, or still reads well."""
    for key, sentence in get_catalogue(locale).items():
        longest = next((most for place, most in LONGEST.items() if re.fullmatch(place, key)), MOST_SENTENCE)
        assert len(sentence) <= longest, (key, len(sentence))


@pytest.mark.parametrize("locale", sorted(get_locales()))
def test_sentences_name_commands_as_they_are_called_there(locale: str) -> None:
    """Who types what a sentence says finds it."""
    catalogue = get_catalogue(locale)
    called = {key: name for key, name in catalogue.items() if key.startswith("command.") and key.endswith(".name")}
    for key, sentence in catalogue.items():
        for named in re.findall(r"`/([^`{}]*)`", sentence):
            top, *rest = [word for word in named.split() if ":" not in word]
            assert top in called.values(), (key, named)
            assert set(rest) <= set(called.values()), (key, named)


def test_every_reason_in_the_book_has_a_label() -> None:
    """Moderators read in their own language why a rule said no."""
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot/moderation").glob("*.py"))
    for name in set(re.findall(r"Reason\.([A-Z_]+)", rules)):
        assert f"label.{Reason[name]}" in get_catalogue(DEFAULT_LOCALE), name


def test_every_key_in_the_code_is_in_the_catalogue_and_used() -> None:
    """No sentence is asked for that does not exist, and none exists that nobody asks for."""
    code = "\n".join(
        path.read_text(encoding="utf-8") for room in ("bot", "cogs") for path in (ROOT / room).rglob("*.py")
    )
    for key in get_catalogue(DEFAULT_LOCALE):
        section, _, name = key.partition(".")
        if section in {"card", "door", "button"}:
            assert f'"{key}"' in code or f'"{name}"' in code, f"{key} is never said"


def test_no_sentence_lives_outside_the_catalogue() -> None:
    """What Discord is handed to show comes from the catalogue: no literal text in a door or a card."""
    shown = re.compile(
        r"(send_message|\.send|edit_message|answer_alone|title=|description=|label=)\(?\s*f?[\"'][^\"'{]*[a-z] [a-z]"
    )
    for room in ("cogs", "bot/replies", "bot/client.py"):
        path = ROOT / room
        for file in [path] if path.is_file() else path.rglob("*.py"):
            assert not shown.search(file.read_text(encoding="utf-8")), file


def test_options_in_a_refusal_are_named_as_the_member_sees_them() -> None:
    """A sentence in one language does not name an option in another."""
    for locale in sorted(get_locales()):
        told = say_refused(locale, Refused(Reason.OPTION_NUMBER, option="negative_prompt"))
        assert get_catalogue(locale)["command.img2img.negative_prompt.name"] in told
