"""Which guilds the bot was taken out of, and since when: their rows go after a grace time, unless it comes back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, union

from bot.database import PASS, blocks, cases, entries, jobs, left_guilds, now, policies

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

    from bot.database import Database

log = logging.getLogger(__name__)

_OF_GUILD = left_guilds.c.guild_id == bindparam("guild")
GET = select(left_guilds).where(_OF_GUILD)
LEAVE = insert(left_guilds).values(guild_id=bindparam("guild"), left_at=now())
COME_BACK = delete(left_guilds).where(_OF_GUILD)
LEFT = select(left_guilds.c.guild_id)
KNOWN = union(
    select(jobs.c.guild_id).where(jobs.c.guild_id.is_not(None)),
    *(select(table.c.guild_id).where(table.c.guild_id != 0) for table in (policies, cases, entries, blocks)),
)


class Leaving:
    """Reads and writes the guilds that were left."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def leave(self, guild_id: int) -> None:
        """The bot was taken out of this guild, now."""

        def work(connection: Connection) -> None:
            connection.execute(PASS, {"gate": guild_id})
            if connection.execute(GET, {"guild": guild_id}).one_or_none() is None:
                connection.execute(LEAVE, {"guild": guild_id})

        await self._database.transact(work)
        log.info("guild %s was left", guild_id)

    async def come_back(self, guild_id: int) -> None:
        """The bot is in this guild: nothing of it goes."""
        await self._database.run(COME_BACK, guild=guild_id)

    async def compare(self, present: Collection[int], is_ours: Callable[[int], bool]) -> None:
        """Catch up with what happened while nobody listened.

        `present` are all guilds that the bot is in, also those that cannot be reached at the moment, as far as they
        are `is_ours`: each process hears of the guilds of its own shards only.
        """
        left = {row.guild_id for row in await self._database.run(LEFT)}
        known = {row.guild_id for row in await self._database.run(KNOWN)}
        for guild_id in left.intersection(present):
            await self.come_back(guild_id)
        for guild_id in filter(is_ours, known - left - set(present)):
            await self.leave(guild_id)
