"""A finished picture reaches its member by whichever way is left, and is kept where none is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.pictures import Result

if TYPE_CHECKING:
    import discord

    from bot.jobs import Job
    from sandbox.world import World

TOKEN_ROUTE, BOT_ROUTE = "/webhooks/*", "/channels/*/messages/*"


@pytest.fixture
async def job(world: World, photo: bytes) -> Job:
    """A job that was answered; nobody but the test brings its picture."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job = await world.job(world.job_id(result))
    await world.house.store.hands.claim(9)
    return job


async def deliver(world: World, job: Job, photo: bytes) -> int | None:
    """Bring a picture."""
    with world.env.time_context():
        return await world.house.editor.deliver(job, [Result(photo, "image/jpeg", 160, 120)])


def break_way(world: World, path: str, status: int, code: int, times: int | None = None) -> None:
    """Let Discord answer every edit by this way with this error."""
    world.env.inject_error("PATCH", path, status=status, code=code, times=times)


def direct_messages(world: World) -> list[discord.Message]:
    """What the artist was told directly."""
    return world.artist.user.dm_channel.history()


def reply(world: World, job: Job) -> discord.Message:
    """The job's message."""
    return next(message for message in world.channel.history() if message.id == job.message_id)


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
async def test_a_dead_token_is_followed_by_the_bots_own(
    world: World, job: Job, photo: bytes, status: int, code: int
) -> None:
    """Whatever the clock says, when Discord calls the token dead the bot goes on with its own."""
    break_way(world, TOKEN_ROUTE, status, code)
    assert await deliver(world, job, photo) == job.message_id
    assert reply(world, job).attachments


@pytest.mark.parametrize(("status", "code"), [(400, 50083), (429, 30046), (403, 50005)])
async def test_a_message_that_cannot_be_edited_is_followed_by_a_new_one(
    world: World, job: Job, photo: bytes, status: int, code: int
) -> None:
    """Archived, edited too often, not ours: a new message in the same channel mentions its member, and nobody else."""
    break_way(world, TOKEN_ROUTE, status, code)
    message_id = await deliver(world, job, photo)
    message = world.channel.last_message
    assert message is not None
    assert message.id == message_id != job.message_id
    assert [member.id for member in message.mentions] == [world.artist.id]
    assert message.attachments


@pytest.mark.parametrize(("status", "code"), [(404, 10008), (404, 10003), (403, 50001), (403, 50013)])
async def test_a_place_that_is_gone_or_hidden_is_followed_by_a_direct_message(
    world: World, job: Job, photo: bytes, status: int, code: int
) -> None:
    """Deleted, hidden, forbidden: who took it away does not want it there again, but its member has paid for it."""
    break_way(world, TOKEN_ROUTE, status, code)
    assert await deliver(world, job, photo) is None
    (message,) = direct_messages(world)
    assert message.attachments
    assert len(world.channel.history()) == 1


async def test_a_server_that_takes_no_files_is_told_and_its_member_gets_it_directly(
    world: World, job: Job, photo: bytes
) -> None:
    """400001: the card says where to look, without a file; the file comes as a direct message."""
    break_way(world, TOKEN_ROUTE, 400, 400001, times=1)
    assert await deliver(world, job, photo) is None
    assert "takes no files right now" in str(reply(world, job).embeds[0].description)
    assert direct_messages(world)[0].attachments


async def test_too_large_by_discords_own_word_is_tried_smaller(world: World, job: Job, photo: bytes) -> None:
    """40005: a limit that changed since the command was run costs one more attempt, not the picture."""
    break_way(world, TOKEN_ROUTE, 413, 40005, times=1)
    assert await deliver(world, job, photo) == job.message_id
    assert reply(world, job).attachments


async def test_a_body_that_is_refused_is_refused_for_good(world: World, job: Job, photo: bytes) -> None:
    """50035: no way would take it, so none is tried."""
    break_way(world, TOKEN_ROUTE, 400, 50035)
    with pytest.raises(ReplyLost):
        await deliver(world, job, photo)
    assert len(world.channel.history()) == 1


@pytest.mark.parametrize(("status", "code"), [(500, 0), (429, 0), (401, 0)])
async def test_discords_own_trouble_passes(world: World, job: Job, photo: bytes, status: int, code: int) -> None:
    """Nothing is concluded from it; the step tries again later."""
    break_way(world, TOKEN_ROUTE, status, code)
    with pytest.raises(ReplyNotReached):
        await deliver(world, job, photo)


