"""Promises of the wire format: what is made of everything that comes back."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.provider import (
    MODELS,
    Account,
    Callback,
    FailureKind,
    KeyRefused,
    NotSubmitted,
    Order,
    OutcomeUnknown,
    ProviderError,
    ReadFailed,
    TaskMissing,
    TaskState,
    format_for_log,
    parse_callback,
)
from bot.provider.verdicts import Answer, AskAgain
from bot.provider.wire import parse_account, parse_history, parse_submit, parse_task, parse_upload
from bot.provider.words import classify
from tests.provider.conftest import SECRET, TASK_ID, answer, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    Bodies = Callable[[str], bytes]

PICTURE = "https://img.theapi.app/temp/fe4dd4e1-8a94-4cc5-9a44-96d0e0d3a8a8.png"


# -- tasks that are read -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "urls"),
    [
        ("created.json", TaskState.RUNNING, ()),
        ("staged.json", TaskState.RUNNING, ()),
        ("processing_tab.json", TaskState.RUNNING, ()),
        ("completed.json", TaskState.COMPLETED, (PICTURE,)),
        ("success.json", TaskState.COMPLETED, (PICTURE,)),
        ("legacy.json", TaskState.COMPLETED, (PICTURE,)),
        ("urls_null.json", TaskState.COMPLETED, (PICTURE,)),
        ("kontext.json", TaskState.COMPLETED, (PICTURE,)),
        ("several.json", TaskState.COMPLETED, (PICTURE, PICTURE.replace("fe4d", "aa01"))),
        ("completed_empty.json", TaskState.RUNNING, ()),
        ("failed_object.json", TaskState.FAILED, ()),
        ("cancelled.json", TaskState.FAILED, ()),
    ],
)
def test_recorded_tasks(body: Bodies, name: str, state: TaskState, urls: tuple[str, ...]) -> None:
    """Every recorded shape is understood; a finished task without a picture is read again."""
    task = parse_task(Answer(200, body(name)))
    assert (task.id, task.state, task.picture_urls) == (TASK_ID, state, urls)


def test_a_recorded_edit_costs_what_the_price_list_says(body: Bodies) -> None:
    """Whatever the kind of usage is called, the units are the same."""
    assert parse_task(Answer(200, body("kontext.json"))).cost_usd == MODELS["kontext"].price_usd


def test_no_answer_makes_us_fetch_without_end() -> None:
    """However many pictures and tasks an answer names, we go after as many as make sense."""
    urls = [f"https://pictures.example/{number}.png" for number in range(10_000)]
    task = parse_task(answer(200, {"code": 200, "data": {"status": "completed", "output": {"image_urls": urls}}}))
    assert list(task.picture_urls) == urls[:10]
    rows = [{"task_id": f"task-{number}"} for number in range(10_000)]
    assert len(parse_history(answer(200, {"code": 200, "data": rows}))) == 100


@pytest.mark.parametrize("status", ["Completed", " completed\t", "COMPLETED", "success", "SUCCESS\n"])
def test_done_in_any_case(status: str) -> None:
    """The status is compared without case and blanks, for the docs themselves differ."""
    data = {"status": status, "output": {"image_url": PICTURE}}
    assert parse_task(answer(200, {"code": 200, "data": data})).state is TaskState.COMPLETED


@pytest.mark.parametrize("status", ["", "starting", "retry", "a new one", None, 7, ["completed"]])
def test_unknown_status_runs(status: object) -> None:
    """A status we do not know is never an end: our own deadline is."""
    data = {"status": status, "output": {"image_url": PICTURE}}
    task = parse_task(answer(200, {"code": 200, "data": data}))
    assert (task.state, task.picture_urls) == (TaskState.RUNNING, ())


@pytest.mark.parametrize(
    ("name", "kind", "detail"),
    [
        ("failed_object.json", FailureKind.PICTURE, "task failed; worker 7: task input too large"),
        ("failed_string.json", FailureKind.TIMEOUT, "task timeout"),
        ("failed_logs.json", FailureKind.NOT_FETCHED, "queued; failed to download image: 403"),
        ("cancelled.json", FailureKind.OTHER, ""),
    ],
)
def test_recorded_failures(body: Bodies, name: str, kind: FailureKind, detail: str) -> None:
    """The reason is found wherever it is written: message, raw message, a bare string, the logs."""
    task = parse_task(Answer(200, body(name)))
    assert (task.failure, task.detail) == (kind, detail)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("unsupported image format", FailureKind.PICTURE),
        ("cannot decode image", FailureKind.PICTURE),
        ("invalid image_url", FailureKind.PICTURE),
        ("download timeout", FailureKind.NOT_FETCHED),
        ("image generation timed out", FailureKind.TIMEOUT),
        ("Too Many Requests", FailureKind.BUSY),
        ("rate limit exceeded", FailureKind.BUSY),
        ("insufficient credits", FailureKind.NO_CREDIT),
        ("your balance is 0", FailureKind.NO_CREDIT),
        ("insufficient permissions", FailureKind.OTHER),
        ("load balancer error", FailureKind.OTHER),
        ("invalid credentials", FailureKind.OTHER),
        ("CUDA out of memory", FailureKind.OTHER),
        ("", FailureKind.OTHER),
    ],
)
def test_failures_by_their_words(words: str, kind: FailureKind) -> None:
    """The member is told the kind; what is not recognized is nobody's fault."""
    assert classify(words) is kind


