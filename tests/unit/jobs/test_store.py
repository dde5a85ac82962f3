"""The rows of jobs: turns guard writes, members take turns, and nobody takes what is in somebody's hands."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.database import jobs
from bot.errors import Reason
from bot.jobs import Job, JobStatus, Request, Store
from bot.jobs.hands import LEASE_SECONDS
from bot.jobs.store import ARRIVAL_SECONDS
from bot.pictures import Result, Source, SourceNote
from bot.provider import Task, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from tests.conftest import MovedClock

SOURCE = Source(data=b"jpeg", width=4, height=3, sha256="x", notes=frozenset({SourceNote.FIRST_FRAME}))
PICTURE = Result(data=b"png", media_type="image/png", width=4, height=3)


@pytest.fixture
def store(database: Database) -> Store:
    """The store of one process."""
    return Store(database, "me")


@pytest.fixture
def other(database: Database) -> Store:
    """The store of another process on the same database."""
    return Store(database, "other")


async def arrive(store: Store, request: Request) -> Job:
    """A job that was answered and is taken up to fetch its picture."""
    assert await store.arrive(request, f"key{request.id}", Decimal("0.0015"))
    await store.answered(request.id, 99)
    return next(job for job in await store.hands.claim(9) if job.id == request.id)


async def queue(store: Store, request: Request) -> Job:
    """A job that waits for its turn."""
    job = await store.queue(await arrive(store, request), SOURCE, "https://here/picture.jpg")
    assert job is not None
    return job


async def run(store: Store, request: Request) -> Job:
    """A job that runs at the provider, looked at again in ten seconds."""
    await queue(store, request)
    admitted = await store.hands.admit(100)
    assert admitted is not None
    running = await store.running(admitted, "task", 10)
    assert running is not None
    return running


async def test_an_interaction_has_one_row(store: Store, build_request: Callable[..., Request]) -> None:
    """The second process that writes down an interaction learns that it is not its own."""
    request = build_request()
    assert await store.arrive(request, "a", Decimal(0))
    assert not await store.arrive(request, "b", Decimal(0))


async def test_everything_asked_survives_the_row(store: Store, build_request: Callable[..., Request]) -> None:
    """A request comes back from its row as it went in."""
    request = build_request(prompt="é @everyone 🎨", negative_prompt="no", guidance=2.5, count=4, guild_id=None)
    await store.arrive(request, "key", Decimal("0.0060"))
    job = await store.get(request.id)
    assert job is not None
    assert job.request == request
    assert job.price_usd == Decimal("0.006")
    assert job.status is JobStatus.ARRIVING


async def test_a_row_nobody_answered_is_taken_up_after_a_while(
    store: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """The loop leaves a row alone while its interaction is being answered, and not for ever."""
    await store.arrive(build_request(), "key", Decimal(0))
    assert await store.hands.claim(9) == []
    clock.move(ARRIVAL_SECONDS)
    assert len(await store.hands.claim(9)) == 1


async def test_members_take_turns(store: Store, build_request: Callable[..., Request]) -> None:
    """A member with many jobs waits behind the first job of everybody else."""
    busy = [await queue(store, build_request(member_id=1)) for _ in range(4)]
    guest = [await queue(store, build_request(member_id=2)) for _ in range(2)]
    admitted = []
    while (job := await store.hands.admit(100)) is not None:
        admitted.append(job.id)
    expected = [busy[0], guest[0], busy[1], guest[1], busy[2], busy[3]]
    assert admitted == [job.id for job in expected]


async def test_a_member_who_was_just_served_goes_behind_a_newcomer(
    store: Store, build_request: Callable[..., Request]
) -> None:
    """Jobs at the provider count for their member's turn, not only those that wait."""
    for _ in range(3):
        await run(store, build_request(member_id=1))
    again = await queue(store, build_request(member_id=1))
    newcomer = await queue(store, build_request(member_id=2))
    assert await store.place(newcomer.id) == 1
    assert await store.place(again.id) == 2


async def test_pictures_sent_at_once_are_a_turn_each(store: Store, build_request: Callable[..., Request]) -> None:
    """A member whose jobs are all queued at the same moment keeps nobody waiting for more than one of them."""
    arrived = [await arrive(store, build_request(member_id=1)) for _ in range(6)]
    await asyncio.gather(*(store.queue(job, SOURCE, None) for job in arrived))
    newcomer = await queue(store, build_request(member_id=2))
    assert await store.place(newcomer.id) == 2


