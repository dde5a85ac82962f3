"""Drafts over real sockets: edited by tokens alone, published by a click, taken away by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.wire.test_discord_bot import is_done, paint_photo
from tests.wire.test_places import run, says

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.discord_wire import Control, SeenMessage


async def draft(control: Control, channel: str) -> SeenMessage:
    """A finished draft."""
    options = {"image": await control.attach("cat.jpg", paint_photo()), "prompt": "a cat", "visibility": "draft"}
    asked_id = await control.slash("img2img", options, channel=channel)
    made = await control.see_message(lambda it: it.interaction_id == asked_id and is_done(it))
    assert made.ephemeral
    assert set(made.routes) == {"callback", "token"}
    return made


async def press(control: Control, message: SeenMessage, action: str) -> None:
    """Press one of its buttons."""
    (button,) = (each for each in message.now.custom_ids if each.endswith(f":{action}"))
    await control.click(message.id, button)


async def list_public(control: Control) -> list[SeenMessage]:
    """What others see."""
    return [each for each in await control.messages() if not each.ephemeral]


@pytest.mark.parametrize("place", ["repaint", "friends", "plaza"])
async def test_a_draft_is_published_and_another_is_discarded(tmp_path: Path, place: str) -> None:
    """Also where the bot is no member: the click's own token makes it a message for everybody."""
    async with run(tmp_path) as control:
        first = await draft(control, place)
        await press(control, first, "publish")
        public = await control.see_message(lambda it: not it.ephemeral and is_done(it))
        assert public.now.files[0].sha256 == first.now.files[0].sha256
        left = await control.see_message(lambda it: it.id == first.id and not it.now.files)
        assert not left.now.custom_ids
        assert f"/{public.id}" in says(left)
        assert "bot" not in {*public.routes, *left.routes}
        second = await draft(control, place)
        await press(control, second, "discard")
        await control.see_message(lambda it: it.id == second.id and it.deleted_by == "token")
        assert [each.id for each in await list_public(control)] == [public.id]


async def test_where_nobody_else_would_see_it_it_stays_a_draft(tmp_path: Path) -> None:
    """Without Use External Apps every answer is kept from others: its member is told, and nothing is left over."""
    async with run(tmp_path) as control:
        await control.add_guild("Quiet", ["library"], invited=False, external_apps=False)
        made = await draft(control, "library")
        await press(control, made, "publish")
        told = await control.see_message(lambda it: it.id == made.id and "draft again" in says(it))
        assert not told.now.custom_ids
        assert not await list_public(control)
        assert not [each for each in await control.messages() if each.id != made.id and not each.deleted_by]
