"""Promises of the client, kept on a real socket against every fault a service and its network can think of."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
import traceback
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import stamina

from bot.provider import (
    Busy,
    Callback,
    KeyRefused,
    NoCredit,
    Order,
    OutcomeUnknown,
    PiAPI,
    PictureDownload,
    Provider,
    ProviderError,
    ReadFailed,
    RequestRefused,
    TaskMissing,
    TaskState,
    Timeouts,
    Unreachable,
)
from bot.provider.piapi import _is_worth_asking_again
from bot.provider.verdicts import AskAgain
from tests.conftest import NOON
from tests.provider.conftest import StandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from tests.provider.conftest import Act

KEY = "key-0123456789-abcdef"
SECRET = "s3cret-of-this-job"
TASK_ID = "6f1c2a0e-3d1b-4b8e-9a55-0c7f2d9e4b11"
ORDER = Order(
    "schnell",
    "a fox in the snow",
    "https://pictures.example/fox.jpg",
    640,
    480,
    0.7,
    count=2,
    callback=Callback("https://bot.example/callbacks/k3y", SECRET),
)
HASTY = Timeouts(submit_seconds=0.1, read_seconds=0.1, upload_seconds=0.1)

CREATE = "POST /api/v1/task"
TASK = f"GET /api/v1/task/{TASK_ID}"

says = StandIn.answers


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Three tries, no waiting between them."""
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The session that the front door would open."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def piapi(stand_in: StandIn, session: aiohttp.ClientSession) -> AsyncIterator[PiAPI]:
    """The client, pointed at the stand-in, with its usual patience."""
    async with PictureDownload(base_url=stand_in.url) as download:
        yield PiAPI(
            session=session,
            base_url=stand_in.url,
            api_key=KEY,
            download=download,
            upload_url=f"{stand_in.url}/upload",
        )


@pytest.fixture
async def hasty(stand_in: StandIn, session: aiohttp.ClientSession) -> AsyncIterator[PiAPI]:
    """The same, but it does not wait long: for servers that do not answer."""
    async with PictureDownload(base_url=stand_in.url) as download:
        yield PiAPI(
            session=session,
            base_url=stand_in.url,
            api_key=KEY,
            download=download,
            upload_url=f"{stand_in.url}/upload",
            timeouts=HASTY,
        )


def refuses(status: int, message: str = "no", **headers: str) -> Act:
    """Say no in the service's envelope."""
    return says(status, {"code": status, "message": message, "data": None}, **headers)


def lines(stand_in: StandIn) -> list[str]:
    """What was asked, in order."""
    return [asked.line for asked in stand_in.asked]


def everything_said(error: BaseException) -> str:
    """All that a log, a crash report or a debugger could show of an error and of those behind it."""
    said = "".join(traceback.format_exception(error))
    behind: BaseException | None = error
    while behind is not None:
        said += f"{behind!r} {behind} {behind.__dict__!r}"
        behind = behind.__cause__ or behind.__context__
    return said


# -- the order -------------------------------------------------------------------------------------------------


async def test_order_goes_out_once_and_whole(piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes]) -> None:
    """One POST with the key, strict JSON and nothing undocumented."""
    stand_in.plays(says(200, body("created.json")))
    task = await piapi.submit(ORDER)
    assert (task.id, task.state) == (TASK_ID, TaskState.RUNNING)
    (asked,) = stand_in.asked
    assert asked.line == CREATE
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {
        "model": "Qubico/flux1-schnell",
        "task_type": "img2img",
        "input": {
            "prompt": "a fox in the snow",
            "image": "https://pictures.example/fox.jpg",
            "denoise": 0.7,
            "batch_size": 2,
        },
        "config": {
            "service_mode": "public",
            "webhook_config": {"endpoint": "https://bot.example/callbacks/k3y", "secret": SECRET},
        },
    }


