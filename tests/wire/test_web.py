"""Our own web server, asked over a real socket by who should and by who should not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import aiohttp
import pytest

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

    def __init__(
        self, store: Store, job: Job, session: aiohttp.ClientSession, wakes: list[None], health: dict[str, object]
    ) -> None:
        self.store = store
        self.job = job
        self.wakes = wakes
        self.health = health
        self._session = session

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
        return await self.store.claim(9)


@pytest.fixture
async def place(tmp_path: Path, clock: MovedClock, build_request: Callable[..., Request]) -> AsyncIterator[Place]:
    """A running job that nobody would look at for ten seconds."""
    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}", clock) as database:
        store = Store(database, "me")
        request = build_request()
        await store.arrive(request, KEY, Decimal(0))
        await store.answered(request.id, 1)
        (arrived,) = await store.claim(1)
        await store.queue(arrived, Source(b"jpeg", 1, 1, ""), "https://here")
        admitted = await store.admit(1)
        assert admitted is not None
        job = await store.running(admitted, "task-1", 10)
        assert job is not None
        wakes: list[None] = []
        health = {"alive": True, "trouble": "a full disk"}
        server = WebServer(store, SECRET, lambda: wakes.append(None), lambda: health)
        async with (
            serve(server, "127.0.0.1", 0) as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            yield Place(store, job, session, wakes, health)


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
