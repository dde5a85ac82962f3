"""Our own web server, asked over a real socket by who should and by who should not."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import random
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot import web
from bot.database import open_database
from bot.jobs import JobStatus, Store
from bot.pictures import Source
from bot.web import MOST_CALLBACK_BYTES, WebServer, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.jobs import Job, Request
    from tests.conftest import MovedClock

SECRET = "a-secret-of-this-test"
KEY = "the-key-of-the-job"
TASK = {"timestamp": 1, "data": {"task_id": "task-1", "status": "completed", "output": {"image_url": "https://evil/x"}}}


class Place:
    """A web server with one running job behind it."""

    def __init__(self, store: Store, job: Job, port: int, wakes: list[None], health: dict[str, object]) -> None:
        self.store = store
        self.job = job
        self.port = port
        self.wakes = wakes
        self.health = health
        self._session = aiohttp.ClientSession(f"http://127.0.0.1:{port}")

    async def close(self) -> None:
        """Ask nothing more."""
        await self._session.close()

    async def call(self, key: str = KEY, secret: str | None = SECRET, **body: object) -> int:
        """Call back as PiAPI does, or as somebody else would. Returns the status."""
        headers = {} if secret is None else {"x-webhook-secret": secret}
        async with self._session.post(f"/piapi/{key}", headers=headers, **(body or {"json": TASK})) as answer:  # type: ignore[arg-type]  # aiohttp's own names
            return answer.status

    async def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a page."""
        async with self._session.get(path) as answer:
            return answer.status, await answer.read()

    async def due(self) -> list[Job]:
        """What the loop would take up now."""
        return await self.store.hands.claim(9)


@pytest.fixture
async def place(tmp_path: Path, clock: MovedClock, build_request: Callable[..., Request]) -> AsyncIterator[Place]:
    """A running job that nobody would look at for ten seconds."""
    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}", clock) as database:
        store = Store(database, "me")
        request = build_request()
        await store.arrive(request, KEY, Decimal(0))
        await store.answered(request.id, 1)
        (arrived,) = await store.hands.claim(1)
        await store.queue(arrived, Source(b"jpeg", 1, 1, ""), "https://here")
        admitted = await store.hands.admit(1)
        assert admitted is not None
        job = await store.running(admitted, "task-1", 10)
        assert job is not None
        wakes: list[None] = []
        health = {"alive": True, "trouble": "a full disk"}
        server = WebServer(store, SECRET, lambda: wakes.append(None), lambda: health)
        async with serve(server, "127.0.0.1", 0) as port:
            opened = Place(store, job, port, wakes, health)
            yield opened
            await opened.close()


async def test_a_callback_is_a_hint_to_look(place: Place) -> None:
    """The job is due at once; nothing the body says about pictures is believed."""
    assert await place.call() == 204
    assert len(place.wakes) == 1
    (job,) = await place.due()
    assert (job.status, job.result_urls) == (JobStatus.RUNNING, ())


async def test_duplicates_and_replays_change_nothing(place: Place) -> None:
    """The second callback finds the job in hand, a late one finds it over; both are thanked."""
    assert await place.call() == 204
    (job,) = await place.due()
    assert await place.call() == 204
    assert await place.due() == []
    assert await place.store.end(job, JobStatus.DONE) is not None
    assert await place.call() == 204
    assert await place.due() == []


async def test_who_does_not_know_both_learns_nothing(place: Place) -> None:
    """A wrong secret, none, and a key that does not exist get the same answer."""
    answers = [
        await place.call(secret="wrong"),
        await place.call(secret=None),
        await place.call(key="no-such-key"),
        await place.call(key="no-such-key", secret="wrong"),
        await place.call(secret="\u00e9"),
    ]
    assert answers == [404] * 5
    assert not place.wakes
    assert await place.due() == []


async def test_another_task_is_not_put_in_its_place(place: Place) -> None:
    """A callback that names another task does not change which one is read."""
    assert await place.call(json={"data": {"task_id": "task-of-somebody-else", "status": "completed"}}) == 204
    (job,) = await place.due()
    assert job.task_id == "task-1"


