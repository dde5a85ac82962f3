"""The plug is pulled at any moment, and every message still comes to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.jobs import JobStatus

if TYPE_CHECKING:
    from sandbox.world import World


async def start(world: World, photo: bytes, prompt: str = "a cat") -> int:
    """A job of the artist, answered and not yet touched by the loop."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    return world.job_id(result)


async def finish(world: World) -> None:
    """Let enough time pass for anything."""
    for _ in range(4):
        await world.advance(30)


@pytest.mark.parametrize("gently", [True, False])
async def test_before_the_picture_was_fetched(world: World, photo: bytes, *, gently: bool) -> None:
    """A job that was only written down is fetched by the next process."""
    job_id = await start(world, photo)
    await world.restart(gently=gently)
    await finish(world)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert world.channel.last_message is not None
    assert world.channel.last_message.attachments


@pytest.mark.parametrize(("deaths", "status"), [(7, JobStatus.DONE), (8, JobStatus.REFUSED)])
async def test_a_picture_that_kills_us_again_and_again_is_refused(
    world: World, photo: bytes, deaths: int, status: JobStatus
) -> None:
    """A decoder may crash, or take more memory than there is: whoever sent it does not keep us down for ever."""
    job_id = await start(world, photo)
    for _ in range(deaths):
        assert len(await world.house.store.hands.claim(1)) == 1
        await world.restart(gently=False)
    await finish(world)
    assert (await world.job(job_id)).status is status
    assert len(world.standin.created) == (status is JobStatus.DONE)


async def test_while_it_waits(world: World, photo: bytes) -> None:
    """The queue is rows: order and turns are what they were."""
    jobs = [await start(world, photo) for _ in range(5)]
    await world.settle()
    await world.restart()
    await finish(world)
    assert [(await world.job(job)).status for job in jobs] == [JobStatus.DONE] * 5
    assert len(world.standin.created) == 5


async def test_while_it_is_painted(world: World, photo: bytes) -> None:
    """The task is asked about by the next process; nothing is ordered twice."""
    job_id = await start(world, photo)
    await world.settle()
    await world.restart(gently=False)
    await finish(world)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert len(world.standin.created) == 1


async def test_while_the_order_was_going_out(world: World, photo: bytes) -> None:
    """Nobody knows whether it arrived: it is not ordered again, and the card says so."""
    job_id = await start(world, photo)
    await world.house.store.hands.claim(0)
    (job,) = await world.house.store.hands.claim(1)
    await world.house.runner.steps[JobStatus.ARRIVING](job)
    assert await world.house.store.hands.admit(3) is not None
    await world.restart(gently=False)
    await world.settle()
    await world.advance(1)
    assert (await world.job(job_id)).status is JobStatus.UNKNOWN
    assert world.channel.last_message is not None
    assert "not ordered a second time" in str(world.channel.last_message.embeds[0].description)
    assert world.standin.created == []
    await world.advance(16 * 60)
    assert (await world.job(job_id)).status is JobStatus.FAILED
    assert "It may have been charged" in str(world.channel.last_message.embeds[0].description)
    assert world.standin.created == []


async def test_when_the_answer_to_the_order_is_lost(world: World, photo: bytes) -> None:
    """PiAPI took it and the connection broke: its callback tells the task, and the picture comes."""
    job_id = await start(world, photo, "lost in the woods")
    await world.settle()
    assert (await world.job(job_id)).status is JobStatus.UNKNOWN
    await finish(world)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert len(world.standin.created) == 1


async def test_while_the_picture_is_brought(world: World, photo: bytes) -> None:
    """Discord is down when the picture is done: it is kept, and brought later."""
    job_id = await start(world, photo)
    await world.settle()
    world.env.inject_error("PATCH", "/webhooks/*", status=503, times=None)
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.DELIVERING
    world.env.backend.faults.clear()
    await world.restart(gently=False)
    await finish(world)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert world.channel.last_message is not None
    assert len(world.channel.last_message.attachments) == 1


async def test_before_the_answer_was_written_down(world: World, photo: bytes) -> None:
    """The process died between its answer and its note of it: the next one finds the message."""
    job_id = await start(world, photo)
    job = await world.job(job_id)
    await world.house.store.found(job, 0)
    await forget_message(world, job_id)
    await world.restart(gently=False)
    await finish(world)
    assert (await world.job(job_id)).status is JobStatus.DONE


async def forget_message(world: World, job_id: int) -> None:
    """As if the id of the answer had never been stored."""
    from sqlalchemy import update  # noqa: PLC0415 (only this story writes by itself)

    from bot.database import jobs  # noqa: PLC0415

    await world.house.store._database.run(update(jobs).where(jobs.c.id == job_id).values(message_id=None))
