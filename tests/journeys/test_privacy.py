"""What is kept of members, and their say in it: as the member, as somebody else, in another server, after restarts."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import discord
from simcord.backend.serializers import guild_create_payload
from sqlalchemy import select

from bot.database import jobs, left_guilds
from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.retention import GRACE_DAYS
from bot.replies.buttons import Button
from bot.replies.embed import CardButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    import simcord
    from sqlalchemy import Row

    from sandbox.world import World

DAY = 86_400
BUTTON = "Delete it for good"


async def paint(
    world: World, photo: bytes, who: simcord.MemberActor, where: simcord.ChannelHandle, prompt: str = "a cat"
) -> int:
    """A finished picture."""
    result = await who.slash(where, "img2img", image=("cat.jpg", photo), prompt=prompt)
    for _ in range(3):
        await world.advance(20)
    return world.job_id(result)


def last(channel: simcord.ChannelHandle) -> discord.Message:
    """The newest message that everybody sees there."""
    message = channel.last_message
    assert message is not None
    return message


def said(result: Any) -> str:
    """What was answered."""
    return str(result.response.content)


async def delete(world: World, who: Any, where: simcord.ChannelHandle) -> str:
    """Ask for it, confirm it, and read what became of it."""
    asked = await who.slash(where, "repaint-privacy delete")
    assert asked.ephemeral
    clicked = await who.click(asked.response, label=BUTTON)
    await world.settle()
    return said(clicked)


async def sweep(world: World) -> None:
    """What the runner does every ten minutes."""
    with world.env.time_context():
        await world.house.client.rooms.retention.sweep()


async def rows(world: World, statement: Any) -> Sequence[Row[Any]]:
    """What the database says."""
    return await world.house.store._database.run(statement)


async def is_erased(world: World, job_id: int) -> bool:
    """Whether only the bare row of a job is left."""
    job = await world.job(job_id)
    kept = await world.house.store.get_source(job_id), await world.house.store.get_results(job_id)
    return job.reason is Reason.ERASED and not job.request.prompt and not any(kept)


def open_server(world: World, who: simcord.MemberActor) -> tuple[simcord.MemberActor, simcord.ChannelHandle]:
    """The same person in another server."""
    guild = world.env.create_guild("Elsewhere")
    return guild.add_member(who.user), guild.create_text_channel("repaint")


# -- the file --------------------------------------------------------------------------------------------------------


async def test_a_member_gets_everything_in_a_file(world: World, photo: bytes) -> None:
    """For them alone, of this server; in a direct message, of everywhere."""
    mine, there = open_server(world, world.artist)
    await paint(world, photo, world.artist, world.channel, "here")
    await paint(world, photo, mine, there, "elsewhere")
    await paint(world, photo, world.friend, world.channel, "not mine")
    here, words, pictures = await export(world.artist, world.channel)
    assert [job["prompt"] for job in here["jobs"]] == ["here"]
    assert pictures == 2
    assert "type the same command in a direct message" in words
    everywhere, _, pictures = await export(world.artist.user, world.artist.user.dm_channel)
    assert [job["prompt"] for job in everywhere["jobs"]] == ["here", "elsewhere"]
    assert pictures == 4


async def export(who: Any, where: simcord.ChannelHandle) -> tuple[dict[str, Any], str, int]:
    """What the file says, what came with it, and how many pictures are in it."""
    command = "repaint-privacy export"
    result = await (who.slash(where, command) if hasattr(who, "guild") else who.slash(command))
    assert result.ephemeral
    (message,) = result.followups or [result.response]
    (file,) = message.attachments
    archive = zipfile.ZipFile(io.BytesIO(await file.read()))
    return json.loads(archive.read("data.json")), message.content, len(archive.namelist()) - 1


async def test_what_waits_for_a_moderator_is_not_in_it(world: World, photo: bytes) -> None:
    """A file of one's own is no way around a review."""
    await review_everything(world)
    await paint(world, photo, world.artist, world.channel)
    document, _, pictures = await export(world.artist, world.channel)
    assert [(each["role"], each["file"] is None) for each in document["pictures"]] == [
        ("result", True),
        ("source", False),
    ]
    assert pictures == 1


