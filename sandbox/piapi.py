"""PiAPI's stand-in: the other side of the wire, on this machine, with a local painter in place of Flux.

It speaks the documented contract over a real socket and really fetches the picture it is given. Written from that
contract alone, so that a mistake of the bot's own parser is not made twice here. Time is what `clock` says.
"""

from __future__ import annotations

import asyncio
import hmac
import time
import uuid
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.painter import paint
from sandbox.schema import PICTURE_TYPES, find_fault, parse_upload
from sandbox.tasks import DURATIONS, PROVOCATIONS, UNITS_PER_USD, Shelf, Task, provoked, show, show_in_history
from sandbox.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from aiohttp.typedefs import Handler

__all__ = ["PROVOCATIONS", "StandIn", "Task"]

_HOST = "127.0.0.1"
_DAY = 86_400.0
_TICK_SECONDS = 0.2  # how often it looks whom to call back
_KEPT = 500  # tasks that are remembered, beside those that are in work
_STAGED_AT_MOST = 50
_MOST_BODY_BYTES = 16_000_000
_BUSY_ANSWERS = 2
_EMPTY_ANSWERS = 4
_SLOWER, _SLOW_SECONDS = 4, 30.0
_RETRY_AFTER = {"Retry-After": "2"}
_BALANCE_USD = 100.0
_CREDITS_PER_USD = 500
_MOST_PAGE_SIZE = 100
_OPEN = ("/temp/", "/uploads/")  # pictures are for everybody who knows the name


