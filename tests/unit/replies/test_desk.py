"""What moderators read of a case: everything they need, escaped, and buttons while it is open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.jobs import Job, JobStatus, Request
from bot.moderation.cases import Case, History
from bot.moderation.model import Flag
from bot.replies.desk import build_case
from bot.replies.embed import build_embed
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.replies.card import Card

HISTORY = History(made=12, refused=3, rejected=2, reported=1, blocked=0)
CASE = Case(
    guild_id=2,
    number=7,
    kind="review",
    member_id=4,
    job_id=9,
    flags=(Flag("own", "dragons"), Flag("explicit_result", "0.83")),
    words="",
    opened_at=NOON,
    closed_at=None,
    decision=None,
    decided_by=None,
    note="",
    channel_id=None,
    message_id=None,
)


def read(card: Card) -> str:
    """All words of a card."""
    return "\n".join([card.title, card.text, *(f"{field.name}: {field.value}" for field in card.fields)])


def test_an_open_case_says_who_what_and_why() -> None:
    """The member, what flagged it, and the history with this member."""
    shown = read(build_case(CASE, None, HISTORY, "en-US"))
    assert "Case 7" in shown
    assert "<@4>" in shown
    assert "your own rule “dragons”" in shown
    assert "finds the result explicit: 0" in shown
    assert "asked for 12 · refused 3 · rejected 2 · reported 1 · blocked 0" in shown.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("job_id", "kind", "actions"),
    [
        (9, "review", ["approve", "spoiler", "reject", "block", "ban"]),
        (9, "appeal", ["approve", "spoiler", "reject", "block", "ban"]),
        (None, "minors", ["note", "block"]),
    ],
)
def test_an_open_case_has_the_buttons_that_make_sense(job_id: int | None, kind: str, actions: list[str]) -> None:
    """What has no pictures can only be noted."""
    case = replace(CASE, job_id=job_id, kind=kind)
    assert [button.custom_id for button in build_case(case, None, HISTORY, "en-US").buttons] == [
        f"case:7:{action}" for action in actions
    ]


@pytest.mark.parametrize("decision", ["approve", "spoiler", "reject", "expire", "note"])
def test_a_closed_case_says_how_and_has_no_buttons(decision: str) -> None:
    """Who decided, with which reason."""
    by = None if decision == "expire" else 8
    case = replace(CASE, closed_at=NOON, decision=decision, decided_by=by, note="Too *loud*")
    card = build_case(case, None, HISTORY, "en-US")
    assert not card.buttons
    assert ("<@8>" in card.text) == (by is not None)
    assert r"Too \*loud\*" in card.text


def test_the_longest_words_fit_into_discord(build_request: Callable[..., Request]) -> None:
    """Prompts, reasons and flags at their longest, all at once."""
    flags = tuple(Flag("own", "@everyone " * 20) for _ in range(6))
    case = replace(CASE, flags=flags, words="[x](y) " * 300, note="*" * 2000, closed_at=NOON, decision="reject")
    request = build_request(prompt="*_" * 500, negative_prompt="*_" * 500, preset="*" * 32, template="{prompt}*" * 50)
    job = Job(request, JobStatus.REJECTED, 1, 0, "key", Decimal("0.0015"), NOON)
    embed = build_embed(build_case(case, job, HISTORY, "en-US"))
    assert len(embed) <= 6000
    assert len(embed.description or "") <= 4096
    assert all(len(field.value or "") <= 1024 for field in embed.fields)
    assert "[x](y)" not in (embed.description or "")