BAD_GATEWAY = b"<html><body>502 Bad Gateway</body></html>"
HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"code": 200, "data": {'
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b" " * 0x10000 + b"\r\n"
HUGE = json.dumps({"code": 200, "data": {"task_id": TASK_ID, "status": "failed"}}).encode() + b" " * 1024 * 1024
"""Would be understood, if it were read to its end."""

FAULTS: dict[str, tuple[Act, type[ProviderError]]] = {
    "bad request": (refuses(400), RequestRefused),
    "bad key": (refuses(401), KeyRefused),
    "plan": (refuses(403), KeyRefused),
    "no credit": (refuses(402), NoCredit),
    "no credit by words": (refuses(400, "insufficient credits"), NoCredit),
    "wrong address": (refuses(404), RequestRefused),
    "too many requests": (refuses(429, Retry_After="9"), Busy),
    "code inside": (says(200, {"code": 400, "message": "bad enum", "data": None}), RequestRefused),
    "moved": (says(301, b"", Location="/elsewhere"), RequestRefused),
    "moved to an answer": (says(303, b"", Location="/elsewhere"), OutcomeUnknown),
    "server error": (refuses(500), OutcomeUnknown),
    "bad gateway": (says(502, BAD_GATEWAY, Content_Type="text/html"), OutcomeUnknown),
    "gateway timeout": (says(524, BAD_GATEWAY, Content_Type="text/html"), OutcomeUnknown),
    "html that is fine": (says(200, BAD_GATEWAY, Content_Type="text/html"), OutcomeUnknown),
    "no task": (says(200, {"code": 200, "message": "success", "data": None}), OutcomeUnknown),
    "cut JSON": (says(200, b'{"code": 200, "data": {"task_id": "6f1c'), OutcomeUnknown),
    "cut body": (StandIn.sends(HALF), OutcomeUnknown),
    "no body": (says(200), OutcomeUnknown),
    "not HTTP": (StandIn.sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), OutcomeUnknown),
    "hung up after the request": (StandIn.hangs_up, OutcomeUnknown),
    "hung up in the head": (StandIn.sends(b"HTTP/1.1 200 OK\r\nContent-"), OutcomeUnknown),
    "huge": (says(200, HUGE), OutcomeUnknown),
    "huge by chunks": (StandIn.sends(ENDLESS + (b"10000\r\n" + b" " * 0x10000 + b"\r\n") * 17), OutcomeUnknown),
}

HANGING: dict[str, Act] = {
    "never answers": StandIn.falls_silent(),
    "never ends": StandIn.falls_silent(HALF),
    "trickles on": StandIn.falls_silent(ENDLESS),
}


@pytest.mark.parametrize(("act", "expected"), FAULTS.values(), ids=FAULTS)
async def test_order_is_never_repeated(
    piapi: PiAPI, stand_in: StandIn, act: Act, expected: type[ProviderError]
) -> None:
    """Whatever happens, it was sent exactly once, and it is known whether it may have been charged."""
    stand_in.plays(act)
    with pytest.raises(ProviderError) as caught:
        await piapi.submit(ORDER)
    assert type(caught.value) is expected, caught.value
    assert lines(stand_in) == [CREATE]
    assert stand_in.connections == 1


@pytest.mark.parametrize("act", HANGING.values(), ids=HANGING)
async def test_order_that_is_not_answered_in_time(hasty: PiAPI, stand_in: StandIn, act: Act) -> None:
    """Our own patience ends an order without knowing what became of it, and it still went out once."""
    stand_in.plays(act)
    with pytest.raises(OutcomeUnknown):
        await hasty.submit(ORDER)
    assert lines(stand_in) == [CREATE]


async def test_busy_says_for_how_long(piapi: PiAPI, stand_in: StandIn) -> None:
    """The wait that the service asked for reaches the caller, also as a date."""
    stand_in.plays(refuses(429, Retry_After="9"))
    with pytest.raises(Busy) as caught:
        await piapi.submit(ORDER)
    assert caught.value.retry_after_seconds == 9
    dates = {"Date": "Wed, 21 Oct 2026 07:28:00 GMT", "Retry_After": "Wed, 21 Oct 2026 07:28:25 GMT"}
    stand_in.plays(refuses(429, **dates))
    with pytest.raises(Busy) as caught:
        await piapi.submit(ORDER)
    assert caught.value.retry_after_seconds == 25


async def test_hung_up_before_reading(piapi: PiAPI, stand_in: StandIn) -> None:
    """Once there was a connection, nobody can tell how much was read: the outcome is unknown."""
    stand_in.deaf = True
    with pytest.raises(OutcomeUnknown):
        await piapi.submit(ORDER)
    assert stand_in.connections == 1


async def test_order_never_takes_a_used_connection(
    piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes]
) -> None:
    """A kept connection that its server has given up cannot put an order in doubt."""
    stand_in.forgetful = True
    stand_in.plays(says(200, body("account.json")), says(200, body("created.json")))
    await piapi.fetch_account()
    assert (await piapi.submit(ORDER)).id == TASK_ID
    assert lines(stand_in) == ["GET /account/info", CREATE]
    assert stand_in.connections == 2


def at(base_url: str, session: aiohttp.ClientSession, download: PictureDownload, **times: float) -> PiAPI:
    """A client of another address."""
    timeouts = Timeouts(**times)
    return PiAPI(session=session, base_url=base_url, api_key=KEY, download=download, timeouts=timeouts)


