"""Blocked members and lifted bans: as moderator, blocked member, reviewer, outsider and other server."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import discord
import pytest
from PIL import Image, ImageDraw

from bot.moderation import likeness
from bot.moderation.book import Filter
from bot.moderation.chain import EntryKind

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

BLOCK = "repaint-moderation block"
UNBLOCK = "repaint-moderation unblock"
BLOCKS = "repaint-moderation blocks"
BANS = "repaint-moderation bans"
UNBAN = "repaint-moderation unban"
DAY = 86_400.0


@pytest.fixture
def deputy(world: World) -> simcord.MemberActor:
    """A moderator who may not set the policy."""
    permissions = discord.Permissions(manage_messages=True, moderate_members=True)
    role = world.guild.create_role("Deputies", permissions=permissions)
    return world.guild.add_member(world.env.create_user("ada"), roles=[role])


@pytest.fixture
def reviewer(world: World) -> simcord.MemberActor:
    """Somebody with Manage Messages, and without Timeout Members."""
    role = world.guild.create_role("Reviewers", permissions=discord.Permissions(manage_messages=True))
    return world.guild.add_member(world.env.create_user("kim"), roles=[role])


def said(result: simcord.InteractionResult) -> str:
    """What was answered, to whoever asked alone."""
    messages = [message for message in (result.response, *result.followups) if message is not None]
    assert messages
    assert all(message.ephemeral for message in messages)
    shown = [embed for message in messages for embed in message.embeds]
    texts = [f"{embed.title}\n{embed.description}\n{embed.footer.text}" for embed in shown]
    return "\n".join([*(message.content for message in messages), *texts])


async def run(world: World, command: str, who: simcord.MemberActor | None = None, **options: Any) -> str:
    """Run one of the commands, as the moderator unless somebody else is named. Returns the answer."""
    return said(await (who or world.moderator).slash(world.channel, command, **options))


async def paint(
    world: World, photo: bytes, who: simcord.MemberActor | None = None, channel: simcord.ChannelHandle | None = None
) -> simcord.InteractionResult:
    """Ask for a picture."""
    artist = who or world.artist
    return await artist.slash(channel or world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")


async def ban(world: World) -> int:
    """A banned picture of this server."""
    picture = Image.linear_gradient("L").resize((320, 240)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((40, 30, 160, 190), fill="orange")
    data = io.BytesIO()
    picture.save(data, "PNG")
    look = likeness.look(data.getvalue())
    return await world.house.client.rooms.bans.ban(world.guild.id, look, "not **ours**", world.moderator.id, None)


async def test_a_blocked_member_is_told_alone(world: World, photo: bytes, deputy: simcord.MemberActor) -> None:
    """With the reason as it was typed; nothing is shown or made, others go on, and unblocking is enough."""
    assert "until a moderator lifts it" in await run(
        world, BLOCK, deputy, member=world.artist, reason="spam, **again**\n@everyone"
    )
    answer = said(await paint(world, photo))
    assert "stopped you from using Repaint here" in answer
    assert r"spam\, \*\*again\*\* \@everyone" in answer
    assert not world.channel.history()
    assert world.standin.created == []
    assert not (await paint(world, photo, world.friend)).ephemeral
    assert "can use Repaint here again" in await run(world, UNBLOCK, deputy, member=world.artist)
    assert not (await paint(world, photo)).ephemeral
    assert "is not blocked" in await run(world, UNBLOCK, deputy, member=world.artist)


async def test_a_timed_block_ends_by_itself(world: World, photo: bytes, deputy: simcord.MemberActor) -> None:
    """Nobody has to remember it; the member is told when, and needs no reason to be given."""
    await run(world, BLOCK, deputy, member=world.artist, days=2)
    ends = int(world.env.now().timestamp() + 2 * DAY)
    assert f"You can use it again <t:{ends}:R>" in said(await paint(world, photo))
    assert f"<@{world.artist.id}> · until <t:{ends}:f>" in await run(world, BLOCKS)
    await world.restart()
    await world.advance(2 * DAY)
    assert not (await paint(world, photo)).ephemeral
    assert "Nobody is blocked" in await run(world, BLOCKS)


async def test_who_may_set_the_policy_is_not_blocked(world: World, deputy: simcord.MemberActor) -> None:
    """Neither who manages the server, nor who administers or owns it."""
    chief = world.guild.create_role("Chiefs", permissions=discord.Permissions(administrator=True))
    admin = world.guild.add_member(world.env.create_user("lin"), roles=[chief])
    for target in (world.moderator, admin):
        assert "Manage Server" in await run(world, BLOCK, deputy, member=target)
    assert "Nobody is blocked" in await run(world, BLOCKS, deputy)


async def test_somebody_who_has_left_can_be_blocked(world: World, deputy: simcord.MemberActor) -> None:
    """So that nothing is gained by coming back."""
    gone = world.env.create_user("gone")
    await run(world, BLOCK, deputy, member=gone, reason="raid")
    assert f"<@{gone.id}>" in await run(world, BLOCKS, deputy)


async def test_reviewers_do_not_block(world: World, photo: bytes, reviewer: simcord.MemberActor) -> None:
    """Blocking is for Timeout Members, also where the command itself can be seen."""
    for command, options in ((BLOCK, {"member": world.artist}), (UNBLOCK, {"member": world.artist}), (BLOCKS, {})):
        assert "Timeout Members" in await run(world, command, reviewer, **options)
    assert not (await paint(world, photo)).ephemeral


async def test_members_do_neither(world: World) -> None:
    """An outsider whom a server's settings let at the command is told what it takes, and changes nothing."""
    number = await ban(world)
    with world.env.time_context():
        commands = await world.house.client.tree.fetch_commands()
    (command,) = [each for each in commands if each.name == "repaint-moderation"]
    outsiders = world.guild.create_role("Curious")
    outsider = world.guild.add_member(world.env.create_user("pat"), roles=[outsiders])
    world.guild.set_command_permissions(command, {outsiders: True})
    for name, options, needed in (
        (BLOCK, {"member": world.artist}, "Timeout Members"),
        (UNBLOCK, {"member": world.artist}, "Timeout Members"),
        (BLOCKS, {}, "Timeout Members"),
        (BANS, {}, "Manage Messages"),
        (UNBAN, {"number": number}, "Manage Messages"),
    ):
        answer = await run(world, name, outsider, **options)
        assert needed in answer
        assert "ours" not in answer
    assert "**1**" in await run(world, BANS)


