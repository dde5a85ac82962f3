"""Where the stand-in works: it fetches the source of a task, paints it, and calls back who wants to know."""

from __future__ import annotations

import asyncio
import hashlib
import io
import uuid
from typing import TYPE_CHECKING, Self

import aiohttp
from PIL import Image

from sandbox.painter import LABEL
from sandbox.schema import MOST_BYTES
from sandbox.tasks import provoked, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.tasks import Shelf, Task

_DENOISE = 0.7  # where none was sent
_PATIENCE_SECONDS = 10  # for one fetch, and for one callback
_AT_ONCE = 4  # tasks whose source is in memory
_ATTEMPTS = 3  # to call back
_BETWEEN_ATTEMPTS_SECONDS = 5
_ACCEPTED = range(200, 300)
_FAILURES = {
    "fail": "task failed: generation failed, please try again later",
    "refuse": "image refused: the input image was not accepted",
}


class Unpaintable(Exception):
    """The task ends without a picture. The message is what the service says of it."""


class Workshop:
    """Works within `async with`. `brush` paints (source, prompt, strength, seed, label), one at a time, in a thread."""

    def __init__(
        self, brush: Callable[[bytes, str, float, int, str], bytes], clock: Callable[[], float], results: Shelf
    ) -> None:
        self._brush = brush
        self._clock = clock
        self._results = results
        self._hands = asyncio.Semaphore(_AT_ONCE)
        self._easel = asyncio.Semaphore(1)
        self._calling = asyncio.Lock()
        self._working: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS))
        return self

    async def __aexit__(self, *_: object) -> None:
        for work in self._working:
            work.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        await self._session.close()

    def begin(self, task: Task, address: str) -> None:
        """Start to make a task's pictures, which will be found under `address`."""
        work = asyncio.create_task(self._make(task, address))
        self._working.add(work)
        work.add_done_callback(self._working.discard)

    async def _make(self, task: Task, address: str) -> None:
        task.failure = "internal error"  # what remains if something breaks that nobody thought of
        try:
            async with self._hands:
                source = await self._fetch(task.image)
                task.source_sha256 = hashlib.sha256(source).hexdigest()
                _refuse(task.input["prompt"])
                names = [await self._paint(task, source, number) for number in range(task.count)]
            task.picture_urls = tuple(f"{address}/temp/{name}" for name in names)
            task.failure = ""
        except Unpaintable as reason:
            task.failure = str(reason)
        finally:
            task.made.set()

    async def _fetch(self, url: str) -> bytes:
        """The source behind a URL, which is the one form the documentation shows."""
        taken = bytearray()
        try:
            async with self._session.get(url) as answer:
                answer.raise_for_status()
                async for chunk in answer.content.iter_chunked(65536):
                    taken += chunk
                    if len(taken) > MOST_BYTES:
                        raise Unpaintable("task input too large")
        except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
            raise Unpaintable("failed to download image: please check the image url") from fault
        return bytes(taken)

    async def _paint(self, task: Task, source: bytes, number: int) -> str:
        """Paint one of a task's pictures and lay it on the shelf, under the name that is returned."""
        wanted = task.words, task.input.get("denoise", _DENOISE), task.number * 4 + number
        try:
            async with self._easel:
                picture = await asyncio.to_thread(self._brush, source, *wanted, LABEL)
                if task.size is not None:
                    picture = await asyncio.to_thread(_stretch, picture, task.size)
        except (OSError, SyntaxError, ValueError) as fault:
            raise Unpaintable("unsupported image format") from fault
        name = f"{uuid.uuid4()}.png"
        self._results.put(name, picture, self._clock())
        return name

    async def call_back(self, tasks: Iterable[Task]) -> int:
        """Call back for every task for which it is time, and return how many that were."""
        async with self._calling:
            now = self._clock()
            due = [task for task in tasks if task.call_at is not None and task.call_at <= now and task.has_ended(now)]
            await asyncio.gather(*(self._attempt(task, now) for task in due))
            return len(due)

    async def _attempt(self, task: Task, now: float) -> None:
        webhook = task.webhook
        headers = {"x-webhook-secret": webhook["secret"]} if webhook["secret"] else {}
        body = {"timestamp": int(now), "data": show(task, now)}
        try:
            async with self._session.post(webhook["endpoint"], json=body, headers=headers) as answer:
                task.callbacks.append(answer.status)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            task.callbacks.append(0)
        over = task.callbacks[-1] in _ACCEPTED or len(task.callbacks) == _ATTEMPTS
        task.call_at = None if over else now + _BETWEEN_ATTEMPTS_SECONDS


def _stretch(picture: bytes, size: tuple[int, int]) -> bytes:
    """The picture in another size, whatever that does to what is in it."""
    data = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as opened:
        opened.resize(size).save(data, "PNG")
    return data.getvalue()


def _refuse(prompt: str) -> None:
    """Raise what a word of the prompt asks for."""
    for word in provoked(prompt) & _FAILURES.keys():
        raise Unpaintable(_FAILURES[word])
