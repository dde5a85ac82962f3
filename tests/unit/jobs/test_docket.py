"""What people decide about jobs: the job, its case and the book move together, and the first decision wins."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.database import erasures
from bot.errors import Reason
from bot.jobs import Job, JobStatus, Request
from bot.jobs.docket import Decision, Docket, Heard
from bot.moderation.chain import EntryKind
from bot.moderation.model import Flag
from tests.unit.jobs.conftest import RESULT, Archive, is_bare

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from bot.moderation.chain import Entry
    from tests.conftest import MovedClock

GUILD, OTHER_GUILD, MODERATOR = 2, 3, 8


@pytest.fixture
def docket(database: Database) -> Docket:
    """What people decide."""
    return Docket(database)


async def hold(archive: Archive, docket: Docket, request: Request) -> Job:
    """A job whose pictures wait for a moderator, as case 1."""
    held = await docket.hold(await archive.paint(request), [Flag("own", "dragons")])
    assert held is not None
    return held


async def status(archive: Archive, job: Job) -> JobStatus:
    """Where it stands now."""
    found = await archive.store.get(job.id)
    assert found is not None
    return found.status


async def book(archive: Archive) -> list[Entry]:
    """The guild's book, the oldest line first."""
    return list(reversed(await archive.book.read(GUILD)))


async def test_a_held_job_has_a_case_and_somebody_will_look(
    archive: Archive, docket: Docket, build_request: Callable[..., Request]
) -> None:
    """It is nobody's turn at the provider any more, and due at once to be shown to the moderators."""
    held = await hold(archive, docket, build_request())
    assert held.status is JobStatus.REVIEWING
    assert held.flags == (Flag("own", "dragons"),)
    case = await archive.cases.open_of(held.id)
    assert case is not None
    assert (case.guild_id, case.number, case.kind, case.flags) == (GUILD, 1, "review", held.flags)
    assert [job.id for job in await archive.store.hands.claim(9)] == [held.id]
    assert [entry.kind for entry in await book(archive)] == ["review"]


