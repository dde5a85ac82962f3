"""What whoever runs the bot sees of it in Discord, and is told without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

from tests.journeys.test_blocks import said
from tests.journeys.test_img2img import ask
from tests.journeys.test_review import answer

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