def test_detail_is_bounded_and_in_one_line() -> None:
    """Somebody else's text cannot flood the log, nor forge a line of it."""
    error = {"message": "a\nb\x1b[31m" + "x" * 5000}
    task = parse_task(answer(200, {"code": 200, "data": {"status": "failed", "error": error}}))
    assert len(task.detail) == 500
    assert task.detail.startswith("a b [31mxxx")


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"consume": 20000}, Decimal("0.002")),
        ({"consume": 200000.0}, Decimal("0.02")),
        ({"consume": "15000"}, Decimal("0.0015")),
        ({"consume": 0}, Decimal(0)),
        ({"consume": -1}, None),
        ({"consume": 1e300}, None),
        ({"consume": True}, None),
        ({"consume": "many"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_cost_in_dollars(usage: object, cost: Decimal | None) -> None:
    """10,000,000 units are a dollar; what is no amount is unknown, not an error."""
    data = {"status": "pending", "meta": {"usage": usage}}
    assert parse_task(answer(200, {"code": 200, "data": data})).cost_usd == cost


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (refused(404, "task not found"), TaskMissing),
        (refused(200, "task not found", code=404), TaskMissing),
        (refused(401), KeyRefused),
        (refused(403), KeyRefused),
        (refused(200, "invalid key", code=401), KeyRefused),
        (refused(400), ReadFailed),
        (answer(302, b"", location="/elsewhere"), ReadFailed),
        (refused(429), AskAgain),
        (refused(200, "too many requests", code=429), AskAgain),
        (refused(500), AskAgain),
        (answer(200, b"<html>"), AskAgain),
        (answer(200, b'{"code": 200, "data": {"task_id"'), AskAgain),
        (answer(200, {"code": 200, "data": None}), AskAgain),
        (answer(200, {"code": 0, "data": {"status": "completed"}}), AskAgain),
    ],
)
def test_question_not_answered(given_answer: Answer, expected: type[ProviderError]) -> None:
    """A bad answer says nothing about the task, and only a hopeless one is not asked for again."""
    with pytest.raises(ProviderError) as caught:
        parse_task(given_answer)
    assert type(caught.value) is expected


def test_recorded_creation(body: Bodies) -> None:
    """The documented answer to an order gives the id to keep, and what it has cost."""
    task = parse_submit(Answer(200, body("created.json")))
    assert (task.id, task.state, task.cost_usd) == (TASK_ID, TaskState.RUNNING, Decimal("0.002"))


# -- callbacks, account, upload --------------------------------------------------------------------------------


def test_callback_names_its_task(body: Bodies) -> None:
    """A callback has no envelope, and can tell the id of an order whose answer was lost."""
    task = parse_callback(body("callback.json"))
    assert (task.id, task.state) == (TASK_ID, TaskState.COMPLETED)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"data": {}}', b'{"data": {"task_id": "a/b"}}', b"\xff"])
def test_callback_of_nothing(raw: bytes) -> None:
    """Anybody can post to us."""
    with pytest.raises(ReadFailed):
        parse_callback(raw)


def test_an_unreadable_callback_is_not_quoted() -> None:
    """It may hold what a member wrote, and whoever logs the error has not read it."""
    with pytest.raises(ReadFailed) as caught:
        parse_callback(b'{"data": {"input": {"prompt": "a very private wish"}}}')
    assert "private" not in str(caught.value)


