"""Every move of a job, told once it is durable: one line in the log, and counted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.model import JobStatus
from bot.logs import Subject, get_trace, speak_of
from bot.metrics import DELIVERY_SECONDS, JOB_MOVES, PROVIDER_SECONDS, WAITING_SECONDS, WHOLE_SECONDS

if TYPE_CHECKING:
    from datetime import datetime

    from prometheus_client import Histogram

    from bot.jobs.model import Job, Request

log = logging.getLogger(__name__)

WHY_JOBS_FAIL = [
    reason for reason in Reason if reason.startswith(("provider_", "spending_", "took_", "outcome_", "result_"))
]
# Prometheus sees something come to a series only if it was there before: the first failure should ring, too.
for _status, _reason in [*((each, "") for each in JobStatus), *((JobStatus.FAILED, each) for each in WHY_JOBS_FAIL)]:
    JOB_MOVES.labels(_status, _reason)


def speak_of_request(request: Request, turn: int = 0, key: str = "") -> None:
    """From here to the end of this asyncio task, every line is about this request, or this taking-up of its job.

    What gives access to it, and what was asked, is taken out of those lines.
    """
    subject = Subject(
        trace=_format_trace(request.id, turn),
        guild_id=request.guild_id,
        job_id=request.id,
        secrets=(request.token, key),
        words=(request.prompt, request.negative_prompt),
    )
    speak_of(subject)


def moved(job: Job | None) -> Job | None:
    """Tell that a job stands where it stands now, and return it. None: it was not ours to move."""
    if job is not None:
        task = f" as task {job.task_id}" if job.status is JobStatus.RUNNING else ""
        why = f": {job.reason}" if job.reason else ""
        log.info("job %s: %s%s%s", job.id, job.status, task, why, extra=_about(job))
        JOB_MOVES.labels(job.status, job.reason or "").inc()
        _time(job)
    return job


def _time(job: Job) -> None:
    """How long the part of the way took that ends with this move."""
    match job.status:
        case JobStatus.RUNNING:
            _observe(WAITING_SECONDS, job.queued_at, job.submitted_at)
        case JobStatus.DELIVERING if job.approved_at is None:
            _observe(PROVIDER_SECONDS.labels(job.request.model), job.submitted_at, job.painted_at)
        case JobStatus.DONE if job.reason is None:
            _observe(DELIVERY_SECONDS, job.approved_at or job.painted_at, job.ended_at)
            if job.approved_at is None:
                _observe(WHOLE_SECONDS, job.created_at, job.ended_at)
        case _:
            pass


def _observe(seconds: Histogram, begun_at: datetime | None, ended_at: datetime | None) -> None:
    if begun_at is not None and ended_at is not None:
        seconds.observe(max(0.0, (ended_at - begun_at).total_seconds()))


def _about(job: Job) -> dict[str, str]:
    """The same for machines. A door that moves the job of somebody else says so under its own trace."""
    known = {
        "job": job.id,
        "guild": job.request.guild_id,
        "trace": get_trace() or _format_trace(job.id, job.turn),
        "status": job.status,
        "reason": job.reason,
        "task": job.task_id,
        "model": job.request.model,
    }
    return {name: str(value) for name, value in known.items() if value is not None}


def _format_trace(job_id: int, turn: int) -> str:
    return f"{job_id}/{turn}"
