"""The statements of `Store`: one guarded statement for each move.

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
    union_all,
    update,
)

from bot.database import jobs, later, now, pictures
from bot.database.schema import IS_OPEN, Real, spell
from bot.jobs.model import CANCELLABLE
from bot.jobs.rows import REQUEST_COLUMNS

RECENT = 50
"""How many finished jobs of a model speak for how long it usually takes."""


def _seconds(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Real)


IN_FLIGHT = ["submitting", "unknown", "running"]
"""What counts as a task at the provider. `unknown` does too: when answers get lost, money should stop flowing."""

# Spelled, as `IS_OPEN` is, for the small index of those that wait.
IS_QUEUED = jobs.c.status == spell("queued")
_LISTENING = jobs.c.status.in_([spell(each) for each in IN_FLIGHT])
IS_IN_FLIGHT = and_(IS_OPEN, _LISTENING)

HELD = and_(jobs.c.id == bindparam("job"), jobs.c.turn == bindparam("held"))
FREE: dict[str, Any] = {"owner": null(), "wake_at": later(_seconds("wait"))}
ENDED: dict[str, Any] = {"ended_at": now(), "attempts": 0}
OVER: dict[str, Any] = {"owner": null(), "wake_at": null(), "ended_at": now(), "turn": jobs.c.turn + 1}

ARRIVE = insert(jobs).values(
    {name: bindparam(name) for name in REQUEST_COLUMNS}
    | {
        "status": "arriving",
        "key": bindparam("key"),
        "price_usd_micros": bindparam("price"),
        "flags": bindparam("flagged"),
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
# before the round that is being served. Ordering by (round, id) is then fair, and one index answers it. The round that
# is served is looked for where it costs nothing: first in line, and among the few that are under way.
_HAS_ROUND = jobs.c.round.is_not(None)
_UNDER_WAY = and_(IS_OPEN, jobs.c.status.in_([spell(each) for each in (*IN_FLIGHT, "delivering")]))
_SERVED = union_all(
    select(func.min(jobs.c.round).label("first")).where(IS_QUEUED, _HAS_ROUND),
    select(func.min(jobs.c.round)).where(_UNDER_WAY, _HAS_ROUND),
).subquery()
_CHOICES = union_all(
    select((func.max(jobs.c.round) + 1).label("round")).where(
        jobs.c.member_id == bindparam("member"), IS_OPEN, _HAS_ROUND
    ),
    select(func.min(_SERVED.c.first)),
).subquery()
_ROUND = select(func.coalesce(func.max(_CHOICES.c.round), 0)).scalar_subquery()
QUEUE = (
    update(jobs)
    .where(HELD)
    .values(
        {
            "status": "queued",
            "owner": null(),
            "wake_at": null(),  # it waits for room, not for a time
            "round": _ROUND,
            "queued_at": now(),
            "image_url": bindparam("image"),
            "source_notes": bindparam("notes"),
            "flags": bindparam("flagged"),
            "spoiler": bindparam("hidden", type_=Integer()),
            "attempts": 0,
        }
    )
    .returning(jobs)
)

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
DOUBT = update(jobs).where(HELD).values(FREE | {"status": "unknown", "attempts": 0}).returning(jobs)
RUNNING = (
    update(jobs)
    .where(HELD)
    .values(FREE | {"status": "running", "task_id": bindparam("task"), "attempts": 0})
    .returning(jobs)
)
LEARN = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.task_id.is_(None))
    .values(task_id=bindparam("task"))
    .returning(jobs)
)
# A replay for a job that has moved on changes nothing; a row in somebody's hands keeps its lease.
HINT = (
    update(jobs)
    .where(jobs.c.key == bindparam("secret_key"))
    .values(
        task_id=case(
            (_LISTENING, func.coalesce(jobs.c.task_id, bindparam("task", type_=Text()))), else_=jobs.c.task_id
        ),
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
FINISH = (
    update(jobs)
    .where(HELD)
    .values(
        OVER
        | {
            "status": bindparam("end"),
            "reason": bindparam("why"),
            "flags": bindparam("flagged"),
            "spoiler": bindparam("hidden", type_=Integer()),
        }
    )
    .returning(jobs)
)
# The end is in the row before it is on the card: until that is told, the row stays in the hands that ended it.
END = (
    update(jobs)
    .where(HELD)
    .values(ENDED | {"status": bindparam("end"), "reason": bindparam("why"), "reason_values": bindparam("why_values")})
    .returning(jobs)
)
CANCEL = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.status.in_([spell(each.value) for each in sorted(CANCELLABLE)]))
    .values(ENDED | FREE | {"status": "cancelled", "reason": "cancelled", "turn": jobs.c.turn + 1})
    .returning(jobs)
)

RENEW_TOKEN = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(token=bindparam("new_token"), token_id=bindparam("of"))
    .returning(jobs)
)

KNOWN_TASKS = select(jobs.c.task_id).where(jobs.c.task_id.in_(bindparam("tasks", expanding=True)))
HAS_RESULTS = select(pictures.c.job_id).where(pictures.c.job_id == jobs.c.id, pictures.c.role == "result").exists()
"""Whether its finished pictures are kept."""
KEPT_RESULT = (
    select(jobs)
    .where(
        jobs.c.member_id == bindparam("member"),
        jobs.c.status == "done",
        HAS_RESULTS,
    )
    .order_by(case((jobs.c.reason == "reply_gone", 0), else_=1), jobs.c.ended_at.desc())
    .limit(1)
)
TOLD = update(jobs).where(HELD).values(owner=null(), wake_at=null())

GET = select(jobs).where(jobs.c.id == bindparam("job"))
GET_BY_MESSAGE = select(jobs).where(
    jobs.c.channel_id == bindparam("channel"),
    jobs.c.message_id == bindparam("message"),
    jobs.c.draft == 0,  # no message leads others to one
)
_self = jobs.alias("mine")
PLACE = (
    select(func.count())
    .select_from(jobs)
    .join(_self, _self.c.id == bindparam("job"))
    .where(
        IS_QUEUED,
        or_(jobs.c.round < _self.c.round, and_(jobs.c.round == _self.c.round, jobs.c.id <= _self.c.id)),
    )
)
GET_OPEN = select(jobs).where(IS_OPEN).order_by(jobs.c.id).limit(500)
WAITING = select(jobs).where(IS_QUEUED).order_by(jobs.c.round, jobs.c.id).limit(100)
_TOOK = type_coerce(type_coerce(jobs.c.painted_at, Real) - type_coerce(jobs.c.submitted_at, Real), Real)
RECENT_SECONDS = (
    select(_TOOK.label("seconds"))
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
        IS_OPEN,
        pictures.c.role == "source",
    )
)
