"""Rows: the tables, the engine behind them, and their migrations on start."""

from __future__ import annotations

from bot.database.engine import Clock, Database, open_database, system_clock
from bot.database.kept import Kept
from bot.database.schema import jobs, later, metadata, now, pictures

__all__ = [
    "Clock",
    "Database",
    "Kept",
    "jobs",
    "later",
    "metadata",
    "now",
    "open_database",
    "pictures",
    "system_clock",
]
