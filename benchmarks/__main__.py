"""Measure and print the table: `make bench`, or a part of it: `make bench ONLY=acknowledgement,delivery ROUNDS=3`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import acknowledgement, delivery, growth, idling, memory, polling, rows, throughput
from benchmarks.table import format_table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from benchmarks.table import Row

PARTS: dict[str, Callable[[int], Awaitable[list[Row]]]] = {
    "acknowledgement": acknowledgement.measure,
    "delivery": delivery.measure,
    "polling": polling.measure,
    "throughput": throughput.measure,
    "rows": rows.measure,
    "waiting": memory.measure_waiting,
    "results": memory.measure_results,
    "idle": idling.measure,
    "growth": growth.measure,
}


async def measure(names: Sequence[str], rounds: int) -> list[Row]:
    """The rows of these parts, one after the other."""
    found = []
    for name in names:
        begun = time.monotonic()
        found += await PARTS[name](rounds)
        print(f"{name}: {time.monotonic() - begun:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)  # noqa: T201 (for who waits)
    return found


def main() -> None:
    """Print the table, and write it down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each bot is measured, in turns")
    parser.add_argument("--out", type=Path, default=Path("build/bench.md"), help="where the table goes")
    given = parser.parse_args()
    table = format_table(asyncio.run(measure(given.only.split(","), given.rounds)))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(table, encoding="utf-8")
    print(table)  # noqa: T201 (what was asked for)


if __name__ == "__main__":
    main()