async def test_the_place_is_the_order_of_admission(store: Store, build_request: Callable[..., Request]) -> None:
    """Place n is admitted as the n-th, and `waiting` lists in the same order."""
    queued = [await queue(store, build_request(member_id=member)) for member in (1, 1, 2, 3, 2)]
    places = {job.id: await store.place(job.id) for job in queued}
    assert sorted(places.values()) == [1, 2, 3, 4, 5]
    order = sorted(places, key=places.__getitem__)
    assert [job.id for job in await store.waiting()] == order
    assert [(await store.hands.admit(100) or queued[0]).id for _ in queued] == order


async def test_who_waits_for_room_is_in_nobodys_way(
    store: Store, database: Database, build_request: Callable[..., Request]
) -> None:
    """The index of what is due has none of them: else whoever looks for it would walk past all that wait."""
    waiting = [await queue(store, build_request(member_id=member)) for member in range(3)]
    assert [row.id for row in await database.run(select(jobs.c.id).where(jobs.c.wake_at.is_not(None)))] == []
    assert await store.hands.seconds_to_next() is None
    assert [job.id for job in await store.waiting()] == [job.id for job in waiting]


async def test_no_more_at_the_provider_than_allowed(store: Store, build_request: Callable[..., Request]) -> None:
    """Submitting, running and unknown jobs fill the room; one that leaves makes room for one."""
    for member in range(4):
        await queue(store, build_request(member_id=member))
    first, second = await store.hands.admit(2), await store.hands.admit(2)
    assert first is not None
    assert second is not None
    assert await store.hands.admit(2) is None
    assert await store.doubt(first, 60) is not None
    assert await store.hands.admit(2) is None
    assert await store.end(second, JobStatus.FAILED, Reason.PROVIDER_BUSY) is not None
    assert await store.hands.admit(2) is not None


