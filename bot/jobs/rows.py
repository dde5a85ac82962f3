"""Rows to values and back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func

from bot.database import jobs
from bot.database.schema import MICROS
from bot.errors import Reason
from bot.jobs.model import Job, JobStatus, Request
from bot.moderation.model import DIRECT_MESSAGES, parse_flags
from bot.pictures import Result, Source

if TYPE_CHECKING:
    from sqlalchemy import Row

job_guild = func.coalesce(jobs.c.guild_id, DIRECT_MESSAGES)
"""The place whose rules hold for a job."""
REQUEST_COLUMNS = tuple(field.name for field in fields(Request))
PLAIN_COLUMNS = (
    "turn",
    "attempts",
    "key",
    "created_at",
    "message_id",
    "token_id",
    "image_url",
    "task_id",
    "queued_at",
    "submitted_at",
    "painted_at",
    "ended_at",
    "approved_at",
)
TRUTHS = ("reachable", "age_restricted", "draft")
"""Columns of a request that are 0 or 1."""


def parse_job(row: Row[Any]) -> Job:
    """The job a row of the jobs table stands for."""
    column = row._asdict()
    return Job(
        request=Request(
            **{name: column[name] for name in REQUEST_COLUMNS} | {name: bool(column[name]) for name in TRUTHS}
        ),
        status=JobStatus(column["status"]),
        reason=None if column["reason"] is None else Reason(column["reason"]),
        reason_values=json.loads(column["reason_values"]),
        source_notes=frozenset(column["source_notes"].split()),
        result_urls=tuple(column["result_urls"].splitlines()),
        price_usd=parse_usd(column["price_usd_micros"]) or Decimal(0),
        cost_usd=parse_usd(column["cost_usd_micros"]),
        flags=parse_flags(column["flags"]),
        spoiler=bool(column["spoiler"]),
        alts=tuple(json.loads(column["alts"])),
        **{name: column[name] for name in PLAIN_COLUMNS},
    )


def held(job: Job) -> dict[str, int]:
    """What every write of a turn is guarded by."""
    return {"job": job.id, "held": job.turn}


def format_picture(job_id: int, role: str, position: int, picture: Source | Result) -> dict[str, object]:
    """The row of a picture."""
    return {
        "job_id": job_id,
        "role": role,
        "position": position,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "sha256": hashlib.sha256(picture.data).hexdigest(),
        "data": picture.data,
    }


def parse_source(row: Row[Any]) -> Source:
    """The checked picture a row stands for."""
    return Source(data=bytes(row.data), width=row.width, height=row.height, sha256=row.sha256)


def parse_result(row: Row[Any]) -> Result:
    """The finished picture a row stands for."""
    return Result(data=bytes(row.data), media_type=row.media_type, width=row.width, height=row.height)


def parse_usd(micros: int | None) -> Decimal | None:
    """Dollars from whole micro-dollars."""
    return None if micros is None else Decimal(micros) / MICROS


def to_micros(usd: Decimal | None) -> int | None:
    """Whole micro-dollars from dollars."""
    return None if usd is None else int((usd * MICROS).to_integral_value())
