"""The one small web server: source pictures for PiAPI, its callbacks, and whether we live.

A callback is only a hint to look: nothing in its body is believed but the task's name, and that is read from PiAPI.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot.provider import ReadFailed, parse_callback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.jobs import Store

log = logging.getLogger(__name__)

MOST_CALLBACK_BYTES = 256 * 1024
CALLBACK_SECONDS = 10.0
"""How long the body of a callback may take to come."""
NO_HTTP = (HttpProcessingError, web.RequestPayloadError)
"""What aiohttp raises, and would log with its traceback, where what came was not even HTTP."""


class WebServer:
    """Three addresses. Paths to pictures and callbacks hold a job's key, which nobody can guess."""

    def __init__(
        self, store: Store, webhook_secret: str, wake: Callable[[], None], trouble: Callable[[], str] = str
    ) -> None:
        self._store = store
        self._secret = webhook_secret.encode()
        self._wake = wake
        self._trouble = trouble

    def build_app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=MOST_CALLBACK_BYTES)
        app.router.add_get("/pictures/{key:[A-Za-z0-9_-]{1,64}}.jpg", self.get_picture)
        app.router.add_post("/piapi/{key:[A-Za-z0-9_-]{1,64}}", self.take_callback)
        app.router.add_get("/healthz", self.get_health)
        return app

    async def get_picture(self, request: web.Request) -> web.Response:
        """The checked picture of a job that is not over."""
        picture = await self._store.get_hosted(request.match_info["key"])
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture, content_type="image/jpeg", headers={"Cache-Control": "no-store"})

    async def take_callback(self, request: web.Request) -> web.Response:
        """A task moved, says somebody who knows the secret and the job's key. The same answer for who knows neither."""
        # Encoded as aiohttp decoded it: what came is compared byte by byte, also where it was not UTF-8.
        given = request.headers.get("x-webhook-secret", "").encode(errors="surrogateescape")
        if not self._secret or not hmac.compare_digest(given, self._secret):
            raise web.HTTPNotFound
        if not await self._store.hint(request.match_info["key"], await _read_task_id(request)):
            raise web.HTTPNotFound
        self._wake()
        return web.Response(status=204)

    async def get_health(self, _: web.Request) -> web.Response:
        """Alive, and what is wrong if something is."""
        return web.json_response({"alive": True, "trouble": self._trouble()})


@asynccontextmanager
async def serve(server: WebServer, host: str, port: int) -> AsyncIterator[int]:
    """Listen while the context is open. Yields the port, which `port` 0 leaves to the system."""
    logging.getLogger("aiohttp.server").addFilter(_is_worth_a_line)
    # Nothing is unpacked: who calls back has no reason to pack, and a little can be packed very large.
    runner = web.AppRunner(server.build_app(), access_log=None, shutdown_timeout=5.0, auto_decompress=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = int(runner.addresses[0][1])
        log.info("web server on %s:%s", host, bound)
        yield bound
    finally:
        await runner.cleanup()


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether it is about us: strangers who send no HTTP get their 400, and cannot fill the log."""
    return record.exc_info is None or not isinstance(record.exc_info[1], NO_HTTP)


async def _read_task_id(request: web.Request) -> str | None:
    """The task a callback names, as far as it can be read."""
    try:
        async with asyncio.timeout(CALLBACK_SECONDS):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None
    try:
        return parse_callback(body).id
    except ReadFailed as error:
        log.info("a callback that cannot be read: %s", error)
        return None
