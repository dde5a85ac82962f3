"""Every statement about jobs, built once: one guarded statement for each move.

A taking raises `turn`; every later write names the turn it believes to hold (`HELD`) and touches nothing if it is over.
While the provider works, a row belongs to nobody: `wake_at` says when anybody may take it up.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    type_coerce,
    update,
)

from bot.database import jobs, later, now, pictures
from bot.database.schema import Real
from bot.jobs.model import ENDS, JobStatus
from bot.jobs.rows import REQUEST_COLUMNS

RECENT = 50
"""How many finished jobs of a model speak for how long it usually takes."""


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text())


def _seconds(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Real)


OPEN = [status.value for status in JobStatus if status not in ENDS]
IN_FLIGHT = ["submitting", "unknown", "running"]
"""What counts as a task at the provider. `unknown` does too: when answers get lost, money should stop flowing."""
CANCELLABLE = ["arriving", "queued", "submitting", "unknown", "running"]

HELD = and_(jobs.c.id == bindparam("job"), jobs.c.turn == bindparam("held"))
OURS: dict[str, Any] = {"owner": _text("me"), "wake_at": later(_seconds("lease")), "turn": jobs.c.turn + 1}
FREE: dict[str, Any] = {"owner": null(), "wake_at": later(_seconds("wait"))}
OVER: dict[str, Any] = {"owner": null(), "wake_at": null(), "ended_at": now(), "turn": jobs.c.turn + 1}

ARRIVE = insert(jobs).values(
    {name: bindparam(name) for name in REQUEST_COLUMNS}
    | {
        "status": "arriving",
        "key": bindparam("key"),
        "price_usd_micros": bindparam("price"),
        "created_at": now(),
        "wake_at": later(_seconds("wait")),
    }
)
ANSWERED = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.status == "arriving")
    .values(message_id=bindparam("message"), wake_at=now())
)
FOUND = update(jobs).where(HELD).values(message_id=bindparam("message"))
WITHDRAW = delete(jobs).where(jobs.c.id == bindparam("job"), jobs.c.status == "arriving", jobs.c.message_id.is_(None))

# Turns between members are decided when a job is queued: it goes one round behind the member's last open job, but never
# before the round that is being served. Ordering by (round, id) is then fair, and one index answers it.
_MINE = select(func.max(jobs.c.round) + 1).where(
    jobs.c.member_id == bindparam("member"), jobs.c.status.in_(OPEN), jobs.c.round.is_not(None)
)
_SERVED = select(func.min(jobs.c.round)).where(jobs.c.status.in_(OPEN), jobs.c.round.is_not(None))
_ROUND = func.coalesce(_MINE.scalar_subquery(), 0)
_BASE = func.coalesce(_SERVED.scalar_subquery(), 0)
QUEUE = (
    update(jobs)
    .where(HELD)
    .values(
        FREE
        | {
            "status": "queued",
            "round": case((_ROUND > _BASE, _ROUND), else_=_BASE),
            "queued_at": now(),
            "image_url": bindparam("image"),
            "source_notes": bindparam("notes"),
            "attempts": 0,
        }
    )
    .returning(jobs)
)

_NEXT = (
    select(jobs.c.id)
    .where(jobs.c.status == "queued", jobs.c.wake_at <= now())
    .order_by(jobs.c.round, jobs.c.id)
    .limit(1)
)
_TAKEN = select(func.count()).select_from(jobs).where(jobs.c.status.in_(IN_FLIGHT)).correlate(None)
ADMIT = (
    update(jobs)
    .where(jobs.c.id == _NEXT.scalar_subquery(), _TAKEN.scalar_subquery() < bindparam("most"))
    .values(OURS | {"status": "submitting", "submitted_at": now()})
    .returning(jobs)
)

_DUE = (
    select(jobs.c.id)
    .where(
        jobs.c.status.in_([status for status in OPEN if status != "queued"]),
        jobs.c.wake_at <= now(),
        or_(jobs.c.owner.is_(None), jobs.c.owner != _text("me")),
    )
    .order_by(jobs.c.wake_at)
    .limit(bindparam("most"))
)
CLAIM = update(jobs).where(jobs.c.id.in_(_DUE)).values(OURS).returning(jobs)
RENEW = (
    update(jobs).where(jobs.c.owner == _text("me"), jobs.c.status.in_(OPEN)).values(wake_at=later(_seconds("lease")))
)
ABANDON = update(jobs).where(jobs.c.owner != _text("me"), jobs.c.status.in_(OPEN)).values(owner=null(), wake_at=now())
RELEASE = (
    update(jobs)
    .where(HELD)
    .values(FREE | {"attempts": jobs.c.attempts + bindparam("more", type_=Integer())})
    .returning(jobs)
)
REQUEUE = (
    update(jobs)
    .where(HELD)
    .values(FREE | {"status": "queued", "submitted_at": null(), "attempts": jobs.c.attempts + 1})
    .returning(jobs)
)
DOUBT = update(jobs).where(HELD).values(FREE | {"status": "unknown"}).returning(jobs)
RUNNING = (
    update(jobs)
    .where(HELD)
    .values(FREE | {"status": "running", "task_id": bindparam("task"), "attempts": 0})
    .returning(jobs)
)
LEARN = update(jobs).where(jobs.c.id == bindparam("job"), jobs.c.task_id.is_(None)).values(task_id=bindparam("task"))
# A replay for a job that has moved on changes nothing; a row in somebody's hands keeps its lease.
_LISTENING = jobs.c.status.in_(IN_FLIGHT)
HINT = (
    update(jobs)
    .where(jobs.c.key == bindparam("secret_key"))
    .values(
        task_id=case((_LISTENING, func.coalesce(jobs.c.task_id, _text("task"))), else_=jobs.c.task_id),
        wake_at=case((and_(_LISTENING, jobs.c.owner.is_(None)), now()), else_=jobs.c.wake_at),
    )
    .returning(jobs.c.id)
)
PAINTED = (
    update(jobs)
    .where(HELD)
    .values(
        FREE
        | {
            "status": "delivering",
            "result_urls": bindparam("urls"),
            "cost_usd_micros": bindparam("cost"),
            "painted_at": now(),
            "attempts": 0,
        }
    )
    .returning(jobs)
)
END = (
    update(jobs)
    .where(HELD)
    .values(OVER | {"status": bindparam("end"), "reason": bindparam("why"), "reason_values": bindparam("why_values")})
    .returning(jobs)
)
CANCEL = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.status.in_(CANCELLABLE))
    .values(OVER | {"status": "cancelled", "reason": "cancelled"})
    .returning(jobs)
)

GET = select(jobs).where(jobs.c.id == bindparam("job"))
# A job that waits for room at the provider is not waited for by the clock, unless it was told to come back later.
NEXT_WAKE = select(func.min(jobs.c.wake_at)).where(
    jobs.c.status.in_(OPEN),
    or_(jobs.c.owner.is_(None), jobs.c.owner != _text("me")),
    or_(jobs.c.status != "queued", jobs.c.wake_at > now()),
)
_self = jobs.alias("mine")
PLACE = (
    select(func.count())
    .select_from(jobs)
    .join(_self, _self.c.id == bindparam("job"))
    .where(
        jobs.c.status == "queued",
        or_(jobs.c.round < _self.c.round, and_(jobs.c.round == _self.c.round, jobs.c.id <= _self.c.id)),
    )
)
WAITING = select(jobs).where(jobs.c.status == "queued").order_by(jobs.c.round, jobs.c.id).limit(100)
RECENT_SECONDS = (
    select(
        type_coerce(type_coerce(jobs.c.painted_at, Real) - type_coerce(jobs.c.submitted_at, Real), Real).label(
            "seconds"
        )
    )
    .where(jobs.c.model == bindparam("model"), jobs.c.painted_at.is_not(None))
    .order_by(jobs.c.painted_at.desc())
    .limit(RECENT)
)

ADD_PICTURE = insert(pictures)
SOURCE = select(pictures).where(pictures.c.job_id == bindparam("job"), pictures.c.role == "source")
RESULTS = (
    select(pictures)
    .where(pictures.c.job_id == bindparam("job"), pictures.c.role == "result")
    .order_by(pictures.c.position)
)
HOSTED = (
    select(pictures.c.data, pictures.c.media_type)
    .join(jobs, jobs.c.id == pictures.c.job_id)
    .where(
        jobs.c.key == bindparam("secret_key"),
        jobs.c.status.in_(OPEN),
        pictures.c.role == "source",
    )
)
SWEEP = delete(pictures).where(
    pictures.c.job_id.in_(select(jobs.c.id).where(jobs.c.ended_at < later(-_seconds("retention"))))
)
