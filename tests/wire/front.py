"""A front for several bots, as a reverse proxy is: one address, and whoever lives behind it answers."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

HOST = "127.0.0.1"


@asynccontextmanager
async def serve_front(ports: Sequence[int]) -> AsyncIterator[str]:
    """Pass everything on to the first of these ports that answers."""

    async def pass_on(request: web.Request) -> web.Response:
        body, headers = (
            await request.read(),
            {name: request.headers[name] for name in PASSED if name in request.headers},
        )
        for port in ports:
            url = f"http://{HOST}:{port}{request.path_qs}"
            try:
                async with session.request(request.method, url, data=body, headers=headers) as answer:
                    return web.Response(
                        status=answer.status, body=await answer.read(), content_type=answer.content_type
                    )
            except aiohttp.ClientError:
                continue
        raise web.HTTPBadGateway

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pass_on)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        try:
            yield f"http://{HOST}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


PASSED = ("Content-Type", "x-webhook-secret")
