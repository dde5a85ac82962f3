"""The bot itself in its own process, Discord's stand-in in another, PiAPI's in this one: the whole way over sockets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from sandbox.piapi import StandIn
from tests.wire.processes import play_discord, run_bot, stop

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.discord_wire import SeenMessage


def invert(source: bytes, prompt: str, strength: float, seed: int, label: str) -> bytes:  # noqa: ARG001 (a brush)
    """The quickest painter there is."""
    data = io.BytesIO()
    ImageOps.invert(Image.open(io.BytesIO(source))).save(data, "PNG")
    return data.getvalue()


def paint_photo() -> bytes:
    """A picture to start from."""
    data = io.BytesIO()
    Image.new("RGB", (160, 120), "teal").save(data, "JPEG")
    return data.getvalue()


def is_done(message: SeenMessage) -> bool:
    """Whether a finished picture is in it."""
    return any(file.name.endswith(".png") for file in message.now.files)


async def test_img2img_from_command_to_finished_picture(tmp_path: Path) -> None:
    """One message, answered in time, edited by the token, with the picture that PiAPI painted; no rule is broken."""
    piapi = StandIn(api_key="sandbox-key-of-nobody", brush=invert, durations={"Qubico/flux1-schnell": 0.3})
    async with (
        piapi.serve() as piapi_url,
        play_discord(tmp_path) as (discord_url, control),
        run_bot(tmp_path, discord_url, piapi_url) as bot,
    ):
        await control.see_sessions(1)
        picture = await control.attach("cat.jpg", paint_photo())
        begun_id = await control.slash("img2img", {"image": picture, "prompt": "a *cat*"})
        message = await control.see_message(is_done)
        assert (message.interaction_id, message.ephemeral, message.routes[0]) == (begun_id, False, "callback")
        assert set(message.routes[1:]) == {"token"}
        told = await control.interaction(begun_id)
        assert told.answered_after_seconds is not None
        assert told.answered_after_seconds < 1
        status, data = await control.fetch(message.now.files[0].url)
        assert (status, Image.open(io.BytesIO(data)).size) == (200, (160, 120))
        assert await stop(bot) == 0
        assert await control.violations() == []
        assert not [each for each in await control.requests() if int(each.rpartition(" ")[2]) not in range(100, 300)]
        await control.see_sessions(0)
    assert "ERROR" not in (tmp_path / "sandbox.discord_wire.launch.log").read_text(encoding="utf-8")
