"""What is forgotten by itself, and when: pictures after hours, the record after days, a guild that was left after 31.

A guild may say how long; for everybody else, and in direct messages, the operator's hours and the usual days hold.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, or_, select, union

from bot.database import (
    banned_pictures,
    blocks,
    cases,
    entries,
    erasures,
    jobs,
    later,
    left_guilds,
    now,
    pictures,
    policies,
)
from bot.database.schema import DAY_SECONDS, Id, Real, ago
from bot.jobs.erasing import BATCH, ERASABLE, UNDECIDED
from bot.moderation.chain import WORDLESS
from bot.moderation.documents import load_policy
from bot.moderation.model import DIRECT_MESSAGES
from bot.moderation.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, Connection, Row, Select

    from bot.database import Database
    from bot.jobs.erasing import Erasing
    from bot.moderation.book import Book
    from bot.moderation.cases import Cases
    from bot.moderation.policies import Policies

log = logging.getLogger(__name__)

HOUR_SECONDS = 3600.0
GRACE_DAYS = 31
"""A guild that takes the bot back within so long finds everything as it was.

As long as the longest month: what was left on its first day still counts for its spending cap on the last.
"""
MOST_GUILDS = 500
"""In one statement."""
SPAN_KEYS = ("retention_hours", "record_days")
"""What a policy says about keeping things."""

_newer = policies.alias("newer")
_HAS_NEWER = (
    select(_newer.c.version)
    .where(_newer.c.guild_id == policies.c.guild_id, _newer.c.version > policies.c.version)
    .exists()
)
IN_FORCE = select(policies.c.guild_id, policies.c.document).where(~_HAS_NEWER).order_by(policies.c.guild_id)

_GUILD: BindParameter[int] = bindparam("guild", type_=Id)
LONG_LEFT = select(left_guilds.c.guild_id).where(left_guilds.c.left_at < ago(GRACE_DAYS * DAY_SECONDS))
STILL_LEFT = LONG_LEFT.where(left_guilds.c.guild_id == _GUILD).with_for_update()
"""Until the transaction is over, no process writes down that the guild is back."""
DROP_JOBS = (
    delete(jobs)
    .where(jobs.c.id.in_(select(jobs.c.id).where(jobs.c.guild_id == _GUILD).limit(BATCH)))
    .returning(jobs.c.id)
)
DROP_REST = tuple(
    delete(table).where(table.c.guild_id == _GUILD)
    for table in (policies, cases, entries, banned_pictures, blocks, erasures, left_guilds)
)
DROP_BLOCKS = delete(blocks).where(blocks.c.expires_at <= now())
"""Whose time is up means nothing any more, and somebody wrote why it was."""


@dataclass(frozen=True, slots=True)
class Spans:
    """How long something is kept: pictures after their job is over, and the record of what was asked."""

    retention_hours: int
    record_days: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is older than `age` seconds: jobs that have pictures, jobs with words, guilds with words about jobs."""

    pictures: Select[Any]
    jobs: Select[Any]
    words: CompoundSelect[Any]


def build_due(is_meant: Callable[[ColumnElement[Any]], ColumnElement[bool]]) -> Due:
    """The statements for the guilds that are meant."""

    def meant(guild: ColumnElement[Any]) -> ColumnElement[bool]:
        # Wrapped, so that the indexes of times are used: what is old is little, what a guild has is much.
        return is_meant(func.coalesce(guild, DIRECT_MESSAGES))

    before = later(-bindparam("age", type_=Real))
    old = select(jobs.c.id).where(jobs.c.ended_at < before, meant(jobs.c.guild_id))
    return Due(
        pictures=old.where(jobs.c.id.in_(select(pictures.c.job_id)), ~UNDECIDED),
        jobs=old.where(ERASABLE),
        words=union(
            select(cases.c.guild_id).where(
                cases.c.closed_at < before,
                or_(cases.c.words != "", cases.c.note != "", cases.c.flags != "[]"),
                meant(cases.c.guild_id),
            ),
            select(entries.c.guild_id).where(
                entries.c.content.is_not(None),
                entries.c.written_at < before,
                entries.c.kind.not_in(WORDLESS),
                meant(entries.c.guild_id),
            ),
        ),
    )


