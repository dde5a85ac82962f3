"""The words for a wait: how long it usually is, and why nothing goes on. Pure."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from bot.moderation.standing import format_opening
from bot.replies.texts import say

if TYPE_CHECKING:
    from bot.errors import Reason
    from bot.jobs.model import Outlook
    from bot.jobs.pace import Span

UNITS = (("hours", 3600), ("minutes", 60))
"""Those that are used from one and a half of them on; less is told in seconds."""


def format_usual(usual: Span, locale: str) -> str:
    """When it is usually done: a span that a glance at the running time is held against, and no edit has to follow."""
    most_seconds = usual.most_seconds
    unit, length = next((each for each in UNITS if most_seconds >= 1.5 * each[1]), ("seconds", 1))
    least, most = max(1, int(usual.half_seconds / length)), max(1, ceil(most_seconds / length))
    count = str(most) if least == most else say(locale, "waiting.span", least=least, most=most)
    return say(locale, f"waiting.{unit}", count=count)


def format_pause(reason: Reason, outlook: Outlook, locale: str) -> str:
    """Why nothing goes on, and what its member need not do about it."""
    opens = "" if outlook.opens_at is None else format_opening(outlook.opens_at)
    return say(locale, f"waiting.{reason}", opens=opens)
