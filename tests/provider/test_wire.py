"""Promises of the wire format: what goes out, and what is made of everything that comes back."""

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
    Busy,
    Callback,
    FailureKind,
    KeyRefused,
    NoCredit,
    NotSubmitted,
    Order,
    OutcomeUnknown,
    ProviderError,
    ReadFailed,
    RequestRefused,
    TaskMissing,
    TaskState,
    format_for_log,
    parse_callback,
)
from bot.provider.wire import (
    Answer,
    AskAgain,
    build_order,
    parse_account,
    parse_history,
    parse_retry_after,
    parse_submit,
    parse_task,
    parse_upload,
)
from bot.provider.words import classify

if TYPE_CHECKING:
    from collections.abc import Callable

    Bodies = Callable[[str], bytes]

TASK_ID = "6f1c2a0e-3d1b-4b8e-9a55-0c7f2d9e4b11"
PICTURE = "https://img.theapi.app/temp/fe4dd4e1-8a94-4cc5-9a44-96d0e0d3a8a8.png"
SECRET = "s3cret-of-this-job"


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    """An answer with these bytes, or with this as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, raw, headers)


def refused(status: int, message: str = "no", code: int | None = None) -> Answer:
    """An answer that says no in the service's envelope."""
    return answer(status, {"code": status if code is None else code, "message": message, "data": None})


# -- orders --------------------------------------------------------------------------------------------------


def test_order_says_only_what_is_asked() -> None:
    """Fields that were not chosen are left out, so that the service's own defaults hold."""
    order = Order("dev", "a fox", "https://pictures.example/1.jpg", 640, 480, 0.7)
    assert build_order(order) == {
        "model": "Qubico/flux1-dev",
        "task_type": "img2img",
        "input": {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "denoise": 0.7},
        "config": {"service_mode": "public"},
    }


def test_order_says_all_that_is_asked() -> None:
    """Every choice has its field, numbers as numbers, and the callback goes into the configuration."""
    order = Order(
        "schnell", "a fox", "https://pictures.example/1.jpg", 640, 480, 0.5,
        negative_prompt="snow", guidance=3.5, count=4, callback=Callback("https://bot.example/c/1", SECRET),
    )  # fmt: skip
    body = build_order(order)
    assert body["input"] == {
        "prompt": "a fox",
        "image": "https://pictures.example/1.jpg",
        "denoise": 0.5,
        "negative_prompt": "snow",
        "guidance_scale": 3.5,
        "batch_size": 4,
    }
    assert body["config"] == {
        "service_mode": "public",
        "webhook_config": {"endpoint": "https://bot.example/c/1", "secret": SECRET},
    }


def build_input(model: str, **chosen: Any) -> tuple[Any, Any]:
    """The type of the task and the input of an order in a style, with a control, or by instruction."""
    body = build_order(Order(model, "a fox", "https://pictures.example/1.jpg", 640, 480, **chosen))
    assert body["model"] == "Qubico/flux1-dev-advanced"
    return body["task_type"], body["input"]


def test_order_in_a_style() -> None:
    """Exactly one LoRA, by the service's own name, beside what every image-to-image takes."""
    image = {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "denoise": 0.7}
    assert build_input("img2img-lora", lora="anime") == (
        "img2img-lora",
        image | {"lora_settings": [{"lora_type": "anime"}]},
    )
    assert build_input("img2img-lora", lora="art", lora_strength=0.4, guidance=2.0) == (
        "img2img-lora",
        image | {"guidance_scale": 2.0, "lora_settings": [{"lora_type": "art", "lora_strength": 0.4}]},
    )


def test_order_with_a_control() -> None:
    """The picture is what is repainted and what guides; steps and guidance are the examples'."""
    image = {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "denoise": 0.7, "steps": 28}
    control = {"control_type": "depth", "control_image": "https://pictures.example/1.jpg"}
    assert build_input("controlnet-lora") == (
        "controlnet-lora",
        image | {"guidance_scale": 2.5, "control_net_settings": [control]},
    )
    _, wanted = build_input("controlnet-lora", control="canny", lora="art", guidance=4.0, strength=0.5)
    assert wanted == image | {
        "denoise": 0.5,
        "guidance_scale": 4.0,
        "control_net_settings": [control | {"control_type": "canny"}],
        "lora_settings": [{"lora_type": "art"}],
    }


def test_order_by_instruction() -> None:
    """Kontext is told the size of its source, which it would not follow, and nothing that it does not know."""
    assert build_input("kontext") == (
        "kontext",
        {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "width": 640, "height": 480},
    )


def test_orders_share_nothing() -> None:
    """What one order holds does not get into the next one."""
    build_input("controlnet-lora", lora="art")
    assert "lora_settings" not in build_input("controlnet-lora")[1]


@pytest.mark.parametrize(("model", "count"), [("dev", 2), ("schnell", 5), ("schnell", 0), ("flux2", 1)])
def test_order_no_model_can_take(model: str, count: int) -> None:
    """What would be refused, or charged for something else, is not sent at all."""
    with pytest.raises(RequestRefused):
        build_order(Order(model, "a fox", "https://pictures.example/1.jpg", 640, 480, 0.7, count=count))


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


# -- orders that are answered ----------------------------------------------------------------------------------


def test_recorded_creation(body: Bodies) -> None:
    """The documented answer to an order gives the id to keep, and what it has cost."""
    task = parse_submit(Answer(200, body("created.json")))
    assert (task.id, task.state, task.cost_usd) == (TASK_ID, TaskState.RUNNING, Decimal("0.002"))


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


@STEADY
@given(st.text(), st.text())
def test_no_header_surprises(wanted: str, date: str) -> None:
    """A wait that makes no sense is no wait."""
    seconds = parse_retry_after({"retry-after": wanted, "date": date})
    assert seconds is None or 0 <= seconds <= 3600


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
    for answer in (Answer(500, b"<html>"), Answer(200, b'{"code": 500, "data": null}'), Answer(404, b"")):
        with pytest.raises(ReadFailed):
            parse_history(answer)
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