async def test_a_request_that_was_dropped_is_sent_again_at_once(world: World, job: Job, photo: bytes) -> None:
    """503: discord.py gives up at once on the bot's routes; we do not, and send the whole picture again."""
    break_way(world, TOKEN_ROUTE, 401, 50027)
    break_way(world, BOT_ROUTE, 503, 0, times=2)
    assert await deliver(world, job, photo) == job.message_id
    assert reply(world, job).attachments[0].size == len(photo)


async def test_where_no_way_is_left_the_picture_is_kept(world: World, photo: bytes) -> None:
    """Message deleted, direct messages closed: the job is done, and `/img2img-result` has it, for its member alone."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job_id = world.job_id(result)
    await world.settle()
    await world.moderator.delete(reply(world, await world.job(job_id)))
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    await world.advance(30)
    job = await world.job(job_id)
    assert (job.status, job.reason) == (JobStatus.DONE, Reason.REPLY_GONE)
    world.env.backend.faults.clear()
    shown = await world.artist.slash(world.channel, "img2img-result")
    assert shown.ephemeral
    assert shown.response is not None
    assert shown.response.attachments
    other = await world.friend.slash(world.channel, "img2img-result")
    assert other.response is not None
    assert "no finished picture of yours" in other.response.content


async def test_a_deleted_message_reaches_its_member_directly(world: World, photo: bytes) -> None:
    """The whole way: deleted while it was painted, the picture comes as a direct message and the job is done."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job_id = world.job_id(result)
    await world.settle()
    await world.moderator.delete(reply(world, await world.job(job_id)))
    await world.advance(30)
    job = await world.job(job_id)
    assert (job.status, job.reason) == (JobStatus.DONE, None)
    assert direct_messages(world)[0].attachments


@pytest.mark.story(durations={"Qubico/flux1-schnell": 16 * 60}, settings={"GIVE_UP_MINUTES": "30"})
async def test_a_click_renews_the_token_where_the_bot_cannot_see(world: World, photo: bytes) -> None:
    """In a channel hidden from the bot the card offers Show result; a click in time lets the picture come by itself."""
    job = await start_hidden(world, photo)
    await world.advance(10 * 60)
    await world.artist.click(reply(world, job), label="Show result")
    await world.advance(7 * 60)
    job = await world.job(job.id)
    assert (job.status, job.reason) == (JobStatus.DONE, None)
    assert reply(world, job).attachments
    assert not direct_messages(world)


@pytest.mark.story(durations={"Qubico/flux1-schnell": 16 * 60}, settings={"GIVE_UP_MINUTES": "30"})
async def test_a_click_long_after_brings_what_was_kept(world: World, photo: bytes) -> None:
    """Nobody clicked in time and direct messages are closed: the button brings it a day later, to its member only."""
    job = await start_hidden(world, photo)
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    await world.advance(17 * 60)
    assert (await world.job(job.id)).reason is Reason.REPLY_GONE
    await world.advance(24 * 3600)
    refused = await world.friend.click(reply(world, job), label="Show result")
    assert refused.ephemeral
    assert not reply(world, job).attachments
    await world.artist.click(reply(world, job), label="Show result")
    assert reply(world, job).attachments


async def start_hidden(world: World, photo: bytes) -> Job:
    """A running job whose reply the bot's own token does not reach."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job_id = world.job_id(result)
    await hide(world, job_id)
    break_way(world, BOT_ROUTE, 403, 50001)
    await world.settle()
    await world.advance(1)
    job = await world.job(job_id)
    assert not job.request.reachable
    return job


async def hide(world: World, job_id: int) -> None:
    """As if the bot had not been allowed to see the channel when the command was run."""
    from sqlalchemy import update  # noqa: PLC0415 (only this story writes by itself)

    from bot.database import jobs  # noqa: PLC0415

    await world.house.store._database.run(update(jobs).where(jobs.c.id == job_id).values(reachable=0))


def test_nothing_of_a_kept_job_is_lost_in_copying(job: Job) -> None:
    """A renewed token is a new value; everything else stays."""
    assert replace(job, token_id=5).request == job.request
