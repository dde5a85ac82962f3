"""The words for a wait, short enough for a glance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.jobs import Job, JobStatus
from bot.jobs.model import Outlook
from bot.jobs.pace import Span
from bot.jobs.pause import CAPS, TROUBLES
from bot.replies.card import build_card
from bot.replies.mention import build_button, format_mention
from bot.replies.texts import DEFAULT_LOCALE
from bot.replies.waiting import format_usual
from tests.unit.replies.test_card import build_job, fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.errors import Reason

__all__ = ["build_job"]
REASONS = sorted({*TROUBLES.values(), *CAPS})


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


@pytest.mark.parametrize("reason", REASONS)
def test_a_card_on_hold_says_why_and_what_is_kept(build_job: Callable[..., Job], reason: Reason) -> None:
    """In the place of the turns; the place in line stays, a span that nobody knows does not; Cancel stays, too."""
    opens_at = datetime(2026, 3, 2, tzinfo=UTC) if reason in CAPS else None
    card = build_card(build_job(), Outlook(3, None, reason, opens_at))
    assert card.title == "⏸️ On hold for now"
    assert "keeps its place" in card.text
    assert "nothing is charged" in card.text.lower()
    assert "takes turns" not in card.text
    assert ("<t:1772409600:R>" in card.text) == (reason in CAPS)
    assert fields(card)["Place in line"] == "3"
    assert "Usually done" not in fields(card)
    assert [button.label for button in card.buttons] == ["Cancel"]


@pytest.mark.parametrize("reason", REASONS)
def test_who_waited_in_vain_can_ask_again(build_job: Callable[..., Job], reason: Reason) -> None:
    """Nothing was wrong with the picture."""
    card = build_card(build_job(JobStatus.FAILED, reason=reason), Outlook())
    assert "Again" in [button.label for button in card.buttons]


def test_a_mention_leads_to_the_message(build_job: Callable[..., Job]) -> None:
    """In the server, or in the conversation it was asked for in."""
    job = build_job(message_id=9)
    assert format_mention(job) == "<@4> your picture is ready: https://discord.com/channels/2/3/9"
    direct = replace(job, request=replace(job.request, guild_id=None))
    assert format_mention(direct).endswith("https://discord.com/channels/@me/3/9")


def test_the_button_offers_what_is_not_so() -> None:
    """And says whose it is."""
    assert build_button(4, DEFAULT_LOCALE, wanted=True).custom_id == "member:4:hush"
    assert build_button(4, DEFAULT_LOCALE, wanted=False).custom_id == "member:4:unhush"
