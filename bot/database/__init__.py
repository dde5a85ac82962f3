"""Rows: the tables, the engine behind them, and their migrations on start."""

from __future__ import annotations

from bot.database.dialects import ADMITTING, PASS, gate, gone
from bot.database.engine import Clock, Database, system_clock
from bot.database.kept import Kept
from bot.database.opening import open_database
from bot.database.schema import charges, jobs, later, metadata, now, pictures

__all__ = [
    "ADMITTING",
    "PASS",
    "Clock",
    "Database",
    "Kept",
    "charges",
    "gate",
    "gone",
    "jobs",
    "later",
    "metadata",
    "now",
    "open_database",
    "pictures",
    "system_clock",
]
