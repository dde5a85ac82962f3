"""Any database, with what it takes to answer, and whether it fails, counted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import DATABASE_ERRORS, DATABASE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Executable, Row

    from bot.database.engine import Database

T = TypeVar("T")


class Timed:
    """The same database, in front of which somebody stands with a watch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.shared = database.shared
        self.tells_who_lives = database.tells_who_lives

    async def run(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """Execute one statement as a transaction of its own, and return its rows."""
        with _timing("run"):
            return await self._database.run(statement, **values)

    async def run_ahead(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """The same, past everything that waits."""
        with _timing("run_ahead"):
            return await self._database.run_ahead(statement, **values)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one transaction: everything in it happens, or nothing of it."""
        with _timing("transact"):
            return await self._database.transact(work)


@contextmanager
def _timing(kind: str) -> Iterator[None]:
    try:
        with DATABASE_SECONDS.labels(kind).time():
            yield
    except SQLAlchemyError:
        DATABASE_ERRORS.labels(kind).inc()
        raise
