"""What every database does for the rest of the house: statements in, rows out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bot.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Executable, Row

T = TypeVar("T")
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, aware and in UTC."""
    return datetime.now(UTC)


class Database(Protocol):
    """Rows that outlive a process. What was answered is durable. Trouble is an `SQLAlchemyError`."""

    @property
    def shared(self) -> bool:
        """Whether other processes may work with it at the same time."""

    @property
    def tells_who_lives(self) -> bool:
        """Whether `gone()` is worth asking. Otherwise only leases tell that a process died."""

    async def run(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """Execute one statement as a transaction of its own, and return its rows."""

    async def run_ahead(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """The same, past everything that waits: for leases, which must not run out in a queue."""

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one transaction: everything in it happens, or nothing of it.

        It may be called again where the database gave up the first attempt. It sees what others commit meanwhile;
        who counts before writing passes a `gate()` first.
        """


def cannot_open(error: BaseException) -> Misconfigured:
    """The one sentence about a database that does not open: the driver's own words, without statement or password."""
    return Misconfigured([f"DATABASE_URL: the database cannot be opened ({brief(error)})"])


def brief(error: BaseException) -> str:
    """The driver's own words in one line, without the statement and its values."""
    words = str(getattr(error, "orig", None) or error) or type(error).__name__
    return words.splitlines()[0][:200]
