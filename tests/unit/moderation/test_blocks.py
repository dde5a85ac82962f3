"""Blocked members: who is, until when, and that the book has each change."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.database import blocks as rows
from bot.errors import Reason, Refused
from bot.moderation.blocks import Blocks
from bot.moderation.book import Book
from bot.moderation.chain import EntryKind

if TYPE_CHECKING:
    from bot.database import Database
    from tests.conftest import MovedClock

GUILD, MIRA, THEO, JO = 2, 4, 5, 9


@pytest.fixture
def blocks(database: Database) -> Blocks:
    """Nobody is blocked."""
    return Blocks(database)


async def test_a_blocked_member_is_refused_with_the_reason(blocks: Blocks) -> None:
    """In that guild, and nobody else; until a moderator says otherwise."""
    await blocks.block(GUILD, MIRA, JO, "spam")
    with pytest.raises(Refused) as caught:
        await blocks.judge(GUILD, MIRA)
    assert (caught.value.reason, caught.value.values) == (Reason.BLOCKED, {"message": "spam"})
    await blocks.judge(GUILD, THEO)
    await blocks.judge(3, MIRA)
    assert await blocks.unblock(GUILD, MIRA, JO)
    await blocks.judge(GUILD, MIRA)


async def test_a_timed_block_ends_by_itself(blocks: Blocks, clock: MovedClock) -> None:
    """To the second; until then the member is told when."""
    block = await blocks.block(GUILD, MIRA, JO, "", days=2)
    assert block.expires_at == clock() + timedelta(days=2)
    clock.move(2 * 86_400 - 1)
    with pytest.raises(Refused) as caught:
        await blocks.judge(GUILD, MIRA)
    assert caught.value.reason is Reason.BLOCKED_UNTIL
    assert caught.value.values["opens"] == f"<t:{int(clock().timestamp()) + 1}:R>"
    clock.move(1)
    await blocks.judge(GUILD, MIRA)
    assert await blocks.count(GUILD) == 0
    assert not await blocks.unblock(GUILD, MIRA, JO)


async def test_the_last_word_counts(blocks: Blocks) -> None:
    """Who is blocked anew has one block, the new one."""
    await blocks.block(GUILD, MIRA, JO, "spam", days=1)
    await blocks.block(GUILD, MIRA, THEO, "more spam")
    (block,) = await blocks.read(GUILD, 10)
    assert (block.reason, block.blocked_by, block.expires_at) == ("more spam", THEO, None)


async def test_the_list_has_who_is_blocked_now(blocks: Blocks, clock: MovedClock) -> None:
    """The newest first, in pages, and in this guild only."""
    for member in range(1, 6):
        await blocks.block(GUILD, member, JO, "", days=member)
        clock.move(3600)
    await blocks.block(3, 77, JO, "")
    clock.move(86_400)
    assert [block.member_id for block in await blocks.read(GUILD, 2)] == [5, 4]
    assert [block.member_id for block in await blocks.read(GUILD, 9, skipped=2)] == [3, 2]
    assert await blocks.count(GUILD) == 4


async def test_an_ended_block_is_forgotten(blocks: Blocks, database: Database, clock: MovedClock) -> None:
    """The next block in the guild takes the rows of those whose time is up with it; the book still has them."""
    await blocks.block(GUILD, MIRA, JO, "", days=1)
    await blocks.block(3, MIRA, JO, "", days=1)
    clock.move(86_400)
    await blocks.block(GUILD, THEO, JO, "")
    found = await database.run(select(rows).order_by(rows.c.guild_id))
    assert [(row.guild_id, row.member_id) for row in found] == [(GUILD, THEO), (3, MIRA)]


async def test_each_change_is_in_the_book_once(blocks: Blocks, database: Database, clock: MovedClock) -> None:
    """Who blocked whom, why and until when; of two moderators who unblock at once, one did it."""
    await blocks.block(GUILD, MIRA, JO, "spam", days=1)
    done = await asyncio.gather(*(blocks.unblock(GUILD, MIRA, moderator) for moderator in (JO, THEO)))
    assert sorted(done) == [False, True]
    unblocked, blocked = await Book(database).read(GUILD)
    assert (blocked.kind, blocked.actor_id, blocked.member_id) == (EntryKind.BLOCK, JO, MIRA)
    assert blocked.subject == (clock() + timedelta(days=1)).isoformat()
    assert blocked.content == {"reason": "spam"}
    assert (unblocked.kind, unblocked.member_id) == (EntryKind.UNBLOCK, MIRA)


async def test_moderators_who_block_at_once_do_not_collide(blocks: Blocks) -> None:
    """Both have done it, and the member is blocked once."""
    await asyncio.gather(*(blocks.block(GUILD, MIRA, moderator, "") for moderator in (JO, THEO)))
    assert await blocks.count(GUILD) == 1
