"""Every sentence has its place in the catalogue, and every place its sentence."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from bot.errors import Reason
from bot.jobs import JobStatus
from bot.provider import MODELS, OPTIONS
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, get_locales, say

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"^[-_'\w]{1,32}$")


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
    """Names of 1 to 32 lower-case characters, descriptions of 1 to 100."""
    for key, sentence in get_catalogue(locale).items():
        if key.startswith("command.") and key.endswith(".name"):
            assert NAME.match(sentence), key
            assert sentence == sentence.lower(), key
        if key.startswith("command.") and key.endswith(".description"):
            assert 1 <= len(sentence) <= 100, key


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