@dataclass(kw_only=True, eq=False)
class StandIn:
    """A PiAPI of one's own. `async with StandIn(...).serve() as address` runs it; `address` is its base URL.

    `clock` tells unix seconds. `api_key` None takes any key. `durations` are seconds by wire model. `concurrency` is
    how many tasks are in work at once. `history_echoes` adds to the rows of the history what was ordered, which the
    real service was not seen to do. `brush` paints (source, prompt, strength, seed, label). `posts` counts every POST
    of a task, `created` lists those that became one.
    """

    clock: Callable[[], float] = time.time
    api_key: str | None = field(default=None, repr=False)
    durations: Mapping[str, float] = field(default_factory=dict)
    result_life_seconds: float = 3 * _DAY
    concurrency: int = 20
    uploads_allowed: bool = False
    history_echoes: bool = True
    brush: Callable[[bytes, str, float, int, str], bytes] = paint

    def __post_init__(self) -> None:
        self.address = ""
        self.posts = 0
        self.tasks: dict[str, Task] = {}
        self._number = 0
        self._consumed = 0
        self._refused: Counter[str] = Counter()
        self._results = Shelf(self.result_life_seconds)
        self._uploads = Shelf(_DAY)

    @property
    def created(self) -> list[Task]:
        """The tasks that were made, the oldest first: what was ordered, what became of it, how often it was read."""
        return list(self.tasks.values())

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on this machine, on a free port unless one is given."""
        runner = web.AppRunner(self._build_app(), access_log=None, shutdown_timeout=1)
        async with Workshop(self.brush, self.clock, self._results) as self._workshop:
            await runner.setup()
            calling = asyncio.create_task(self._keep_calling())
            try:
                await web.TCPSite(runner, _HOST, port).start()
                self.address = f"http://{_HOST}:{runner.addresses[0][1]}"
                yield self.address
            finally:
                calling.cancel()
                await runner.cleanup()

    async def settle(self) -> None:
        """Let everything happen that is due by now: pictures are made, and who is to be called back was called."""
        while True:
            for task in self.created:
                await task.made.wait()
            if not await self._workshop.call_back(self.created):
                return

    async def _keep_calling(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            await self._workshop.call_back(self.created)

    def _build_app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_MOST_BODY_BYTES)
        app.add_routes(
            [
                web.post("/api/v1/task", self._create),
                web.get("/api/v1/task/{id}", self._read),
                web.get("/account/info", self._account),
                web.get("/account/active_tasks", self._active),
                web.get("/api/open/tasks/histories", self._history),
                web.post("/api/ephemeral_resource", self._upload),
                web.get("/temp/{name}", self._result),
                web.get("/uploads/{name}", self._uploaded),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Ask for the key, and put every refusal into the envelope."""
        try:
            if not request.path.startswith(_OPEN) and not self._is_key(request.headers.get("X-API-Key", "")):
                raise web.HTTPUnauthorized(text="invalid api key")
            return await handler(request)
        except web.HTTPException as refusal:
            body = {"code": refusal.status, "message": refusal.text, "data": None}
            kept = {name: value for name, value in refusal.headers.items() if name == "Retry-After"}
            return web.json_response(body, status=refusal.status, headers=kept)

    def _is_key(self, key: str) -> bool:
        return bool(key) if self.api_key is None else hmac.compare_digest(key.encode(), self.api_key.encode())

    async def _create(self, request: web.Request) -> web.Response:
        self.posts += 1
        body = await _read_json(request)
        if fault := find_fault(body):
            raise web.HTTPBadRequest(text=fault)
        now = self.clock()
        words = provoked(body["input"]["prompt"])
        self._refuse(words, body["input"]["prompt"], now)
        task = self._accept(body, words, now)
        self._workshop.begin(task, self.address)
        if "lost" in words and request.transport is not None:
            request.transport.abort()
        return _answer(show(task, now))

    def _refuse(self, words: set[str], prompt: str, now: float) -> None:
        """Refuse a task that is right in itself, where a word asks for it or too many tasks wait."""
        if "nocredit" in words and self._refused_again(prompt, _EMPTY_ANSWERS):
            raise web.HTTPPaymentRequired(text="insufficient credits, please top up your account")
        if "busy" in words and self._refused_again(prompt, _BUSY_ANSWERS):
            raise web.HTTPTooManyRequests(text="too many requests", headers=_RETRY_AFTER)
        if sum(task.status(now) == "staged" for task in self.created) >= _STAGED_AT_MOST:
            raise web.HTTPTooManyRequests(text="too many tasks are waiting", headers=_RETRY_AFTER)

    def _refused_again(self, prompt: str, times: int) -> bool:
        """Whether it is refused once more; after so many times it is not, and counted anew."""
        self._refused = Counter(dict(self._refused.most_common(_KEPT)))
        self._refused[prompt] += 1
        if self._refused[prompt] <= times:
            return True
        del self._refused[prompt]
        return False

    def _accept(self, body: dict[str, Any], words: set[str], now: float) -> Task:
        """Write a task down, with the times at which it will be where, and forget the oldest."""
        seconds = self.durations.get(body["model"], DURATIONS[body["model"]])
        if "slow" in words:
            seconds = max(_SLOW_SECONDS, _SLOWER * seconds)
        ends = sorted(task.ended_at for task in self.created if task.ended_at > now)
        # With n places, the next one is free when the n-th last of those before has ended.
        pending_at = ends[-self.concurrency] if len(ends) >= self.concurrency else now
        self._number += 1
        task = Task(str(uuid.uuid4()), self._number, body, now, pending_at, pending_at + seconds)
        self.tasks[task.id] = task
        while len(self.tasks) > _KEPT + self.concurrency:
            self._consumed += self.tasks.pop(next(iter(self.tasks))).consumed(now)
        return task

    async def _read(self, request: web.Request) -> web.Response:
        task = self.tasks.get(request.match_info["id"])
        if task is None:
            raise web.HTTPNotFound(text="task not found")
        task.reads += 1
        return _answer(show(task, self.clock()))

    async def _account(self, _: web.Request) -> web.Response:
        now = self.clock()
        used_usd = (self._consumed + sum(task.consumed(now) for task in self.created)) / UNITS_PER_USD
        left_usd = max(0.0, round(_BALANCE_USD - used_usd, 4))
        credits_ = {
            "available_credits": left_usd * _CREDITS_PER_USD,
            "used_credits": used_usd * _CREDITS_PER_USD,
            "total_credits": _BALANCE_USD * _CREDITS_PER_USD,
            **dict.fromkeys(("frozen_credits", "expired_credits", "inactive_credits"), 0),
        }
        account = {"id": 1, "name": "sandbox", "plan": "free", "type": "ppu", "is_enable": True}
        return _answer({**account, "credit_pack_info": credits_, "equivalent_in_usd": left_usd})

    async def _active(self, _: web.Request) -> web.Response:
        now = self.clock()
        counts = Counter(task.status(now) for task in self.created)
        shown = {f"{status}_count": counts[status] for status in ("staged", "pending", "processing")}
        return _answer({"flux": {**shown, "active_tasks": []}})

    async def _history(self, request: web.Request) -> web.Response:
        now = self.clock()
        page, size = _read_number(request, "page", 1), _read_number(request, "page_size", 10)
        if page < 1 or not 1 <= size <= _MOST_PAGE_SIZE:
            raise web.HTTPBadRequest(text="page starts from 1, page_size is 1 to 100")
        since, until = _read_number(request, "start_time", 0), _read_number(request, "end_time", int(now) + 1)
        found = [
            task
            for task in reversed(self.created)
            if since <= task.created_at <= until and request.query.get("model", "") in task.model
        ]
        rows = [show_in_history(task, now, echoes=self.history_echoes) for task in found]
        return _answer({"data": rows[(page - 1) * size : page * size], "page": page, "size": size, "total": len(rows)})

    async def _upload(self, request: web.Request) -> web.Response:
        if not self.uploads_allowed:
            raise web.HTTPForbidden(text="your plan does not include file uploads: the creator plan or above is needed")
        try:
            ending, picture = parse_upload(await _read_json(request))
        except ValueError as fault:
            raise web.HTTPBadRequest(text=str(fault)) from None
        kept = f"{uuid.uuid4()}.{ending}"
        self._uploads.put(kept, picture, self.clock())
        return _answer({"url": f"{self.address}/uploads/{kept}"})

    async def _result(self, request: web.Request) -> web.Response:
        return self._give(self._results, request.match_info["name"])

    async def _uploaded(self, request: web.Request) -> web.Response:
        return self._give(self._uploads, request.match_info["name"])

    def _give(self, shelf: Shelf, name: str) -> web.Response:
        picture = shelf.get(name, self.clock())
        if picture is None:
            raise web.HTTPNotFound(text="not found")
        return web.Response(body=picture, content_type=PICTURE_TYPES[name.rpartition(".")[2]])


def _answer(data: dict[str, Any]) -> web.Response:
    return web.json_response({"code": 200, "data": data, "message": "success"})


async def _read_json(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="the body is not json") from None


def _read_number(request: web.Request, name: str, default: int) -> int:
    try:
        return int(request.query.get(name, default))
    except ValueError:
        raise web.HTTPBadRequest(text=f"{name} is not a number") from None
