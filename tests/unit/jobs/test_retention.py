"""What is forgotten by itself, with time moved: not a day too early, and not kept beyond its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert, update

from bot.database import (
    banned_pictures,
    blocks,
    cases,
    charges,
    entries,
    fingerprints,
    jobs,
    left_guilds,
    metadata,
    now,
    open_database,
    pictures,
    policies,
)
from bot.jobs import JobStatus
from bot.jobs.erasing import ASKED_FOR, DROP_ERASED, WAITING
from bot.jobs.retention import LONG_LEFT, NAMED, OTHERS, Spans
from bot.moderation.blocks import Blocks
from bot.moderation.chain import EntryKind, Line
from bot.moderation.leaving import Leaving
from tests.unit.jobs.conftest import Archive, is_bare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Executable

    from bot.jobs import Request
    from tests.conftest import MovedClock

HOUR, DAY = 3600.0, 86_400.0
SWEEPS: dict[str, Executable] = {
    "named pictures": NAMED.pictures,
    "named jobs": NAMED.jobs,
    "named words": NAMED.words,
    "other pictures": OTHERS.pictures,
    "other jobs": OTHERS.jobs,
    "other words": OTHERS.words,
    "asked for": ASKED_FOR,
    "waiting": WAITING,
    "erased": DROP_ERASED,
}
OF_GUILDS = [table for table in metadata.sorted_tables if "guild_id" in table.c]


async def test_pictures_live_as_long_as_the_operator_says(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Source and results are kept for that long after their job is over; prompt and fingerprint longer."""
    await archive.live_through(build_request())
    clock.move(71 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 2
    clock.move(1.1 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 0
    assert await archive.count(fingerprints) == 1
    assert (await archive.rows(jobs))[0].prompt == "a cat in a hat"


async def test_a_guild_may_keep_pictures_for_less_time(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Its own hours hold in that guild alone; a guild with another policy, and direct messages, keep theirs."""
    await archive.policies.change(2, 77, "retention_hours", 1)
    await archive.policies.change(3, 77, "spoiler", value=True)
    for guild_id in (2, 3, 4, None):
        await archive.live_through(build_request(guild_id=guild_id))
    clock.move(1.1 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 6
    clock.move(71 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 0


async def test_no_guild_keeps_pictures_longer_than_the_operator(archive: Archive) -> None:
    """A guild's hours count up to the operator's."""
    await archive.policies.change(2, 77, "retention_hours", 8760)
    assert await archive.retention.spans(2) == Spans(72, 90)
    await archive.policies.change(2, 77, "retention_hours", 5)
    await archive.policies.change(2, 77, "record_days", 7)
    assert await archive.retention.spans(2) == Spans(5, 7)
    assert await archive.retention.spans(3) == Spans(72, 90)


async def test_open_jobs_keep_their_pictures(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """What waits for its turn, is brought, or waits for a moderator is not old, however long it takes."""
    reviewed = await archive.live_through(build_request())
    await set_status(archive, reviewed.id, JobStatus.REVIEWING)
    await archive.paint(build_request())
    await archive.queue(build_request())
    clock.move(365 * DAY)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 5
    assert not await is_bare(archive, reviewed)


async def test_an_undecided_case_keeps_its_evidence(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Pictures, words and what the case says stay until a moderator decided, and their time after it."""
    job = await archive.live_through(build_request())
    number = await archive.open_case(job, EntryKind.APPEAL, "please")
    clock.move(365 * DAY)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 2
    assert not await is_bare(archive, job)
    assert (await archive.rows(entries))[0].content is not None
    await archive.close_case(2, number)
    await archive.retention.sweep()
    assert not await archive.count(jobs)
    (case,) = await archive.rows(cases)
    assert (case.words, case.note, case.flags) == ("please", "not here", '[["near_ban", "17"]]')
    clock.move(91 * DAY)
    await archive.retention.sweep()
    (case,) = await archive.rows(cases)
    assert (case.words, case.note, case.flags, case.decision) == ("", "", "[]", "reject")


async def test_a_rejected_picture_counts_from_the_decision(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """A decision after weeks leaves the moderators the usual time to look again."""
    job = await archive.live_through(build_request())
    await set_status(archive, job.id, JobStatus.REVIEWING)
    clock.move(30 * DAY)
    await set_status(archive, job.id, JobStatus.REJECTED)
    clock.move(71 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 2
    clock.move(2 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 0


@pytest.mark.parametrize(("days", "bare_until"), [(7, 45), (90, 0)])
async def test_the_record_lives_as_long_as_the_guild_says(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request], days: int, bare_until: int
) -> None:
    """Then words, names and fingerprints go; the row itself goes when no budget needs it any more."""
    await archive.policies.change(2, 77, "record_days", days)
    job = await archive.live_through(build_request())
    await archive.report(job, by=9)
    clock.move((days - 0.1) * DAY)
    await archive.retention.sweep()
    assert not await is_bare(archive, job)
    clock.move(0.2 * DAY)
    await archive.retention.sweep()
    if bare_until:
        assert await is_bare(archive, job)
        clock.move((bare_until - days) * DAY)
        await archive.retention.sweep()
    assert await archive.count(jobs) == await archive.count(charges) == 0


async def test_words_in_the_book_live_as_long_as_the_record(archive: Archive, clock: MovedClock) -> None:
    """Each guild's own days; what was decided stays, and so does every change of a policy."""
    await archive.policies.change(2, 77, "record_days", 7)
    for guild_id in (2, 3, 0):
        await archive.book.add(Line(guild_id, EntryKind.REFUSED, member_id=4, content={"prompt": "a secret"}))
    clock.move(8 * DAY)
    await archive.retention.sweep()
    assert [(row.guild_id, row.kind, row.content is None) for row in await archive.rows(entries)] == [
        (0, "refused", False),
        (2, "settings", False),
        (2, "refused", True),
        (3, "refused", False),
    ]
    clock.move(83 * DAY)
    await archive.retention.sweep()
    assert [row.kind for row in await archive.rows(entries) if row.content is not None] == ["settings"]
    assert [await archive.book.verify(guild_id) for guild_id in (0, 2, 3)] == [None, None, None]


@pytest.mark.parametrize("beside", ['"words": [{"name": "x", "pattern": "("}]', '"format": 99', '"gone": 1'])
async def test_what_a_policy_says_about_keeping_things_is_all_that_is_read(
    archive: Archive,
    clock: MovedClock,
    build_request: Callable[..., Request],
    caplog: pytest.LogCaptureFixture,
    beside: str,
) -> None:
    """Whatever else in it cannot be read any more, and no pattern is tried for it: its hours hold."""
    await archive.policies.change(2, 77, "retention_hours", 5)
    await archive.database.run(update(policies).values(document=f'{{"retention_hours": 1, {beside}}}'))
    await archive.live_through(build_request())
    caplog.clear()
    clock.move(1.1 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 0
    assert not caplog.records


@pytest.mark.parametrize("document", ["not even JSON", "[]", "7", '{"retention_hours": "one"}'])
async def test_what_cannot_be_read_at_all_is_forgotten_as_usual(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request], document: str
) -> None:
    """No row keeps pictures for ever: the operator's hours hold, and other guilds are not held up by it."""
    await archive.policies.change(2, 77, "retention_hours", 1)
    await archive.database.run(update(policies).values(document=document))
    for guild_id in (2, 3):
        await archive.live_through(build_request(guild_id=guild_id))
    clock.move(71 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 4
    clock.move(1.1 * HOUR)
    await archive.retention.sweep()
    assert await archive.count(pictures) == 0


async def test_a_guild_that_was_left_is_forgotten_after_a_grace_time(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """After 31 days nothing of it is left in any table, evidence included, and nothing else is gone."""
    for guild_id in (2, 3):
        await settle(archive, build_request, guild_id)
    await archive.live_through(build_request(guild_id=None))
    whole = {table.name: await archive.count(table) for table in OF_GUILDS}
    assert all(whole[table.name] for table in OF_GUILDS if table is not left_guilds)
    await Leaving(archive.database).leave(2)
    clock.move(30.9 * DAY)
    await archive.retention.sweep()
    assert await archive.count(jobs) == whole["jobs"] == 5
    clock.move(0.2 * DAY)
    await archive.retention.sweep()
    for table in OF_GUILDS:
        guilds = {row.guild_id for row in await archive.rows(table)}
        assert guilds - {None} == (set() if table is left_guilds else {3}), table.name


async def test_a_guild_that_comes_back_in_time_finds_everything(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """And its 31 days begin anew when the bot is taken out again."""
    leaving = Leaving(archive.database)
    await settle(archive, build_request, 2)
    await leaving.leave(2)
    clock.move(20 * DAY)
    await leaving.come_back(2)
    clock.move(20 * DAY)
    await leaving.leave(2)
    clock.move(20 * DAY)
    await archive.retention.sweep()
    assert await archive.count(policies) == 1
    assert await archive.count(jobs) == 2


async def test_a_guild_that_comes_back_during_the_sweep_loses_nothing(
    archive: Archive, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """Whether it is still left is asked again with everything that is deleted, open jobs included."""
    leaving = Leaving(archive.database)
    await settle(archive, build_request, 2)
    await archive.queue(build_request())
    await leaving.leave(2)
    clock.move(32 * DAY)
    assert await archive.database.run(LONG_LEFT)
    await leaving.come_back(2)
    before = [await archive.rows(table) for table in OF_GUILDS]
    await archive.retention._drop_guild(2)
    assert [await archive.rows(table) for table in OF_GUILDS] == before


async def test_a_block_that_is_over_is_forgotten(archive: Archive, clock: MovedClock) -> None:
    """With why it was; one that is in force stays."""
    rows = Blocks(archive.database)
    await rows.block(2, 4, by=77, reason="spam", days=7)
    await rows.block(2, 5, by=77, reason="spam")
    clock.move(6.9 * DAY)
    await archive.retention.sweep()
    assert await archive.count(blocks) == 2
    clock.move(0.2 * DAY)
    await archive.retention.sweep()
    assert [row.member_id for row in await archive.rows(blocks)] == [5]


@pytest.mark.parametrize("name", SWEEPS)
async def test_no_sweep_reads_all_jobs(tmp_path: Path, name: str) -> None:
    """Each finds what is old by an index of times: what nobody asked for must not hold up what somebody waits for."""
    values = {"age": 1.0, "guilds": [2, 3], "member": 4, "guild": 2}

    def explain(connection: Connection) -> set[str]:
        seen: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
        connection.execute(SWEEPS[name], values).close()
        statement, given = seen[0]
        return {row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)}

    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}") as database:
        plan = await database.transact(explain)
    assert not {"SCAN jobs", "SCAN pictures", "SCAN entries"} & plan
    assert not any("ix_jobs_guilds" in line for line in plan)


async def settle(archive: Archive, build_request: Callable[..., Request], guild_id: int) -> None:
    """A guild with a policy, a case, a ban, a block, jobs, and a member who wants everything deleted."""
    await archive.policies.change(guild_id, 77, "spoiler", value=True)
    await archive.open_case(await archive.live_through(build_request(guild_id=guild_id)))
    await archive.live_through(build_request(guild_id=guild_id, member_id=5))
    await archive.privacy.delete(4, guild_id)
    await Blocks(archive.database).block(guild_id, 4, by=77, reason="spam")
    ban = {"guild_id": guild_id, "number": 1, "sha256": "x", "crops": "[]", "reason": "", "banned_by": 77}
    await archive.database.run(insert(banned_pictures).values(**ban, banned_at=now()))


async def set_status(archive: Archive, job_id: int, status: JobStatus) -> None:
    """As a moderator's door does it; the end of a job is when it was decided."""
    ended_at = now() if status is JobStatus.REJECTED else None
    await archive.database.run(update(jobs).where(jobs.c.id == job_id).values(status=status.value, ended_at=ended_at))