@pytest.fixture
async def download() -> AsyncIterator[PictureDownload]:
    """A download that is not used."""
    async with PictureDownload(base_url="https://api.example") as opened:
        yield opened


async def test_nobody_listens(session: aiohttp.ClientSession, download: PictureDownload) -> None:
    """A refused connection is proof that nothing was sent."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = at(f"http://127.0.0.1:{taken.getsockname()[1]}", session, download)
        with pytest.raises(Unreachable):
            await closed.submit(ORDER)


async def test_no_such_name(
    session: aiohttp.ClientSession, download: PictureDownload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is a name that does not resolve."""

    async def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    with pytest.raises(Unreachable):
        await at("https://api.example", session, download).submit(ORDER)


async def test_connecting_takes_too_long(
    session: aiohttp.ClientSession, download: PictureDownload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is a deadline that passes before there is a connection, be it while asking for the address."""

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", hang)
    with pytest.raises(Unreachable):
        await at("https://api.example", session, download, connect_seconds=0.05).submit(ORDER)


async def test_not_a_secure_server(
    stand_in: StandIn, session: aiohttp.ClientSession, download: PictureDownload
) -> None:
    """So is TLS that cannot be agreed on."""
    stand_in.deaf = True
    with pytest.raises(Unreachable):
        await at(stand_in.url.replace("http:", "https:"), session, download).submit(ORDER)


@pytest.mark.parametrize("base_url", ["ftp://api.example", "https://", "api.example"])
async def test_no_address_at_all(base_url: str, session: aiohttp.ClientSession, download: PictureDownload) -> None:
    """So is an address that is none."""
    with pytest.raises(Unreachable):
        await at(base_url, session, download).submit(ORDER)


async def test_order_no_model_can_take_is_not_sent(piapi: PiAPI, stand_in: StandIn) -> None:
    """What is bound to be refused does not leave the house."""
    with pytest.raises(RequestRefused):
        await piapi.submit(Order("dev", "a fox", "https://pictures.example/fox.jpg", 640, 480, 0.7, count=3))
    assert stand_in.connections == 0


async def test_order_that_is_abandoned_is_not_repeated(piapi: PiAPI, stand_in: StandIn) -> None:
    """A process that stops while an order is out leaves it at one."""
    stand_in.plays(StandIn.falls_silent())
    task = asyncio.create_task(piapi.submit(ORDER))
    while not stand_in.asked:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert lines(stand_in) == [CREATE]


# -- questions -------------------------------------------------------------------------------------------------


async def test_task_is_read(piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes]) -> None:
    """One GET by id, with the key."""
    stand_in.plays(says(200, body("completed.json")))
    task = await piapi.fetch_task(TASK_ID)
    assert (task.id, task.state, len(task.picture_urls)) == (TASK_ID, TaskState.COMPLETED, 1)
    assert lines(stand_in) == [TASK]
    assert stand_in.asked[0].headers["x-api-key"] == KEY


async def test_task_keeps_the_id_it_was_asked_by(piapi: PiAPI, stand_in: StandIn) -> None:
    """An answer need not repeat the id."""
    stand_in.plays(says(200, {"code": 200, "data": {"status": "processing"}}))
    assert (await piapi.fetch_task(TASK_ID)).id == TASK_ID


async def test_answer_about_another_task(piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes]) -> None:
    """Nobody gets somebody else's picture because an answer was mixed up on its way."""
    stand_in.plays(says(200, body("completed.json")))
    with pytest.raises(ReadFailed):
        await piapi.fetch_task("another")


async def test_id_cannot_leave_its_path(piapi: PiAPI, stand_in: StandIn) -> None:
    """An id is a name, not an address."""
    stand_in.plays(refuses(404))
    with pytest.raises(TaskMissing):
        await piapi.fetch_task("../../account/info?x")
    assert lines(stand_in) == ["GET /api/v1/task/..%2F..%2Faccount%2Finfo%3Fx"]


PASSING: dict[str, Act] = {
    "bad gateway": says(502, BAD_GATEWAY, Content_Type="text/html"),
    "server error": refuses(500),
    "html that is fine": says(200, BAD_GATEWAY, Content_Type="text/html"),
    "too many requests": refuses(429),
    "too many requests for now": refuses(429, Retry_After="2"),
    "cut body": StandIn.sends(HALF),
    "hung up": StandIn.hangs_up,
    "huge": says(200, HUGE),
}


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING)
async def test_question_is_asked_again(piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes], act: Act) -> None:
    """A bad moment does not lose a picture that was paid for."""
    stand_in.plays(act, says(200, body("completed.json")))
    assert (await piapi.fetch_task(TASK_ID)).state is TaskState.COMPLETED
    assert lines(stand_in) == [TASK, TASK]


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING)
async def test_question_is_not_asked_for_ever(piapi: PiAPI, stand_in: StandIn, act: Act) -> None:
    """A few tries (aiohttp repeats each by itself if the line goes dead), then the caller may decide."""
    stand_in.plays(act)
    with pytest.raises(ReadFailed):
        await piapi.fetch_task(TASK_ID)
    assert 3 <= len(stand_in.asked) <= 6
    assert set(lines(stand_in)) == {TASK}


