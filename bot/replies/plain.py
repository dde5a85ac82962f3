"""Text written by other people, made safe to show: bounded, one line, no markup, no mention, no hidden direction.

And the plain values that stand beside it: shares and times.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
"""Every ASCII punctuation mark: Discord's markdown takes a backslash before any of them."""
JOINERS = frozenset("\u200c\u200d")
"""Format characters that carry meaning: Persian spelling, and emoji made of several."""
MOST_MARKS = 3
"""How many combining marks one letter may carry; scripts need up to three, towers of them only break the line."""


def format_share(share: float | None) -> str:
    """A part of one in percent, a dash for none."""
    return "-" if share is None else f"{share:.0%}"


def format_time(at: datetime) -> str:
    """A time that each reader's Discord shows in their own zone."""
    return f"<t:{int(at.timestamp())}:f>"


def format_ticking(at: datetime | None) -> str:
    """A time that Discord's own client counts up or down to, without any edit; nothing for none."""
    return "" if at is None else f"<t:{int(at.timestamp())}:R>"


def format_line(text: str, most: int) -> str:
    """The text on one line without control characters or stacked marks, cut to `most` characters with an ellipsis."""
    plain = text.isascii() and text.isprintable()  # most is, and has nothing to be taken out
    line = re.sub(" +", " ", text if plain else _take_out_hidden(text)).strip()
    return line if len(line) <= most else line[: most - 1].rstrip("\u200d ") + "…"


def _take_out_hidden(text: str) -> str:
    shown: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if character.isspace():
            shown.append(" ")
        elif marks <= MOST_MARKS and (category[0] != "C" or character in JOINERS):
            shown.append(character)
    return "".join(shown)


def format_safe(text: str, most: int) -> str:
    """The same with every mark of Discord's markdown escaped: shown as it was typed, pinging nobody."""
    return MARKUP.sub(r"\\\1", format_line(text, most))


def fit_lines(lines: Sequence[str], most: int) -> list[str]:
    """The first lines that take at most so many characters together."""
    fitting: list[str] = []
    for line in lines:
        most -= len(line) + 1
        if most < 0:
            break
        fitting.append(line)
    return fitting