async def test_a_late_turn_changes_nothing(
    store: Store, other: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Who lost a job to another process finds each of its writes refused."""
    mine = await arrive(store, build_request())
    clock.move(LEASE_SECONDS + 1)
    (theirs,) = await other.hands.claim(9)
    assert theirs.turn > mine.turn
    assert await store.queue(mine, SOURCE, None) is None
    assert await store.end(mine, JobStatus.FAILED) is None
    assert await store.release(mine, 0) is None
    assert await other.queue(theirs, SOURCE, None) is not None


async def test_nobody_reclaims_what_is_in_its_own_hands(
    store: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """A lease that ran out under load is no reason to take up a job that is still in our hands."""
    await arrive(store, build_request())
    clock.move(LEASE_SECONDS * 2)
    assert await store.hands.claim(9) == []


async def test_a_renewed_lease_holds(
    store: Store, other: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Another process cannot take what its holder keeps renewing."""
    await arrive(store, build_request())
    for _ in range(3):
        clock.move(LEASE_SECONDS * 0.9)
        await store.hands.renew()
        assert await other.hands.claim(9) == []


async def test_a_running_job_belongs_to_nobody(
    store: Store, other: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Whoever looks first when it is due has it."""
    job = await run(store, build_request())
    assert await other.hands.claim(9) == []
    clock.move(10)
    assert [each.id for each in await other.hands.claim(9)] == [job.id]
    assert await store.hands.claim(9) == []


async def test_a_callback_makes_a_running_job_due(store: Store, build_request: Callable[..., Request]) -> None:
    """A hint brings the look forward; a second one while it is in hand changes nothing."""
    job = await run(store, build_request())
    assert await store.hint(job.key, "task")
    (taken,) = await store.hands.claim(9)
    assert await store.hint(job.key, "task")
    assert await store.hands.claim(9) == []
    assert await store.release(taken, 10) is not None


async def test_a_callback_names_the_task_of_a_lost_order(store: Store, build_request: Callable[..., Request]) -> None:
    """The answer to an order was lost; the callback tells which task it became."""
    await queue(store, build_request())
    admitted = await store.hands.admit(1)
    assert admitted is not None
    unknown = await store.doubt(admitted, 900)
    assert unknown is not None
    assert await store.hint(unknown.key, "the-task")
    (taken,) = await store.hands.claim(9)
    assert (taken.status, taken.task_id) == (JobStatus.UNKNOWN, "the-task")


async def test_a_late_callback_does_not_wake_a_job_that_is_over(
    store: Store, build_request: Callable[..., Request]
) -> None:
    """At its end a job stays; an unknown key is told apart only by us."""
    job = await run(store, build_request())
    await store.cancel(job.id)
    assert await store.hint(job.key, "another")
    assert not await store.hint("no such key", "another")
    assert await store.hands.claim(9) == []
    after = await store.get(job.id)
    assert after is not None
    assert (after.status, after.task_id) == (JobStatus.CANCELLED, "task")


async def test_cancelling_beats_whoever_holds_the_job(store: Store, build_request: Callable[..., Request]) -> None:
    """A job cancelled while its order is out stays cancelled, and the task it became is remembered."""
    await queue(store, build_request())
    admitted = await store.hands.admit(1)
    assert admitted is not None
    assert await store.cancel(admitted.id) is not None
    assert await store.running(admitted, "late-task", 1) is None
    await store.learn_task(admitted.id, "late-task")
    after = await store.get(admitted.id)
    assert after is not None
    assert (after.status, after.task_id) == (JobStatus.CANCELLED, "late-task")
    assert await store.cancel(admitted.id) is None


async def test_a_finished_picture_cannot_be_cancelled(store: Store, build_request: Callable[..., Request]) -> None:
    """Once painted, it is delivered."""
    job = await run(store, build_request())
    await store.hint(job.key, None)
    (taken,) = await store.hands.claim(9)
    task = Task("task", TaskState.COMPLETED, ("https://there/1.png",), Decimal("0.002"))
    painted = await store.painted(taken, task)
    assert painted is not None
    assert painted.result_urls == ("https://there/1.png",)
    assert painted.cost_usd == Decimal("0.002")
    assert await store.cancel(job.id) is None


async def test_an_order_that_did_not_go_out_keeps_its_place(
    store: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Requeued, a job is not admitted before it was told to come back, and then before those behind it."""
    first = await queue(store, build_request(member_id=1))
    second = await queue(store, build_request(member_id=2))
    admitted = await store.hands.admit(9)
    assert admitted is not None
    assert await store.requeue(admitted, 30) is not None
    assert await store.hands.seconds_to_next() == pytest.approx(30)
    assert (await store.hands.admit(1) or first).id == second.id
    clock.move(30)
    assert (await store.hands.admit(9) or second).id == first.id


async def test_what_waits_for_room_does_not_wake_the_loop(store: Store, build_request: Callable[..., Request]) -> None:
    """A queue is moved by places that become free, not by a clock that would spin."""
    await queue(store, build_request())
    assert await store.hands.seconds_to_next() is None


async def test_after_a_crash_everything_in_hand_is_free_at_once(
    store: Store, other: Store, build_request: Callable[..., Request]
) -> None:
    """With one process at a time, a new one need not wait for the leases of the one before."""
    job = await arrive(store, build_request())
    await other.hands.abandon_others()
    assert [each.id for each in await other.hands.claim(9)] == [job.id]


async def test_a_source_is_handed_out_while_its_job_is_open(
    store: Store, build_request: Callable[..., Request]
) -> None:
    """To whoever knows its key, and not a moment longer; the results are kept."""
    job = await run(store, build_request())
    assert await store.get_hosted(job.key) == b"jpeg"
    assert await store.get_hosted("another key") is None
    await store.keep_results(job, [PICTURE, PICTURE])
    assert await store.end(job, JobStatus.DONE) is not None
    assert await store.get_hosted(job.key) is None
    assert len(await store.get_results(job.id)) == 2


async def test_how_long_a_model_takes_is_measured(
    store: Store, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Seconds from order to finished picture, by model."""
    for seconds in (5, 7):
        job = await run(store, build_request())
        clock.move(seconds)
        await store.hint(job.key, None)
        (taken,) = await store.hands.claim(9)
        done = await store.painted(taken, Task("task", TaskState.COMPLETED, ("https://there/1.png",)))
        assert done is not None
    assert await store.recent_seconds("schnell") == pytest.approx([7, 5])
    assert await store.recent_seconds("dev") == []


async def test_why_a_job_was_refused_is_kept_with_its_values(
    store: Store, build_request: Callable[..., Request]
) -> None:
    """The sentence can be said again from the row alone."""
    job = await arrive(store, build_request())
    ended = await store.end(job, JobStatus.REFUSED, Reason.PICTURE_TOO_SMALL, {"width": 3, "height": 4, "least": 64})
    assert ended is not None
    assert ended.reason is Reason.PICTURE_TOO_SMALL
    assert ended.reason_values == {"width": 3, "height": 4, "least": 64}
    assert ended.over
