"""Blocked members: who may not make pictures in a guild, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select

from bot.database import PASS, blocks, later, now
from bot.database.schema import DAY_SECONDS, Real
from bot.errors import Reason, Refused
from bot.moderation.book import write
from bot.moderation.chain import EntryKind, Line
from bot.moderation.standing import format_opening

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from bot.database import Database

NOTHING_SAID = "-"


@dataclass(frozen=True, slots=True)
class Block:
    """A member who may not make pictures in a guild. `expires_at` None: until a moderator says otherwise."""

    guild_id: int
    member_id: int
    reason: str
    blocked_by: int
    blocked_at: datetime
    expires_at: datetime | None


_OF_GUILD = blocks.c.guild_id == bindparam("guild")
_THIS = and_(_OF_GUILD, blocks.c.member_id == bindparam("member"))
_IN_FORCE = or_(blocks.c.expires_at.is_(None), blocks.c.expires_at > now())
ADD = (
    insert(blocks)
    .values(
        guild_id=bindparam("guild"),
        member_id=bindparam("member"),
        reason=bindparam("why"),
        blocked_by=bindparam("by"),
        blocked_at=now(),
        expires_at=later(bindparam("seconds", type_=Real)),  # null stays null
    )
    .returning(blocks)
)
LIFT = delete(blocks).where(_THIS, _IN_FORCE).returning(blocks.c.member_id)
# Who is blocked anew is blocked once; whose time was up is forgotten with it.
CLEAR = delete(blocks).where(_OF_GUILD, or_(blocks.c.member_id == bindparam("member"), ~_IN_FORCE))
GET = select(blocks).where(_THIS, _IN_FORCE)
COUNT = select(func.count()).select_from(blocks).where(_OF_GUILD, _IN_FORCE)
READ = (
    select(blocks)
    .where(_OF_GUILD, _IN_FORCE)
    .order_by(blocks.c.blocked_at.desc(), blocks.c.member_id)
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
)


class Blocks:
    """The blocked members of every guild. Each change is a line in the guild's book, in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def judge(self, guild_id: int, member_id: int) -> None:
        """Raise `Refused` for a member who is blocked."""
        block = await self.get(guild_id, member_id)
        if block is None:
            return
        message = block.reason or NOTHING_SAID
        if block.expires_at is None:
            raise Refused(Reason.BLOCKED, message=message)
        raise Refused(Reason.BLOCKED_UNTIL, message=message, opens=format_opening(block.expires_at))

    async def block(self, guild_id: int, member_id: int, by: int, reason: str, days: float | None = None) -> Block:
        """Block a member, in the place of any block before. `reason` is what they are told; `days` None: no end."""
        values = {
            "guild": guild_id,
            "member": member_id,
            "why": reason,
            "by": by,
            "seconds": None if days is None else days * DAY_SECONDS,
        }

        def work(connection: Connection) -> Block:
            connection.execute(PASS, {"gate": guild_id})
            connection.execute(CLEAR, {"guild": guild_id, "member": member_id})
            block = _parse_block(connection.execute(ADD, values).one())
            until = "" if block.expires_at is None else block.expires_at.isoformat(timespec="seconds")
            content = {"reason": reason}
            write(connection, Line(guild_id, EntryKind.BLOCK, by, member_id, subject=until, content=content))
            return block

        return await self._database.transact(work)

    async def unblock(self, guild_id: int, member_id: int, by: int) -> bool:
        """Let a member make pictures again. False if they were not blocked."""

        def work(connection: Connection) -> bool:
            connection.execute(PASS, {"gate": guild_id})
            if connection.execute(LIFT, {"guild": guild_id, "member": member_id}).one_or_none() is None:
                return False
            write(connection, Line(guild_id, EntryKind.UNBLOCK, by, member_id))
            return True

        return await self._database.transact(work)

    async def get(self, guild_id: int, member_id: int) -> Block | None:
        """The block of a member, while it is in force."""
        rows = await self._database.run(GET, guild=guild_id, member=member_id)
        return _parse_block(rows[0]) if rows else None

    async def count(self, guild_id: int) -> int:
        """How many blocks are in force."""
        rows = await self._database.run(COUNT, guild=guild_id)
        return int(rows[0][0])

    async def read(self, guild_id: int, most: int, skipped: int = 0) -> list[Block]:
        """The blocks in force, the newest first."""
        rows = await self._database.run(READ, guild=guild_id, most=most, skipped=skipped)
        return [_parse_block(row) for row in rows]


def _parse_block(row: Row[Any]) -> Block:
    return Block(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
