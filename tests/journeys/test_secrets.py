"""What must never be written down."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sandbox.world import API_KEY, WEBHOOK_SECRET

if TYPE_CHECKING:
    import pytest

    from sandbox.world import World


async def test_no_log_holds_a_secret(world: World, photo: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Through good and bad ends, with everything logged: neither key nor secret nor token, and no prompt."""
    caplog.set_level(logging.DEBUG, logger="bot")
    prompts = ["fail", "refuse", "nocredit", "lost in thought", "a very private wish"]
    for prompt in prompts:
        await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
        await world.settle()
    for _ in range(7):
        await world.advance(30)
    assert len(world.standin.created) == 5
    assert "done" in caplog.text
    tokens = {interaction.token for interaction in world.env.backend.interactions.values()}
    for secret in (API_KEY, WEBHOOK_SECRET, *tokens):
        assert secret not in caplog.text
    above_debug = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert not [line for line in above_debug if "private wish" in line]
