"""Presets in a list: everything they choose, escaped and bounded."""

from __future__ import annotations

from bot.presets import LONGEST_NAME, LONGEST_TEMPLATE, Preset
from bot.replies.presets import format_presets
from bot.replies.texts import DEFAULT_LOCALE

EN = DEFAULT_LOCALE


def test_a_preset_says_what_it_chooses() -> None:
    """Its words, and model, strength and guidance where it names them; and when its model is gone."""
    full = Preset("Oil", "{prompt} in oil", "dev", 0.6, 3.5)
    (line,) = format_presets([full], ["dev"], EN)
    assert line == "- **Oil** (Model dev · Strength 60% · Guidance 3.5): \\{prompt\\} in oil"
    (line,) = format_presets([full], ["schnell"], EN)
    assert "The model dev is not offered any more" in line
    assert format_presets([Preset("Oil", "{prompt}")], [], EN) == ["- **Oil**: \\{prompt\\}"]


def test_what_others_wrote_is_escaped_and_bounded() -> None:
    """A name and a template can shout as they like."""
    (line,) = format_presets([Preset("*" * LONGEST_NAME, "@everyone {prompt} " + "_" * LONGEST_TEMPLATE)], [], EN)
    assert line.startswith("- **" + "\\*" * LONGEST_NAME)
    assert "\\@everyone" in line
    assert len(line) < 600
