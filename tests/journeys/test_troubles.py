"""Trouble at PiAPI, at Discord or with a picture: each is called what it is, and nothing paid for is given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from sqlalchemy import text

from bot.jobs import Job, JobStatus
from tests.readings import read_metrics

if TYPE_CHECKING:
    import discord

    from sandbox.world import World


async def start(world: World, photo: bytes, prompt: str = "a cat") -> int:
    """A job as far as it gets at once."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    await world.settle()
    return world.job_id(result)


def message_of(world: World, job: Job) -> discord.Message:
    """The job's reply."""
    return next(message for message in world.channel.history() if message.id == job.message_id)


async def ends_as(world: World, job_id: int, status: JobStatus, words: str) -> None:
    """The job's end, in the row and in the words of its card."""
    job = await world.job(job_id)
    assert job.status is status
    assert words in str(message_of(world, job).embeds[0].description)


@pytest.mark.story(result_life_seconds=0)
async def test_a_result_that_is_gone(world: World, photo: bytes) -> None:
    """Painted, but no longer handed out: the card says just that."""
    job_id = await start(world, photo)
    await world.advance(30)
    await ends_as(world, job_id, JobStatus.FAILED, "no longer hands it out")


async def test_a_result_that_is_no_picture(world: World, photo: bytes) -> None:
    """What PiAPI hands out is decoded before anybody sees it."""
    world.standin._workshop._brush = lambda *_: b"<html>an error page</html>"
    job_id = await start(world, photo)
    await world.advance(30)
    await ends_as(world, job_id, JobStatus.FAILED, "not a usable picture")


@pytest.mark.story(settings={"WEBHOOK_SECRET": ""})
async def test_a_provider_that_answers_nothing_useful_for_a_minute_fails_no_job(world: World, photo: bytes) -> None:
    """It does not even know the task for a while: it is asked again, and the picture comes."""
    job_id = await start(world, photo)
    tasks = dict(world.standin.tasks)
    world.standin.tasks.clear()
    for _ in range(12):
        await world.advance(5)
    assert (await world.job(job_id)).status is JobStatus.RUNNING
    world.standin.tasks.update(tasks)
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.DONE


async def test_an_attachment_that_discord_no_longer_has(world: World, photo: bytes) -> None:
    """The picture went before we could fetch it: attach it again."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    world.env.backend.cdn._blobs.clear()
    await world.settle()
    (told,) = result.followups
    assert "attach it again" in told.content


async def test_discord_being_down_for_a_minute_loses_nothing(world: World, photo: bytes) -> None:
    """The bytes are kept, and the message gets them when it can be reached."""
    job_id = await start(world, photo)
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=None)
    for _ in range(6):
        await world.advance(10)
    assert (await world.job(job_id)).status is JobStatus.DELIVERING
    assert len(await world.house.store.get_results(job_id)) == 1
    world.env.backend.faults.clear()
    await world.advance(60)
    job = await world.job(job_id)
    assert job.status is JobStatus.DONE
    assert message_of(world, job).attachments


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060)])
async def test_an_interaction_that_took_no_answer_leaves_nothing(
    world: World, photo: bytes, status: int, code: int
) -> None:
    """Too late, or answered by another process: no row, no order; and it is counted, by Discord's own code."""
    before = read_metrics()
    world.env.inject_error("POST", "/interactions/*", status=status, code=code)
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.advance(60)
    assert world.standin.created == []
    assert await world.house.store.hands.seconds_to_next() is None
    assert not world.channel.history()
    assert read_metrics().since(before).get("discord_errors_total", code=str(code)) == 1


async def test_a_sentence_that_came_too_late_is_counted(world: World, photo: bytes) -> None:
    """A refusal, too, is an answer that Discord may not take."""
    before = read_metrics()
    world.env.inject_error("POST", "/interactions/*", status=404, code=10062)
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=" ")
    counted = read_metrics().since(before)
    assert sum(value for (name, _), value in counted.series.items() if name == "repaint_requests_refused_total") == 1
    assert counted.get("discord_errors_total", code="10062") == 1


async def test_a_full_disk_pauses_everything_and_loses_nothing(
    world: World, photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """The result cannot be saved: nothing is taken up, log and /healthz say why, and with room again it goes on."""
    job_id = await start(world, photo)
    database = world.house.store._database
    ((pages,),) = await database.run(text("PRAGMA page_count"))
    await database.run(text(f"PRAGMA max_page_count = {pages}"))
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.DELIVERING
    assert "full" in world.house.runner.trouble
    assert "full" in await fetch_health(world)
    later = await start(world, photo)
    assert (await world.job(later)).status is JobStatus.ARRIVING
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    await database.run(text("PRAGMA max_page_count = 1000000"))
    for _ in range(4):
        await world.advance(30)
    assert not world.house.runner.trouble
    assert [(await world.job(each)).status for each in (job_id, later)] == [JobStatus.DONE] * 2


async def fetch_health(world: World) -> str:
    """What a supervisor reads."""
    async with aiohttp.ClientSession() as session, session.get(f"{world.address}/healthz") as answer:
        return await answer.text()


async def test_a_step_that_breaks_is_tried_again(world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One job's trouble is logged and put off; the others go on."""
    broken = world.house.runner.steps[JobStatus.ARRIVING]
    calls: list[int] = []

    async def breaks_once(job: Job) -> None:
        calls.append(job.id)
        if len(calls) == 1:
            raise ZeroDivisionError
        await broken(job)

    monkeypatch.setitem(world.house.runner.steps, JobStatus.ARRIVING, breaks_once)
    first = await start(world, photo)
    second = await start(world, photo)
    assert (await world.job(first)).status is JobStatus.ARRIVING
    assert (await world.job(second)).status is JobStatus.RUNNING
    await world.advance(30)
    await world.advance(30)
    assert (await world.job(first)).status is JobStatus.DONE


@pytest.mark.story(durations={"Qubico/flux1-schnell": 0.0})
async def test_the_loop_needs_nobody_to_push_it(world: World, photo: bytes) -> None:
    """With runner and editor running as in the real bot, a picture comes by itself, and a stop is quick."""
    with world.env.time_context():
        parts = [asyncio.create_task(world.house.runner.run()), asyncio.create_task(world.house.editor.run())]
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    job_id = world.job_id(result)
    async with asyncio.timeout(10):
        while not (await world.job(job_id)).over:
            await world.house.store.place(job_id)  # a turn of the loop, and of the database's thread
    assert (await world.job(job_id)).status is JobStatus.DONE
    async with asyncio.timeout(5):
        await world.house.runner.stop(deadline_seconds=1)
        await parts[0]
    parts[1].cancel()
