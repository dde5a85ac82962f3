"""Whose messages nobody may take pictures from: members decide it for themselves, in all guilds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from bot.database import PASS, now, refusing_members

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.database import Database

_OF_MEMBER = refusing_members.c.member_id == bindparam("member")
GET = select(refusing_members).where(_OF_MEMBER)
REFUSE = insert(refusing_members).values(member_id=bindparam("member"), since=now())
ALLOW = delete(refusing_members).where(_OF_MEMBER)


class Consent:
    """Reads and writes who refuses. Who has said nothing allows it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def refuse(self, member_id: int) -> None:
        """Let nobody use the pictures in this member's messages as a source."""

        def work(connection: Connection) -> None:
            connection.execute(PASS, {"gate": member_id})
            if connection.execute(GET, {"member": member_id}).one_or_none() is None:
                connection.execute(REFUSE, {"member": member_id})

        await self._database.transact(work)

    async def allow(self, member_id: int) -> None:
        """Let others use them again."""
        await self._database.run(ALLOW, member=member_id)

    async def refuses(self, member_id: int) -> bool:
        """Whether this member lets nobody use them."""
        return bool(await self._database.run(GET, member=member_id))
