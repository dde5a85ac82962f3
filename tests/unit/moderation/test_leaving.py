"""Which guilds were left: told by events, and found out after they were missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.database import left_guilds
from bot.moderation.book import Book
from bot.moderation.chain import EntryKind, Line
from bot.moderation.leaving import Leaving
from tests.conftest import NOON

if TYPE_CHECKING:
    from bot.database import Database
    from tests.conftest import MovedClock


async def left(database: Database) -> list[int]:
    """The guilds that count as left."""
    return sorted(row.guild_id for row in await database.run(left_guilds.select()))


async def know(database: Database, *guild_ids: int) -> None:
    """Something happened in these guilds."""
    for guild_id in guild_ids:
        await Book(database).add(Line(guild_id, EntryKind.REFUSED, member_id=4))


async def test_the_first_leaving_counts(database: Database, clock: MovedClock) -> None:
    """Told twice, a guild's time does not begin anew."""
    leaving = Leaving(database)
    await leaving.leave(2)
    clock.move(60)
    await leaving.leave(2)
    (row,) = await database.run(left_guilds.select())
    assert row.left_at == NOON


async def test_what_happened_while_nobody_listened(database: Database) -> None:
    """At the start, guilds that are missing count as left, and those that are there again as not."""
    leaving = Leaving(database)
    await know(database, 0, 2, 3, 4)
    await leaving.leave(3)
    await leaving.compare({3, 4, 5}, lambda _: True)
    assert await left(database) == [2]


async def test_guilds_of_other_processes_are_theirs(database: Database) -> None:
    """A process hears of its own shards only: what it cannot see there is not gone."""
    leaving = Leaving(database)
    await know(database, 2, 3)
    await leaving.compare(set(), lambda guild_id: guild_id == 2)
    assert await left(database) == [2]
