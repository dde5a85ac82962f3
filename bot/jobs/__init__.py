"""The life of a job: what it is, its row, when it moves, and the loop that moves it."""

from __future__ import annotations

from bot.jobs.model import ENDS, Job, JobStatus, Request
from bot.jobs.store import Store

__all__ = ["ENDS", "Job", "JobStatus", "Request", "Store"]
