"""What an answer means: accepted, refused, or not known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bot.provider.errors import Busy, KeyRefused, NoCredit, NotSubmitted, OutcomeUnknown, ReadFailed, RequestRefused
from bot.provider.protocol import FailureKind
from bot.provider.tolerant import fields, number, text, texts
from bot.provider.words import classify, format_for_log, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_RETRY_AFTER_SECONDS = 3600.0

SUCCESSES = range(200, 300)
COMPLAINTS = range(300, 600)
REFUSALS = frozenset(range(300, 500))
MOST_CODE = 99_999
"""`code` is an HTTP status, or one of the service's own numbers, of which 10000 and 10001 were seen."""

PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals of this moment only."""

MAYBE_DONE = frozenset({HTTPStatus.SEE_OTHER, HTTPStatus.REQUEST_TIMEOUT, 499})
"""Refusals that do not say that nothing was done: see other, and two of a proxy that was kept waiting."""


class AskAgain(ReadFailed):
    """The question was not answered this time; the same question may be answered later."""

    def __init__(self, detail: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire. Header names are in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def _code(said: Any) -> int | None:
    code = number(fields(said).get("code"))
    return int(code) if code is not None and 0 <= code <= MOST_CODE else None


def has_succeeded(answer: Answer, said: Any) -> bool:
    """Both HTTP and `code` must say so: 200 in every example, though an early tool of the vendor took 0."""
    return is_good(answer, said) and _code(said) == HTTPStatus.OK


def is_good(answer: Answer, said: Any) -> bool:
    """The same for the two calls outside the envelope: there, `code` may be missing."""
    return answer.status in SUCCESSES and _code(said) in (None, HTTPStatus.OK)


def get_verdict(answer: Answer, said: Any) -> int:
    """The status that counts: the one in `code` where HTTP itself has nothing to complain of."""
    code = _code(said)
    return code if code is not None and code in COMPLAINTS and answer.status in SUCCESSES else answer.status


def build_refusal(answer: Answer, said: Any) -> NotSubmitted | OutcomeUnknown:
    """Why an order did not become a task. What is not plainly a refusal leaves the outcome unknown."""
    verdict, detail, kind = get_verdict(answer, said), format_detail(answer, said), classify(_words(said))
    if verdict in MAYBE_DONE or verdict not in REFUSALS:
        return OutcomeUnknown(detail)
    if verdict in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) and kind is not FailureKind.NO_CREDIT:
        return KeyRefused(detail)
    if verdict == HTTPStatus.PAYMENT_REQUIRED or kind is FailureKind.NO_CREDIT:
        return NoCredit(detail)
    if verdict == HTTPStatus.TOO_MANY_REQUESTS or kind is FailureKind.BUSY:
        return Busy(detail, parse_retry_after(answer.headers))
    return RequestRefused(detail)


def build_unanswered(answer: Answer, said: Any) -> KeyRefused | ReadFailed:
    """Why a question was not answered, and whether to ask it again."""
    verdict, detail = get_verdict(answer, said), format_detail(answer, said)
    if verdict in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return KeyRefused(detail)
    if verdict in REFUSALS - PASSING:
        return ReadFailed(detail)
    return AskAgain(detail, parse_retry_after(answer.headers))


def _words(said: Any) -> str:
    return "; ".join(list_words([said, fields(said).get("error"), fields(said, "data").get("error")]))


def format_detail(answer: Answer, said: Any) -> str:
    """The answer in one line, for the log."""
    return f"answered {answer.status}: {shorten(_words(said)) or format_for_log(answer.body)}"


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a `Retry-After`: a number, or a date, which is held against the server's own `Date`."""
    wanted = headers.get("retry-after", "").strip()
    try:
        if re.fullmatch(r"[0-9.]+", wanted):
            seconds = float(wanted)
        else:
            until, now = (parsedate_to_datetime(date) for date in (wanted, headers.get("date", "")))
            seconds = (until - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MOST_RETRY_AFTER_SECONDS)


def list_words(value: Any) -> list[str]:
    """What a failure says of itself, be it a string, an object or a list of them; nothing twice."""
    found: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        found += texts(item)
        found += (text(fields(item).get(name)) for name in ("message", "raw_message", "msg", "text", "detail"))
    return list(dict.fromkeys(words for words in found if words))
