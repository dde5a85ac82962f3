"""Orders whose answer was lost: found by callback or history, never repeated, and honest where neither speaks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.jobs import JobStatus
from bot.jobs.ledger import ChargeState
from tests.readings import get_charges

if TYPE_CHECKING:
    from sandbox.world import World

QUIET = {"WEBHOOK_SECRET": ""}


async def start(world: World, photo: bytes, prompt: str) -> int:
    """A job as far as it gets at once."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    await world.settle()
    return world.job_id(result)


async def charges(world: World, job_id: int) -> list[tuple[ChargeState, Decimal]]:
    """What the ledger says."""
    return await get_charges(world.house.store._database, job_id)


@pytest.mark.story(settings=QUIET)
async def test_without_callbacks_the_history_finds_it(world: World, photo: bytes) -> None:
    """The task with our picture is ours; its picture comes, and one order was charged."""
    other = await start(world, photo, "another picture")
    job_id = await start(world, photo, "lost in the woods")
    assert (await world.job(job_id)).status is JobStatus.UNKNOWN
    assert await charges(world, job_id) == [(ChargeState.UNKNOWN, Decimal("0.0015"))]
    await world.advance(6)
    assert (await world.job(job_id)).task_id == world.standin.created[1].id
    await world.advance(30)
    assert [(await world.job(each)).status for each in (other, job_id)] == [JobStatus.DONE] * 2
    assert len(world.standin.created) == 2
    assert await charges(world, job_id) == [(ChargeState.SETTLED, Decimal("0.0015"))]


@pytest.mark.story(settings=QUIET, history_echoes=False)
async def test_a_history_that_echoes_nothing_is_enough(world: World, photo: bytes) -> None:
    """Only the ids are taken from it; the tasks themselves say whose they are."""
    job_id = await start(world, photo, "lost in the woods")
    await world.advance(6)
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.DONE


@pytest.mark.story(settings=QUIET)
async def test_where_neither_speaks_it_ends_honestly_and_again_is_the_members_choice(
    world: World, photo: bytes
) -> None:
    """PiAPI forgot the task: no second order, honest words, the charge stays unknown; Again orders a new one."""
    job_id = await start(world, photo, "lost in the woods")
    world.standin.tasks.clear()
    for _ in range(17):
        await world.advance(60)
    job = await world.job(job_id)
    assert job.status is JobStatus.FAILED
    message = world.channel.last_message
    assert message is not None
    assert "It may have been charged" in str(message.embeds[0].description)
    assert world.standin.posts == 1
    assert (await charges(world, job_id))[0][0] is ChargeState.UNKNOWN
    refused = await world.friend.click(message, label="Again")
    assert refused.ephemeral
    again = await world.artist.click(message, label="Again")
    await world.settle()
    assert world.standin.posts == 2
    assert (await world.job(world.job_id(again))).request.prompt == "lost in the woods"


async def test_again_starts_from_the_picture_that_is_kept(world: World, photo: bytes) -> None:
    """The attachment is long gone; the checked picture is not, and after its time that is said."""
    await start(world, photo, "fail")
    await world.advance(30)
    world.env.backend.cdn._blobs.clear()
    message = world.channel.last_message
    assert message is not None
    again = await world.artist.click(message, label="Again")
    await world.settle()
    assert (await world.job(world.job_id(again))).status is JobStatus.RUNNING
    await world.advance(80 * 3600)
    await world.house.client.rooms.retention.sweep()
    late = await world.artist.click(message, label="Again")
    await world.settle()
    (told,) = late.followups
    assert "no longer kept" in told.content


async def test_the_ledger_knows_each_order(world: World, photo: bytes) -> None:
    """Refused twice and taken the third time: three orders, of which one is charged."""
    job_id = await start(world, photo, "busy street")
    for _ in range(4):
        await world.advance(10)
    known = await charges(world, job_id)
    assert [state for state, _ in known] == [ChargeState.NONE, ChargeState.NONE, ChargeState.SETTLED]
    assert sum(usd for _, usd in known) == Decimal("0.0015")


async def test_no_credit_is_no_charge(world: World, photo: bytes) -> None:
    """A refused order costs nothing."""
    job_id = await start(world, photo, "nocredit")
    assert await charges(world, job_id) == [(ChargeState.NONE, Decimal(0))]


@pytest.mark.story(settings=QUIET)
async def test_a_cancelled_order_is_still_found_in_the_ledger(world: World, photo: bytes) -> None:
    """Stopped while it was painted: what it may cost is written down."""
    job_id = await start(world, photo, "a cat")
    message = world.channel.last_message
    assert message is not None
    await world.artist.click(message, label="Cancel")
    assert await charges(world, job_id) == [(ChargeState.EXPECTED, Decimal("0.0015"))]


@pytest.mark.story(durations={"Qubico/flux1-schnell": 30.0})
async def test_with_callbacks_hardly_anybody_asks(world: World, photo: bytes) -> None:
    """The callback brings the news: the task is read once, when it is done."""
    await start(world, photo, "a cat")
    for _ in range(8):
        await world.advance(5)
    assert world.channel.last_message is not None
    assert world.channel.last_message.attachments
    assert world.standin.created[0].reads == 1


@pytest.mark.story(durations={"Qubico/flux1-schnell": 30.0})
async def test_a_lost_callback_costs_at_most_a_minute(world: World, photo: bytes) -> None:
    """Nobody is listening when PiAPI calls: the look behind it finds the picture."""
    job_id = await start(world, photo, "a cat")
    world.standin.created[0].call_at = None
    await world.advance(31)
    assert (await world.job(job_id)).status is JobStatus.RUNNING
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.DONE


@pytest.mark.story(durations={"Qubico/flux1-schnell": 6.0}, settings=QUIET)
async def test_without_callbacks_few_looks_are_enough(world: World, photo: bytes) -> None:
    """Under six reads for a task that takes its usual time, and the picture is at most a fifth of that late."""
    await start(world, photo, "a cat")
    for _ in range(75):
        await world.advance(0.1)
    assert world.channel.last_message is not None
    assert world.channel.last_message.attachments
    assert world.standin.created[0].reads < 6


@pytest.mark.story(settings=QUIET | {"PIAPI_READS_PER_MINUTE": "2", "PIAPI_CONCURRENCY": "6"})
async def test_many_looks_share_one_rate(world: World, photo: bytes) -> None:
    """Six tasks to look at, two looks allowed: the others are put off, and nothing is lost."""
    for number in range(6):
        await start(world, photo, f"picture {number}")
    before = sum(task.reads for task in world.standin.created)
    await world.advance(7)
    assert sum(task.reads for task in world.standin.created) - before <= 3
