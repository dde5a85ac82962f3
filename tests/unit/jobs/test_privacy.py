"""What members may have deleted: at once what can be, the rest when it can be, and nothing of anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from bot.database import blocks, cases, charges, entries, erasures, jobs, reports
from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.privacy import Deleted
from bot.moderation.blocks import Blocks
from bot.moderation.chain import EntryKind, Line
from tests.unit.jobs.conftest import Archive, is_bare

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.jobs import Request
    from tests.conftest import MovedClock

DAY = 86_400.0


async def test_everything_but_the_ledger_goes_at_once(archive: Archive, build_request: Callable[..., Request]) -> None:
    """Pictures, words, names and addresses are gone; ids, amounts and times stay for the budgets of the month."""
    done = await archive.live_through(build_request(negative_prompt="no rain"))
    failed = await archive.live_through(build_request(), JobStatus.FAILED)
    deleted = await archive.privacy.delete(4, 2)
    assert deleted == Deleted(jobs=2, pictures=4, stopped=0, waiting=0)
    assert await is_bare(archive, done)
    assert await is_bare(archive, failed)
    assert await archive.count(charges) == 2
    erased = await archive.store.get(failed.id)
    assert erased is not None
    assert (erased.status, erased.reason, erased.cost_usd) == (JobStatus.FAILED, Reason.ERASED, failed.cost_usd)
    assert await archive.count(erasures) == 0


async def test_a_bare_row_goes_when_no_budget_needs_it(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """After a calendar month and some days even the ids are gone, with the charges that hang on them."""
    await archive.live_through(build_request())
    await archive.privacy.delete(4, 2)
    clock.move(44 * DAY)
    await archive.retention.sweep()
    assert await archive.count(jobs) == 1
    clock.move(1.1 * DAY)
    await archive.retention.sweep()
    assert await archive.count(jobs) == await archive.count(charges) == 0


async def test_nothing_of_others_and_of_other_guilds_goes(
    archive: Archive, build_request: Callable[..., Request]
) -> None:
    """In a guild: one member, that guild."""
    other = await archive.live_through(build_request(member_id=5))
    elsewhere = await archive.live_through(build_request(guild_id=3))
    direct = await archive.live_through(build_request(guild_id=None))
    deleted = await archive.privacy.delete(4, 2)
    assert deleted == Deleted(0, 0, 0, 0)
    for job in (other, elsewhere, direct):
        assert not await is_bare(archive, job)


async def test_in_direct_messages_everything_goes_everywhere(
    archive: Archive, build_request: Callable[..., Request]
) -> None:
    """Every guild, and what was asked for in direct messages; still nothing of others."""
    mine = [await archive.live_through(build_request(guild_id=guild)) for guild in (2, 3, None)]
    other = await archive.live_through(build_request(member_id=5, guild_id=None))
    assert (await archive.privacy.delete(4, None)).jobs == 3
    assert [await is_bare(archive, job) for job in mine] == [True, True, True]
    assert not await is_bare(archive, other)


async def test_what_is_on_its_way_is_stopped_first(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """A waiting job is cancelled and its card told; its row may be in a step's hands, so it goes a little later."""
    job = await archive.queue(build_request())
    elsewhere = await archive.queue(build_request(guild_id=3))
    assert await archive.privacy.delete(4, 2) == Deleted(jobs=0, pictures=0, stopped=1, waiting=1)
    assert (await archive.store.get(elsewhere.id)) == elsewhere
    cancelled = await archive.store.get(job.id)
    assert cancelled is not None
    assert cancelled.status is JobStatus.CANCELLED
    assert await archive.store.hands.claim(9) == []
    clock.move(600)
    await archive.retention.sweep()
    assert await is_bare(archive, job)
    assert await archive.count(erasures) == 0


async def test_what_is_being_brought_goes_after_it_was_brought(
    archive: Archive, build_request: Callable[..., Request]
) -> None:
    """A picture that is paid for and on its way cannot be stopped; the next sweep after it finds it."""
    job = await archive.paint(build_request())
    assert (await archive.privacy.delete(4, 2)).waiting == 1
    await archive.retention.sweep()
    assert not await is_bare(archive, job)
    await archive.store.finish(job, JobStatus.DONE)
    await archive.retention.sweep()
    assert await is_bare(archive, job)


