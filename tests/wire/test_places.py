"""The bot where people are, over real sockets: group chats, servers that have not invited it, threads that close."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.replies.texts import say
from sandbox.discord_wire.control import PATIENCE_SECONDS
from sandbox.piapi import StandIn
from tests.wire.processes import play_discord, run_bot, stop
from tests.wire.test_discord_bot import invert, is_done, paint_photo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sandbox.discord_wire import Control, SeenMessage

TOKEN_SECONDS = 15 * 60 + 1
START_SECONDS = 60.0
"""How long a busy machine may take to start the bot."""
MODEL = "Qubico/flux1-schnell"


@asynccontextmanager
async def run(tmp_path: Path, seconds: float = 0.3, **settings: str) -> AsyncIterator[Control]:
    """The bot, with a group chat and a server that it was not invited to. No rule of Discord's is broken."""
    piapi = StandIn(api_key="sandbox-key-of-nobody", brush=invert, durations={MODEL: seconds})
    async with piapi.serve() as piapi_url, play_discord(tmp_path) as (discord_url, control):
        await control.add_chat("friends")
        await control.add_guild("Elsewhere", ["plaza"], invited=False)
        async with run_bot(tmp_path, discord_url, piapi_url, settings) as bot:
            await control.see_sessions(1, START_SECONDS)
            yield control
            assert await stop(bot) == 0
        assert await control.violations() == []
    assert "ERROR" not in (tmp_path / "sandbox.discord_wire.launch.log").read_text(encoding="utf-8")


async def ask(control: Control, channel: str, prompt: str = "a cat", member: str = "mira") -> int:
    """Use `/img2img` somewhere. Returns the interaction, which is the job."""
    picture = await control.attach("cat.jpg", paint_photo())
    return await control.slash("img2img", {"image": picture, "prompt": prompt}, member=member, channel=channel)


async def see(control: Control, job_id: int, like: Any = bool) -> SeenMessage:
    """Wait for a reply of the job that is like this."""
    return await control.see_message(lambda each: each.interaction_id == job_id and like(each))


async def see_request(control: Control, request: str) -> None:
    """Wait until Discord was asked this, and gave this answer."""

    async def fetch() -> list[str]:
        return list(await control.requests())

    await control.until(fetch, lambda asked: request in asked or None, PATIENCE_SECONDS)


def says(message: SeenMessage) -> str:
    """What its newest version says."""
    return message.now.content + " ".join(str(embed) for embed in message.now.embeds)


def is_new_message_of(job_id: int, message: SeenMessage) -> bool:
    """Whether the bot sent it by itself, about this job."""
    return message.interaction_id is None and str(job_id) in says(message)


async def test_a_member_brings_it_along(tmp_path: Path) -> None:
    """In a group chat and in another server the reply is edited by the token alone, and no other way is tried."""
    async with run(tmp_path) as control:
        for place in ("friends", "plaza"):
            job_id = await ask(control, place)
            message = await see(control, job_id, is_done)
            assert set(message.routes) == {"callback", "token"}
            first = message.versions[0]
            assert f"job:{job_id}:show" in first.custom_ids
            assert "press **Show result**" in str(first.embeds)
            assert not [each for each in message.now.custom_ids if each.endswith((":report", ":show"))]
        asked = await control.requests()
        assert not [each for each in asked if each.endswith((" 403", " 401"))]
        assert not [each for each in asked if each.startswith("POST /webhooks")]


async def test_the_menu_of_a_message_in_a_chat(tmp_path: Path) -> None:
    """A friend's picture in a chat that the bot cannot read: the interaction brings all that is needed."""
    async with run(tmp_path) as control:
        picture = await control.attach("cat.jpg", paint_photo())
        message_id = await control.write([picture], member="theo", channel="friends")
        opened_id = await control.menu("Repaint this", message_id)
        form = (await control.see_answer(opened_id)).form
        assert form is not None
        sent_id = await control.submit(opened_id, {"prompt": "a cat in oil", "model": ["schnell"]})
        assert (await see(control, sent_id, is_done)).channel_id != message_id


async def test_a_server_that_does_not_want_to_hear_of_it(tmp_path: Path) -> None:
    """Without Use External Apps its member alone sees the reply, and is told why; the picture comes all the same."""
    async with run(tmp_path) as control:
        await control.add_guild("Quiet", ["library"], invited=False, external_apps=False)
        job_id = await ask(control, "library")
        message = await see(control, job_id, is_done)
        assert message.ephemeral
        told = await see(control, job_id, lambda each: "You alone see this" in says(each))
        assert told.id != message.id


async def test_after_a_quarter_of_an_hour_a_click_brings_it(tmp_path: Path) -> None:
    """No token reaches the reply, and direct messages are closed: the picture waits for Show result."""
    async with run(tmp_path, seconds=1.5) as control:
        await control.close_dms("mira")
        job_id = await ask(control, "plaza")
        message = await see(control, job_id, lambda each: "Painting" in says(each))
        await control.shift(TOKEN_SECONDS)
        await see_request(control, "POST /channels/{channel_id}/messages 403")
        refused_id = await control.click(message.id, f"job:{job_id}:show", member="theo")
        assert says(await see(control, refused_id)) == say("de", "door.not_yours")
        await control.click(message.id, f"job:{job_id}:show")
        shown = await control.see_message(lambda each: each.id == message.id and is_done(each))
        assert shown.routes[-1] == "token"


async def test_threads_that_close_meanwhile(tmp_path: Path) -> None:
    """A new message wakes an archived thread; where it is locked, too, the picture comes as a direct message."""
    async with run(tmp_path, seconds=1.5) as control:
        for name, locked in (("cats", False), ("dogs", True)):
            thread_id = await control.add_thread(name, "repaint")
            job_id = await ask(control, name)
            await see(control, job_id, lambda each: "Painting" in says(each))
            await control.archive(name, locked=locked)
            await control.expire(job_id)
            brought = await control.see_message(partial(is_new_message_of, job_id))
            assert (brought.channel_id == thread_id) is not locked
            assert is_done(brought)
