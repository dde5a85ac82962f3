"""PiAPI's wire format without I/O: an answer becomes a value or one of our errors.

Under piapi.ai/docs: unified-api-schema (answers), unified-webhook (callbacks), account-info-api (balance),
tools/file-upload (uploads). These pages disagree with each other, so answers are read tolerantly: what is not
understood is left out, and dates are not read at all.
"""

from __future__ import annotations

import re
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from bot.provider.errors import OutcomeUnknown, ReadFailed, TaskMissing
from bot.provider.orders import HISTORY_PAGE
from bot.provider.protocol import Account, Task, TaskState
from bot.provider.tolerant import fields, number, parse_json, text, texts
from bot.provider.verdicts import (
    Answer,
    build_refusal,
    build_unanswered,
    format_detail,
    get_verdict,
    has_succeeded,
    is_good,
    list_words,
)
from bot.provider.words import classify, shorten

UNITS_PER_USD = 10_000_000
"""`meta.usage.consume` is counted in these: 200000 for a task whose list price is 0.02 USD."""

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

_TASK_ID = re.compile(r"\w[\w.:-]{0,127}", re.ASCII)


# -- answers -------------------------------------------------------------------------------------------------


def parse_submit(answer: Answer) -> Task:
    """Parse the task that an order became.

    Raises a `NotSubmitted` only where surely none was made, else `OutcomeUnknown`.
    """
    said = parse_json(answer.body)
    task = _read_task(fields(said, "data"))
    accepted = has_succeeded(answer, said)
    if accepted and task.id:
        return task
    if accepted or task.id:
        raise OutcomeUnknown(format_detail(answer, said))
    raise build_refusal(answer, said)


def parse_task(answer: Answer) -> Task:
    """Parse how a task stands; its id is "" if the answer does not repeat it. Raises `KeyRefused` or `ReadFailed`."""
    said = parse_json(answer.body)
    data = fields(said, "data")
    if has_succeeded(answer, said) and data:
        return _read_task(data)
    if get_verdict(answer, said) == HTTPStatus.NOT_FOUND:
        raise TaskMissing(format_detail(answer, said))
    raise build_unanswered(answer, said)


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
    if not is_good(answer, said):
        raise build_unanswered(answer, said)
    data = fields(said).get("data")
    rows = fields(data).get("data") if isinstance(data, dict) else data
    ids = (_task_id(fields(row)) for row in (rows if isinstance(rows, list) else []))
    return tuple(dict.fromkeys(task_id for task_id in ids if task_id))[:HISTORY_PAGE]


def parse_account(answer: Answer) -> Account:
    """Parse the account; its fields are under `data` or at the top. Raises `KeyRefused` or `ReadFailed`."""
    said = parse_json(answer.body)
    found = {**fields(said), **fields(said, "data")}
    if not is_good(answer, said) or found.keys().isdisjoint({"name", "account_name", "plan", "equivalent_in_usd"}):
        raise build_unanswered(answer, said)
    return Account(
        name=shorten(text(found.get("name")) or text(found.get("account_name"))),
        plan=shorten(text(found.get("plan"))),
        balance_usd=number(found.get("equivalent_in_usd")),
    )


def parse_upload(answer: Answer) -> str:
    """Parse where an uploaded file is, in `data` or at the top. Raises `KeyRefused` or `ReadFailed`."""
    said = parse_json(answer.body)
    url = text(fields(said, "data").get("url")) or text(fields(said).get("url"))
    if not is_good(answer, said) or not url.startswith(("https://", "http://")):
        raise build_unanswered(answer, said)
    return url


# -- a task --------------------------------------------------------------------------------------------------


def _read_task(data: dict[str, Any]) -> Task:
    """`data` of every answer and callback."""
    state = STATES.get(text(data.get("status")).lower(), TaskState.RUNNING)
    urls = _picture_urls(data) if state is TaskState.COMPLETED else ()
    if state is TaskState.COMPLETED and not urls:
        state = TaskState.RUNNING  # it happens; the vendor's own code reads such a task again
    failed = state is TaskState.FAILED
    words = "; ".join(
        list_words(data.get("error")) + list_words(data.get("logs")) + list_words(_legacy(data).get("error_messages"))
    )
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