async def test_an_end_that_nobody_was_told_yet_is_told_first(
    archive: Archive, build_request: Callable[..., Request]
) -> None:
    """The card needs the words once more."""
    painted = await archive.paint(build_request())
    ended = await archive.store.end(painted, JobStatus.FAILED, Reason.RESULT_GONE)
    assert ended is not None
    assert (await archive.privacy.delete(4, 2)).waiting == 1
    assert not await is_bare(archive, ended)
    await archive.store.told(ended)
    await archive.retention.sweep()
    assert await is_bare(archive, ended)


async def test_what_is_under_review_is_evidence(archive: Archive, build_request: Callable[..., Request]) -> None:
    """A job in review is not at its end, whatever its case says at that moment."""
    job = await archive.live_through(build_request())
    await archive.database.run(update(jobs).values(status=JobStatus.REVIEWING.value, ended_at=None))
    assert (await archive.privacy.delete(4, 2)).waiting == 1
    assert not await is_bare(archive, job)


async def test_what_a_moderator_has_to_decide_about_is_evidence(
    archive: Archive, build_request: Callable[..., Request]
) -> None:
    """It stays, words and pictures, until the case is decided; then it goes without being asked for again."""
    job = await archive.live_through(build_request())
    number = await archive.open_case(job, EntryKind.APPEAL, "please")
    assert await archive.privacy.delete(4, 2) == Deleted(0, 0, 0, waiting=1)
    await archive.retention.sweep()
    assert not await is_bare(archive, job)
    assert (await archive.rows(entries))[0].content is not None
    await archive.close_case(2, number)
    await archive.retention.sweep()
    assert await is_bare(archive, job)
    case = await archive.cases.get(2, number)
    assert case is not None
    assert (case.words, case.note, case.flags, case.decision) == ("", "", (), "reject")
    assert [entry.content for entry in await archive.rows(entries)] == [None, None, None]
    assert await archive.book.verify(2) is None
    assert await archive.count(erasures) == 0


