"""Where people are: servers, threads, posts, direct messages, and servers that only a member brought the bot to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import JobStatus
from bot.moderation.chain import EntryKind
from bot.presets import Preset
from tests.journeys.test_commands import synced
from tests.journeys.test_img2img import LONG_ENOUGH, card
from tests.journeys.test_limits import start_thread
from tests.journeys.test_repaint_this import finish, send
from tests.journeys.test_review import answer, labels, says

if TYPE_CHECKING:
    import discord
    import simcord

    from bot.jobs import Job
    from sandbox.world import World

DAY = 86_400.0
ELSEWHERE = 77


async def ask_directly(world: World, photo: bytes, who: simcord.MemberActor | None = None, **options: Any) -> Any:
    """Use `/img2img` in direct messages with the bot."""
    given = {"image": ("cat.jpg", photo), "prompt": "a cat"} | options
    return await (who or world.artist).user.slash("img2img", **given)


def abroad(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on everything happens in a server that has not invited the bot; the artist brought it along.

    simcord knows no such place, but its interactions can say that they come from one.
    """
    from simcord import interactions  # noqa: PLC0415 (the module, not what the package shows)

    told = interactions.base_payload

    def tell(*args: Any, **given: Any) -> Any:
        record, payload = told(*args, **given)
        owners = {"1": str(world.artist.id)}
        return record, payload | {"guild_id": str(ELSEWHERE), "authorizing_integration_owners": owners}

    monkeypatch.setattr(interactions, "base_payload", tell)


# -- direct messages ---------------------------------------------------------------------------------------------------


@pytest.mark.story(durations={"Qubico/flux1-schnell": 14.5 * 60}, settings={"GIVE_UP_MINUTES": "20"})
async def test_in_direct_messages(world: World, photo: bytes) -> None:
    """The bot is there, so its own token edits the reply to its end; there is nobody to report it to."""
    result = await ask_directly(world, photo)
    await world.settle()
    assert not result.ephemeral
    (message,) = world.artist.user.dm_channel.history()
    assert "Show result" not in labels(message)
    await world.advance(14 * 60 + 30)
    await world.advance(30)
    message, called = world.artist.user.dm_channel.history()
    assert called.mentions
    job = await world.job(world.job_id(result))
    assert (job.status, job.request.guild_id, job.message_id) == (JobStatus.DONE, None, message.id)
    assert message.attachments
    assert "Report" not in labels(message)


@pytest.mark.story(settings={"OUTSIDE_DAILY_PICTURES": "3"})
async def test_the_operator_limits_what_is_made_there(world: World, photo: bytes) -> None:
    """So many pictures a day for each member, in all such places together; a server's own limits are another matter."""
    assert not (await ask_directly(world, photo, count=2)).ephemeral
    assert not (await ask_directly(world, photo, world.friend, count=3)).ephemeral
    refused = await ask_directly(world, photo, count=2)
    assert refused.ephemeral
    assert "can have 3 pictures a day, and 1 of yours are left" in answer(refused).content
    assert "in a server that has invited it" in answer(refused).content
    at_home = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat", count=4)
    assert not at_home.ephemeral
    assert not (await ask_directly(world, photo)).ephemeral
    await world.advance(DAY)
    assert not (await ask_directly(world, photo, count=3)).ephemeral


@pytest.mark.story(settings={"OUTSIDE_MEMBER_DAY_USD": "0.003"})
async def test_the_operator_limits_what_it_costs(world: World, photo: bytes) -> None:
    """In dollars for each member and day; what failed is given back."""
    assert not (await ask_directly(world, photo)).ephemeral
    assert not (await ask_directly(world, photo, prompt="fail please")).ephemeral
    assert "$0.00 of your $0.003 are left" in answer(await ask_directly(world, photo)).content
    assert "the whole budget here is $0.003" in answer(await ask_directly(world, photo, model="dev")).content
    await world.settle()
    await world.advance(LONG_ENOUGH)
    assert not (await ask_directly(world, photo)).ephemeral


