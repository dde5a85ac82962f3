"""Promises of what an answer means: a refusal is told apart from an order in doubt, and a wait makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.provider import Busy, KeyRefused, NoCredit, NotSubmitted, OutcomeUnknown, RequestRefused
from bot.provider.verdicts import Answer, parse_retry_after
from bot.provider.wire import parse_submit
from tests.provider.conftest import TASK_ID, answer, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    Bodies = Callable[[str], bytes]


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (refused(400), RequestRefused),
        (refused(413), RequestRefused),
        (refused(404), RequestRefused),
        (answer(308, b""), RequestRefused),
        (refused(200, "bad enum", code=400), RequestRefused),
        (refused(401), KeyRefused),
        (refused(403, "insufficient permissions for this plan"), KeyRefused),
        (answer(403, b"<html>blocked, no credit</html>"), KeyRefused),
        (refused(402), NoCredit),
        (refused(400, "Insufficient credits"), NoCredit),
        (refused(403, "not enough balance"), NoCredit),
        (refused(429, "insufficient quota"), NoCredit),
        (refused(429), Busy),
        (refused(400, "too many requests"), Busy),
    ],
)
def test_order_plainly_refused(given_answer: Answer, expected: type[NotSubmitted]) -> None:
    """A refusal is told apart by status first and by its words where they are clear."""
    with pytest.raises(NotSubmitted) as caught:
        parse_submit(given_answer)
    assert type(caught.value) is expected


@pytest.mark.parametrize(
    "given_answer",
    [
        refused(500),
        refused(500, "insufficient credits"),
        refused(200, "what?", code=10001),
        refused(200, "what?", code=500),
        refused(408),
        answer(303, b""),
        answer(499, b""),
        answer(524, b"<html>"),
        answer(200, b"<html>"),
        answer(200, b""),
        answer(200, b'{"code": 200, "data": {"task_id": "6f1c'),
        answer(200, {"code": 200, "data": None}),
        answer(200, {"code": 200, "data": {"task_id": ""}}),
        answer(200, {"code": 200, "data": {"task_id": "../../account"}}),
        answer(200, {"data": {"task_id": TASK_ID}}),
        answer(400, {"code": 400, "data": {"task_id": TASK_ID}}),
    ],
)
def test_order_in_doubt(given_answer: Answer) -> None:
    """Whatever does not plainly say that no task was made may have cost money."""
    with pytest.raises(OutcomeUnknown):
        parse_submit(given_answer)


def test_refusal_repeats_the_reason(body: Bodies) -> None:
    """The log says what the service said."""
    with pytest.raises(RequestRefused, match="answered 400: invalid request: json: cannot unmarshal"):
        parse_submit(Answer(400, body("refused.json")))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "999999999"}, 3600.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 -0000"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """A wait is a number or a date against the server's own clock; never negative, never for ever."""
    assert parse_retry_after(headers) == seconds


def test_busy_says_when_to_come_back() -> None:
    """The wait that was asked for reaches the caller."""
    with pytest.raises(Busy) as caught:
        parse_submit(answer(429, {"code": 429}, **{"retry-after": "12"}))
    assert caught.value.retry_after_seconds == 12


@settings(deadline=None, derandomize=True)
@given(st.text(), st.text())
def test_no_header_surprises(wanted: str, date: str) -> None:
    """A wait that makes no sense is no wait."""
    seconds = parse_retry_after({"retry-after": wanted, "date": date})
    assert seconds is None or 0 <= seconds <= 3600
