"""Banned pictures: each guild's own list, kept as fingerprints, never as pictures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from bot.database import PASS, banned_pictures, later, now
from bot.database.schema import DAY_SECONDS, Real
from bot.moderation.book import write
from bot.moderation.chain import EntryKind, Line
from bot.moderation.likeness import NEAR, get_nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from bot.database import Database
    from bot.moderation.likeness import Look


class FlatPicture(ValueError):
    """Nothing but its bytes tells this picture from others: to ban it would ban every white one, or all stripes."""


@dataclass(frozen=True, slots=True)
class BannedPicture:
    """A picture that is banned in a guild. `expires_at` None: until a moderator says otherwise."""

    guild_id: int
    number: int
    reason: str
    banned_by: int
    banned_at: datetime
    expires_at: datetime | None


_OF_GUILD = banned_pictures.c.guild_id == bindparam("guild")
_IN_FORCE = and_(
    _OF_GUILD,
    banned_pictures.c.lifted_at.is_(None),
    or_(banned_pictures.c.expires_at.is_(None), banned_pictures.c.expires_at > now()),
)
_BAN: dict[str, Any] = {
    "crops": bindparam("fingerprints"),
    "reason": bindparam("why"),
    "banned_by": bindparam("by"),
    "banned_at": now(),
    "expires_at": later(bindparam("seconds", type_=Real)),  # no seconds, no end: null stays null
}
BAN_AGAIN = (
    update(banned_pictures)
    .where(_IN_FORCE, banned_pictures.c.sha256 == bindparam("digest"))
    .values(_BAN)
    .returning(banned_pictures.c.number)
)
_COUNTED = select(func.coalesce(func.max(banned_pictures.c.number), 0)).where(_OF_GUILD)
BAN = (
    insert(banned_pictures)
    .values(
        _BAN
        | {
            "guild_id": bindparam("guild"),
            "number": _COUNTED.scalar_subquery() + 1,
            "sha256": bindparam("digest"),
        }
    )
    .returning(banned_pictures.c.number)
)
LIFT = (
    update(banned_pictures)
    .where(_IN_FORCE, banned_pictures.c.number == bindparam("which"))
    .values(lifted_by=bindparam("by"), lifted_at=now())
    .returning(banned_pictures.c.number)
)
ALL = select(banned_pictures).where(_IN_FORCE).order_by(banned_pictures.c.number.desc())
READ = ALL.limit(bindparam("most")).offset(bindparam("skipped"))
ANY = select(banned_pictures.c.number).where(_IN_FORCE).limit(1)
COUNT = select(func.count()).select_from(banned_pictures).where(_IN_FORCE)


class Bans:
    """The banned pictures of every guild. Each change is a line in the guild's book, in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ban(self, guild_id: int, look: Look, reason: str, banned_by: int, days: float | None = None) -> int:
        """Ban a picture, and return its number in the guild. `days` None: no end. Raises FlatPicture.

        A picture that is banned already, byte for byte, keeps its number: the last word counts.
        """
        if look.flat:
            raise FlatPicture
        values = {
            "guild": guild_id,
            "digest": look.sha256,
            "fingerprints": " ".join(map(str, look.crops)),
            "why": reason,
            "by": banned_by,
            "seconds": None if days is None else days * DAY_SECONDS,
        }

        def work(connection: Connection) -> int:
            connection.execute(PASS, {"gate": guild_id})
            number = connection.execute(BAN_AGAIN, values).scalar_one_or_none()
            if number is None:
                number = connection.execute(BAN, values).scalar_one()
            content = {"reason": reason}
            write(connection, Line(guild_id, EntryKind.BAN, banned_by, subject=str(number), content=content))
            return int(number)

        return await self._database.transact(work)

    async def lift(self, guild_id: int, number: int, by: int) -> bool:
        """Allow a picture again. False if none of that number is banned."""

        def work(connection: Connection) -> bool:
            connection.execute(PASS, {"gate": guild_id})
            if connection.execute(LIFT, {"guild": guild_id, "which": number, "by": by}).one_or_none() is None:
                return False
            write(connection, Line(guild_id, EntryKind.UNBAN, by, subject=str(number)))
            return True

        return await self._database.transact(work)

    async def has_any(self, guild_id: int) -> bool:
        """Whether there is anything to compare a picture with."""
        return bool(await self._database.run(ANY, guild=guild_id))

    async def count(self, guild_id: int) -> int:
        """How many pictures are banned."""
        rows = await self._database.run(COUNT, guild=guild_id)
        return int(rows[0][0])

    async def read(self, guild_id: int, most: int, skipped: int = 0) -> list[BannedPicture]:
        """The pictures that are banned, the newest first."""
        rows = await self._database.run(READ, guild=guild_id, most=most, skipped=skipped)
        return [_parse_banned(row) for row in rows]

    async def find(self, guild_id: int, look: Look) -> tuple[BannedPicture, int] | None:
        """The banned picture that this one is most like, and their distance, at most `NEAR`; 0 for the same bytes."""
        rows = await self._database.run(ALL, guild=guild_id)
        if not rows:
            return None
        distance, row = await asyncio.to_thread(_find_nearest, rows, look)
        return (_parse_banned(row), distance) if distance <= NEAR else None


def _find_nearest(rows: Sequence[Row[Any]], look: Look) -> tuple[int, Row[Any]]:
    distances = [0 if row.sha256 == look.sha256 else get_nearest(look, row.crops.split()) for row in rows]
    return min(zip(distances, rows, strict=True), key=lambda pair: pair[0])


def _parse_banned(row: Row[Any]) -> BannedPicture:
    return BannedPicture(row.guild_id, row.number, row.reason, row.banned_by, row.banned_at, row.expires_at)
