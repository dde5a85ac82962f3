"""What machines ask again and again: how many jobs stand where, since when, and what the last day cost, for metrics.

Every statement is answered by an index of what is open or of the last day, so it costs the same whatever the history.
What a person asks now and then, of any span and by guild, is in `overview`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.database import cases, charges, jobs
from bot.database.schema import DAY_SECONDS, IS_OPEN, OPEN, ago
from bot.jobs.model import opened_at
from bot.jobs.rows import parse_usd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.database import Database

FRESH_SECONDS = 10.0
"""How long one reading is good for, however many ask."""

# The id carries its own time and is in every index: nothing else of the rows is read.
COUNT_OPEN = (
    select(jobs.c.status, func.count().label("many"), func.min(jobs.c.id).label("oldest"))
    .where(IS_OPEN)
    .group_by(jobs.c.status)
)
COUNT_UNDECIDED = select(func.count().label("many"), func.min(cases.c.opened_at).label("oldest")).where(
    cases.c.closed_at.is_(None)
)
# A subquery is asked once: PostgreSQL would hold every row against its clock anew, and not look at the index.
_A_DAY_AGO = select(ago(DAY_SECONDS)).scalar_subquery()
ADD_UP_DAY = (
    select(charges.c.model, charges.c.state, func.sum(charges.c.usd_micros).label("micros"))
    .where(charges.c.ordered_at > _A_DAY_AGO)
    .group_by(charges.c.model, charges.c.state)
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many, of which the oldest is from then."""

    count: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """One reading. `open` has every status that is not an end; `charged_usd` is by model and state of the charge."""

    open: Mapping[str, Crowd]
    undecided: Crowd
    charged_usd: Mapping[tuple[str, str], Decimal]


async def count_open(database: Database) -> dict[str, Crowd]:
    """The jobs that are on their way, by where they stand."""
    return {row.status: Crowd(row.many, opened_at(row.oldest)) for row in await database.run(COUNT_OPEN)}


@dataclass(slots=True)
class Census:
    """Reads rows for everybody who asks at about the same time, once."""

    database: Database
    _count: Count | None = None
    _read_at: float = field(default=0.0, init=False)

    async def take(self) -> Count:
        """The last reading, if it is fresh, else a new one."""
        if self._count is None or monotonic() - self._read_at > FRESH_SECONDS:
            self._count = await self._read()
            self._read_at = monotonic()
        return self._count

    async def _read(self) -> Count:
        counted = await count_open(self.database)
        (undecided,) = await self.database.run(COUNT_UNDECIDED)
        charged = await self.database.run(ADD_UP_DAY)
        return Count(
            open={status: counted.get(status, Crowd()) for status in OPEN},
            undecided=Crowd(undecided.many, undecided.oldest),
            charged_usd={(row.model, row.state): parse_usd(int(row.micros)) or Decimal(0) for row in charged},
        )
