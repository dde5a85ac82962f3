"""Small facts that outlive a process, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from bot.database.dialects import KEEPING, PASS
from bot.database.schema import kept

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.database.engine import Database

GET = select(kept.c.value).where(kept.c.name == bindparam("which"))
DROP = delete(kept).where(kept.c.name == bindparam("which"))
ADD = insert(kept)
PROBE = "probe"


class Kept:
    """Reads and writes the rows of `kept`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """What was kept under this name."""
        rows = await self._database.run(GET, which=name)
        return str(rows[0].value) if rows else None

    async def keep(self, name: str, value: str) -> None:
        """Keep it, in the place of what was there."""

        def work(connection: Connection) -> None:
            connection.execute(PASS, {"gate": KEEPING})
            connection.execute(DROP, {"which": name})
            connection.execute(ADD, {"name": name, "value": value})

        await self._database.transact(work)

    async def probe(self, size: int = 0) -> None:
        """Write so many bytes and take them back: that they can be written is all there is to learn.

        Two transactions: what is gone before the first one ends needs no room on a disk.
        """
        await self.keep(PROBE, "." * size)
        await self._database.run(DROP, which=PROBE)
