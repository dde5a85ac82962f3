"""A member's own jobs page by page, and the family of a picture: from rows alone, on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, event, insert, update

from bot.database import jobs, open_database, pictures
from bot.errors import Reason
from bot.jobs import Job, Request, history
from bot.jobs.history import CHILDREN, FACES, MOST_ANCESTORS, MOST_DESCENDANTS, NEWER, NEWEST, OLDER, History, Shelf
from bot.jobs.rows import format_picture
from bot.pictures import PictureLimits, Result, Studio
from sandbox.sample import paint_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.unit.jobs.conftest import Archive

MINE, HERE, ELSEWHERE = 4, 2, 600
PHOTO = Result(paint_sample(), "image/jpeg", 1, 1)


@pytest.fixture
def past(archive: Archive) -> History:
    """Who looks."""
    return History(archive.database, Studio(PictureLimits()))


class Maker:
    """Makes jobs of the one test's member, here, unless it is said otherwise."""

    def __init__(self, archive: Archive, build_request: Callable[..., Request]) -> None:
        self._archive = archive
        self._build = build_request

    async def make(
        self, status: str = "done", reason: str | None = None, *, spoiler: bool = False, **asked: Any
    ) -> Job:
        """A job that stands there."""
        request = self._build(**asked)
        await self._archive.store.arrive(request, f"key{request.id}", Decimal("0.0015"))
        changes = {"status": status, "reason": reason, "spoiler": int(spoiler), "wake_at": None}
        await self._archive.database.run(update(jobs).where(jobs.c.id == request.id).values(changes))
        job = await self._archive.store.get(request.id)
        assert job is not None
        return job

    async def keep(self, job: Job, result: Result = PHOTO) -> None:
        """Its picture."""
        await self._archive.database.run(insert(pictures).values(format_picture(job.id, "result", 0, result)))


@pytest.fixture
def maker(archive: Archive, build_request: Callable[..., Request]) -> Maker:
    """Makes jobs."""
    return Maker(archive, build_request)


def ids(listed: Sequence[Job]) -> list[int]:
    """Which they are."""
    return [job.id for job in listed]


# -- pages -----------------------------------------------------------------------------------------------------------


async def test_pages_lead_from_the_newest_to_the_oldest_and_back(past: History, maker: Maker) -> None:
    """Five at a time, each once, nobody else's."""
    made = []
    for _ in range(12):
        made.append(await maker.make())
        await maker.make(member_id=5)
    newest_first = ids(made)[::-1]
    first = await past.get_page(MINE, HERE, Shelf.ALL)
    assert (ids(first.jobs), first.newer_at) == (newest_first[:5], None)
    second = await past.get_page(MINE, HERE, Shelf.ALL, first.older_at or 0)
    assert ids(second.jobs) == newest_first[5:10]
    third = await past.get_page(MINE, HERE, Shelf.ALL, second.older_at or 0)
    assert (ids(third.jobs), third.older_at) == (newest_first[10:], None)
    for later, earlier in ((third, second), (second, first)):
        assert await past.get_page(MINE, HERE, Shelf.ALL, later.newer_at or 0) == earlier


async def test_the_way_back_from_a_job_is_the_page_it_was_on_at_first(past: History, maker: Maker) -> None:
    """Who opened one of the newest sees all of the newest again; further down the page begins with it."""
    newest_first = ids([await maker.make() for _ in range(9)])[::-1]
    for at in newest_first[:5]:
        assert ids((await past.get_page(MINE, HERE, Shelf.ALL, at)).jobs) == newest_first[:5]
    page = await past.get_page(MINE, HERE, Shelf.ALL, newest_first[6])
    assert ids(page.jobs) == newest_first[6:]
    assert page.newer_at == newest_first[1]