@pytest.mark.parametrize("act", HANGING.values(), ids=HANGING)
async def test_question_that_hangs(hasty: PiAPI, stand_in: StandIn, body: Callable[[str], bytes], act: Act) -> None:
    """A question that is not answered in time is one to ask again, but not for ever."""
    stand_in.plays(act, says(200, body("completed.json")))
    assert (await hasty.fetch_task(TASK_ID)).state is TaskState.COMPLETED
    asked = len(stand_in.asked)
    stand_in.plays(act)
    with pytest.raises(ReadFailed):
        await hasty.fetch_task(TASK_ID)
    assert len(stand_in.asked) == asked + 3


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (refuses(404), TaskMissing),
        (refuses(401), KeyRefused),
        (refuses(400), ReadFailed),
        (says(302, b"", Location="/elsewhere"), ReadFailed),
        (refuses(429, Retry_After="600"), AskAgain),
    ],
    ids=["missing", "key", "bad request", "moved", "not for ten minutes"],
)
async def test_hopeless_question_is_asked_once(
    piapi: PiAPI, stand_in: StandIn, act: Act, expected: type[ProviderError]
) -> None:
    """What will not change now is not asked again; a redirect is not followed."""
    stand_in.plays(act)
    with pytest.raises(ProviderError) as caught:
        await piapi.fetch_task(TASK_ID)
    assert type(caught.value) is expected
    assert lines(stand_in) == [TASK]


CALLS: dict[str, Callable[[PiAPI], Awaitable[object]]] = {
    "order": lambda piapi: piapi.submit(ORDER),
    "task": lambda piapi: piapi.fetch_task(TASK_ID),
    "history": lambda piapi: piapi.fetch_history(NOON, NOON),
    "account": lambda piapi: piapi.fetch_account(),
    "upload": lambda piapi: piapi.upload(b"jpeg", "cat.jpg"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_key_is_never_sent_on(
    piapi: PiAPI, stand_in: StandIn, bystander: StandIn, call: Callable[[PiAPI], Awaitable[object]], status: int
) -> None:
    """Wherever an answer points, key, prompt and picture stay between us and the address the operator chose."""
    bystander.plays(says(200, {"code": 200, "data": {"task_id": TASK_ID}}))
    stand_in.plays(says(status, b"", Location=f"{bystander.url}/elsewhere"))
    with pytest.raises(ProviderError):
        await call(piapi)
    assert bystander.connections == 0


async def test_all_tries_end_by_one_deadline(
    stand_in: StandIn, session: aiohttp.ClientSession, download: PictureDownload
) -> None:
    """However the tries go, the caller gets its answer in time."""
    stand_in.plays(StandIn.falls_silent())
    slow = at(stand_in.url, session, download, read_seconds=30, read_total_seconds=0.1)
    with pytest.raises(ReadFailed, match=r"no answer in 0\.1 s"):
        await slow.fetch_task(TASK_ID)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AskAgain("busy", 7.0), 7.0),
        (AskAgain("busy", 0.0), 0.0),
        (AskAgain("busy", 11.0), False),
        (AskAgain("gone"), True),
        (TaskMissing("no"), False),
        (ReadFailed("no"), False),
        (KeyRefused("no"), False),
    ],
)
def test_wait_that_is_asked_for_is_kept(error: Exception, expected: float | bool) -> None:
    """Retry-After is the wait, unless it is longer than a question is worth."""
    wait = _is_worth_asking_again(error)
    assert (wait, type(wait)) == (expected, type(expected))  # to stamina, 0.0 and False are not the same


async def test_account_is_read(piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes]) -> None:
    """The free probe of key and balance."""
    stand_in.plays(says(200, body("account.json")))
    assert (await piapi.fetch_account()).name == "repaint"
    assert lines(stand_in) == ["GET /account/info"]


