"""The money ledger: one row for each order that was about to go out, saying what is known about its charge.

    ordering -> none        surely nothing was made
             -> unknown     nobody knows (yet)
             -> expected    a task was made: the list price, as far as anybody knows
             -> settled     the provider told what it took

Every row is written in the transaction of the move it belongs to. Whoever lost the job's turn still records what it
learned: money does not care whose turn it was.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, bindparam, func, insert, update

from bot.database import charges, now
from bot.database.schema import Instant, Micros, spell
from bot.jobs.rows import to_micros

if TYPE_CHECKING:
    from decimal import Decimal

    from sqlalchemy import Connection

    from bot.jobs.model import Job


class ChargeState(StrEnum):
    """What is known about the charge of one order. Stored in rows: never rename one."""

    ORDERING = "ordering"
    NONE = "none"
    UNKNOWN = "unknown"
    EXPECTED = "expected"
    SETTLED = "settled"


BEFORE = {
    ChargeState.NONE: (ChargeState.ORDERING,),
    ChargeState.UNKNOWN: (ChargeState.ORDERING,),
    ChargeState.EXPECTED: (ChargeState.ORDERING, ChargeState.UNKNOWN),
    ChargeState.SETTLED: (ChargeState.ORDERING, ChargeState.UNKNOWN, ChargeState.EXPECTED),
}
"""What may be known before something is learned: knowledge is never taken back."""

OPEN = insert(charges).values(
    job_id=bindparam("job"),
    turn=bindparam("held"),
    state=ChargeState.ORDERING.value,
    model=bindparam("model"),
    usd_micros=bindparam("usd"),
    ordered_at=now(),
)
SINCE = bindparam("since", type_=Instant())
IN_SPAN = and_(charges.c.ordered_at >= SINCE, charges.c.ordered_at < bindparam("until", type_=Instant()))
TOTAL_MICROS = func.coalesce(func.sum(charges.c.usd_micros), 0)
"""What orders cost together as far as it is known: at their price until the provider says."""
LEARN = {
    learned: update(charges)
    .where(charges.c.job_id == bindparam("job"), charges.c.state.in_([spell(each.value) for each in before]))
    .values(
        state=learned.value,
        usd_micros=func.coalesce(bindparam("usd", type_=Micros), charges.c.usd_micros),
        task_id=func.coalesce(bindparam("task", type_=Text()), charges.c.task_id),
        known_at=now(),
    )
    for learned, before in BEFORE.items()
}


def open_charge(connection: Connection, job: Job) -> None:
    """An order is about to go out, at the price that was quoted."""
    usd = to_micros(job.price_usd)
    connection.execute(OPEN, {"job": job.id, "held": job.turn, "model": job.request.model, "usd": usd})


def learn_charge(
    connection: Connection, job_id: int, state: ChargeState, task_id: str | None = None, usd: Decimal | None = None
) -> None:
    """Something became known about the job's open order."""
    micros = 0 if state is ChargeState.NONE else to_micros(usd)
    connection.execute(LEARN[state], {"job": job_id, "task": task_id, "usd": micros})
