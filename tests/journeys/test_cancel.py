"""The Cancel button: whose it is, what it stops, what it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.jobs import JobStatus

if TYPE_CHECKING:
    import discord

    from sandbox.world import World


async def start(world: World, photo: bytes) -> tuple[int, discord.Message]:
    """A job of the artist, and its message."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job_id = world.job_id(result)
    await world.settle()
    message = world.channel.last_message
    assert message is not None
    return job_id, message


async def test_the_requester_stops_a_waiting_job(world: World, photo: bytes) -> None:
    """Cancelled before it was sent: nothing is ordered, nothing is charged, and the card says so."""
    for _ in range(3):
        await start(world, photo)
    job_id, message = await start(world, photo)
    await world.artist.click(message, label="Cancel")
    await world.settle()
    shown = world.channel.last_message
    assert shown is not None
    assert "Stopped" in str(shown.embeds[0].title)
    assert "Nothing was charged" in str(shown.embeds[0].description)
    assert not shown.components
    for _ in range(4):
        await world.advance(30)
    assert len(world.standin.created) == 3
    assert (await world.job(job_id)).status is JobStatus.CANCELLED


async def test_a_job_at_piapi_is_no_longer_waited_for(world: World, photo: bytes) -> None:
    """It may still be charged; its picture never comes."""
    job_id, message = await start(world, photo)
    assert (await world.job(job_id)).status is JobStatus.RUNNING
    await world.artist.click(message, label="Cancel")
    await world.advance(60)
    shown = world.channel.last_message
    assert shown is not None
    assert "may still be charged" in str(shown.embeds[0].description)
    assert not shown.attachments


async def test_nobody_else_can_cancel(world: World, photo: bytes) -> None:
    """Others get a sentence, and the job goes on."""
    job_id, message = await start(world, photo)
    result = await world.friend.click(message, label="Cancel")
    assert result.ephemeral
    assert result.response is not None
    assert "Only the member who asked" in result.response.content
    assert (await world.job(job_id)).status is JobStatus.RUNNING


async def test_a_button_works_after_a_restart(world: World, photo: bytes) -> None:
    """The custom id says everything; no process has to remember."""
    job_id, message = await start(world, photo)
    await world.restart()
    await world.artist.click(message, label="Cancel")
    assert (await world.job(job_id)).status is JobStatus.CANCELLED


async def test_a_freed_place_is_taken(world: World, photo: bytes) -> None:
    """Cancelling a job at PiAPI lets the next one go."""
    _, first = await start(world, photo)
    for _ in range(3):
        await start(world, photo)
    assert len(world.standin.created) == 3
    await world.artist.click(first, label="Cancel")
    await world.settle()
    assert len(world.standin.created) == 4