async def test_another_server_is_not_concerned(world: World, photo: bytes) -> None:
    """A block and a ban are one server's own: in another one they do nothing and are not seen."""
    await run(world, BLOCK, member=world.artist)
    number = await ban(world)
    other = world.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    boss = other.create_role("Boss", permissions=discord.Permissions(manage_messages=True, moderate_members=True))
    guest = other.add_member(world.artist.user, roles=[boss])
    assert "Nobody is blocked" in said(await guest.slash(channel, BLOCKS))
    assert "No picture is banned" in said(await guest.slash(channel, BANS))
    assert "has the number" in said(await guest.slash(channel, UNBAN, number=number))
    assert "is not blocked" in said(await guest.slash(channel, UNBLOCK, member=guest))
    assert not (await paint(world, photo, guest, channel)).ephemeral
    assert "stopped you" in said(await paint(world, photo))
    assert "**1**" in await run(world, BANS)


async def test_a_long_list_has_pages(world: World) -> None:
    """Each says where it is in the list; a page that is not there is said to be none."""
    blocks = world.house.client.rooms.blocks
    for member in range(1001, 1013):
        await blocks.block(world.guild.id, member, world.moderator.id, "*" * 200)
        await world.env.advance_time(60)
    first = await run(world, BLOCKS)
    assert "Blocked members: 12" in first
    assert "Page 1 of 2" in first
    assert "<@1012>" in first
    assert "<@1001>" not in first
    assert "<@1001>" in await run(world, BLOCKS, page=2)
    assert "has 2 pages" in await run(world, BLOCKS, page=3)


async def test_a_ban_is_lifted_by_its_number(world: World, reviewer: simcord.MemberActor) -> None:
    """By whoever may ban, once; the book says who did it."""
    number = await ban(world)
    shown = await run(world, BANS, reviewer)
    assert f"**{number}**" in shown
    assert r"not \*\*ours\*\*" in shown
    assert "can be used here again" in await run(world, UNBAN, reviewer, number=number)
    assert "No banned picture here has the number" in await run(world, UNBAN, reviewer, number=number)
    assert "No picture is banned" in await run(world, BANS, reviewer)
    book = world.house.client.rooms.book
    (entry,) = await book.read(world.guild.id, Filter(kind=EntryKind.UNBAN))
    assert entry.actor_id == reviewer.id


async def test_the_book_tells_who_blocked_whom(world: World, deputy: simcord.MemberActor) -> None:
    """And until when, and why; that somebody tried in vain is not in it."""
    await run(world, BLOCK, deputy, member=world.artist, days=1, reason="spam")
    await run(world, BLOCK, deputy, member=world.moderator)
    await run(world, UNBLOCK, member=world.artist)
    log = await run(world, "repaint-moderation log")
    assert f"<@{deputy.id}> blocked <@{world.artist.id}> until" in log
    assert "“spam”" in log
    assert f"<@{world.moderator.id}> unblocked <@{world.artist.id}>" in log
    assert f"blocked <@{world.moderator.id}>" not in log
