"""Another program holds the database for longer than one waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

from bot.database.sqlite import BUSY_SECONDS
from tests.wire.processes import play_discord, run_bot
from tests.wire.test_discord_bot import is_done, paint_photo
from tests.wire.test_kills import build_piapi, one_address

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_database_locked_for_ten_seconds_loses_nothing(tmp_path: Path) -> None:
    """What was on its way goes on when the lock is gone, and nothing is ordered twice."""
    piapi = build_piapi()
    async with (
        piapi.serve() as piapi_url,
        play_discord(tmp_path) as (discord_url, control),
        run_bot(tmp_path, discord_url, piapi_url, one_address()),
    ):
        await control.see_sessions(1)
        picture = await control.attach("cat.jpg", paint_photo())
        asked = await control.slash("img2img", {"image": picture, "prompt": "a cat", "model": "dev"})
        async with asyncio.timeout(10):
            while not piapi.created:
                await asyncio.sleep(0.02)
        lock = sqlite3.connect(tmp_path / "repaint.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(BUSY_SECONDS + 1.5)
        lock.execute("ROLLBACK")
        lock.close()
        await control.see_message(lambda message: message.interaction_id == asked and is_done(message), 90)
        assert len(piapi.created) == 1
