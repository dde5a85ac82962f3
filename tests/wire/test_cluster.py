"""Two processes on one PostgreSQL, behind one front: one is killed, the other finishes everything."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from sandbox.world import find_free_port
from tests.wire.front import serve_front
from tests.wire.processes import play_discord, run_bot
from tests.wire.test_discord_bot import paint_photo
from tests.wire.test_kills import SEED, Scene, build_piapi

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Postgres

TAKEOVER_SECONDS = 5.0
JOBS = 24


async def test_a_killed_process_is_not_missed(tmp_path: Path, postgres: Postgres) -> None:
    """Both see every command, one answers each; what the dead one held is free within seconds, and all of it ends."""
    chance = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    piapi, ports = build_piapi(), (find_free_port(), find_free_port())
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.create())
        front = await stack.enter_async_context(serve_front(ports))
        piapi_url = await stack.enter_async_context(piapi.serve())
        discord_url, control = await stack.enter_async_context(play_discord(tmp_path))
        bots = []
        for port in ports:
            settings = {
                "DATABASE_URL": url,
                "PUBLIC_URL": front,
                "WEB_PORT": str(port),
                "PIAPI_CONCURRENCY": "20",
            }
            bots.append(await stack.enter_async_context(run_bot(tmp_path, discord_url, piapi_url, settings)))
        await control.see_sessions(2)
        scene = Scene(control, piapi, await control.attach("cat.jpg", paint_photo()))
        await scene.ask(JOBS, chance)
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        bots[0].kill()
        await bots[0].wait()
        async with asyncio.timeout(TAKEOVER_SECONDS):
            while await held_by(postgres, url, bots[0].pid):
                await asyncio.sleep(0.05)
        await scene.see_all_end()
        await scene.nothing_was_lost()
        refusals = [code for each in await control.interactions() for code in each.refusals]
        assert refusals == []


async def held_by(postgres: Postgres, url: str, pid: int) -> int:
    """How many jobs are in the hands of a process."""
    owners = await postgres.execute("SELECT owner FROM jobs WHERE owner IS NOT NULL", url=url)
    return sum(f"-{pid}-" in owner for (owner,) in owners)
