"""The words for a wait, short enough for a glance."""

from __future__ import annotations

import pytest

from bot.jobs.pace import Span
from bot.replies.texts import DEFAULT_LOCALE
from bot.replies.waiting import format_usual


@pytest.mark.parametrize(
    ("half", "most", "words"),
    [
        (5.0, 12.0, "after 5–12 s"),
        (5.6, 11.2, "after 5–12 s"),
        (0.1, 0.4, "after 1 s"),
        (7.0, 7.0, "after 7 s"),
        (40.0, 89.0, "after 40–89 s"),
        (40.0, 130.0, "after 1–3 min"),
        (600.0, 1500.0, "after 10–25 min"),
        (3000.0, 7300.0, "after 1–3 h"),
    ],
)
def test_a_span_is_told_in_whole_units(half: float, most: float, words: str) -> None:
    """Widened where it is rounded: nobody is promised more than was measured."""
    assert format_usual(Span(half, most), DEFAULT_LOCALE) == words