def test_account_under_data_or_at_the_top(body: Bodies) -> None:
    """Both shapes that were seen give the same."""
    assert parse_account(Answer(200, body("account.json"))) == Account("repaint", "creator", Decimal("12.3456"))
    assert parse_account(Answer(200, body("account_top.json"))) == Account("repaint", "free", Decimal(0))


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (refused(401), KeyRefused),
        (refused(403), KeyRefused),
        (refused(200, "invalid key", code=401), KeyRefused),
        (refused(404), ReadFailed),
        (refused(500), AskAgain),
        (answer(200, b"<html>log in to the hotel's network"), AskAgain),
        (answer(200, {}), AskAgain),
    ],
)
@pytest.mark.parametrize("parse", [parse_account, parse_upload])
def test_account_and_upload_refused(
    parse: Callable[[Answer], object], given_answer: Answer, expected: type[ProviderError]
) -> None:
    """A bad key is told apart from a bad moment."""
    with pytest.raises(ProviderError) as caught:
        parse(given_answer)
    assert type(caught.value) is expected


def test_upload_under_data_or_at_the_top(body: Bodies) -> None:
    """Both shapes that were seen give the same."""
    for name in ("upload.json", "upload_top.json"):
        assert parse_upload(Answer(200, body(name))) == "https://storage.theapi.app/images/1.jpg"


@pytest.mark.parametrize("balance", ["1e999999", "-1e999999", "1e-999999", "0e-999999", "9" * 4000, 10**40, 1e300])
def test_a_balance_that_cannot_be_written_out_is_none(balance: object) -> None:
    """Eight characters can mean a number that takes gigabytes to show."""
    account = parse_account(answer(200, {"data": {"name": "a", "equivalent_in_usd": balance}}))
    assert account.balance_usd is None


def test_upload_must_give_an_address() -> None:
    """What is handed on as the picture's address is one."""
    with pytest.raises(ReadFailed):
        parse_upload(answer(200, {"data": {"url": "file:///etc/passwd"}}))


# -- secrets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [None, 400, 330, 310])
def test_log_never_shows_the_webhook_secret(body: Bodies, cut: int | None) -> None:
    """PiAPI repeats it in clear; it goes no further, even if the body is cut short."""
    raw = body("created.json")
    assert SECRET.encode() in raw
    logged = format_for_log(raw[:cut])
    assert "s3cre" not in logged
    assert len(logged) <= 500


@pytest.mark.parametrize(
    "text",
    [
        '{"secret":"%s"}',
        "{'secret': '%s'}",
        '{"raw":"{\\"secret\\":\\"%s\\"}"}',
        '{"x-webhook-secret" : "it\'s %s"}',
        '{"Secret": "a\\"b %s',
    ],
)
def test_secret_is_found_in_odd_places(text: str) -> None:
    """Whoever quotes our request in an error quotes the secret with it."""
    assert "s3cre" not in format_for_log((text % SECRET).encode())


def test_a_body_cannot_write_on_the_terminal() -> None:
    """One line of what can be seen, whatever it is made of: no colors, no bells, no line that looks like ours."""
    logged = format_for_log(b"\x1b[2J\x1b]0;title\x07\r\n2026 INFO bot: fine\x9b31m\xe2\x80\xae\x00")
    assert logged.isprintable()
    assert "INFO bot: fine" in logged


def test_error_never_shows_the_webhook_secret(body: Bodies) -> None:
    """A broken answer is quoted in the error, without the secret."""
    with pytest.raises(OutcomeUnknown) as caught:
        parse_submit(Answer(200, body("created.json")[:-40]))
    assert TASK_ID in str(caught.value)
    assert "s3cre" not in repr(caught.value)


def test_values_do_not_show_secrets() -> None:
    """Neither an order nor an answer tells in its repr."""
    order = Order(
        "dev",
        "a fox",
        "https://pictures.example/1.jpg",
        640,
        480,
        0.7,
        callback=Callback("https://bot.example", SECRET),
    )
    assert SECRET not in repr(order)
    assert SECRET not in repr(answer(200, {"secret": SECRET}))


# -- anything at all -------------------------------------------------------------------------------------------