async def test_a_file_that_would_be_too_big_leaves_pictures_out(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord's limit for whoever asks holds, and what is missing is said."""
    await paint(world, photo, world.artist, world.channel)
    monkeypatch.setattr(sys.modules["cogs.privacy"], "MOST_REQUEST_BYTES", 3000)
    document, words, pictures = await export(world.artist, world.channel)
    assert len(document["pictures"]) == 2
    assert pictures < 2
    assert "of the older ones are not in it" in words


async def review_everything(world: World) -> simcord.ChannelHandle:
    """A moderator looks before anything is shown."""
    room = world.guild.create_text_channel("review")
    policies = world.house.client.rooms.policies
    with world.env.time_context():
        await policies.change(world.guild.id, world.moderator.id, "review_channel_id", room.id)
        await policies.change(world.guild.id, world.moderator.id, "review", "everything")
    return room


# -- deleting --------------------------------------------------------------------------------------------------------


async def test_a_member_has_everything_of_this_server_deleted(world: World, photo: bytes) -> None:
    """After one question; nothing of others, and nothing of another server."""
    mine, there = open_server(world, world.artist)
    job_id = await paint(world, photo, world.artist, world.channel)
    elsewhere = await paint(world, photo, mine, there)
    others = await paint(world, photo, world.friend, world.channel)
    asked = await world.artist.slash(world.channel, "repaint-privacy delete")
    assert "in this server" in said(asked)
    assert not await is_erased(world, job_id)
    told = await delete(world, world.artist, world.channel)
    assert "Deleted. Pictures: 2, requests: 1." in told
    assert await is_erased(world, job_id)
    assert not await is_erased(world, elsewhere)
    assert not await is_erased(world, others)
    assert "nothing left to delete" in await delete(world, world.artist, world.channel)


async def test_in_direct_messages_everything_is_deleted(world: World, photo: bytes) -> None:
    """In every server at once."""
    mine, there = open_server(world, world.artist)
    made = [await paint(world, photo, world.artist, world.channel), await paint(world, photo, mine, there)]
    user = world.artist.user
    asked = await user.slash("repaint-privacy delete")
    assert "in all servers" in said(asked)
    clicked = await user.click(asked.response, label=BUTTON)
    assert "Pictures: 4, requests: 2." in said(clicked)
    assert [await is_erased(world, job_id) for job_id in made] == [True, True]


async def test_what_is_on_its_way_is_stopped(world: World, photo: bytes) -> None:
    """The card says so, the picture never comes, and a little later the row is bare."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    job_id = world.job_id(result)
    assert (await world.job(job_id)).status is JobStatus.RUNNING
    told = await delete(world, world.artist, world.channel)
    assert "Stopped on the way: 1." in told
    assert "Stopped" in str(last(world.channel).embeds[0].title)
    await world.advance(600)
    await sweep(world)
    assert await is_erased(world, job_id)
    assert not last(world.channel).attachments


async def test_what_waits_for_a_moderator_is_deleted_after_the_decision(world: World, photo: bytes) -> None:
    """The member is told, the moderators decide as always, and nobody has to ask again."""
    room = await review_everything(world)
    job_id = await paint(world, photo, world.artist, world.channel)
    assert "until a moderator has decided: 1" in await delete(world, world.artist, world.channel)
    await sweep(world)
    assert not await is_erased(world, job_id)
    await world.moderator.click(last(room), label="Approve")
    await world.advance(20)
    assert (await world.job(job_id)).status is JobStatus.DONE
    await sweep(world)
    assert await is_erased(world, job_id)


async def test_the_button_works_after_a_restart(world: World, photo: bytes) -> None:
    """Its custom id says whose it is; no process has to remember."""
    job_id = await paint(world, photo, world.artist, world.channel)
    asked: Any = await world.artist.slash(world.channel, "repaint-privacy delete")
    await world.restart(gently=False)
    await world.artist.click(asked.response, label=BUTTON)
    assert await is_erased(world, job_id)


async def test_nobody_deletes_for_another(world: World, photo: bytes) -> None:
    """Whoever clicks a button with another member's id gets a sentence, and deletes nothing of either."""
    made = [await paint(world, photo, who, world.channel) for who in (world.artist, world.friend)]
    forged = await forge(world, f"member:{world.artist.id}:delete")
    for who in (world.friend, world.moderator):
        result = await who.click(forged, label="Press me")
        assert result.ephemeral
        assert "somebody else's" in said(result)
    assert [await is_erased(world, job_id) for job_id in made] == [False, False]


async def forge(world: World, custom_id: str) -> discord.Message:
    """A message of the bot for everybody to see, with a button that says this."""
    with world.env.time_context():
        view = discord.ui.View(timeout=None).add_item(CardButton(Button("Press me", custom_id)))
        await world.house.client.get_partial_messageable(world.channel.id).send("look", view=view)
    return last(world.channel)


async def test_a_deleted_picture_is_not_begun_again(world: World, photo: bytes) -> None:
    """Old buttons and commands say that it is gone, and write nothing into the bare row."""
    job_id = await paint(world, photo, world.artist, world.channel, "fail")
    card = last(world.channel)
    await delete(world, world.artist, world.channel)
    again = await world.artist.click(card, label="Again")
    assert again.ephemeral
    assert "no longer kept" in said(again)
    for result in (
        await world.artist.slash(world.channel, "img2img-result"),
        await world.artist.click(await forge(world, f"job:{job_id}:show"), label="Press me"),
    ):
        assert "no finished picture" in said(result)
    assert await is_erased(world, job_id)
    assert (await world.job(job_id)).request.token == ""


async def test_a_deleted_picture_can_still_be_reported(world: World, photo: bytes) -> None:
    """What everybody sees is not above the rules: the moderators get it, and it goes once more after they decided."""
    room = world.guild.create_text_channel("review")
    policies = world.house.client.rooms.policies
    with world.env.time_context():
        await policies.change(world.guild.id, world.moderator.id, "review_channel_id", room.id)
        await policies.change(world.guild.id, world.moderator.id, "report_count", 1)
    job_id = await paint(world, photo, world.artist, world.channel)
    await delete(world, world.artist, world.channel)
    form = await world.friend.click(last(world.channel), label="Report")
    await world.friend.submit_modal(form, {"words": "rude"})
    await world.advance(20)
    assert last(world.channel).attachments[0].is_spoiler()
    assert last(room).attachments
    await world.moderator.click(last(room), label="Approve")
    await world.advance(20)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert not last(world.channel).attachments[0].is_spoiler()
    assert not await is_erased(world, job_id)
    await sweep(world)
    assert await is_erased(world, job_id)


# -- by itself -------------------------------------------------------------------------------------------------------


async def test_the_runner_sweeps(world: World, photo: bytes) -> None:
    """Pictures go after the operator's hours, without anybody asking."""
    job_id = await paint(world, photo, world.artist, world.channel)
    await world.advance(73 * 3600)
    with world.env.time_context():
        await world.house.runner._keep_house()
    assert not await world.house.store.get_results(job_id)
    assert (await world.job(job_id)).request.prompt == "a cat"


async def test_a_server_that_was_left_is_forgotten(world: World, photo: bytes) -> None:
    """After the grace time, and a member's own file has it until then."""
    mine, there = open_server(world, world.artist)
    await paint(world, photo, mine, there)
    kept = await paint(world, photo, world.artist, world.channel)
    world.env.backend.remove_guild(mine.guild.id)
    await world.settle()
    await world.advance((GRACE_DAYS - 1) * DAY)
    await sweep(world)
    document, _, _ = await export(world.artist.user, world.artist.user.dm_channel)
    assert len(document["jobs"]) == 2
    await world.advance(2 * DAY)
    await sweep(world)
    assert [row.id for row in await rows(world, select(jobs.c.id))] == [kept]


async def test_an_outage_is_not_leaving(world: World, photo: bytes) -> None:
    """Discord says that a server is unavailable: nothing of it goes."""
    await paint(world, photo, world.artist, world.channel)
    world.env.backend.emit("GUILD_DELETE", {"id": str(world.guild.id), "unavailable": True})
    await world.settle()
    assert not await rows(world, select(left_guilds))


async def test_a_server_that_takes_the_bot_back_loses_nothing(world: World, photo: bytes) -> None:
    """Taken out and let in again within the grace time, and then 31 days pass."""
    job_id = await paint(world, photo, world.artist, world.channel)
    guild = world.env.backend.get_guild(world.guild.id)
    world.env.backend.emit("GUILD_DELETE", {"id": str(guild.id)})
    await world.settle()
    assert [row.guild_id for row in await rows(world, select(left_guilds.c.guild_id))] == [guild.id]
    joined = {**guild_create_payload(world.env.backend, guild)}
    del joined["unavailable"]  # as Discord does where a bot is let in
    world.env.backend.emit("GUILD_CREATE", joined)
    await world.settle()
    await world.advance((GRACE_DAYS + 1) * DAY)
    await sweep(world)
    assert (await world.job(job_id)).request.prompt == "a cat"


async def test_what_was_missed_is_found_out_at_the_start(world: World, photo: bytes) -> None:
    """Taken out while the bot was down, and let in again while it was down."""
    mine, there = open_server(world, world.artist)
    await paint(world, photo, mine, there)
    leaving = world.house.client.rooms.leaving
    with world.env.time_context():
        await leaving.leave(world.guild.id)
    del world.env.backend.guilds[mine.guild.id]
    await world.restart()
    await world.settle()
    assert [row.guild_id for row in await rows(world, select(left_guilds.c.guild_id))] == [mine.guild.id]


# -- consent and words -----------------------------------------------------------------------------------------------


async def test_a_member_decides_whether_others_may_use_their_pictures(world: World) -> None:
    """Said once, in any server or in a direct message, it holds everywhere until it is taken back."""
    consent = world.house.client.rooms.source_consent
    told = await world.artist.slash(world.channel, "repaint-privacy sources refuse")
    assert told.ephemeral
    assert "nobody can start from the pictures" in said(told)
    assert await consent.refuses(world.artist.id)
    assert not await consent.refuses(world.friend.id)
    await world.artist.user.slash("repaint-privacy sources allow")
    assert not await consent.refuses(world.artist.id)


async def test_everybody_can_read_what_is_kept(world: World) -> None:
    """With this server's own spans, where pictures go, and how to have them deleted; in one message."""
    with world.env.time_context():
        await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, "retention_hours", 5)
    here = await world.friend.slash(world.channel, "repaint-privacy about")
    assert here.ephemeral
    for words in ("5 hours", "90 days", "PiAPI", "/repaint-privacy delete"):
        assert words in said(here)
    assert len(said(here)) <= 2000
    direct = await world.friend.user.slash("repaint-privacy about")
    assert "72 hours" in said(direct)
