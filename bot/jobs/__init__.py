"""The life of a job: what it is, its row, when it moves, and the loop that moves it."""

from __future__ import annotations

from bot.jobs.model import ENDS, MOVES, Job, JobStatus, Request, opened_at
from bot.jobs.store import Store

__all__ = ["ENDS", "MOVES", "Job", "JobStatus", "Request", "Store", "opened_at"]