SHELL = [
    "code",
    "message",
    "data",
    "task_id",
    "status",
    "output",
    "image_url",
    "image_urls",
    "meta",
    "usage",
    "consume",
]
FAILURE = ["error", "raw_message", "logs", "detail", "task_result", "task_output", "error_messages", "url", "plan"]
NAMES = st.sampled_from([*SHELL, *FAILURE])
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([200, 200.0, "200", 404, "completed", "failed", TASK_ID, "1e999999999999", "sNaN", PICTURE])
)
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6))
ENVELOPES = st.builds(
    lambda code, data: {"code": code, "data": data}, st.just(200) | VALUES, st.dictionaries(NAMES, JSON, max_size=8)
)
RAW = st.binary() | JSON.map(json.dumps).map(str.encode) | ENVELOPES.map(json.dumps).map(str.encode)
STEADY = settings(deadline=None, derandomize=True)
STATUSES = st.just(200) | st.integers(100, 599)


def attempt(parse: Callable[[Any], object], given_value: object, *allowed: type[Exception]) -> None:
    """Parse it; nothing but these may be raised."""
    with suppress(*allowed):
        parse(given_value)


@STEADY
@given(STATUSES, RAW)
def test_nothing_that_comes_back_surprises(status: int, raw: bytes) -> None:
    """Any status with any bytes is a value or one of the errors that were promised."""
    given_answer = Answer(status, raw)
    attempt(parse_task, given_answer, KeyRefused, ReadFailed)
    attempt(parse_history, given_answer, KeyRefused, ReadFailed)
    attempt(parse_submit, given_answer, NotSubmitted, OutcomeUnknown)
    attempt(parse_account, given_answer, KeyRefused, ReadFailed)
    attempt(parse_upload, given_answer, KeyRefused, ReadFailed)
    attempt(parse_callback, raw, ReadFailed)


@STEADY
@given(st.integers(500, 599) | st.integers(200, 299), RAW)
def test_only_a_refusal_is_a_refusal(status: int, raw: bytes) -> None:
    """Without a 3xx or 4xx from HTTP or in `code`, an order without a task is in doubt."""
    try:
        parse_submit(Answer(status, raw))
    except NotSubmitted:
        assert 300 <= int(json.loads(raw)["code"]) < 500
    except OutcomeUnknown:
        return


@pytest.mark.parametrize(
    "raw", [b"[" * 200_000, b"1" * 10_000, b'{"code":200,"data":{"a":' + b"[" * 900 + b"]" * 900 + b"}}"]
)
def test_bottomless_json(raw: bytes) -> None:
    """Neither depth nor length breaks the reading."""
    attempt(parse_task, Answer(200, raw), ReadFailed)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"code": 200, "data": {"data": [{"task_id": "a"}, {"task_id": "b"}], "total": 2}}, ("a", "b")),
        ({"code": 200, "data": [{"task_id": "a"}, {"task_id": "a"}, {}, None, {"task_id": "../x"}]}, ("a",)),
        ({"code": 200, "data": {"data": None}}, ()),
        ({"code": 200}, ()),
    ],
)
def test_of_the_history_only_ids_are_certain(body: object, ids: tuple[str, ...]) -> None:
    """Either shape, whatever else is in a row; an id that does not fit into a path is none."""
    assert parse_history(Answer(200, json.dumps(body).encode())) == ids


def test_a_history_that_is_not_answered_is_a_failed_read() -> None:
    """It says nothing about any task."""
    for said in (Answer(500, b"<html>"), Answer(200, b'{"code": 500, "data": null}'), Answer(404, b"")):
        with pytest.raises(ReadFailed):
            parse_history(said)
    with pytest.raises(KeyRefused):
        parse_history(Answer(401, b""))


def test_a_task_says_what_it_was_ordered_with() -> None:
    """Image and callback come back in every answer that echoes them, and are empty where it does not."""
    data = {
        "task_id": "a",
        "input": {"image": "https://here/1.jpg"},
        "config": {"webhook_config": {"endpoint": "https://here/piapi/k"}},
    }
    task = parse_task(Answer(200, json.dumps({"code": 200, "data": data}).encode()))
    assert (task.image_url, task.callback_url) == ("https://here/1.jpg", "https://here/piapi/k")
    bare = parse_task(Answer(200, b'{"code": 200, "data": {"task_id": "a", "input": null}}'))
    assert (bare.image_url, bare.callback_url) == ("", "")
