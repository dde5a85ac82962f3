"""PiAPI's wire format without I/O: an order becomes a body, an answer becomes a value or one of our errors.

Under piapi.ai/docs: flux-api/image-to-image (orders), unified-api-schema (answers), unified-webhook
(callbacks), account-info-api (balance), tools/file-upload (uploads). These pages disagree with each other,
so answers are read tolerantly: what is not understood is left out, and dates are not read at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bot.provider.errors import (
    Busy,
    KeyRefused,
    NoCredit,
    NotSubmitted,
    OutcomeUnknown,
    ReadFailed,
    RequestRefused,
    TaskMissing,
)
from bot.provider.models import MODELS, Mismatch, pick_chosen
from bot.provider.protocol import Account, FailureKind, Order, Task, TaskState
from bot.provider.tolerant import fields, number, parse_json, text, texts
from bot.provider.words import classify, format_for_log, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.provider.models import Model

UNITS_PER_USD = 10_000_000
"""`meta.usage.consume` is counted in these: 200000 for a task whose list price is 0.02 USD."""

MOST_RETRY_AFTER_SECONDS = 3600.0

HISTORY_PAGE = 100
"""Tasks on one page of the history: more is refused."""

MOST_PICTURES = 10
"""What one message can show, and more than twice what PiAPI makes of one order. Each address is fetched."""

STATES = {
    "completed": TaskState.COMPLETED,
    "success": TaskState.COMPLETED,
    "failed": TaskState.FAILED,
    "cancelled": TaskState.FAILED,
    "canceled": TaskState.FAILED,
}
"""Statuses that are an end, stripped and in lower case. Every other one, known or new, means that it runs."""

SUCCESSES = range(200, 300)
COMPLAINTS = range(300, 600)
REFUSALS = frozenset(range(300, 500))
MOST_CODE = 99_999
"""`code` is an HTTP status, or one of the service's own numbers, of which 10000 and 10001 were seen."""

PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals of this moment only."""

MAYBE_DONE = frozenset({HTTPStatus.SEE_OTHER, HTTPStatus.REQUEST_TIMEOUT, 499})
"""Refusals that do not say that nothing was done: see other, and two of a proxy that was kept waiting."""

_TASK_ID = re.compile(r"\w[\w.:-]{0,127}", re.ASCII)


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


# -- orders --------------------------------------------------------------------------------------------------


def build_history_query(since: datetime, until: datetime, page: int) -> str:
    """Build the query of GET /api/open/tasks/histories; pages count from 1."""
    seconds = int(since.timestamp()), int(until.timestamp()) + 1
    return f"page={page}&page_size={HISTORY_PAGE}&model=flux&start_time={seconds[0]}&end_time={seconds[1]}"


def build_order(order: Order) -> dict[str, Any]:
    """Build the JSON of POST /api/v1/task. Raises `RequestRefused` for what no model of ours can do."""
    model = MODELS.get(order.model)
    if model is None:
        raise RequestRefused(f"no model is called {order.model!r}")
    # always "public": unset means whatever the workspace is set to, which may be somebody's own machines
    config: dict[str, Any] = {"service_mode": "public"}
    if order.callback is not None:
        config["webhook_config"] = {"endpoint": order.callback.url, "secret": order.callback.secret}
    return {
        "model": model.wire_model,
        "task_type": model.task_type,
        "input": _build_input(order, model),
        "config": config,
    }


def _build_input(order: Order, model: Model) -> dict[str, Any]:
    """What is given and what is asked for. The docs require control_net_settings; their own example leaves it out."""
    try:
        settled = model.settle(pick_chosen(order))
    except Mismatch as mismatch:
        raise RequestRefused(f"not for {order.model}: {mismatch}") from None
    written = [(path, getattr(order, name)) for name, path in model.given]
    written += [(model.options[name].field, value) for name, value in settled.items()]
    wanted: dict[str, Any] = dict(model.always)
    for path, value in written:
        group, _, name = path.rpartition(".")
        place = wanted.setdefault(group, [{}])[0] if group else wanted
        place[name] = value
    return wanted


# -- answers -------------------------------------------------------------------------------------------------


def parse_submit(answer: Answer) -> Task:
    """Parse the task that an order became.

    Raises a `NotSubmitted` only where surely none was made, else `OutcomeUnknown`.
    """
    said = parse_json(answer.body)
    task = _read_task(fields(said, "data"))
    accepted = _succeeded(answer, said)
    if accepted and task.id:
        return task
    if accepted or task.id:
        raise OutcomeUnknown(_detail(answer, said))
    raise _refusal(answer, said)


def parse_task(answer: Answer) -> Task:
    """Parse how a task stands; its id is "" if the answer does not repeat it. Raises `KeyRefused` or `ReadFailed`."""
    said = parse_json(answer.body)
    data = fields(said, "data")
    if _succeeded(answer, said) and data:
        return _read_task(data)
    if _verdict(answer, said) == HTTPStatus.NOT_FOUND:
        raise TaskMissing(_detail(answer, said))
    raise _closed(answer, said)


def parse_callback(body: bytes) -> Task:
    """Parse what a callback says of a task: a hint to read it, not the truth. Raises `ReadFailed`."""
    said = parse_json(body)
    task = _read_task(fields(said, "data") or fields(said))
    if not task.id:
        raise ReadFailed(f"a callback of {len(body)} bytes without a task")  # not its words: they may be a member's
    return task


def parse_history(answer: Answer) -> tuple[str, ...]:
    """Parse the ids of a page of the history, which are all that is certain of it. Raises `KeyRefused` or `ReadFailed`.

    The docs show no answer; integrations read `data.data` or `data` as a list of rows.
    """
    said = parse_json(answer.body)
    if not _good(answer, said):
        raise _closed(answer, said)
    data = fields(said).get("data")
    rows = fields(data).get("data") if isinstance(data, dict) else data
    ids = (_task_id(fields(row)) for row in (rows if isinstance(rows, list) else []))
    return tuple(dict.fromkeys(task_id for task_id in ids if task_id))[:HISTORY_PAGE]


def parse_account(answer: Answer) -> Account:
    """Parse the account; its fields are under `data` or at the top. Raises `KeyRefused` or `ReadFailed`."""
    said = parse_json(answer.body)
    found = {**fields(said), **fields(said, "data")}
    if not _good(answer, said) or found.keys().isdisjoint({"name", "account_name", "plan", "equivalent_in_usd"}):
        raise _closed(answer, said)
    return Account(
        name=shorten(text(found.get("name")) or text(found.get("account_name"))),
        plan=shorten(text(found.get("plan"))),
        balance_usd=number(found.get("equivalent_in_usd")),
    )


def parse_upload(answer: Answer) -> str:
    """Parse where an uploaded file is, in `data` or at the top. Raises `KeyRefused` or `ReadFailed`."""
    said = parse_json(answer.body)
    url = text(fields(said, "data").get("url")) or text(fields(said).get("url"))
    if not _good(answer, said) or not url.startswith(("https://", "http://")):
        raise _closed(answer, said)
    return url


# -- a task --------------------------------------------------------------------------------------------------


def _read_task(data: dict[str, Any]) -> Task:
    """`data` of every answer and callback."""
    state = STATES.get(text(data.get("status")).lower(), TaskState.RUNNING)
    urls = _picture_urls(data) if state is TaskState.COMPLETED else ()
    if state is TaskState.COMPLETED and not urls:
        state = TaskState.RUNNING  # it happens; the vendor's own code reads such a task again
    failed = state is TaskState.FAILED
    words = "; ".join(_said(data.get("error")) + _said(data.get("logs")) + _said(_legacy(data).get("error_messages")))
    return Task(
        id=_task_id(data),
        state=state,
        picture_urls=urls,
        cost_usd=_cost_usd(data),
        failure=classify(words) if failed else None,
        detail=shorten(words) if failed else "",
        image_url=text(fields(data, "input").get("image")),
        callback_url=text(fields(data, "config", "webhook_config").get("endpoint")),
    )


def _task_id(data: dict[str, Any]) -> str:
    """The id if it is fit for a path, else ""."""
    task_id = text(data.get("task_id"))
    return task_id if _TASK_ID.fullmatch(task_id) else ""


def _picture_urls(data: dict[str, Any]) -> tuple[str, ...]:
    output = fields(data, "output") or fields(_legacy(data), "task_output")
    found = [*texts(output.get("image_url")), *texts(output.get("image_urls"))]
    return tuple(dict.fromkeys(found))[:MOST_PICTURES]


def _legacy(data: dict[str, Any]) -> dict[str, Any]:
    """The other shape of the answer: piapi.ai/docs/flux-api/get-task."""
    return fields(data, "task_result")


def _cost_usd(data: dict[str, Any]) -> Decimal | None:
    units = number(fields(data, "meta", "usage").get("consume"))
    return units / UNITS_PER_USD if units is not None and 0 <= units < Decimal(10) ** 12 else None


def _said(value: Any) -> list[str]:
    """What a failure says of itself, be it a string, an object or a list of them; nothing twice."""
    found: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        found += texts(item)
        found += (text(fields(item).get(name)) for name in ("message", "raw_message", "msg", "text", "detail"))
    return list(dict.fromkeys(words for words in found if words))


# -- what an answer means ------------------------------------------------------------------------------------


def _code(said: Any) -> int | None:
    code = number(fields(said).get("code"))
    return int(code) if code is not None and 0 <= code <= MOST_CODE else None


def _succeeded(answer: Answer, said: Any) -> bool:
    """Both HTTP and `code` must say so: 200 in every example, though an early tool of the vendor took 0."""
    return _good(answer, said) and _code(said) == HTTPStatus.OK


def _good(answer: Answer, said: Any) -> bool:
    """The same for the two calls outside the envelope: there, `code` may be missing."""
    return answer.status in SUCCESSES and _code(said) in (None, HTTPStatus.OK)


def _verdict(answer: Answer, said: Any) -> int:
    """The status that counts: the one in `code` where HTTP itself has nothing to complain of."""
    code = _code(said)
    return code if code is not None and code in COMPLAINTS and answer.status in SUCCESSES else answer.status


def _refusal(answer: Answer, said: Any) -> NotSubmitted | OutcomeUnknown:
    """Why an order did not become a task. What is not plainly a refusal leaves the outcome unknown."""
    verdict, detail, kind = _verdict(answer, said), _detail(answer, said), classify(_words(said))
    if verdict in MAYBE_DONE or verdict not in REFUSALS:
        return OutcomeUnknown(detail)
    if verdict in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) and kind is not FailureKind.NO_CREDIT:
        return KeyRefused(detail)
    if verdict == HTTPStatus.PAYMENT_REQUIRED or kind is FailureKind.NO_CREDIT:
        return NoCredit(detail)
    if verdict == HTTPStatus.TOO_MANY_REQUESTS or kind is FailureKind.BUSY:
        return Busy(detail, parse_retry_after(answer.headers))
    return RequestRefused(detail)


def _unanswered(answer: Answer, said: Any) -> ReadFailed:
    """Why a question was not answered, and whether to ask it again."""
    if _verdict(answer, said) in REFUSALS - PASSING:
        return ReadFailed(_detail(answer, said))
    return AskAgain(_detail(answer, said), parse_retry_after(answer.headers))


def _closed(answer: Answer, said: Any) -> KeyRefused | ReadFailed:
    """The same where the answer may be that this key has no business here."""
    if _verdict(answer, said) in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return KeyRefused(_detail(answer, said))
    return _unanswered(answer, said)


def _words(said: Any) -> str:
    return "; ".join(_said([said, fields(said).get("error"), fields(said, "data").get("error")]))


def _detail(answer: Answer, said: Any) -> str:
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
