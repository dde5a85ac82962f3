"""The plug is pulled at random moments, with many jobs on their way: none is lost, none is ordered twice.

`make chaos` pulls it more often: `CHAOS_KILLS` says how often, `CHAOS_SEED` when.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bot.replies.texts import get_translations
from sandbox.piapi import StandIn
from sandbox.world import find_free_port
from tests.wire.processes import play_discord, run_bot, stop
from tests.wire.test_discord_bot import invert, paint_photo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.discord_wire import Control, SeenMessage

KILLS = int(os.environ.get("CHAOS_KILLS", "4"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
AT_ONCE = 40
LAST_STATUSES = ("done", "failed", "cancelled")
END_SECONDS = 100.0
ANSWER = 4


@dataclass(slots=True)
class Scene:
    """Discord, PiAPI, and whoever runs the bot."""

    control: Control
    piapi: StandIn
    picture: int
    members: tuple[str, ...] = ("mira", "theo", "jo")
    asked: list[int] = field(default_factory=list)

    async def ask(self, count: int, chance: random.Random) -> None:
        """Members ask, a few words apart."""
        for _ in range(count):
            options = {"image": self.picture, "prompt": f"picture {len(self.asked)}"}
            self.asked.append(await self.control.slash("img2img", options, member=chance.choice(self.members)))

    async def ask_and_hear(self, count: int, chance: random.Random) -> None:
        """The same, until the first of them is answered: a bot that has just begun takes a moment."""
        answered = len(await self.control.messages())
        await self.ask(count, chance)
        if count:
            await self.control.see(lambda messages: len(messages) > answered or None, END_SECONDS)

    async def open(self) -> list[SeenMessage]:
        """Messages that have not come to their end."""
        return [message for message in await self.control.messages() if not is_over(message)]

    async def see_all_end(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Every message that was sent says its last word."""
        try:
            async with asyncio.timeout(END_SECONDS):
                while await self.open():
                    meanwhile()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            left = [(message.id, message.now.titles) for message in await self.open()]
            raise AssertionError(f"never ended: {left}") from None

    async def nothing_was_lost(self) -> None:
        """Who was answered has a message, and it ended; a result has its picture; no picture was ordered twice."""
        messages = {message.interaction_id: message for message in await self.control.messages()}
        answered = [each for each in await self.control.interactions() if each.answer_type == ANSWER]
        assert {each.id for each in answered} == set(messages)
        orders = Counter(task.input["image"] for task in self.piapi.created)
        assert not [image for image, times in orders.items() if times > 1]
        for message in messages.values():
            if message.now.titles[0] in find_titles("done"):
                assert len(message.now.files) == 1
        assert await self.control.violations() == []


def is_over(message: SeenMessage) -> bool:
    """Whether its last word is said, or it was taken away."""
    return bool(message.deleted_by) or not find_titles(*LAST_STATUSES).isdisjoint(message.now.titles)


def find_titles(*statuses: str) -> set[str]:
    """What a card of these is headed in each language that members speak."""
    return {title for status in statuses for title in get_translations(f"status.{status}.title").values()}


def build_piapi() -> StandIn:
    """Tasks take a second; as many at once as one likes."""
    return StandIn(
        api_key="sandbox-key-of-nobody",
        brush=invert,
        durations={"Qubico/flux1-schnell": 1.0, "Qubico/flux1-dev": 3.0},
        concurrency=100,
    )


def give_up(file: Path) -> None:
    """A quarter of an hour passes for orders that were looked for in vain: who died had not sent them."""
    with closing(sqlite3.connect(file, timeout=10.0, isolation_level=None)) as rows:
        rows.execute("UPDATE jobs SET submitted_at = submitted_at - 900 WHERE status = 'unknown' AND attempts >= 2")


def one_address() -> dict[str, str]:
    """Settings that stay the same over restarts: PiAPI calls back to where the order said."""
    port = find_free_port()
    return {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WEB_PORT": str(port),
        "PIAPI_CONCURRENCY": "20",
    }


async def test_kill_after_kill_nothing_is_lost_or_ordered_twice(tmp_path: Path) -> None:
    """With forty jobs on their way, killed at seeded moments and started again: every message comes to its end."""
    chance = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    piapi, settings = build_piapi(), one_address()
    async with piapi.serve() as piapi_url, play_discord(tmp_path) as (discord_url, control):
        scene = Scene(control, piapi, await control.attach("cat.jpg", paint_photo()))
        for _ in range(KILLS):
            async with run_bot(tmp_path, discord_url, piapi_url, settings) as bot:
                await control.see_sessions(1)
                await scene.ask_and_hear(AT_ONCE - len(await scene.open()), chance)
                await asyncio.sleep(chance.uniform(0.0, 1.2))
                bot.kill()
                await bot.wait()
        async with run_bot(tmp_path, discord_url, piapi_url, settings) as bot:
            await control.see_sessions(1)
            await scene.see_all_end(partial(give_up, tmp_path / "repaint.db"))
            await scene.nothing_was_lost()
            assert await stop(bot) == 0
        assert len(piapi.created) > AT_ONCE / 2


async def test_a_stop_in_the_middle_is_an_ordinary_day(tmp_path: Path) -> None:
    """SIGTERM with jobs on their way: an orderly end within its seconds, and the next process goes on."""
    chance = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    piapi, settings = build_piapi(), one_address()
    async with AsyncExitStack() as stack:
        piapi_url = await stack.enter_async_context(piapi.serve())
        discord_url, control = await stack.enter_async_context(play_discord(tmp_path))
        scene = Scene(control, piapi, await control.attach("cat.jpg", paint_photo()))
        bot = await stack.enter_async_context(run_bot(tmp_path, discord_url, piapi_url, settings))
        await control.see_sessions(1)
        await scene.ask_and_hear(10, chance)
        assert await stop(bot) == 0
        await stack.enter_async_context(run_bot(tmp_path, discord_url, piapi_url, settings))
        await scene.see_all_end()
        await scene.nothing_was_lost()
        assert len(piapi.created) == len(scene.asked) == 10
