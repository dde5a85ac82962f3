"""The one message of a job: edited sparingly, never after its result, and by whichever way still works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.jobs import JobStatus
from bot.jobs.model import Outlook
from bot.pictures import Result

if TYPE_CHECKING:
    from bot.jobs import Job
    from sandbox.world import World

NOTHING = Outlook(None, None)


async def start(world: World, photo: bytes) -> Job:
    """A job that was answered; the loop has not touched it."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    return await world.job(world.job_id(result))


def edits(world: World) -> int:
    """How many edits Discord was asked for."""
    return sum(request.method == "PATCH" and "/messages/" in request.path for request in world.env.http_requests)


def title(world: World) -> str:
    """What the last message says."""
    message = world.channel.last_message
    assert message is not None
    return str(message.embeds[0].title)


async def test_statuses_are_gathered_and_three_seconds_apart(world: World, photo: bytes) -> None:
    """Ten changes in a second are one edit, the latest; the next comes three seconds later."""
    job = await start(world, photo)
    editor = world.house.editor
    await world.house.store.hands.claim(9)
    before = edits(world)
    for place in range(10, 0, -1):
        editor.show(replace(job, status=JobStatus.QUEUED), Outlook(place, None))
    await world.advance(1)
    assert edits(world) == before + 1
    assert "next" in str(world.channel.last_message and world.channel.last_message.embeds[0].fields)
    editor.show(replace(job, status=JobStatus.RUNNING), NOTHING)
    await world.advance(2.9)
    assert edits(world) == before + 1
    await world.advance(0.2)
    assert edits(world) == before + 2
    assert "Painting" in title(world)


async def test_no_status_comes_after_the_result(world: World, photo: bytes) -> None:
    """A status that waits for its three seconds is dropped when the picture is there."""
    job = await start(world, photo)
    await world.house.store.hands.claim(9)
    world.house.editor.show(replace(job, status=JobStatus.RUNNING), NOTHING)
    with world.env.time_context():
        await world.house.editor.deliver(job, [Result(photo, "image/jpeg", 160, 120)])
    await world.advance(10)
    assert "Here it is" in title(world)


async def test_a_picture_too_large_for_discord_is_made_to_fit(world: World, photo: bytes) -> None:
    """Re-encoded once, and the card says so."""
    job = await start(world, photo)
    await world.house.store.hands.claim(9)
    narrow = replace(job, request=replace(job.request, most_upload_bytes=len(photo) - 1))
    with world.env.time_context():
        await world.house.editor.deliver(narrow, [Result(photo, "image/jpeg", 160, 120)])
    message = world.channel.last_message
    assert message is not None
    assert message.attachments[0].size < len(photo)
    assert "a little smaller" in str(message.embeds[0].description)