async def test_bad_key_is_told_at_once(piapi: PiAPI, stand_in: StandIn) -> None:
    """Asking again with the same key is of no use."""
    stand_in.plays(refuses(401))
    with pytest.raises(KeyRefused):
        await piapi.fetch_account()
    assert len(stand_in.asked) == 1


# -- uploads and results ---------------------------------------------------------------------------------------


async def test_upload(piapi: PiAPI, stand_in: StandIn, body: Callable[[str], bytes]) -> None:
    """The picture goes out as base64, its address comes back."""
    stand_in.plays(says(200, body("upload.json")))
    assert await piapi.upload(b"\xff\xd8\xff", "1.jpg") == "https://storage.theapi.app/images/1.jpg"
    (asked,) = stand_in.asked
    assert asked.line == "POST /upload"
    assert asked.headers["x-api-key"] == KEY
    assert asked.json == {"file_name": "1.jpg", "file_data": base64.b64encode(b"\xff\xd8\xff").decode()}


@pytest.mark.parametrize(
    ("act", "expected"),
    [(refuses(403), KeyRefused), (refuses(500), ReadFailed), (StandIn.hangs_up, ReadFailed)],
    ids=["plan", "server error", "hung up"],
)
async def test_upload_refused(piapi: PiAPI, stand_in: StandIn, act: Act, expected: type[ProviderError]) -> None:
    """The caller can tell a plan without uploads from a bad moment."""
    stand_in.plays(act)
    with pytest.raises(expected):
        await piapi.upload(b"\xff\xd8\xff", "1.jpg")
    assert len(stand_in.asked) == 1


async def test_picture_is_fetched_without_the_key(piapi: PiAPI, stand_in: StandIn) -> None:
    """Whoever keeps the pictures does not learn our key."""
    stand_in.plays(says(200, b"\x89PNG", Content_Type="image/png"))
    provider: Provider = piapi
    assert await provider.fetch_picture(f"{stand_in.url}/1.png") == b"\x89PNG"
    (asked,) = stand_in.asked
    assert KEY not in str(asked)
    assert "x-api-key" not in asked.headers


# -- secrets ---------------------------------------------------------------------------------------------------

ECHO = {
    "code": 400,
    "message": f"bad key {KEY}",
    "data": {"config": {"webhook_config": {"secret": SECRET}}, "error": KEY},
}
INDISCREET: dict[str, Act] = {
    "refusal": says(400, ECHO),
    "server error": says(500, ECHO),
    "no message": says(500, ECHO["data"]),
    "cut JSON": says(200, json.dumps(ECHO)[:-20]),
    "not JSON": says(500, f"<p>{KEY}</p>"),
    "hung up": StandIn.hangs_up,
    "not HTTP": StandIn.sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "huge": says(200, HUGE),
}


@pytest.mark.parametrize("act", INDISCREET.values(), ids=INDISCREET)
async def test_secrets_stay_in(piapi: PiAPI, stand_in: StandIn, caplog: pytest.LogCaptureFixture, act: Act) -> None:
    """Neither key nor webhook secret is in a log, an error or one behind it, even where the service repeats them."""
    caplog.set_level(logging.DEBUG)
    stand_in.plays(act)
    said = repr(piapi)
    for call in (lambda: piapi.submit(ORDER), lambda: piapi.fetch_task(TASK_ID), piapi.fetch_account):
        with pytest.raises(ProviderError) as caught:
            await call()
        said += everything_said(caught.value)
    assert "bot.provider.piapi" in caplog.text
    assert KEY not in said + caplog.text
    assert SECRET not in said + caplog.text


async def test_secret_of_an_order_is_found_anywhere(
    piapi: PiAPI, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """While an order is out its own secret is known, and taken out wherever it stands."""
    caplog.set_level(logging.DEBUG)
    stand_in.plays(says(500, f"<p>{KEY} {SECRET}</p>"))
    with pytest.raises(OutcomeUnknown) as caught:
        await piapi.submit(ORDER)
    assert str(caught.value) == "answered 500: <p>*** ***</p>"
    assert SECRET not in everything_said(caught.value) + caplog.text


async def test_short_key_does_not_eat_the_answer(
    stand_in: StandIn, session: aiohttp.ClientSession, download: PictureDownload, body: Callable[[str], bytes]
) -> None:
    """A stand-in's key may be a word, and words are in every answer."""
    stand_in.plays(says(200, body("completed.json")))
    client = PiAPI(session=session, base_url=stand_in.url, api_key="temp", download=download)
    assert "/temp/" in (await client.fetch_task(TASK_ID)).picture_urls[0]
