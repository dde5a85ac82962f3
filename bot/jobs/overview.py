"""What an operator asks now and then: what is on its way, and what all of it has cost in any span, by server and day.

It reads every charge of that span, so nobody asks it by a clock: for what machines ask, there is `census`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, bindparam, func, or_, select

from bot.database import charges, jobs
from bot.database.schema import Id
from bot.jobs.census import Crowd, count_open
from bot.jobs.ledger import IN_SPAN, SINCE, TOTAL_MICROS, ChargeState
from bot.jobs.model import JobStatus
from bot.jobs.rows import parse_usd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row

    from bot.database import Database

PAGE = 2000
"""Charges read in one statement, so that a long report holds nobody up."""

_ORDERS, _MICROS = func.count().label("orders"), TOTAL_MICROS.label("micros")
SPENT = select(_ORDERS, _MICROS).where(IN_SPAN)
_GUILDS = (
    select(jobs.c.guild_id, _ORDERS, _MICROS)
    .join(jobs, jobs.c.id == charges.c.job_id)
    .where(IN_SPAN)
    .group_by(jobs.c.guild_id)
)
GUILDS = _GUILDS.order_by(func.sum(charges.c.usd_micros).desc(), func.count().desc()).limit(bindparam("most"))
_JOB, _TURN = bindparam("job", type_=Id), bindparam("turn", type_=Integer())
_PAST = or_(
    charges.c.ordered_at > SINCE,
    and_(charges.c.ordered_at == SINCE, charges.c.job_id > _JOB),
    and_(charges.c.ordered_at == SINCE, charges.c.job_id == _JOB, charges.c.turn > _TURN),
)
LINES = (
    select(charges, jobs.c.guild_id)
    .join(jobs, jobs.c.id == charges.c.job_id)
    .where(IN_SPAN, _PAST)
    .order_by(charges.c.ordered_at, charges.c.job_id, charges.c.turn)
    .limit(PAGE)
)


@dataclass(frozen=True, slots=True)
class Orders:
    """So many, and what they cost together as far as it is known: at their price until the provider says."""

    count: int
    usd: Decimal


@dataclass(frozen=True, slots=True, order=True)
class Heading:
    """What a line of the report is about. `guild_id` 0: outside of servers. Days are those of UTC."""

    day: date
    guild_id: int
    model: str


@dataclass(slots=True)
class Sum:
    """What is known about the orders of one heading; `usd` by how sure it is."""

    orders: int
    usd: dict[ChargeState, Decimal]


@dataclass(frozen=True, slots=True)
class Overview:
    """Reads rows, and changes none. Spans begin with `since` and end before `until`."""

    database: Database

    async def queue(self) -> dict[JobStatus, Crowd]:
        """The jobs that are on their way, by where they stand."""
        return {JobStatus(status): crowd for status, crowd in (await count_open(self.database)).items()}

    async def spent(self, since: datetime, until: datetime) -> Orders:
        """What all orders of a span cost."""
        (row,) = await self.database.run(SPENT, since=since, until=until)
        return Orders(row.orders, parse_usd(row.micros) or Decimal(0))

    async def guilds(self, since: datetime, until: datetime, most: int) -> dict[int | None, Orders]:
        """The guilds that cost most, the most first. None: outside of servers."""
        rows = await self.database.run(GUILDS, since=since, until=until, most=most)
        return {row.guild_id: Orders(row.orders, parse_usd(row.micros) or Decimal(0)) for row in rows}

    async def report(self, since: datetime, until: datetime) -> dict[Heading, Sum]:
        """The same by day, guild and model, in this order."""
        sums: defaultdict[Heading, Sum] = defaultdict(lambda: Sum(0, defaultdict(Decimal)))
        async for row in self._lines(since, until):
            line = sums[Heading(row.ordered_at.date(), row.guild_id or 0, row.model)]
            line.orders += 1
            line.usd[ChargeState(row.state)] += parse_usd(row.usd_micros) or Decimal(0)
        return dict(sorted(sums.items()))

    async def _lines(self, since: datetime, until: datetime) -> AsyncIterator[Row[Any]]:
        """Every charge of a span, page by page."""
        after: dict[str, Any] = {"since": since, "job": -1, "turn": -1}
        rows: Sequence[Row[Any]]
        while rows := await self.database.run(LINES, until=until, **after):
            for row in rows:
                yield row
            after = {"since": rows[-1].ordered_at, "job": rows[-1].job_id, "turn": rows[-1].turn}
