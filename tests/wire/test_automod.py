"""The guild's own AutoMod rules over real sockets: read when the bot comes, and whenever Discord says they changed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.control import PATIENCE_SECONDS
from sandbox.discord_wire.state import MEMBER_PERMISSIONS, MODERATOR_PERMISSIONS
from sandbox.piapi import StandIn
from tests.wire.processes import play_discord, run_bot, stop
from tests.wire.test_discord_bot import paint_photo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sandbox.discord_wire import Control

ROUTE = "GET /guilds/{guild_id}/auto-moderation/rules"


@asynccontextmanager
async def run(tmp_path: Path, permissions: int) -> AsyncIterator[Control]:
    """The bot in a guild where it may do this, and the control of its Discord. Nothing it did was wrong."""
    async with (
        StandIn(api_key="sandbox-key-of-nobody").serve() as piapi_url,
        play_discord(tmp_path) as (discord_url, control),
    ):
        await control.empower(permissions)
        await write_rule(control, "sword")
        async with run_bot(tmp_path, discord_url, piapi_url) as bot:
            await control.see_sessions(1)
            yield control
            assert await stop(bot) == 0
        assert await control.violations() == []
        assert not [each for each in await control.requests() if each.startswith(ROUTE) and not each.endswith(" 200")]
    assert "ERROR" not in (tmp_path / "sandbox.discord_wire.launch.log").read_text(encoding="utf-8")


async def write_rule(control: Control, word: str, **given: Any) -> None:
    """What a moderator does in the server's settings."""
    metadata = {"keyword_filter": [f"*{word}*"], "regex_patterns": [], "allow_list": []}
    actions = [{"type": 1, "metadata": {"custom_message": f"No {word} here, please."}}]
    await control.write_rule("weapons", **({"trigger_metadata": metadata, "actions": actions} | given))


async def see_readings(control: Control, count: int) -> None:
    """Wait until the rules were read so many times, or more."""

    async def fetch() -> list[int]:
        return [(await control.requests()).get(f"{ROUTE} 200", 0)]

    await control.until(fetch, lambda seen: seen[0] >= count or None, PATIENCE_SECONDS)


async def test_rules_are_read_when_they_may_have_changed(tmp_path: Path) -> None:
    """When the bot comes, when a rule is written, changed or gone, and in a new session."""
    async with run(tmp_path, MODERATOR_PERMISSIONS) as control:
        await see_readings(control, 1)
        await write_rule(control, "dagger")
        await see_readings(control, 2)
        await control.erase_rule("weapons")
        await see_readings(control, 3)
        await control.invalidate()
        await see_readings(control, 4)


async def is_refused(control: Control, picture: int) -> bool:
    """Whether a knight with a sword is refused, with the rule's own words."""
    begun_id = await control.slash("img2img", {"image": picture, "prompt": "a knight with a SWORD!"})
    message = await control.see_message(lambda message: message.interaction_id == begun_id)
    if message.ephemeral:
        assert message.versions[0].content.replace("\\", "") == "No sword here, please."
    return message.ephemeral


async def test_a_prompt_is_held_to_the_rules(tmp_path: Path) -> None:
    """From the moment the bot may read them until it may not; without the permission nobody is asked in vain."""
    async with run(tmp_path, MEMBER_PERMISSIONS) as control:
        picture = await control.attach("cat.jpg", paint_photo())
        assert not await is_refused(control, picture)
        await control.empower(MODERATOR_PERMISSIONS)
        await see_readings(control, 1)  # a busy machine may need more time than a member gives it
        assert await is_refused(control, picture)
        await control.empower(MEMBER_PERMISSIONS)
        assert not await is_refused(control, picture)