async def test_who_lost_the_turn_holds_nothing(
    archive: Archive, docket: Docket, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """No case without its job."""
    painted = await archive.paint(build_request())
    clock.move(3600)
    archive.store.hands.put_down(painted)
    assert await archive.store.hands.claim(9)
    assert await docket.hold(painted, []) is None
    assert await archive.cases.undecided(GUILD, 9) == []


async def test_of_many_decisions_at_once_one_happens(
    archive: Archive, docket: Docket, build_request: Callable[..., Request]
) -> None:
    """On any process: the others are told that nothing happened, and the book has one line."""
    held = await hold(archive, docket, build_request())
    wanted = [Decision.APPROVE, Decision.REJECT, Decision.SPOILER] * 2
    happened = await asyncio.gather(
        *(docket.decide(GUILD, 1, held.id, decision, MODERATOR + n) for n, decision in enumerate(wanted))
    )
    assert sum(happened) == 1
    decided = wanted[happened.index(True)]
    expected = JobStatus.REJECTED if decided is Decision.REJECT else JobStatus.DELIVERING
    assert await status(archive, held) is expected
    lines = [entry for entry in await book(archive) if entry.kind == EntryKind.DECISION]
    assert [(line.subject, line.actor_id) for line in lines] == [(decided.value, MODERATOR + happened.index(True))]


async def test_no_guild_decides_anothers_case(
    archive: Archive, docket: Docket, build_request: Callable[..., Request]
) -> None:
    """Neither the number nor the job's id opens it, and a case of one's own moves no foreign job."""
    foreign = await hold(archive, docket, build_request())
    await hold(archive, docket, build_request(guild_id=OTHER_GUILD))
    assert not await docket.decide(4, 1, foreign.id, Decision.APPROVE, MODERATOR)
    assert await docket.decide(OTHER_GUILD, 1, foreign.id, Decision.APPROVE, MODERATOR)
    assert await status(archive, foreign) is JobStatus.REVIEWING


async def test_a_rejection_says_why_and_is_to_be_told(
    archive: Archive, docket: Docket, build_request: Callable[..., Request]
) -> None:
    """Its member learns it also when this process dies right now."""
    held = await hold(archive, docket, build_request())
    await docket.decide(GUILD, 1, held.id, Decision.REJECT, MODERATOR, "Ask first.")
    (due,) = await archive.store.hands.claim(9)
    assert (due.status, due.reason, due.reason_values) == (JobStatus.REJECTED, Reason.REJECTED, {"words": "Ask first."})


async def test_one_appeal_and_only_when_the_end_was_told(
    archive: Archive, docket: Docket, build_request: Callable[..., Request]
) -> None:
    """A job that is still being told about stays; told, it goes back to review once."""
    held = await hold(archive, docket, build_request())
    await docket.decide(GUILD, 1, held.id, Decision.REJECT, MODERATOR)
    assert await docket.appeal(held, GUILD, "please") is Heard.TOO_LATE
    (due,) = await archive.store.hands.claim(9)
    await archive.store.told(due)
    assert await docket.appeal(held, GUILD, "please") is Heard.APPEALED
    assert await docket.appeal(held, GUILD, "please") is Heard.ALREADY
    assert await status(archive, held) is JobStatus.REVIEWING
    case = await archive.cases.open_of(held.id)
    assert case is not None
    assert (case.kind, case.words) == ("appeal", "please")


async def test_distinct_reporters_count(
    archive: Archive, docket: Docket, build_request: Callable[..., Request], clock: MovedClock
) -> None:
    """Two members hide it, one member twice does not; what moderators have answered counts no more."""
    done = await archive.live_through(build_request())
    assert await docket.report(done, GUILD, 11, "ugly", 2) is Heard.COUNTED
    assert await docket.report(done, GUILD, 11, "ugly", 2) is Heard.ALREADY
    assert await docket.report(done, GUILD, 12, "ugly", 2) is Heard.HIDDEN
    assert await status(archive, done) is JobStatus.REVIEWING
    clock.move(60)
    await docket.decide(GUILD, 1, done.id, Decision.APPROVE, MODERATOR)
    (due,) = await archive.store.hands.claim(9)
    await archive.store.finish(due, JobStatus.DONE)
    clock.move(60)
    assert await docket.report(done, GUILD, 13, "", 2) is Heard.COUNTED
    assert await docket.report(done, GUILD, 14, "", 2) is Heard.HIDDEN


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REJECT])
async def test_what_was_deleted_comes_back_for_the_decision_alone(
    archive: Archive, docket: Docket, build_request: Callable[..., Request], clock: MovedClock, decision: Decision
) -> None:
    """A picture that is public can be reported though its row is bare; then it goes again, and nothing newer does."""
    made = []
    for _ in range(3):
        clock.move(60)
        made.append(await archive.live_through(build_request()))
        if len(made) == 2:
            await archive.privacy.delete(4, GUILD)
    for job in made[:2]:
        assert await docket.report(job, GUILD, 11, "ugly", 1) is Heard.HIDDEN
        await archive.store.keep_results(job, [RESULT])
    await archive.retention.sweep()
    assert [await is_bare(archive, job) for job in made] == [False, False, False]
    for number, job in enumerate(made[:2], 1):
        await docket.decide(GUILD, number, job.id, decision, MODERATOR)
    for due in await archive.store.hands.claim(9):
        if decision is Decision.APPROVE:
            await archive.store.finish(due, JobStatus.DONE)
        else:
            await archive.store.told(due)
    await archive.retention.sweep()
    assert [await is_bare(archive, job) for job in made] == [True, True, False]
    assert await archive.count(erasures) == 0


async def test_reports_at_once_open_one_case(
    archive: Archive, docket: Docket, build_request: Callable[..., Request]
) -> None:
    """Ten members at the same moment: one case."""
    done = await archive.live_through(build_request())
    heard = await asyncio.gather(*(docket.report(done, GUILD, 11 + n, "", 3) for n in range(10)))
    assert heard.count(Heard.HIDDEN) == 1
    assert len(await archive.cases.undecided(GUILD, 9)) == 1
