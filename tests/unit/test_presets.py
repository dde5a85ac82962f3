"""What a preset can be, what an operator may write into a file, and the presets that Repaint comes with."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from bot.moderation.pack import judge_pack
from bot.presets import (
    LONGEST_NAME,
    LONGEST_TEMPLATE,
    MOST_OF_OPERATOR,
    PROMPT,
    WRONG,
    Preset,
    PresetWrong,
    fill,
    find_preset,
    parse_preset,
    read_presets,
)
from bot.provider import MODELS
from bot.replies.texts import DEFAULT_LOCALE, say
from sandbox.painter import find_style

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = {"name": "Oil", "template": "{prompt}, oil on canvas", "model": "dev", "strength": 0.6, "guidance": 3.5}


def test_a_preset_is_read_and_written_again() -> None:
    """JSON in, the same JSON out; only name and words need to be there."""
    assert asdict(parse_preset(GIVEN)) == GIVEN
    assert parse_preset({"name": "Oil", "template": "{prompt} in oil"}) == Preset("Oil", "{prompt} in oil")


@pytest.mark.parametrize(
    ("template", "stored", "words"),
    [
        ("oil on canvas", "{prompt}, oil on canvas", "a cat, oil on canvas"),
        ("an oil painting of {prompt}", "an oil painting of {prompt}", "an oil painting of a cat"),
        ("{prompt}", "{prompt}", "a cat"),
        ("{prompt} {size}\n\nby {prompt}", "{prompt} {size} by {prompt}", "a cat {size} by a cat"),
        ("oil\0 \ud800on\u202e  canvas ", "{prompt}, oil on canvas", "a cat, oil on canvas"),
    ],
)
def test_the_members_words_have_their_place(template: str, stored: str, words: str) -> None:
    """Where the template says so, else in front; what cannot be seen or kept is gone, and all is on one line."""
    preset = parse_preset({"name": "Oil", "template": template})
    assert preset.template == stored
    assert parse_preset(asdict(preset)) == preset
    assert fill(preset.template, "a cat") == words


def test_a_name_is_found_however_it_is_typed() -> None:
    """In any case, with any spaces. An emoji of several parts stays whole."""
    presets = [parse_preset({"name": name, "template": "oil"}) for name in ("\u200b Oil\tpainting ", "👩\u200d🎨")]
    assert [preset.name for preset in presets] == ["Oil painting", "👩\u200d🎨"]
    assert find_preset(presets, " oil  PAINTING") is presets[0]
    assert find_preset(presets, "👩\u200d🎨") is presets[1]
    assert find_preset(presets, "oil") is None


@pytest.mark.parametrize(
    ("change", "mistakes"),
    [
        ({"name": ""}, ["preset_name"]),
        ({"name": "\u200d \u200c"}, ["preset_name"]),
        ({"name": "x" * (LONGEST_NAME + 1)}, ["preset_name"]),
        ({"template": " "}, ["preset_template"]),
        ({"template": "x" * (LONGEST_TEMPLATE - len(PROMPT) - 1)}, ["preset_template"]),
        ({"model": "midjourney", "strength": 7}, ["preset_model"]),
        ({"model": "kontext"}, ["preset_not_taken", "preset_not_taken"]),
        ({"strength": 0}, ["preset_range"]),
        ({"strength": float("nan")}, ["preset_range"]),
        ({"strength": "0.6"}, ["preset_range"]),
        ({"strength": True}, ["preset_range"]),
        ({"strength": 10**400}, ["preset_range"]),
        ({"model": "", "guidance": 5.1}, ["preset_range"]),
        ({"name": "", "template": "", "guidance": 9}, ["preset_name", "preset_template", "preset_range"]),
        ({"name": 7}, ["preset_fields"]),
        ({"template": None}, ["preset_fields"]),
        ({"lora": "anime"}, ["preset_fields"]),
    ],
)
def test_every_mistake_has_a_sentence(change: dict[str, Any], mistakes: list[str]) -> None:
    """All of them, as keys of the catalogue with what their sentences need."""
    with pytest.raises(PresetWrong) as caught:
        parse_preset(GIVEN | change)
    assert [each.problem for each in caught.value.mistakes] == mistakes
    assert all(say(DEFAULT_LOCALE, f"mistake.{each.problem}", **each.values) for each in caught.value.mistakes)


@pytest.mark.parametrize("given", [None, "oil", [GIVEN]])
def test_what_is_no_preset_is_a_mistake(given: Any) -> None:
    """A file may hold anything."""
    with pytest.raises(PresetWrong, match="preset_fields"):
        parse_preset(given)


# -- an operator's file ----------------------------------------------------------------------------------------------


def test_the_presets_that_repaint_comes_with() -> None:
    """Some that go with any model, whose words no rule of ours minds, and each of which can be seen in the sandbox."""
    presets = read_presets("")
    assert 6 <= len(presets) <= 10
    for preset in presets:
        assert preset.model == ""
        assert preset.template.startswith(PROMPT)
        assert not judge_pack(fill(preset.template, "a young woman at a lake"))
    shown = [find_style(fill(preset.template, "a cat")) for preset in presets]
    assert len({style.name for style in shown if style}) >= 8
    assert read_presets("off") == ()


def write(folder: Path, text: str | bytes) -> str:
    """A file of an operator."""
    file = folder / "presets.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(file)


def test_an_operator_writes_their_own(tmp_path: Path) -> None:
    """They take the place of ours, in their order."""
    text = (
        "[[presets]]\nname = 'Ink'\ntemplate = 'ink'\n[[presets]]\nname = 'Dev'\ntemplate = '{prompt}'\nmodel = 'dev'\n"
    )
    assert read_presets(write(tmp_path, text)) == (Preset("Ink", "{prompt}, ink"), Preset("Dev", "{prompt}", "dev"))


def test_every_mistake_of_a_file_is_told(tmp_path: Path) -> None:
    """With the preset's number, in a sentence each that says what would be right."""
    text = """
        [[presets]]
        name = "Ink"
        template = "ink"
        strength = 2
        model = "flux"
        [[presets]]
        name = "Oil"
        template = "oil"
        [[presets]]
        name = "OIL"
        template = "oil"
        [[presets]]
        prompt = "oil"
        [[presets]]
        name = ""
        template = ""
        strength = 2
    """
    with pytest.raises(ValueError, match="preset 1") as caught:
        read_presets(write(tmp_path, text))
    assert caught.value.args == (
        f"has preset 1, which may have one of these models, or none: {', '.join(MODELS)}",
        "has preset 3, which has the name of another one, OIL",
        f"has preset 4, which {WRONG['preset_fields']}",
        "has preset 5, which needs a name of 1 to 32 characters",
        "has preset 5, which needs a template of 1 to 500 characters, {prompt} included",
        "has preset 5, which may have a strength from 0.05 to 1, or none",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("presets: oil", "must be a file in TOML"),
        (b"\xff\xfe", "must be a file in TOML"),
        ("", "tables called"),
        ("presets = 'oil'", "tables called"),
        ("[[presets]]\nname = 'x'\ntemplate = 'y'\n[more]", "tables called"),
        ("[[presets]]\nname = 'x'\ntemplate = 'y'\n" * (MOST_OF_OPERATOR + 1), "more than 25 presets"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str | bytes, said: str) -> None:
    """Never anything but a `ValueError` with a sentence."""
    with pytest.raises(ValueError, match=said):
        read_presets(write(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nor one that is a folder."""
    for path in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(ValueError, match="must be a file that can be read, or off"):
            read_presets(str(path))
