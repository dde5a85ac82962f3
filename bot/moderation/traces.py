"""Where a picture came from: what sources and results looked like, kept longer than the pictures themselves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, tuple_
from sqlalchemy.exc import IntegrityError

from bot.database import fingerprints
from bot.moderation.likeness import NEAR, get_nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from bot.database import Database
    from bot.moderation.likeness import Glance, Look

PAGE = 5000
"""Rows read and compared at a time: some 30 ms for the database, and as many for a thread."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A picture that a job began with, or made. `role`: source or result; `distance` 0: the same picture."""

    job_id: int
    role: str
    position: int
    distance: int


_OURS = fingerprints.c.guild_id == bindparam("guild")
_PLACE = (fingerprints.c.sha256, fingerprints.c.job_id, fingerprints.c.role, fingerprints.c.position)
"""In this order an index has the rows of a guild."""
_BEHIND = tuple_(*_PLACE) > tuple_(*(bindparam(f"last_{column.name}", type_=column.type) for column in _PLACE))
KEEP = insert(fingerprints)
SAME_BYTES = (
    select(fingerprints)
    .where(_OURS, fingerprints.c.sha256 == bindparam("digest"))
    .order_by(fingerprints.c.job_id.desc(), fingerprints.c.role, fingerprints.c.position)
    .limit(bindparam("most"))
)
NEXT_PAGE = select(fingerprints).where(_OURS, _BEHIND).order_by(*_PLACE).limit(PAGE)


class Traces:
    """The fingerprints of all jobs' pictures. They go with their job's row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, job_id: int, guild_id: int | None, role: str, position: int, look: Look | Glance) -> None:
        """Keep what a picture looked like. Nothing happens where that is kept already, or the job is gone."""
        row = {
            "job_id": job_id,
            "role": role,
            "position": position,
            "guild_id": guild_id or None,  # nobody moderates direct messages, so nothing is ever found there
            "sha256": look.sha256,
            "fingerprint": "" if look.flat else str(look.fingerprint),
        }
        with suppress(IntegrityError):
            await self._database.run(KEEP, **row)

    async def find(self, guild_id: int, look: Look, most: int = 5) -> list[Trace]:
        """This guild's pictures: the same bytes, the newest first, then those that look alike, the nearest first."""
        same = await self._database.run(SAME_BYTES, guild=guild_id, digest=look.sha256, most=most)
        found = [_parse_trace(row, 0) for row in same]
        if not look.flat and len(found) < most:
            found += await self._find_alike(guild_id, look, most - len(found))
        return found

    async def _find_alike(self, guild_id: int, look: Look, most: int) -> list[Trace]:
        nearest: list[Trace] = []
        last: tuple[str, int, str, int] = ("", 0, "", 0)
        while rows := await self._read_on(guild_id, last):
            alike = await asyncio.to_thread(_compare, rows, look)
            nearest = nsmallest(most, [*nearest, *alike], key=lambda trace: (trace.distance, -trace.job_id))
            last = (rows[-1].sha256, rows[-1].job_id, rows[-1].role, rows[-1].position)
        return nearest

    async def _read_on(self, guild_id: int, last: tuple[str, int, str, int]) -> Sequence[Row[Any]]:
        place = {f"last_{column.name}": value for column, value in zip(_PLACE, last, strict=True)}
        return await self._database.run(NEXT_PAGE, guild=guild_id, **place)


def _compare(rows: Sequence[Row[Any]], look: Look) -> list[Trace]:
    """Those that look alike, other than the same bytes."""
    others = [row for row in rows if row.fingerprint and row.sha256 != look.sha256]
    traces = [_parse_trace(row, get_nearest(look, (row.fingerprint,))) for row in others]
    return [trace for trace in traces if trace.distance <= NEAR]


def _parse_trace(row: Row[Any], distance: int) -> Trace:
    return Trace(row.job_id, row.role, row.position, distance)
