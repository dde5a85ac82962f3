"""What moderators are told about a picture and about waiting cases always fits into Discord."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.jobs import Job, JobStatus, Request
from bot.jobs.tracing import Record
from bot.moderation.cases import Case
from bot.moderation.chain import Entry
from bot.moderation.model import Flag
from bot.replies.embed import build_embed
from bot.replies.texts import DEFAULT_LOCALE
from bot.replies.traced import build_trace, format_cases
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

EN = DEFAULT_LOCALE
MUCH = "*" * 1000
ID = 1_234_567_890_123_456_789


def case(number: int, **given: object) -> Case:
    """A case that nobody has decided."""
    plain = Case(ID, number, "minors", ID, ID, (), "", NOON, None, None, None, "", ID, ID)
    return replace(plain, **given)  # type: ignore[arg-type]  # names and values come from the test


@pytest.fixture
def trace(build_request: Callable[..., Request]) -> Record:
    """A job about which there is as much as can be."""
    request = build_request(guild_id=ID, channel_id=ID, prompt=MUCH, negative_prompt=MUCH, member_name=MUCH, count=4)
    request = replace(request, preset="*" * 32, template="{prompt}*" * 50)
    flags = tuple(Flag("own", MUCH) for _ in range(20))
    job = Job(request, JobStatus.REVIEWING, 1, 0, "key", Decimal("0.0123"), NOON, message_id=ID, flags=flags)
    content = {"rule": MUCH, "prompt": MUCH}
    entries = (Entry(ID, n, "refused", NOON, ID, ID, ID, n, MUCH, content, "s", "c", "d") for n in range(20))
    cases = tuple(case(number, decision="expire") for number in range(50))
    return Record(request.id, job, tuple(ID + n for n in range(20)), tuple(entries), cases)


@pytest.mark.parametrize("refused", [False, True])
def test_a_trace_fits_whatever_is_in_it(trace: Record, *, refused: bool) -> None:
    """Discord takes 4096 characters of text, 1024 in a field, 6000 together, or refuses it all."""
    embed = build_embed(build_trace(replace(trace, job=None) if refused else trace, EN, "how it was found " * 40))
    assert len(embed.description or "") <= 4096
    assert all(0 < len(field.value or "") <= 1024 for field in embed.fields)
    assert len(embed) <= 6000


def test_what_a_trace_says(trace: Record) -> None:
    """Price where no cost was reported, flags, cases with their decision."""
    fields = {field.name: field.value for field in build_trace(trace, EN).fields}
    assert fields["Who"] == "<@4>"
    assert fields["Preset"] == "\\*" * 32
    assert fields["Price (no cost reported)"] == "$0.0123"
    assert fields["Cases"].startswith("0 · minors · ")
    assert fields["Where"] == f"<#{ID}> [to the message](https://discord.com/channels/{ID}/{ID}/{ID})"
    assert trace.job is not None
    paid = replace(trace, job=replace(trace.job, cost_usd=Decimal("0.01")), cases=(case(3),))
    fields = {field.name: field.value for field in build_trace(paid, EN).fields}
    assert fields["Cost"] == "$0.01"
    assert fields["Cases"] == "3 · minors · waits for a decision"


def test_waiting_cases_fit_into_one_message() -> None:
    """However many there are; and how many there are is said."""
    text = format_cases([case(number) for number in range(25)], EN)
    assert len(text) <= 2000
    assert "Waiting for a decision: 25" in text
    assert format_cases([], EN) == "Nothing waits for a decision."
