"""The port for operators of a bot in its own process: Discord comes and goes, and what it says is counted."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from sandbox.piapi import StandIn
from sandbox.world import find_free_port
from tests.readings import Reading, parse_reading
from tests.wire.processes import play_discord, run_bot, stop
from tests.wire.test_discord_bot import invert, is_done, paint_photo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE_SECONDS = 15


class Port:
    """What answers there."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ready(self) -> dict[str, Any]:
        """`/readyz`, whose status says the same as its body; nothing while nobody listens yet."""
        try:
            async with self._session.get("/readyz") as answer:
                said: dict[str, Any] = json.loads(await answer.text())
        except aiohttp.ClientError:
            return {}
        assert answer.status == (200 if said["ready"] else 503)
        return said

    async def see(self, **like: object) -> None:
        """Wait until it says so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.ready() != like:
                await asyncio.sleep(0.02)

    async def read(self) -> Reading:
        """`/metrics`."""
        async with self._session.get("/metrics") as answer:
            assert answer.content_type == "text/plain"
            return parse_reading(await answer.text())


@asynccontextmanager
async def open_port(port: int) -> AsyncIterator[Port]:
    """Ask this port."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield Port(session)


async def test_discord_comes_and_goes_and_is_counted(tmp_path: Path) -> None:
    """Ready once the shard is connected, not while it is cut off, and again; each answer is counted by its status."""
    piapi = StandIn(api_key="sandbox-key-of-nobody", brush=invert, durations={"Qubico/flux1-schnell": 0.3})
    port = find_free_port()
    async with (
        AsyncExitStack() as stack,
        piapi.serve() as piapi_url,
        play_discord(tmp_path) as (discord_url, control),
        open_port(port) as asked,
    ):
        await control.add_fault("GET /users/@me", delay_seconds=1.0)
        bot = await stack.enter_async_context(run_bot(tmp_path, discord_url, piapi_url, {"METRICS_PORT": str(port)}))
        await asked.see(ready=False, trouble={"discord": "not connected yet"})
        await asked.see(ready=True, trouble={})
        await control.add_fault("PATCH /webhooks/*", status=429, retry_after=0.05)
        await control.add_fault("PATCH /webhooks/*", status=401, code=50027)
        picture = await control.attach("cat.jpg", paint_photo())
        await control.slash("img2img", {"image": picture, "prompt": "a cat"})
        await control.see_message(is_done)
        counted = await asked.read()
        assert counted.get("discord_responses_total", method="POST", status="200") >= 1
        assert counted.get("discord_responses_total", method="PATCH", status="429") == 1
        assert counted.get("discord_responses_total", method="PATCH", status="401") == 1
        assert counted.get("discord_responses_total", method="PATCH", status="200") >= 1
        assert counted.get("discord_request_seconds_count", method="PATCH") >= 3
        assert counted.get("discord_errors_total", code="50027") == 1
        assert counted.get("discord_connected") == 1
        assert counted.get("event_loop_lag_seconds_count") >= 0
        await control.drop(4000, away_seconds=1.5)
        await asked.see(ready=False, trouble={"discord": "not connected: shard 0"})
        assert (await asked.read()).get("discord_connected") == 0
        await asked.see(ready=True, trouble={})
        assert await stop(bot) == 0
