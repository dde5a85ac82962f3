"""The mention after a long wait: once, where it helps, and never against its member's wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from bot.database import jobs, quiet_members
from bot.errors import Reason
from bot.jobs import JobStatus
from tests.journeys.test_delivery import break_way, hide
from tests.journeys.test_privacy import BUTTON, delete, export, forge, said

if TYPE_CHECKING:
    import discord
    import simcord

    from bot.jobs import Job
    from sandbox.world import World

SLOW = {"durations": {"Qubico/flux1-schnell": 6 * 60.0}}
BOT_ROUTE = "/channels/*/messages"


async def paint(world: World, photo: bytes, channel: simcord.ChannelHandle | None = None) -> int:
    """A picture of the artist, however long it takes."""
    result = await world.artist.slash(channel or world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    for _ in range(7):
        await world.advance(60)
    assert (await world.job(world.job_id(result))).status is JobStatus.DONE
    return world.job_id(result)


def mentions(channel: Any) -> list[discord.Message]:
    """The messages there that call somebody, and show nothing themselves."""
    return [message for message in channel.history() if message.content and not message.embeds]


async def decide(world: World, key: str, value: Any, channel_id: int | None = None) -> None:
    """Change this server's policy."""
    await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, key, value, channel_id)


@pytest.mark.story(**SLOW)
async def test_after_a_long_wait_the_member_is_called_back_once(world: World, photo: bytes) -> None:
    """The picture is edited in, which pings nobody; a short message mentions its member and leads there."""
    job_id = await paint(world, photo)
    message_id = (await world.job(job_id)).message_id
    (mention,) = mentions(world.channel)
    assert [member.id for member in mention.mentions] == [world.artist.id]
    link = f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{message_id}"
    assert mention.content == f"<@{world.artist.id}> your picture is ready: {link}"
    await world.restart(gently=False)
    await world.advance(600)
    assert len(mentions(world.channel)) == 1


async def test_after_a_short_wait_nobody_is(world: World, photo: bytes) -> None:
    """Who was here a moment ago sees it."""
    await paint(world, photo)
    assert not mentions(world.channel)


@pytest.mark.story(**SLOW)
async def test_the_server_decides_from_when_on_and_where(world: World, photo: bytes) -> None:
    """Longer for all, never in one channel."""
    await decide(world, "mention_minutes", 30)
    await paint(world, photo)
    assert not mentions(world.channel)
    await decide(world, "mention_minutes", 6)
    await decide(world, "mention_minutes", 0, world.channel.id)
    await paint(world, photo)
    assert not mentions(world.channel)
    other = world.guild.create_text_channel("other")
    await paint(world, photo, other)
    assert len(mentions(other)) == 1


@pytest.mark.story(**SLOW)
async def test_a_member_ends_it_right_there_and_brings_it_back(world: World, photo: bytes) -> None:
    """One click, for good and in all servers; the same button takes it back. Nobody else may press it."""
    await paint(world, photo)
    (mention,) = mentions(world.channel)
    other = await world.friend.click(mention, label="Don't mention me again")
    assert other.ephemeral
    assert "somebody else's" in said(other)
    off = await world.artist.click(mention, label="Don't mention me again")
    assert [each.ephemeral for each in off.followups] == [True]
    assert "not mentioned any more" in off.followups[0].content
    await world.restart()
    await paint(world, photo)
    (mention,) = mentions(world.channel)
    assert "your picture is ready" in mention.content
    on = await world.artist.click(mention, label="Mention me again")
    assert "mentioned again" in on.followups[0].content
    await paint(world, photo)
    assert len(mentions(world.channel)) == 2


async def test_a_forged_button_decides_nothing(world: World) -> None:
    """Another member's id in a button gets a sentence, and changes nothing of either."""
    await world.artist.slash(world.channel, "repaint-privacy mentions refuse")
    forged = await forge(world, f"member:{world.artist.id}:unhush")
    told = await world.friend.click(forged, custom_id=f"member:{world.artist.id}:unhush")
    assert "somebody else's" in said(told)
    rows = await world.house.store._database.run(select(quiet_members))
    assert [row.member_id for row in rows] == [world.artist.id]


@pytest.mark.story(**SLOW)
async def test_it_can_be_typed_is_exported_and_deleted(world: World, photo: bytes) -> None:
    """Also without a mention at hand; it is in the file, and goes with everything else."""
    told = await world.artist.slash(world.channel, "repaint-privacy mentions refuse")
    assert told.ephemeral
    assert "not mentioned any more" in said(told)
    await paint(world, photo)
    assert not mentions(world.channel)
    document, *_ = await export(world.artist, world.channel)
    (row,) = document["wants_no_mention"]
    assert row["since"].startswith("2026-")
    await delete(world, world.artist, world.channel)
    assert await world.house.client.rooms.mention_consent.refuses(world.artist.id)
    asked: Any = await world.artist.user.slash("repaint-privacy delete")
    assert "mentions" in said(asked)
    await world.artist.user.click(asked.response, label=BUTTON)
    assert not await world.house.client.rooms.mention_consent.refuses(world.artist.id)
    typed = await world.artist.slash(world.channel, "repaint-privacy mentions allow")
    assert "mentioned again" in said(typed)