async def test_what_arrives_between_two_clicks_skips_nothing(past: History, maker: Maker) -> None:
    """A page is where it begins, not how many were before it."""
    made = [await maker.make() for _ in range(7)]
    first = await past.get_page(MINE, HERE, Shelf.ALL)
    for _ in range(3):
        await maker.make()
    assert ids((await past.get_page(MINE, HERE, Shelf.ALL, first.older_at or 0)).jobs) == ids(made)[1::-1]


async def test_a_server_shows_its_own_and_direct_messages_show_all(past: History, maker: Maker) -> None:
    """As with everything that is kept of a member."""
    here, there, direct = [await maker.make(guild_id=guild_id) for guild_id in (HERE, ELSEWHERE, None)]
    assert ids((await past.get_page(MINE, HERE, Shelf.ALL)).jobs) == [here.id]
    assert ids((await past.get_page(MINE, ELSEWHERE, Shelf.ALL)).jobs) == [there.id]
    everywhere = await past.get_page(MINE, None, Shelf.ALL)
    assert (ids(everywhere.jobs), everywhere.everywhere) == ([direct.id, there.id, here.id], True)


async def test_shelves(past: History, maker: Maker) -> None:
    """Everything is on one of them; what was deleted is only among everything, what was erased is nowhere."""
    done, draft = await maker.make(), await maker.make(draft=True)
    waiting = [await maker.make(status) for status in ("arriving", "queued", "running", "delivering", "reviewing")]
    failed = [await maker.make(status) for status in ("failed", "refused", "rejected", "cancelled")]
    deleted = await maker.make(reason=Reason.DELETED)
    await maker.make(reason=Reason.ERASED)

    async def shelf(which: Shelf) -> set[int]:
        page = await past.get_page(MINE, HERE, which)
        older = (await past.get_page(MINE, HERE, which, page.older_at)).jobs if page.older_at else ()
        last = await past.get_page(MINE, HERE, which, 1)
        return {*ids(page.jobs), *ids(older), *ids(last.jobs)}

    assert await shelf(Shelf.FINISHED) == {done.id, draft.id}
    assert await shelf(Shelf.DRAFTS) == {draft.id}
    assert await shelf(Shelf.WAITING) == set(ids(waiting))
    assert await shelf(Shelf.FAILED) == set(ids(failed))
    newest = [deleted, *failed[::-1]]
    assert ids((await past.get_page(MINE, HERE, Shelf.ALL)).jobs) == ids(newest)


async def test_thumbnails_of_what_is_kept_and_may_be_seen(past: History, maker: Maker) -> None:
    """Not of what a moderator holds or covers, nor of bytes that do not decode any more."""
    seen = await maker.make()
    others = [
        await maker.make("reviewing"),
        await maker.make("rejected"),
        await maker.make(spoiler=True),
    ]
    rotten = await maker.make()
    for job in (seen, *others):
        await maker.keep(job)
    await maker.keep(rotten, Result(b"rotten", "image/png", 1, 1))
    page = await past.get_page(MINE, HERE, Shelf.ALL)
    assert set(page.thumbnails) == {seen.id}
    assert page.thumbnails[seen.id].startswith(b"\xff\xd8")
    assert len(page.thumbnails[seen.id]) < 20_000
    assert (await past.get_family(seen)).thumbnail == page.thumbnails[seen.id]


