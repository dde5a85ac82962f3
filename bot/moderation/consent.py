"""What members refuse for themselves, in all guilds at once: pictures taken from their messages, or being mentioned.

Each has its table of those who do. Who has said nothing allows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from bot.database import PASS, now, refusing_members

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from bot.database import Database


class Consent:
    """Reads and writes who refuses; by default, that others use the pictures in their messages."""

    def __init__(self, database: Database, refusing: Table = refusing_members) -> None:
        self._database = database
        of_member = refusing.c.member_id == bindparam("member")
        self._get = select(refusing).where(of_member)
        self._refuse = insert(refusing).values(member_id=bindparam("member"), since=now())
        self._allow = delete(refusing).where(of_member)

    async def refuse(self, member_id: int) -> None:
        """From now on, not with this member."""

        def work(connection: Connection) -> None:
            connection.execute(PASS, {"gate": member_id})
            if connection.execute(self._get, {"member": member_id}).one_or_none() is None:
                connection.execute(self._refuse, {"member": member_id})

        await self._database.transact(work)

    async def allow(self, member_id: int) -> None:
        """From now on again."""
        await self._database.run(self._allow, member=member_id)

    async def refuses(self, member_id: int) -> bool:
        """Whether this member refuses."""
        return bool(await self._database.run(self._get, member=member_id))
