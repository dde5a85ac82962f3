"""What each statement costs on a history of ten thousand, a hundred thousand and a million jobs, and its plan."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from benchmarks.history import fill
from benchmarks.postgres import Server, run_postgres
from benchmarks.statements import Statement, build_values, collect
from benchmarks.table import Row
from benchmarks.way import open_way
from bot.database import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from bot.database import Database

SIZES = (10_000, 100_000, 1_000_000)
TIMES = 5
ENOUGH_SECONDS = 0.2
"""What takes longer is tried once."""
WALKS = 30
SMALL_MS = 1.0
"""Below that, growth is noise."""
MOST_GROWTH = 4.0
"""From the smallest history to the largest, a hundred times as long: more than that is not a logarithm."""
PLANS = Path("build/bench-plans.md")


@dataclass(eq=False, slots=True)
class Growth:
    """One statement: milliseconds by size of the history, and its plan on the largest."""

    ms: list[float] = field(default_factory=list)
    plan: str = ""

    @property
    def grows(self) -> bool:
        """Whether it takes longer the longer the history is."""
        return self.ms[-1] > SMALL_MS and self.ms[-1] > MOST_GROWTH * self.ms[0]


class UndoneError(Exception):
    """Ends a transaction of which nothing is to remain."""


async def measure(_: int) -> list[Row]:
    """Both databases. The plans go into a file of their own."""
    rows: list[Row] = []
    parts: list[str] = []
    with tempfile.TemporaryDirectory(prefix="repaint-bench-") as folder:
        urls = [f"sqlite:///{Path(folder) / f'{size}.db'}" for size in SIZES]
        rows += await _measure_on("SQLite", urls, parts)
        await asyncio.to_thread(_write_plans, "\n".join(parts))
    with run_postgres() as server:
        urls = [await _create(server, f"history_{size}") for size in SIZES]
        rows += await _measure_on("PostgreSQL", urls, parts)
    await asyncio.to_thread(_write_plans, "\n".join(parts))
    return rows


def _write_plans(plans: str) -> None:
    PLANS.parent.mkdir(exist_ok=True)
    PLANS.write_text(plans, encoding="utf-8")


async def _measure_on(name: str, urls: Sequence[str], parts: list[str]) -> list[Row]:
    found: dict[str, Growth] = {}
    walked = []
    for size, url in zip(SIZES, urls, strict=True):
        async with open_database(url) as database:
            await database.transact(partial(fill, total=size, now=time.time()))
            await time_all(database, size, found)
        walked.append(await _walk(url))
    parts.append(_format(name, found))
    growing = [statement for statement, growth in found.items() if growth.grows]
    sizes = " / ".join(f"{size:,}" for size in SIZES)
    return [
        Row(
            f"database time a job, {name}, history of {sizes} jobs",
            "no more than logarithmic",
            " / ".join(f"{ms:.1f}" for ms in walked) + " ms",
            met=walked[-1] <= MOST_GROWTH * walked[0],
        ),
        Row(
            f"statements that take longer the longer the history is, {name}",
            "0",
            f"{len(growing)} of {len(found)}",
            met=not growing,
        ),
    ]


async def _create(server: Server, name: str) -> str:
    """One more database on this server."""
    async with open_database(server.url()) as database:
        await database.run(text(f"CREATE DATABASE {name}"))
    return server.url(name)


async def time_all(database: Database, size: int, found: dict[str, Growth]) -> None:
    """Try every prebuilt statement, and write down what it takes."""
    for name, statement in collect().items():
        growth = found.setdefault(name, Growth())
        ms, growth.plan = await _time(database, statement, build_values(statement, size))
        growth.ms.append(ms)


async def _time(database: Database, statement: Statement, values: dict[str, Any]) -> tuple[float, str]:
    """How long it takes, and its plan. Nothing of it remains."""
    taken: list[float] = []
    plan = ""

    def work(connection: Connection) -> None:
        nonlocal plan
        with listening(connection) as seen:
            begun = time.perf_counter()
            result = connection.execute(statement, values)
            if result.returns_rows:
                result.all()
            taken.append(time.perf_counter() - begun)
        plan = plan or explain(connection, *seen[0])
        raise UndoneError

    while len(taken) < TIMES and sum(taken) < ENOUGH_SECONDS:
        try:
            await database.transact(work)
        except UndoneError:
            continue
    return median(taken) * 1000, plan


@contextmanager
def listening(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """What goes to the driver meanwhile: SQL and parameters."""
    seen: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        seen.append((given[2], given[3]))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


def explain(connection: Connection, sql: str, parameters: Any) -> str:
    """The plan of a statement, in the database's own words."""
    how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return "; ".join(str(row[-1]).strip() for row in connection.exec_driver_sql(f"{how} {sql}", parameters))


async def _walk(url: str) -> float:
    """Milliseconds of CPU that the database takes for a job. Nobody waits before it."""
    async with open_database(url) as database:
        await database.run(text("DELETE FROM jobs WHERE status IN ('queued', 'running')"))
    async with open_way(url) as way:
        await way.walk()
        way.meter.cpu_seconds = 0.0
        for _ in range(WALKS):
            await way.walk()
        return way.meter.cpu_seconds / WALKS * 1000


def _format(name: str, found: dict[str, Growth]) -> str:
    sizes = " | ".join(f"{size:,}" for size in SIZES)
    lines = [f"## {name}\n", f"| statement | {sizes} | grows | plan |", f"|---|{'---|' * len(SIZES)}---|---|"]
    for statement, growth in found.items():
        times = " | ".join(f"{ms:.2f}" for ms in growth.ms)
        lines.append(
            f"| {statement} | {times} | {'**yes**' if growth.grows else ''} | {growth.plan.replace('|', '/')} |"
        )
    return "\n".join([*lines, ""])
