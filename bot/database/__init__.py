"""Rows: the tables, the engine behind them, and their migrations on start."""

from __future__ import annotations

from bot.database.dialects import ADMITTING, PASS, before, gone
from bot.database.engine import Clock, Database, brief, system_clock
from bot.database.kept import Kept
from bot.database.migrations import get_head
from bot.database.moderation import (
    banned_pictures,
    blocks,
    cases,
    entries,
    erasures,
    fingerprints,
    job_roles,
    left_guilds,
    policies,
    quiet_members,
    refusing_members,
    reports,
)
from bot.database.opening import build_process_name, need_file, open_database
from bot.database.schema import charges, jobs, later, metadata, now, pictures
from bot.database.timed import Timed

__all__ = [
    "ADMITTING",
    "PASS",
    "Clock",
    "Database",
    "Kept",
    "Timed",
    "banned_pictures",
    "before",
    "blocks",
    "brief",
    "build_process_name",
    "cases",
    "charges",
    "entries",
    "erasures",
    "fingerprints",
    "get_head",
    "gone",
    "job_roles",
    "jobs",
    "later",
    "left_guilds",
    "metadata",
    "need_file",
    "now",
    "open_database",
    "pictures",
    "policies",
    "quiet_members",
    "refusing_members",
    "reports",
    "system_clock",
]
