"""What whoever runs the bot sees of it in Discord, and is told without asking."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import discord
import pytest

from bot import watch
from tests.journeys.test_blocks import said
from tests.journeys.test_img2img import ask
from tests.journeys.test_review import answer
from tests.readings import read_metrics

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

HALF_AN_HOUR = 1900


def let_in_admin(world: World) -> simcord.MemberActor:
    """Somebody to whom Discord shows the command in a server."""
    keys = world.guild.create_role("Keys", permissions=discord.Permissions(administrator=True))
    return world.guild.add_member(world.env.create_user("ada"), roles=[keys])


async def test_the_owner_sees_how_it_is(world: World, photo: bytes) -> None:
    """Money, queue, servers and versions, to them alone."""
    owner = let_in_admin(world)
    world.house.client.owner_id = owner.id
    await ask(world, photo)
    await world.settle()
    shown = answer(await owner.slash(world.channel, "repaint-status"))
    assert shown.ephemeral
    (embed,) = shown.embeds
    told = {each.name: str(each.value) for each in embed.fields}
    assert "well" in str(embed.title)
    assert told["Left at PiAPI"] == "$100.00"
    assert told["Today (UTC)"] == told["This month"] == "$0.0015 for 1 orders"
    assert "Painting: 1" in told["On their way"]
    assert "Atelier: $0.0015" in told["What each server costs this month"]
    assert "discord.py" in str(embed.footer.text)


async def test_the_owner_sees_what_is_wrong(world: World) -> None:
    """The same that `/readyz` says, also of a key that died a moment ago; and no heartbeat is no reason to break."""
    owner = let_in_admin(world)
    world.house.client.owner_id = owner.id
    (embed,) = answer(await owner.slash(world.channel, "repaint-status")).embeds
    assert "well" in str(embed.title)
    world.standin.api_key = "another-key-than-the-right-one"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(world.house.client), "latency", float("inf"))
        patched.setattr(watch, "version", create_autospec(version, side_effect=PackageNotFoundError))
        (embed,) = answer(await owner.slash(world.channel, "repaint-status")).embeds
    told = {each.name: str(each.value) for each in embed.fields}
    assert "wrong" in str(embed.title)
    assert "it does not accept the key" in str(embed.description)
    assert told["Discord"] == "not known right now, 1 servers in this process"
    assert "Repaint unknown" in str(embed.footer.text)


@pytest.mark.story(settings={"LOW_BALANCE_USD": "5"}, balance_usd=3)
async def test_a_low_balance_that_discord_did_not_take_is_told_later(world: World) -> None:
    """One hiccup of Discord does not keep it from its owner for good; what is left is counted all the same."""
    world.house.client.owner_id = world.moderator.id
    world.env.inject_error("POST", "/channels/*", status=500, times=None)
    with world.env.time_context():
        await world.house.runner.sweep()
    assert not world.moderator.user.dm_channel.history()
    assert read_metrics().get("provider_balance_usd") == 3
    world.env.backend.faults.clear()
    for _ in range(2):
        await world.advance(HALF_AN_HOUR)
        with world.env.time_context():
            await world.house.runner.sweep()
    (told,) = world.moderator.user.dm_channel.history()
    assert "$3.00 left at PiAPI" in told.content


@pytest.mark.story(settings={"DAILY_CAP_USD": "0.0015"})
async def test_a_cap_that_is_reached_is_said_and_is_no_trouble(world: World, photo: bytes) -> None:
    """It is what they wanted; and why everybody waits."""
    owner = let_in_admin(world)
    world.house.client.owner_id = owner.id
    for _ in range(2):
        await ask(world, photo)
        await world.settle()
    (embed,) = answer(await owner.slash(world.channel, "repaint-status")).embeds
    assert "well" in str(embed.title)
    assert "nothing is ordered for now" in str(embed.description)


async def test_nobody_else_does(world: World) -> None:
    """Not even who may change every rule of the server."""
    world.house.client.owner_id = world.artist.id
    assert "whoever runs Repaint" in said(await let_in_admin(world).slash(world.channel, "repaint-status"))


@pytest.mark.story(settings={"LOW_BALANCE_USD": "5"}, balance_usd=5.001)
async def test_a_low_balance_is_told_once(world: World, photo: bytes) -> None:
    """In a direct message; again only after it was high in between. A restart does not tell it again."""
    world.house.client.owner_id = world.moderator.id
    await world.house.runner.sweep()
    direct = world.moderator.user.dm_channel
    assert not direct.history()
    await ask(world, photo, count=4)
    await world.settle()
    for _ in range(3):
        await world.advance(HALF_AN_HOUR)
        with world.env.time_context():
            await world.house.runner.sweep()
    (told,) = direct.history()
    assert "$4.995 left at PiAPI" in told.content
    await world.restart()
    world.house.client.owner_id = world.moderator.id
    with world.env.time_context():
        await world.house.runner.sweep()
    assert len(direct.history()) == 1
    world.standin.balance_usd = 50
    await world.advance(HALF_AN_HOUR)
    with world.env.time_context():
        await world.house.runner.sweep()
    world.standin.balance_usd = 1
    await world.advance(HALF_AN_HOUR)
    with world.env.time_context():
        await world.house.runner.sweep()
    assert "$0.99" in direct.history()[-1].content
    assert len(direct.history()) == 2
