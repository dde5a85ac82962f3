"""The operator's hard caps on what all orders together may cost, counted in the transaction that opens the next one.

Each order counts at its price from the moment before it goes out, at what it cost once that is known, and not at all
once it is sure that nothing was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.database import now
from bot.errors import Reason, Refused
from bot.jobs.ledger import IN_SPAN, TOTAL_MICROS, open_charge
from bot.jobs.rows import to_micros
from bot.moderation.pots import Period, find_period

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection

    from bot.jobs.model import Job

REACHED = {Period.DAY: Reason.SPENDING_DAY, Period.MONTH: Reason.SPENDING_MONTH}
SETTLED_AFTER = timedelta(hours=1)
"""What was ordered before that is not expected to change any more, so its sum is remembered."""
REMEMBERED_FOR = timedelta(hours=2)

NOW = select(now())
ORDERED = select(TOTAL_MICROS).where(IN_SPAN)


@dataclass(frozen=True, slots=True)
class Settled:
    """What the orders of a period cost that were made before `until`."""

    begins_at: datetime
    until: datetime
    micros: int


class Spending:
    """Opens charges within the caps; None is no cap."""

    def __init__(self, day_usd: Decimal | None, month_usd: Decimal | None) -> None:
        self._caps = {Period.DAY: to_micros(day_usd), Period.MONTH: to_micros(month_usd)}
        self._settled: dict[Period, Settled] = {}

    def open_charge(self, connection: Connection, job: Job) -> None:
        """An order is about to go out. Raises `Refused` where a cap has no room for it: undo the transaction.

        The caller has passed the gate of admission, so nobody else opens one meanwhile.
        """
        at: datetime = connection.execute(NOW).scalar_one()
        open_charge(connection, job)
        for period, cap in self._caps.items():
            if cap is not None and self._count(connection, period, at) > cap:
                raise Refused(REACHED[period])

    def _count(self, connection: Connection, period: Period, at: datetime) -> int:
        """What the period's orders cost so far. A month is added up every other hour, not for every order."""
        begins_at, _ = find_period(period, at)
        settled = self._settled.get(period)
        if settled is None or settled.begins_at != begins_at or at - settled.until > REMEMBERED_FOR:
            until = max(begins_at, at - SETTLED_AFTER)
            settled = self._settled[period] = Settled(begins_at, until, _sum(connection, begins_at, until))
        return settled.micros + _sum(connection, settled.until, at + REMEMBERED_FOR)


def _sum(connection: Connection, since: datetime, until: datetime) -> int:
    return int(connection.execute(ORDERED, {"since": since, "until": until}).scalar_one())
