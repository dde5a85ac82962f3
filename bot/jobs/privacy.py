"""What members may do about what is kept of them: have it in a file, or have it deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from bot.database import jobs
from bot.jobs.erasing import Erased
from bot.jobs.export import Export, export
from bot.jobs.model import CANCELLABLE
from bot.jobs.rows import job_guild

if TYPE_CHECKING:
    from bot.database import Database
    from bot.jobs.erasing import Erasing
    from bot.jobs.store import Store
    from bot.jobs.telling import Telling
    from bot.moderation.consent import Consent

_MINE = jobs.c.member_id == bindparam("member")
ON_THE_WAY = select(jobs.c.id).where(_MINE, jobs.c.status.in_(sorted(CANCELLABLE))).order_by(jobs.c.id)
ON_THE_WAY_IN_GUILD = ON_THE_WAY.where(job_guild == bindparam("guild"))


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of a member's wish.

    `stopped` jobs were on their way; `waiting` matters go once they are over, or a moderator has decided.
    """

    jobs: int
    pictures: int
    stopped: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Privacy:
    """A guild's id means: in that guild only. None: everywhere."""

    database: Database
    store: Store
    telling: Telling
    erasing: Erasing
    mention_consent: Consent

    async def export(self, member_id: int, guild_id: int | None, most_bytes: int) -> Export:
        """Everything that is kept about a member, in an archive of at most so many bytes."""
        return await export(self.database, member_id, guild_id, most_bytes)

    async def delete(self, member_id: int, guild_id: int | None) -> Deleted:
        """Stop a member's jobs, and forget what is kept of them; what cannot go yet is forgotten by the sweep.

        Blocks, and what the book says was decided, stay. So do messages in Discord.
        """
        stopped = await self._stop(member_id, guild_id)
        if guild_id is None:
            await self.mention_consent.allow(member_id)
        erased = Erased()
        for place in [guild_id] if guild_id is not None else await self.erasing.places(member_id):
            erased += await self.erasing.ask(member_id, place)
        return Deleted(erased.jobs, erased.pictures, stopped, erased.waiting)

    async def _stop(self, member_id: int, guild_id: int | None) -> int:
        """Cancel what can be cancelled, and show it: the row still has what is needed for that."""
        if guild_id is None:
            rows = await self.database.run(ON_THE_WAY, member=member_id)
        else:
            rows = await self.database.run(ON_THE_WAY_IN_GUILD, member=member_id, guild=guild_id)
        stopped = 0
        for row in rows:
            cancelled = await self.store.cancel(row.id)
            if cancelled is not None:
                stopped += 1
                await self.telling.tell(cancelled)
        return stopped
