"""The guild's own AutoMod rules: known as they are written, as long as the bot may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest
from simcord.intents import EVENT_INTENTS

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

ROUTE = "/auto-moderation/rules"


async def write_rule(world: World, name: str, **given: Any) -> int:
    """What a moderator does in the server's settings."""
    standard = {
        "event_type": 1,
        "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": [f"*{name}*"], "regex_patterns": [], "allow_list": []},
        "actions": [{"type": 1, "metadata": {"custom_message": f"No {name} here, please."}}],
    }
    rule = world.env.backend.create_auto_mod_rule(
        world.guild.id, world.moderator.id, {"name": name, **standard, **given}
    )
    await world.settle()
    return rule.id


async def let_bot(world: World, *, manage: bool) -> None:
    """Give the bot Manage Server, or take it away."""
    role_id = get_bot_role(world)
    permissions = discord.Permissions.none()
    permissions.manage_guild = manage
    world.env.backend.edit_role(world.guild.id, role_id, {"permissions": permissions.value})
    await world.settle()


def get_bot_role(world: World) -> int:
    """The role that Discord made for the bot."""
    return next(role.id for role in world.guild._guild.roles.values() if role.managed)


async def names(world: World) -> list[str] | None:
    """The rules that the bot knows, by name."""
    rules = await world.house.client.rooms.automod.get(world.guild.id)
    return None if rules is None else [rule.name for rule in rules]


def count_readings(world: World) -> int:
    """How often Discord was asked."""
    return sum(request.path.endswith(ROUTE) for request in world.env.http_requests)


async def test_rules_are_known_as_they_are_written(world: World) -> None:
    """A rule that is written, changed or taken away counts from then on, without anybody asking for it."""
    assert await names(world) == []
    first = await write_rule(world, "sword")
    await write_rule(world, "castle")
    readings = count_readings(world)
    assert await names(world) == ["sword", "castle"]
    world.env.backend.edit_auto_mod_rule(world.guild.id, first, {"name": "dagger"})
    await world.settle()
    assert await names(world) == ["dagger", "castle"]
    world.env.backend.delete_auto_mod_rule(world.guild.id, first)
    await world.settle()
    assert await names(world) == ["castle"]
    assert count_readings(world) == readings + 2


async def is_refused(world: World, member: simcord.MemberActor, prompt: str, photo: bytes) -> str | None:
    """Why a member's prompt is refused, or None."""
    result = await member.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    assert result.response is not None
    return result.response.content.replace("\\", "") if result.ephemeral else None


async def test_a_prompt_is_held_to_the_rules_of_the_moment(world: World, photo: bytes) -> None:
    """The member reads the rule's own words; who manages the server is free, and so is everybody when it is gone."""
    prompt = "a knight with a SWORD!"
    assert await is_refused(world, world.artist, prompt, photo) is None
    rule_id = await write_rule(world, "sword")
    assert await is_refused(world, world.artist, prompt, photo) == "No sword here, please."
    assert await is_refused(world, world.moderator, prompt, photo) is None
    world.env.backend.edit_auto_mod_rule(world.guild.id, rule_id, {"exempt_channels": [world.channel.id]})
    assert await is_refused(world, world.artist, prompt, photo) is None
    world.env.backend.edit_auto_mod_rule(world.guild.id, rule_id, {"exempt_channels": []})
    assert await is_refused(world, world.artist, prompt, photo) == "No sword here, please."
    await let_bot(world, manage=False)
    assert await is_refused(world, world.artist, prompt, photo) is None


@pytest.mark.parametrize("event", ["guild_join", "guild_available"])
async def test_a_guild_that_comes(world: World, event: str) -> None:
    """Its rules are read before anybody needs them."""
    await world.settle()
    readings = count_readings(world)
    world.house.client.dispatch(event, world.house.client.get_guild(world.guild.id))
    await world.settle()
    assert count_readings(world) == readings + 1


async def test_rules_are_known_after_a_restart(world: World) -> None:
    """What was in memory is read anew."""
    await write_rule(world, "sword")
    await world.restart()
    assert await names(world) == ["sword"]


async def test_the_permission_comes_and_goes(world: World) -> None:
    """Without Manage Server nothing is known and nothing is asked; with it, everything is known again."""
    await write_rule(world, "sword")
    readings = count_readings(world)
    await let_bot(world, manage=False)
    assert await names(world) is None
    assert count_readings(world) == readings
    await let_bot(world, manage=True)
    assert await names(world) == ["sword"]


async def test_roles_come_and_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is all the same whether a role changes, is gone, or is given to the bot."""
    monkeypatch.delitem(EVENT_INTENTS, "GUILD_MEMBER_UPDATE")  # Discord tells a bot of itself without the intent
    await write_rule(world, "sword")
    world.env.backend.delete_role(world.guild.id, get_bot_role(world))
    await world.settle()
    assert await names(world) is None
    role = world.guild.create_role("Helpers", permissions=discord.Permissions(manage_guild=True))
    world.env.backend.add_member_role(world.guild.id, world.env.backend.bot_user.id, role.id)
    await world.settle()
    assert await names(world) == ["sword"]


async def test_a_guild_that_was_left_is_forgotten(world: World) -> None:
    """Nothing stays in memory of a guild that the bot was taken out of."""
    rules = world.house.client.rooms.automod
    await write_rule(world, "sword")
    assert world.guild.id in rules._known
    world.env.backend.remove_guild(world.guild.id)
    await world.settle()
    assert rules._known == {}


async def test_a_no_in_spite_of_the_permission(world: World) -> None:
    """A guild may demand what the bot's owner lacks, such as two-factor login: nobody asks again and again."""
    world.env.inject_error("GET", f"/guilds/*{ROUTE}", status=403, code=60003, times=None)
    await world.advance(600)
    readings = count_readings(world)
    assert await names(world) is None
    await world.advance(3599)
    assert await names(world) is None
    assert count_readings(world) == readings + 1


async def test_what_went_unheard_is_read_after_a_broken_line(world: World) -> None:
    """After a resume the rules are asked for again when they are needed."""
    assert await names(world) == []
    rule_id = await write_rule(world, "sword")
    del world.guild._guild.auto_mod_rules[rule_id]  # and nobody says so
    assert await names(world) == ["sword"]
    world.house.client.dispatch("shard_resumed", 0)
    await world.settle()
    assert await names(world) == []
