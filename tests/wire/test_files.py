"""Files of Discord, fetched by the real discord.py over real sockets: from nowhere but there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import discord
import pytest
from aiohttp import web

from bot.database import system_clock
from bot.jobs.ports import SourceGone
from bot.replies.asking import build_trace
from bot.replies.post import Post
from tests.wire.test_check import TOKEN, serve_discord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[str]:
    """A web server of somebody's: its address."""
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_file_leads_into_somebodys_network(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect is where it ends: nobody is asked at the other address. What lies there itself is fetched."""
    asked: list[str] = []
    inside, files = web.Application(), web.Application()

    async def answer_inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=b"a secret of the network")

    async def lead_away(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": f"{inside_url}/latest/meta-data"})

    async def get_cat(_: web.Request) -> web.Response:
        return web.Response(body=b"a cat")

    inside.router.add_get("/{path:.*}", answer_inside)
    files.router.add_get("/away.png", lead_away)
    files.router.add_get("/cat.png", get_cat)
    async with serve(inside) as inside_url, serve(files) as files_url, serve_discord() as discord_url:
        monkeypatch.setattr(discord.http.Route, "BASE", discord_url)
        monkeypatch.setattr(discord.Asset, "BASE", files_url)
        async with discord.Client(intents=discord.Intents.none(), http_trace=build_trace()) as client:
            await client.login(TOKEN)
            post = Post(client, system_clock)
            assert await post.fetch_attachment(f"{files_url}/cat.png") == b"a cat"
            with pytest.raises(SourceGone, match="led away"):
                await post.fetch_attachment(f"{files_url}/away.png")
    assert asked == []