@pytest.mark.story(settings={"OUTSIDE": "off"})
async def test_an_operator_keeps_it_to_servers(world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can install it to their account; elsewhere a sentence says where to go. What is kept can still be read."""
    (commands,) = synced(world)
    assert all(each["integration_types"] == [0] and 2 not in each["contexts"] for each in commands)
    assert "only in servers that have invited it" in answer(await ask_directly(world, photo)).content
    assert answer(await world.artist.user.slash("repaint-privacy about")).content
    message = await world.artist.send(world.channel, "", attachments=[("cat.jpg", photo)])
    abroad(world, monkeypatch)  # who installed it before still has it
    shown = await world.artist.context_menu(world.channel, "Repaint this", message)
    assert "in servers that have invited it" in answer(await send(shown, world.artist)).content
    assert world.standin.posts == 0


# -- servers that have not invited it ----------------------------------------------------------------------------------


async def ask_abroad(world: World, photo: bytes, **options: Any) -> Any:
    """Use `/img2img` there."""
    given = {"image": ("cat.jpg", photo), "prompt": "a cat"} | options
    return await world.artist.slash(world.channel, "img2img", **given)


@pytest.mark.story(settings={"OUTSIDE_DAILY_PICTURES": "2"})
async def test_a_server_that_has_not_invited_it_has_no_say(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No policy, no book, no reports; it counts with direct messages, and the card says how long it can be changed."""
    policies = world.house.client.rooms.policies
    await policies.change(ELSEWHERE, world.moderator.id, "closed_channels", frozenset({world.channel.id}))
    assert not (await ask_directly(world, photo)).ephemeral
    abroad(world, monkeypatch)
    result = await ask_abroad(world, photo)
    assert result.response is not None
    assert "press **Show result**" in str(card(result.response.message).description)
    job = await finish(world, result)
    assert (job.status, job.request.guild_id, job.request.reachable) == (JobStatus.DONE, None, False)
    message = world.channel.last_message
    assert message is not None
    assert not labels(message) & {"Report", "Show result"}
    assert "can have 2 pictures a day" in answer(await ask_abroad(world, photo)).content
    assert [line.kind for line in await world.house.client.rooms.book.read(ELSEWHERE)] == [EntryKind.SETTINGS]


async def test_what_is_kept_is_told_there_as_in_direct_messages(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept of that server, so a member who asks is told of everything."""
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    abroad(world, monkeypatch)
    asked = await world.artist.slash(world.channel, "repaint-privacy delete")
    assert "in all servers and here" in answer(asked).content


async def test_their_own_pictures_are_shown_there(world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in direct messages: what was made there is in no server's keeping."""
    abroad(world, monkeypatch)
    job = await finish(world, await ask_abroad(world, photo))
    shown = await world.artist.slash(world.channel, "img2img-history")
    assert str(job.id) in str([each.to_dict() for each in answer(shown).embeds])


async def test_nothing_of_a_server_that_lost_the_bot_is_offered_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its presets could not be used: it has no say, and nothing to offer."""
    preset = Preset("Attic", "{prompt}, dusty")
    await world.house.client.rooms.policies.change(ELSEWHERE, world.moderator.id, "presets", (preset,))
    abroad(world, monkeypatch)
    offered = await world.artist.autocomplete(world.channel, "img2img", "preset", "att")
    assert offered == []


async def test_automod_there_reads_what_apps_say(world: World, photo: bytes) -> None:
    """An answer that it blocks is explained, and nothing is ordered; a result that it blocks comes directly."""
    world.env.inject_error("POST", "/interactions/*", status=400, code=200000, times=1)
    blocked = await ask_abroad(world, photo)
    assert blocked.ephemeral
    assert "AutoMod of this server" in answer(blocked).content
    await world.settle()
    assert world.standin.posts == 0
    result = await ask_abroad(world, photo)
    await world.settle()
    await world.advance(1)
    world.env.inject_error("PATCH", "/webhooks/*", status=400, code=200000, times=None)
    job = await finish(world, result)
    assert job.status is JobStatus.DONE
    (message,) = world.artist.user.dm_channel.history()
    assert message.attachments


# -- threads and posts -------------------------------------------------------------------------------------------------


async def test_threads_and_posts_are_places(world: World, photo: bytes) -> None:
    """The reply stays in them, under the rules of the channel or the forum that they belong to."""
    forum = world.guild.create_forum_channel("gallery")
    policies, by = world.house.client.rooms.policies, world.moderator.id
    for parent in (world.channel, forum):
        place = await start_thread(world, parent)
        message = await world.artist.send(place, "", attachments=[("cat.jpg", photo)])
        await policies.change(world.guild.id, by, "models", frozenset({"dev"}), parent.id)
        shown = await world.artist.context_menu(place, "Repaint this", message)
        job = await finish(world, await send(shown, world.artist))
        assert (job.status, job.request.model, job.request.parent_id) == (JobStatus.DONE, "dev", parent.id)
        reply = place.last_message
        assert reply is not None
        assert (reply.id, job.request.reachable) == (job.message_id, True)
        await policies.change(world.guild.id, by, "closed_channels", frozenset({parent.id}))
        refused = await send(await world.artist.context_menu(place, "Repaint this", message), world.artist)
        assert "not used in this channel" in answer(refused).content


# -- time-outs ---------------------------------------------------------------------------------------------------------


async def test_who_is_timed_out_waits(world: World, photo: bytes) -> None:
    """Discord lets them type no command; a form that was open before, or a button, does not get round it either."""
    failed = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="fail please")
    job = await finish(world, failed)
    assert job.status is JobStatus.FAILED
    message = await world.artist.send(world.channel, "", attachments=[("cat.jpg", photo)])
    shown = await world.artist.context_menu(world.channel, "Repaint this", message)
    until = world.env.now() + timedelta(minutes=10)
    member = world.env.backend.get_guild(world.guild.id).members[world.artist.id]
    member.timed_out_until = until.isoformat()
    told = f"You can use it again <t:{int(until.timestamp())}:R>"
    assert told in answer(await send(shown, world.artist)).content.replace("timed out in this server", "")
    again = await world.artist.click(reply(world, job), label="Again")
    assert told in answer(again).content
    await world.advance(11 * 60)
    assert not (await world.artist.click(reply(world, job), label="Again")).ephemeral


def reply(world: World, job: Job) -> discord.Message:
    """The job's message."""
    return next(message for message in world.channel.history() if message.id == job.message_id)


async def test_the_card_speaks_of_the_quarter_of_an_hour_only_where_it_must(world: World, photo: bytes) -> None:
    """At home the bot's own token goes on when the interaction's is dead."""
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    message = world.channel.last_message
    assert message is not None
    assert "quarter of an hour" not in says(message)
