"""A member's own jobs, the newest first, and the family of a picture: what it was made from, and what from it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from bot.database import jobs, pictures
from bot.database.schema import OPEN, Id
from bot.errors import Reason
from bot.jobs import statements as sql
from bot.jobs.erasing import NOT_ERASED
from bot.jobs.rows import job_guild, parse_job, parse_result
from bot.pictures import PictureUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import BindParameter, Connection

    from bot.database import Database
    from bot.jobs.model import Job
    from bot.pictures import Result, Studio

PAGE_SIZE = 5
NEWEST = 2**63 - 1
"""Where the first page begins: no id is higher."""
MOST_ANCESTORS = 20
MOST_DESCENDANTS = 24
THUMBNAIL_SECONDS = 4.0
"""A list is shown without a picture rather than late."""


class Shelf(StrEnum):
    """Which of one's jobs are listed. In custom ids: never rename one."""

    ALL = "all"
    FINISHED = "finished"
    WAITING = "waiting"
    """On their way, or with a moderator."""
    DRAFTS = "drafts"
    FAILED = "failed"
    """All that did not become a picture which is shown."""


_KEPT = (jobs.c.status == "done", jobs.c.reason.is_distinct_from(Reason.DELETED.value))
_ON = {
    Shelf.ALL: (),
    Shelf.FINISHED: _KEPT,
    Shelf.WAITING: (jobs.c.status.in_([*OPEN, "reviewing"]),),
    Shelf.DRAFTS: (*_KEPT, jobs.c.draft == 1),
    Shelf.FAILED: (jobs.c.status.in_(["failed", "refused", "rejected", "cancelled"]),),
}
_AT: BindParameter[int] = bindparam("at", type_=Id)
_MINE = (jobs.c.member_id == bindparam("member", type_=Id), NOT_ERASED)
_HERE = job_guild == bindparam("guild", type_=Id)
OLDER = {
    shelf: select(jobs).where(*_MINE, jobs.c.id <= _AT, *on).order_by(jobs.c.id.desc()).limit(PAGE_SIZE + 1)
    for shelf, on in _ON.items()
}
NEWER = {
    shelf: select(jobs.c.id).where(*_MINE, jobs.c.id > _AT, *on).order_by(jobs.c.id).limit(PAGE_SIZE)
    for shelf, on in _ON.items()
}
FACES = select(pictures).where(
    pictures.c.job_id.in_(bindparam("ids", type_=Id, expanding=True)),
    pictures.c.role == "result",
    pictures.c.position == 0,
)
CHILDREN = (
    select(jobs)
    .where(jobs.c.from_job_id.in_(bindparam("parents", type_=Id, expanding=True)), NOT_ERASED)
    .order_by(jobs.c.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a member's jobs, the newest first. `newer_at` and `older_at`: where the next pages begin; None: nowhere.

    `thumbnails` are small JPEGs by job, of those whose pictures are kept and not hidden from view.
    """

    shelf: Shelf
    everywhere: bool
    jobs: tuple[Job, ...]
    newer_at: int | None
    older_at: int | None
    thumbnails: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Family:
    """The jobs that a job descends from, the first first; and its descendants, of each generation the newest first.

    `more`: there are more descendants than these. `thumbnail`: the job's own, as in a page.
    """

    job: Job
    ancestors: tuple[Job, ...]
    descendants: tuple[Job, ...]
    more: bool
    thumbnail: bytes | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Looks at what is kept, never at the network. A guild's id means: in that guild only. None: everywhere."""

    database: Database
    studio: Studio

    async def get_page(self, member_id: int, guild_id: int | None, shelf: Shelf, at: int = NEWEST) -> Page:
        """The page that begins with this job, or the next older one; the first, where less than a page is newer."""
        older, newer = OLDER[shelf], NEWER[shelf]
        values = {"member": member_id}
        if guild_id is not None:
            older, newer, values = older.where(_HERE), newer.where(_HERE), values | {"guild": guild_id}
        before = [row.id for row in await self.database.run(newer, **values, at=at)]
        if len(before) < PAGE_SIZE:
            at, before = NEWEST, []
        found = [parse_job(row) for row in await self.database.run(older, **values, at=at)]
        listed = tuple(found[:PAGE_SIZE])
        return Page(
            shelf=shelf,
            everywhere=guild_id is None,
            jobs=listed,
            newer_at=before[-1] if before else None,
            older_at=found[PAGE_SIZE].id if len(found) > PAGE_SIZE else None,
            thumbnails=await self._make_thumbnails(listed),
        )

    async def get_family(self, job: Job) -> Family:
        """Whom a job descends from and who from it, in every guild and of every member."""
        thumbnails = await self._make_thumbnails([job])

        def work(connection: Connection) -> Family:
            descendants, more = _descend(connection, job)
            return Family(job, _ascend(connection, job), descendants, more, thumbnails.get(job.id))

        return await self.database.transact(work)

    async def _make_thumbnails(self, listed: Sequence[Job]) -> dict[int, bytes]:
        ids = [job.id for job in listed if job.shown and not job.spoiler]
        rows = await self.database.run(FACES, ids=ids) if ids else []
        made = await asyncio.gather(*(self._make_thumbnail(parse_result(row)) for row in rows))
        return {row.job_id: thumbnail for row, thumbnail in zip(rows, made, strict=True) if thumbnail}

    async def _make_thumbnail(self, result: Result) -> bytes | None:
        try:
            async with asyncio.timeout(THUMBNAIL_SECONDS):
                return await self.studio.make_thumbnail(result)
        except (PictureUnusable, TimeoutError):
            return None


def _ascend(connection: Connection, job: Job) -> tuple[Job, ...]:
    """As far up as there are rows, bounded."""
    found: list[Job] = []
    while job.request.from_job_id is not None and len(found) < MOST_ANCESTORS:
        row = connection.execute(sql.GET, {"job": job.request.from_job_id}).one_or_none()
        if row is None:
            break
        job = parse_job(row)
        found.insert(0, job)
    return tuple(found)


def _descend(connection: Connection, job: Job) -> tuple[tuple[Job, ...], bool]:
    """One generation after the other, as many as there is room for; and whether there are more."""
    found: list[Job] = []
    parents = [job.id]
    while parents:
        room = MOST_DESCENDANTS - len(found)
        rows = connection.execute(CHILDREN, {"parents": parents, "most": room + 1}).all()
        born = [parse_job(row) for row in rows[:room]]
        found += born
        if len(rows) > room:
            return tuple(found), True
        parents = [child.id for child in born]
    return tuple(found), False
