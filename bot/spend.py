"""`python -m bot spend`: what was ordered and what it cost, as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from bot.config import read_settings
from bot.database import need_file, open_database, system_clock
from bot.errors import Misconfigured
from bot.jobs.ledger import ChargeState
from bot.jobs.overview import Heading, Overview, Sum
from bot.moderation.pots import Period, find_period

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("day", "guild_id", "model", "orders", "settled_usd", "expected_usd", "unknown_usd")
KNOWN = {
    "settled_usd": (ChargeState.SETTLED,),
    "expected_usd": (ChargeState.EXPECTED,),
    "unknown_usd": (ChargeState.UNKNOWN, ChargeState.ORDERING),
}
"""Which column has what, by what is known: what PiAPI told, its list price, and what may not have been charged."""


async def spend(since: str | None, until: str | None) -> str:
    """The report from one day to another, both included, as CSV; this month where nothing is said.

    Raises `Misconfigured` with one sentence, also where there is no database yet.
    """
    begins_at, ends_at = _parse_span(since, until)
    url = read_settings().database_url
    need_file(url)
    async with open_database(url) as database:
        return format_csv(await Overview(database).report(begins_at, ends_at))


def format_csv(report: Mapping[Heading, Sum]) -> str:
    """One line for each day, guild (empty: outside of servers) and model. Days are those of UTC."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for heading, line in report.items():
        amounts = [sum(line.usd.get(state, 0) for state in states) for states in KNOWN.values()]
        table.writerow([heading.day, heading.guild_id or "", heading.model, line.orders, *amounts])
    return text.getvalue()


def _parse_span(since: str | None, until: str | None) -> tuple[datetime, datetime]:
    """Raises `Misconfigured` for what is no day, or ends before it begins."""
    begins_at, _ = find_period(Period.MONTH, system_clock()) if since is None else (_midnight(since), None)
    last_at = system_clock() if until is None else _midnight(until)
    if last_at < begins_at:
        raise Misconfigured(["--until is before --since"])
    return begins_at, find_period(Period.DAY, last_at)[1]


def _midnight(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        raise Misconfigured([f"{day} is not a day such as 2026-11-01"]) from None