@pytest.mark.parametrize("body", [b"", b"no json", b"[1, 2", b'{"data": null}', b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_cannot_be_read_is_still_a_hint(place: Place, body: bytes) -> None:
    """Who knows secret and key may say it badly; we look all the same, and do not break."""
    assert await place.call(data=body) == 204
    assert len(await place.due()) == 1


async def test_a_body_is_not_read_without_end(place: Place) -> None:
    """More than a callback can be is refused, whoever sends it."""
    assert await place.call(data=b"x" * (MOST_CALLBACK_BYTES + 1)) == 413
    assert await place.due() == []


async def test_the_picture_dies_with_the_job(place: Place) -> None:
    """Who knows the key gets the checked picture, until the job is over."""
    assert await place.get(f"/pictures/{KEY}.jpg") == (200, b"jpeg")
    assert (await place.get("/pictures/another-key.jpg"))[0] == 404
    assert (await place.get("/pictures/../../etc/passwd.jpg"))[0] == 404
    await place.store.cancel(place.job.id)
    assert (await place.get(f"/pictures/{KEY}.jpg"))[0] == 404


async def test_it_says_that_it_lives(place: Place) -> None:
    """For supervisors, who look no further than the status; people read why."""
    assert await place.get("/healthz") == (200, b'{"alive": true, "trouble": "a full disk"}')
    place.health["alive"] = False
    assert (await place.get("/healthz"))[0] == 503


async def test_what_is_for_operators_is_not_here(place: Place) -> None:
    """Whoever reaches this server, it counts nothing for them."""
    assert [(await place.get(path))[0] for path in ("/metrics", "/readyz")] == [404, 404]


# -- hostile senders -----------------------------------------------------------------------------------------------


async def send(place: Place, data: bytes, *, hang_up: bool = False) -> int:
    """Say these very bytes to the web server. Returns the status it answers with, 0 if it does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(data)
    await writer.drain()
    if hang_up:
        writer.transport.abort()
    async with asyncio.timeout(5):
        with suppress(ConnectionError):
            line = await reader.readline()
    writer.transport.abort()
    return 0 if hang_up else int(line.split()[1])


def write_call(
    body: bytes = b"{}", *headers: bytes, secret: bytes = SECRET.encode(), path: bytes = b"/piapi/" + KEY.encode()
) -> bytes:
    """A callback over the wire, with further headers."""
    said = (b"Host: here", b"x-webhook-secret: " + secret, b"Content-Length: %d" % len(body), *headers)
    return b"POST " + path + b" HTTP/1.1\r\n" + b"\r\n".join(said) + b"\r\n\r\n" + body


CHUNKED = b"\r\n".join((write_call().partition(b"\r\nContent-Length")[0], b"Transfer-Encoding: chunked", b"", b"%s"))
UNBELIEVED = {
    "secret in latin-1": write_call(secret=b"\xe9\xff"),
    "secret and a byte": write_call(secret=SECRET.encode() + b"\xff"),
    "secret in another case": write_call(secret=SECRET.upper().encode()),
    "secret last of two": write_call(b"{}", b"X-Webhook-Secret: " + SECRET.encode(), secret=b"wrong"),
    "secret in the path": write_call(
        secret=b"", path=b"/piapi/" + KEY.encode() + b"?x-webhook-secret=" + SECRET.encode()
    ),
    "secret in a folded line": write_call(secret=b"a-secret-of\r\n -this-test"),
    "key and a line": write_call(path=b"/piapi/" + KEY.encode() + b"%0a"),
    "key and a zero": write_call(path=b"/piapi/" + KEY.encode() + b"%00"),
    "key of a thousand": write_call(path=b"/piapi/" + b"k" * 1000),
    "path of odd bytes": write_call(path=b"/piapi/\xff\xfe"),
    "path from above": write_call(path=b"/piapi/../piapi/" + KEY.encode() + b"/.."),
    "another method": write_call().replace(b"POST", b"PUT", 1),
    "no method": write_call().replace(b"POST", b"\x00\x01", 1),
    "two lengths": write_call(b"{}", b"Content-Length: 7"),
    "a length below zero": write_call().replace(b"Length: 2", b"Length: -2"),
    "a length beyond all": write_call().replace(b"Length: 2", b"Length: " + b"9" * 40),
    "length and chunks": write_call(b"0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks of nonsense": CHUNKED % b"zz\r\n{}\r\n0\r\n\r\n",
    "a huge header": write_call(b"{}", b"x-long: " + b"x" * 100_000),
    "a thousand headers": write_call(b"{}", *(b"x-%d: x" % number for number in range(1000))),
    "expects tea": write_call(b"{}", b"Expect: tea"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "noise": b"\x80\x00\xff" * 40 + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", UNBELIEVED.values(), ids=UNBELIEVED)
async def test_tricks_are_neither_believed_nor_an_error(
    place: Place, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever plays with HTTP is told no, wakes nobody, and leaves nothing in the log."""
    assert 400 <= await send(place, data) < 500
    assert not place.wakes
    assert await place.due() == []
    assert not caplog.records


PACKED = gzip.compress(bytes(50_000_000))
ODD_BODIES = [
    b'{"data": {"task_id": "task-2"}, "data": {"task_id": "task-3"}}',
    b'{"data": {"task_id": ["task-2"], "status": {"a": 1}, "output": "x"}}',
    b'{"data": {"task_id": 1e400, "meta": {"usage": {"consume": "1e999999999"}}}}',
    b'{"code": ' + b"9" * 5000 + b"}",
    b'{"code": NaN, "data": -Infinity}',
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    '{"data": {"task_id": "task-2"}}'.encode("utf-16"),
    b'{"data": {"task_id": "\\ud800"}}',
    b"\xef\xbb\xbf{}",
    b'"' + b"\\u0000" * 1000 + b'"',
    b"--x\r\nContent-Disposition: form-data; name=data\r\n\r\n{}\r\n--x--",
]
ODD_HEADERS = [
    [],
    [b"Content-Type: multipart/form-data; boundary=x"],
    [b'Content-Type: application/json; charset="nonsense'],
    [b"Content-Encoding: gzip"],
    [b"Content-Encoding: deflate", b"Content-Encoding: br"],
    [b"Connection: upgrade", b"Upgrade: websocket"],
]


def spoil(chance: random.Random) -> bytes:
    """A body that somebody thought of, or PiAPI's own with a few bytes changed."""
    if chance.random() < 0.3:
        return chance.choice(ODD_BODIES)
    body = bytearray(json.dumps(TASK | {"timestamp": chance.getrandbits(80)}), "utf-8")
    for _ in range(chance.choice((1, 3, 20))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body[: chance.randrange(len(body))] if chance.random() < 0.2 else body)


async def test_no_body_is_an_error_or_the_truth(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Who knows secret and key may say anything: it is a hint to look, and the job stays what it was."""
    chance = random.Random("callbacks")  # noqa: S311 (repeatable)
    bodies = [*ODD_BODIES, PACKED, *(spoil(chance) for _ in range(150))]
    for body in bodies:
        assert await send(place, write_call(body, *chance.choice(ODD_HEADERS))) == 204
    assert len(place.wakes) == len(bodies)
    (job,) = await place.due()
    assert (job.status, job.task_id, job.result_urls) == (JobStatus.RUNNING, "task-1", ())
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_who_stops_talking_is_left_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that does not come, breaks off or is too large is no hint, and costs no more than its time."""
    monkeypatch.setattr(web, "CALLBACK_SECONDS", 0.05)
    assert await send(place, write_call().replace(b"Length: 2", b"Length: 99")) == 408
    assert await send(place, CHUNKED % b"5\r\n{") == 408
    assert (
        await send(place, CHUNKED % (b"%x\r\n" % (MOST_CALLBACK_BYTES + 2) + b"x" * (MOST_CALLBACK_BYTES + 1))) == 413
    )
    monkeypatch.setattr(web, "CALLBACK_SECONDS", 5)
    assert await send(place, write_call().replace(b"Length: 2", b"Length: 99"), hang_up=True) == 0
    await asyncio.sleep(0.05)
    assert not place.wakes
    assert await place.due() == []
    assert not caplog.records