@pytest.mark.story(**SLOW)
async def test_a_picture_that_came_as_a_new_message_calls_once(world: World, photo: bytes) -> None:
    """That message mentions its member itself."""
    break_way(world, "/webhooks/*", 400, 50083)
    await paint(world, photo)
    called = [message for message in world.channel.history() if message.mentions]
    assert len(called) == 1
    assert called[0].attachments


@pytest.mark.story(**SLOW)
async def test_a_crash_between_picture_and_row_calls_once(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture is brought a second time, which nobody sees; the mention would be seen."""
    finish, calls = world.house.store.finish, list[int]()

    async def breaks_once(job: Job, status: JobStatus, reason: Reason | None = None) -> Job | None:
        calls.append(job.id)
        if len(calls) == 1:
            raise ZeroDivisionError
        return await finish(job, status, reason)

    monkeypatch.setattr(world.house.store, "finish", breaks_once)
    await paint(world, photo)
    assert len(calls) == 2
    assert len(mentions(world.channel)) == 1


@pytest.mark.story(**SLOW)
async def test_an_answer_that_was_dropped_calls_once(world: World, photo: bytes) -> None:
    """Sent again at once, under the same nonce."""
    world.env.inject_error("POST", BOT_ROUTE, status=503, times=1)
    await paint(world, photo)
    assert len(mentions(world.channel)) == 1
    world.env.inject_error("POST", BOT_ROUTE, status=500, times=None)
    await paint(world, photo)
    assert len(mentions(world.channel)) == 1


@pytest.mark.story(**SLOW)
async def test_where_the_bot_cannot_write_the_interactions_token_calls(world: World, photo: bytes) -> None:
    """A channel hidden from it, or one it may not write to: while the token lives, that way is open."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await hide(world, world.job_id(result))
    await world.settle()
    for _ in range(7):
        await world.advance(60)
    assert len(mentions(world.channel)) == 1
    world.env.inject_error("POST", BOT_ROUTE, status=403, code=50013, times=None)
    await paint(world, photo)
    assert [member.id for member in mentions(world.channel)[-1].mentions] == [world.artist.id]
    assert len(mentions(world.channel)) == 2


@pytest.mark.story(durations={"Qubico/flux1-schnell": 16 * 60.0}, settings={"GIVE_UP_MINUTES": "30"})
async def test_where_no_way_is_open_the_picture_is_all_there_is(world: World, photo: bytes) -> None:
    """The bot may edit its reply and not write: nobody is called, and nothing is lost."""
    world.env.inject_error("POST", BOT_ROUTE, status=403, code=50013, times=None)
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    for _ in range(17):
        await world.advance(60)
    assert (await world.job(world.job_id(result))).status is JobStatus.DONE
    assert not mentions(world.channel)


@pytest.mark.story(**SLOW)
async def test_what_its_member_alone_sees_calls_nobody(world: World, photo: bytes) -> None:
    """A draft is nobody else's, and a message beside it would be everybody's."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job_id = world.job_id(result)
    await world.house.store._database.run(update(jobs).where(jobs.c.id == job_id).values(draft=1))
    await world.settle()
    for _ in range(7):
        await world.advance(60)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert not mentions(world.channel)


async def test_a_picture_that_comes_back_after_a_report_calls_nobody(world: World, photo: bytes) -> None:
    """It was there before; its member has had it."""
    room = world.guild.create_text_channel("review")
    await decide(world, "review_channel_id", room.id)
    await decide(world, "report_count", 1)
    job_id = await paint(world, photo)
    reply = world.channel.last_message
    assert reply is not None
    form = await world.friend.click(reply, label="Report")
    await world.friend.submit_modal(form, {"words": "rude"})
    await world.advance(600)
    assert (await world.job(job_id)).reason is Reason.REPORTED
    case = room.last_message
    assert case is not None
    await world.moderator.click(case, label="Approve")
    await world.advance(60)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert not mentions(world.channel)


@pytest.mark.story(**SLOW)
async def test_in_direct_messages_too(world: World, photo: bytes) -> None:
    """There is no server to decide; the way there leads into the same conversation."""
    channel = world.artist.user.dm_channel
    await world.artist.user.slash("img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    for _ in range(7):
        await world.advance(60)
    (mention,) = mentions(channel)
    assert f"https://discord.com/channels/@me/{channel.id}/" in mention.content