async def test_what_is_asked_for_after_the_wish_is_kept(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """While one matter waits, new pictures are as usual."""
    await archive.open_case(await archive.live_through(build_request()))
    await archive.privacy.delete(4, 2)
    clock.move(60)
    later = await archive.live_through(build_request())
    await archive.retention.sweep()
    assert not await is_bare(archive, later)


async def test_the_book_keeps_what_was_decided_and_loses_the_words(
    archive: Archive, build_request: Callable[..., Request]
) -> None:
    """A refusal stays a line, without the prompt; the chain stays whole."""
    line = Line(2, EntryKind.REFUSED, member_id=4, subject="prompt_own", content={"prompt": "a secret"})
    await archive.book.add(line)
    await archive.live_through(build_request())
    await archive.privacy.delete(4, 2)
    refused = (await archive.rows(entries))[0]
    assert (refused.kind, refused.subject, refused.content) == ("refused", "prompt_own", None)
    assert await archive.book.verify(2) is None


async def test_who_only_left_words_is_found_everywhere(archive: Archive, build_request: Callable[..., Request]) -> None:
    """Reports and refusals belong to a member as well, also without a picture of their own."""
    await archive.book.add(Line(3, EntryKind.REFUSED, member_id=9, content={"prompt": "a secret"}))
    job = await archive.live_through(build_request())
    await archive.report(job, by=9)
    assert (await archive.privacy.delete(9, None)).waiting == 0
    assert {entry.content for entry in await archive.rows(entries)} == {None}
    assert [report.words for report in await archive.rows(reports)] == [""]
    assert not await is_bare(archive, job)


async def test_words_of_a_report_wait_for_their_case(archive: Archive, build_request: Callable[..., Request]) -> None:
    """What a reporter said about a case that is open is kept until it is decided."""
    job = await archive.live_through(build_request())
    await archive.report(job, by=9)
    number = await archive.open_case(job, EntryKind.REPORT, "rude", by=9)
    assert (await archive.privacy.delete(9, 2)).waiting == 1
    assert (await archive.rows(reports))[0].words == "rude"
    await archive.close_case(2, number)
    await archive.retention.sweep()
    assert (await archive.rows(reports))[0].words == (await archive.rows(cases))[0].words == ""
    assert await archive.count(erasures) == 0


async def test_what_others_said_in_a_case_stays(archive: Archive, build_request: Callable[..., Request]) -> None:
    """One of several who reported takes away their own words alone."""
    job = await archive.live_through(build_request())
    for member_id in (8, 9):
        await archive.report(job, by=member_id, words=f"said by {member_id}")
    await archive.close_case(2, await archive.open_case(job, EntryKind.REPORT, "said by 8", by=8))
    await archive.privacy.delete(9, 2)
    assert [row.words for row in await archive.rows(reports)] == ["said by 8", ""]
    assert [row.words for row in await archive.rows(cases)] == ["said by 8"]
    await archive.privacy.delete(8, 2)
    assert [row.words for row in await archive.rows(cases)] == [""]


async def test_words_about_a_picture_that_is_gone_are_found(archive: Archive) -> None:
    """What a member reported is in the book longer than the reported job's row."""
    line = Line(3, EntryKind.REPORT, actor_id=9, member_id=4, job_id=11, content={"words": "a secret"})
    await archive.book.add(line)
    await archive.privacy.delete(9, None)
    assert (await archive.rows(entries))[0].content is None


async def test_what_is_written_after_the_wish_is_kept(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """A wish that had to wait takes the words of its time, and what was noted on its case, not those since."""
    job = await archive.live_through(build_request())
    number = await archive.open_case(job, EntryKind.APPEAL, "please")
    await archive.privacy.delete(4, 2)
    clock.move(60)
    await archive.book.add(Line(2, EntryKind.REFUSED, member_id=4, content={"prompt": "new"}))
    await archive.close_case(2, number, note="not here")
    later = await archive.live_through(build_request())
    await archive.close_case(2, await archive.open_case(later, EntryKind.APPEAL, "again"), note="no")
    await archive.retention.sweep()
    told = [(row.kind, row.content is not None) for row in await archive.rows(entries)]
    assert told == [
        ("appeal", False),
        ("refused", True),
        ("decision", False),
        ("appeal", True),
        ("decision", True),
        ("erased", False),
    ]
    assert [(row.words, row.note) for row in await archive.rows(cases)] == [("", ""), ("again", "no")]
    assert await archive.count(erasures) == 0


async def test_blocks_stay(archive: Archive, build_request: Callable[..., Request]) -> None:
    """A block cannot be shaken off by having everything deleted."""
    await archive.live_through(build_request())
    await Blocks(archive.database).block(2, 4, by=77, reason="spam")
    await archive.privacy.delete(4, None)
    assert await archive.count(blocks) == 1


@pytest.mark.parametrize("guild_id", [2, None])
async def test_asking_twice_is_harmless(
    archive: Archive, build_request: Callable[..., Request], guild_id: int | None
) -> None:
    """The second time there is nothing left to do, and a wish that waits is still one."""
    await archive.open_case(await archive.live_through(build_request()))
    await archive.live_through(build_request())
    assert (await archive.privacy.delete(4, guild_id)).jobs == 1
    assert await archive.privacy.delete(4, guild_id) == Deleted(0, 0, 0, waiting=1)
    assert await archive.count(erasures) == 1


async def test_more_than_fit_into_one_transaction(archive: Archive, build_request: Callable[..., Request]) -> None:
    """However many there are, none is left."""
    from bot.jobs import erasing  # noqa: PLC0415 (the one use here)

    many = [await archive.live_through(build_request()) for _ in range(5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasing, "BATCH", 2)
        assert (await archive.privacy.delete(4, 2)).jobs == 5
    rows = await archive.database.run(select(jobs.c.reason).where(jobs.c.id.in_([job.id for job in many])))
    assert {row.reason for row in rows} == {"erased"}