NAMED = build_due(lambda guild: guild.in_(bindparam("guilds", expanding=True)))
OTHERS = build_due(lambda guild: guild.not_in(select(policies.c.guild_id)))
"""Guilds that never set up anything, and direct messages."""


class Retention:
    """Forgets what is old enough. `retention_hours` are the operator's: no guild keeps pictures longer."""

    def __init__(
        self,
        database: Database,
        policies: Policies,
        cases: Cases,
        book: Book,
        erasing: Erasing,
        retention_hours: int,
    ) -> None:
        self._database = database
        self._policies = policies
        self._cases = cases
        self._book = book
        self._erasing = erasing
        self._retention_hours = retention_hours

    async def spans(self, guild_id: int) -> Spans:
        """How long things of this guild are kept."""
        return self._spans(await self._policies.get(guild_id))

    async def sweep(self) -> None:
        """Forget everything whose time is over."""
        for row in await self._database.run(LONG_LEFT):
            await self._drop_guild(row.guild_id)
        await self._forget(OTHERS, self._spans(Policy()))
        for spans, guilds in await self._groups():
            await self._forget(NAMED, spans, guilds=guilds)
        await self._database.run(DROP_BLOCKS)
        await self._erasing.go_on()
        await self._erasing.drop_erased()

    async def _drop_guild(self, guild_id: int) -> None:
        """Delete everything of a guild that was left long ago. If it took the bot back a moment ago, the rest stays."""
        while await self._database.transact(partial(_drop_some, {"guild": guild_id})):
            pass

    async def _forget(self, due: Due, spans: Spans, **which: object) -> None:
        hours, days = spans.retention_hours, spans.record_days
        await self._erasing.drop_pictures(due.pictures, age=hours * HOUR_SECONDS, **which)
        await self._erasing.erase(due.jobs, age=days * DAY_SECONDS, **which)
        for row in await self._database.run(due.words, age=days * DAY_SECONDS, **which):
            await self._cases.erase_older(row.guild_id, days)
            await self._book.erase_older(row.guild_id, days)

    async def _groups(self) -> list[tuple[Spans, list[int]]]:
        """The guilds that have a policy, by how long it keeps things."""
        groups: defaultdict[Spans, list[int]] = defaultdict(list)
        for row in await self._database.run(IN_FORCE):
            groups[self._spans(_load(row))].append(row.guild_id)
        return [(spans, some) for spans, guilds in groups.items() for some in _split(guilds)]

    def _spans(self, policy: Policy) -> Spans:
        own = policy.retention_hours
        hours = self._retention_hours if own is None else min(own, self._retention_hours)
        return Spans(hours, policy.record_days)


def _load(row: Row[Any]) -> Policy:
    """What a guild's policy says about keeping things, and nothing else of it: a sweep tries nobody's patterns."""
    try:
        document = json.loads(row.document)
        return load_policy({key: document[key] for key in SPAN_KEYS if key in document})
    except (ValueError, TypeError) as error:  # whoever changed the row, things are forgotten as where nobody decided
        log.warning("guild %s: its policy cannot be read, so the usual times hold: %s", row.guild_id, error)
        return Policy()


def _drop_some(guild: dict[str, int], connection: Connection) -> bool:
    """Delete some jobs of a guild that is still left, or, with the last of them, the rest. Whether there is more."""
    if connection.execute(STILL_LEFT, guild).one_or_none() is None:
        return False
    if len(connection.execute(DROP_JOBS, guild).all()) == BATCH:
        return True
    for statement in DROP_REST:
        connection.execute(statement, guild)
    return False


def _split(guilds: list[int]) -> Iterator[list[int]]:
    return (guilds[start : start + MOST_GUILDS] for start in range(0, len(guilds), MOST_GUILDS))
