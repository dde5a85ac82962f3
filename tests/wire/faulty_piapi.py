"""PiAPI's stand-in behind a door where things go wrong by script: what is answered, what is never answered."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sandbox.piapi import StandIn

    Trouble = Callable[[web.Request, web.Response], Awaitable[web.StreamResponse]]

HOST = "127.0.0.1"


class FaultyPiAPI:
    """Passes everything on, but for what `troubles` do to it: method and start of a path, in the order they came."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self.troubles: list[tuple[str, str, Trouble]] = []

    def trouble(self, method: str, path: str, what: Trouble) -> None:
        """From now on, once for each time this is called."""
        self.troubles.append((method, path, what))

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """The address that the bot is given. Results are handed out here, too."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        async with self.standin.serve() as behind, aiohttp.ClientSession() as self._session:
            self._behind = behind
            await runner.setup()
            await web.TCPSite(runner, HOST, 0).start()
            address = f"http://{HOST}:{runner.addresses[0][1]}"
            self.standin.address = address
            try:
                yield address
            finally:
                await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in ("X-API-Key", "Content-Type") if name in request.headers}
        url = self._behind + request.path_qs
        async with self._session.request(request.method, url, data=await request.read(), headers=headers) as answer:
            passed = web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
        for trouble in self.troubles:
            method, path, what = trouble
            if request.method == method and request.path.startswith(path):
                self.troubles.remove(trouble)
                return await what(request, passed)
        return passed


def answers(status: int, body: bytes, content_type: str = "text/html") -> Trouble:
    """Something else instead."""

    async def act(_: web.Request, __: web.Response) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type=content_type)

    return act


def redirects(location: str) -> Trouble:
    """Go there."""

    async def act(_: web.Request, __: web.Response) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    return act


async def breaks_off(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Half the answer, then a broken connection."""
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    body = answer.body
    assert isinstance(body, bytes)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.abort()
    return response


async def never_answers(request: web.Request, _: web.Response) -> web.StreamResponse:
    """It was done, but nobody ever says so."""
    await asyncio.sleep(3600)
    return web.Response(status=500, text=request.path)


async def dribbles(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """The whole answer, in small pieces."""
    body = answer.body
    assert isinstance(body, bytes)
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    await response.prepare(request)
    for start in range(0, len(body), 1 + len(body) // 10):
        await response.write(body[start : start + 1 + len(body) // 10])
        await asyncio.sleep(0.05)
    await response.write_eof()
    return response