async def test_a_list_does_not_wait_for_its_pictures(
    past: History, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where decoding is crowded it comes without them."""
    await maker.keep(await maker.make())
    monkeypatch.setattr("bot.jobs.history.THUMBNAIL_SECONDS", 0.0)
    page = await past.get_page(MINE, HERE, Shelf.ALL)
    assert (len(page.jobs), page.thumbnails) == (1, {})


# -- families --------------------------------------------------------------------------------------------------------


async def test_three_generations(past: History, maker: Maker) -> None:
    """Up to the first and down to the last, with other tries, also those of other members and servers."""
    first = await maker.make()
    other_try = await maker.make(from_job_id=first.id)
    child = await maker.make(from_job_id=first.id, from_position=0)
    grandchildren = [
        await maker.make(from_job_id=child.id, from_position=0, member_id=5),
        await maker.make(from_job_id=child.id, from_position=0, guild_id=ELSEWHERE),
    ]
    await maker.make()
    family = await past.get_family(child)
    assert (ids(family.ancestors), ids(family.descendants)) == ([first.id], ids(grandchildren)[::-1])
    assert not family.more
    assert ids((await past.get_family(first)).descendants) == [child.id, other_try.id, *ids(grandchildren)[::-1]]
    assert ids((await past.get_family(grandchildren[0])).ancestors) == [first.id, child.id]


async def test_a_line_ends_where_rows_end(archive: Archive, past: History, maker: Maker) -> None:
    """An erased ancestor is still one; a row that is gone is the end; an erased descendant is not mentioned."""
    gone, erased = await maker.make(), await maker.make(reason=Reason.ERASED)
    await archive.database.run(update(jobs).where(jobs.c.id == erased.id).values(from_job_id=gone.id))
    await archive.database.run(delete(jobs).where(jobs.c.id == gone.id))
    job = await maker.make(from_job_id=erased.id)
    await maker.make(reason=Reason.ERASED, from_job_id=job.id)
    family = await past.get_family(job)
    assert (ids(family.ancestors), family.descendants) == ([erased.id], ())


async def test_families_are_bounded(archive: Archive, past: History, maker: Maker) -> None:
    """A long line, many children, and even a circle, which cannot be: an answer, and no more than fits."""
    line = [await maker.make()]
    for _ in range(MOST_ANCESTORS + 2):
        line.append(await maker.make(from_job_id=line[-1].id))
    assert ids((await past.get_family(line[-1])).ancestors) == ids(line[-1 - MOST_ANCESTORS : -1])
    children = [await maker.make(from_job_id=line[-1].id) for _ in range(MOST_DESCENDANTS)]
    family = await past.get_family(line[-1])
    assert (ids(family.descendants), family.more) == (ids(children)[::-1], False)
    await maker.make(from_job_id=children[0].id)
    family = await past.get_family(line[-1])
    assert (ids(family.descendants), family.more) == (ids(children)[::-1], True)
    await archive.database.run(update(jobs).where(jobs.c.id == line[0].id).values(from_job_id=line[-1].id))
    circle = await past.get_family(await archive.store.get(line[0].id) or line[0])
    assert len(circle.ancestors) == MOST_ANCESTORS
    assert (len(circle.descendants), circle.more) == (MOST_DESCENDANTS, True)


# -- what it costs ---------------------------------------------------------------------------------------------------

VALUES = {"member": MINE, "guild": HERE, "at": NEWEST, "ids": [1, 2], "parents": [1, 2], "most": 9}
STATEMENTS = {
    **{f"{shelf} older": OLDER[shelf].where(history._HERE) for shelf in Shelf},
    **{f"{shelf} older everywhere": OLDER[shelf] for shelf in Shelf},
    **{f"{shelf} newer": NEWER[shelf].where(history._HERE) for shelf in Shelf},
    "faces": FACES,
    "children": CHILDREN,
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_every_look_goes_by_an_index(tmp_path: Path, name: str) -> None:
    """Pages are read in their order from the index of what a member made, without sorting; no table is read through."""
    by = {"faces": "sqlite_autoindex_pictures_1", "children": "ix_jobs_descent"}.get(name, "ix_jobs_made")

    def explain(connection: Connection) -> list[str]:
        seen: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
        connection.execute(STATEMENTS[name], VALUES).close()
        statement, values = seen[0]
        return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}") as database:
        plan = await database.transact(explain)
    assert [line for line in plan if line.startswith(("SCAN", "SEARCH"))] == [line for line in plan if by in line]
    assert len(plan) == 1 or name == "children", plan
