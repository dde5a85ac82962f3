"""What this process has in its hands: taken up, renewed, put down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Text, and_, bindparam, func, null, or_, select, type_coerce, update

from bot.database import ADMITTING, PASS, before, gone, jobs, later, now
from bot.database.schema import Id, Real
from bot.jobs.ledger import open_charge
from bot.jobs.moves import moved
from bot.jobs.rows import parse_job
from bot.jobs.statements import IS_IN_FLIGHT, IS_QUEUED
from bot.metrics import LEASE_TAKEOVERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from bot.database import Database
    from bot.jobs.model import Job

LEASE_SECONDS = 60.0

_ME = bindparam("me", type_=Text())
_LEASED = later(bindparam("lease", type_=Real))
_OURS: dict[str, Any] = {"owner": _ME, "wake_at": _LEASED, "turn": jobs.c.turn + 1}

_IS_READY = and_(IS_QUEUED, or_(jobs.c.wake_at.is_(None), jobs.c.wake_at <= now()))
_NEXT = select(jobs.c.id).where(_IS_READY).order_by(jobs.c.round, jobs.c.id).limit(1)
_TAKEN = select(func.count()).select_from(jobs).where(IS_IN_FLIGHT).correlate(None)
_ROOM = _TAKEN.scalar_subquery() < bindparam("most", type_=Integer())
CAN_ADMIT = _NEXT.where(_ROOM)
"""Whether it is worth passing the gate of admission."""
ADMIT = (
    update(jobs)
    .where(jobs.c.id == _NEXT.with_for_update(skip_locked=True).scalar_subquery(), IS_QUEUED, _ROOM)
    .values(_OURS | {"status": "submitting", "submitted_at": now()})
    .returning(jobs)
)

# What this process holds is never taken up by it again, however late its lease; what it lost hold of is.
_HANDS = bindparam("hands", type_=Id, expanding=True)
_NOT_IN_HAND = or_(jobs.c.owner.is_(None), jobs.c.owner != _ME, jobs.c.id.not_in(_HANDS))
_DUE = (
    select(jobs.c.id, jobs.c.owner)
    .where(jobs.c.status != "queued", jobs.c.wake_at <= now(), _NOT_IN_HAND)
    .order_by(jobs.c.wake_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
CLAIM = (
    update(jobs).where(jobs.c.id == _DUE.c.id).values(_OURS).returning(jobs, before(_DUE.c.owner).label("taken_from"))
)
RENEW = update(jobs).where(jobs.c.id.in_(_HANDS), jobs.c.owner == _ME).values(wake_at=_LEASED)
_ORPHANS = (
    select(jobs.c.id)
    .where(jobs.c.wake_at.is_not(None), jobs.c.owner.is_not(None), gone(jobs.c.owner, _ME))
    .with_for_update(skip_locked=True)
    .cte("orphans")
)
ABANDON = update(jobs).where(jobs.c.id == _ORPHANS.c.id).values(owner=null(), wake_at=now()).returning(jobs.c.id)
# Of the jobs that wait for room at the provider, only those count that were told to come back later.
NEXT_WAKE = select((type_coerce(func.min(jobs.c.wake_at), Real) - type_coerce(now(), Real)).label("seconds")).where(
    jobs.c.wake_at.is_not(None),
    _NOT_IN_HAND,
    or_(jobs.c.status != "queued", jobs.c.wake_at > now()),
)


class Hands:
    """Takes jobs up for one process. `me` names it in leases."""

    def __init__(self, database: Database, me: str) -> None:
        self._database = database
        self._me = me
        self._hands: set[int] = set()
        self._ours = {"me": me, "lease": LEASE_SECONDS}

    async def admit(self, concurrency: int, charge: Callable[[Connection, Job], None] = open_charge) -> Job | None:
        """Take the job whose turn it is and mark it as being submitted, if the provider has room for one more.

        The room is counted over all processes. `charge` opens its charge; where it raises, nothing was written.
        """
        if not await self._database.run_ahead(CAN_ADMIT, most=concurrency):
            return None

        def work(connection: Connection) -> Job | None:
            connection.execute(PASS, {"gate": ADMITTING})
            row = connection.execute(ADMIT, {"most": concurrency, **self._ours}).one_or_none()
            if row is None:
                return None
            job = parse_job(row)
            charge(connection, job)
            return job

        admitted = moved(await self._database.transact(work))
        if admitted is not None:
            self._hands.add(admitted.id)
        return admitted

    async def claim(self, most: int) -> list[Job]:
        """Take up what is due, except what is in our own hands already."""
        rows = await self._database.run_ahead(CLAIM, most=most, hands=list(self._hands), **self._ours)
        LEASE_TAKEOVERS.labels("expired").inc(sum(row.taken_from not in {None, self._me} for row in rows))
        claimed = [parse_job(row) for row in rows]
        self._hands.update(job.id for job in claimed)
        return claimed

    def put_down(self, job: Job) -> None:
        """It is in our hands no longer. If it was not released, because the database was away, its lease runs out."""
        self._hands.discard(job.id)

    async def renew(self) -> None:
        """Keep what is in our hands."""
        await self._database.run_ahead(RENEW, hands=list(self._hands), **self._ours)

    async def abandon_others(self) -> None:
        """Free what processes that are gone had in their hands, where the database can tell who is."""
        if self._database.tells_who_lives:
            rows = await self._database.run_ahead(ABANDON, me=self._me)
            LEASE_TAKEOVERS.labels("gone").inc(len(rows))

    async def seconds_to_next(self) -> float | None:
        """How long until something will be due, on the database's clock."""
        rows = await self._database.run_ahead(NEXT_WAKE, me=self._me, hands=list(self._hands))
        seconds: float | None = rows[0].seconds
        return seconds
