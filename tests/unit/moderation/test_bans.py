"""Banned pictures: what a guild's list recognizes, until when, and that the book has each change."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.moderation.bans import BannedPicture, Bans, FlatPicture
from bot.moderation.book import Book
from bot.moderation.chain import EntryKind
from bot.moderation.likeness import NEAR, Fingerprint, Look
from tests.conftest import NOON

if TYPE_CHECKING:
    from bot.database import Database
    from tests.conftest import MovedClock

GUILD, OTHER_GUILD, JO, KIM = 500, 600, 9, 10
CAT, DOG = int("0f" * 32, 16), int("f0" * 32, 16)


def build_look(crops: list[int], turns: list[int] | None = None, sha256: str = "") -> Look:
    """What a picture with these bits looks like."""
    kept, asked = (tuple(map(Fingerprint, bits)) for bits in (crops, crops if turns is None else turns))
    return Look(sha256 or f"of {crops}", Fingerprint(crops[0] if crops else 0), kept, asked)


def flip(bits: int, count: int) -> int:
    """So many bits are different."""
    return bits ^ ((1 << count) - 1)


@pytest.fixture
def bans(database: Database) -> Bans:
    """Nothing is banned."""
    return Bans(database)


async def test_a_banned_picture_is_found_again(bans: Bans) -> None:
    """By any of its crops and any turn of what is asked, as far as very similar; with who, when and why."""
    await bans.ban(GUILD, build_look([CAT, DOG]), "no cats", JO)
    banned = BannedPicture(GUILD, 1, "no cats", JO, NOON, None)
    assert await bans.find(GUILD, build_look([CAT, DOG])) == (banned, 0)
    assert await bans.find(GUILD, build_look([0], [2**256 - 1, flip(DOG, 7)])) == (banned, 7)
    assert await bans.find(GUILD, build_look([0], [flip(CAT, NEAR)])) == (banned, NEAR)
    assert await bans.find(GUILD, build_look([0], [flip(CAT, NEAR + 1)])) is None


async def test_the_nearest_is_found(bans: Bans) -> None:
    """Of several that are near, whichever was banned first."""
    for bits in (flip(CAT, 20), flip(CAT, 3), flip(CAT, 30)):
        await bans.ban(GUILD, build_look([bits]), "", JO)
    found = await bans.find(GUILD, build_look([CAT]))
    assert found is not None
    assert (found[0].number, found[1]) == (2, 3)


async def test_the_same_bytes_are_the_same_picture(bans: Bans) -> None:
    """Whatever their fingerprints say: those of another version of Repaint may differ."""
    await bans.ban(GUILD, build_look([CAT], sha256="same"), "", JO)
    found = await bans.find(GUILD, build_look([DOG], [], sha256="same"))
    assert found is not None
    assert found[1] == 0
    assert await bans.find(GUILD, build_look([DOG], [])) is None


async def test_a_list_counts_in_its_guild_alone(bans: Bans) -> None:
    """Nowhere else is the picture banned, and nobody there lifts the ban."""
    number = await bans.ban(GUILD, build_look([CAT]), "", JO)
    assert await bans.find(OTHER_GUILD, build_look([CAT])) is None
    assert await bans.read(OTHER_GUILD, 10) == []
    assert not await bans.lift(OTHER_GUILD, number, JO)
    assert await bans.count(GUILD) == 1


async def test_a_ban_ends_by_itself(bans: Bans, clock: MovedClock) -> None:
    """To the second, and for ever; then it is neither found nor listed nor lifted."""
    number = await bans.ban(GUILD, build_look([CAT]), "", JO, days=2)
    assert (await bans.read(GUILD, 10))[0].expires_at == NOON + timedelta(days=2)
    clock.move(2 * 86_400 - 1)
    assert await bans.find(GUILD, build_look([CAT])) is not None
    for seconds in (1, 3600):
        clock.move(seconds)
        assert await bans.find(GUILD, build_look([CAT])) is None
        assert (await bans.read(GUILD, 10), await bans.count(GUILD)) == ([], 0)
        assert not await bans.lift(GUILD, number, JO)


async def test_a_lifted_ban_counts_no_more(bans: Bans) -> None:
    """It is lifted once, and others stay."""
    cat, dog = [await bans.ban(GUILD, build_look([bits]), "", JO) for bits in (CAT, DOG)]
    assert await bans.lift(GUILD, cat, KIM)
    assert not await bans.lift(GUILD, cat, KIM)
    assert await bans.find(GUILD, build_look([CAT])) is None
    assert [banned.number for banned in await bans.read(GUILD, 10)] == [dog]


async def test_numbers_are_given_once(bans: Bans) -> None:
    """Also to many at once, also after a ban was lifted; each guild counts for itself."""
    looks = [build_look([1 << bit]) for bit in range(0, 250, 25)]
    numbers = await asyncio.gather(*(bans.ban(guild, look, "", JO) for look in looks for guild in (GUILD, OTHER_GUILD)))
    assert sorted(numbers) == sorted([*range(1, 11), *range(1, 11)])
    assert await bans.lift(GUILD, 10, JO)
    assert await bans.ban(GUILD, build_look([CAT]), "", JO) == 11
    assert [banned.number for banned in await bans.read(GUILD, 3, skipped=2)] == [8, 7, 6]
    assert await bans.count(GUILD) == 10


async def test_the_last_word_counts(bans: Bans, clock: MovedClock) -> None:
    """The same bytes banned again, as by a doubled click, keep their number; once lifted, they get a new one."""
    assert await bans.ban(GUILD, build_look([CAT]), "no cats", JO, days=1) == 1
    clock.move(60)
    again = await asyncio.gather(*(bans.ban(GUILD, build_look([CAT]), "never", KIM) for _ in range(3)))
    assert again == [1, 1, 1]
    assert await bans.read(GUILD, 10) == [BannedPicture(GUILD, 1, "never", KIM, clock(), None)]
    await bans.lift(GUILD, 1, JO)
    assert await bans.ban(GUILD, build_look([CAT]), "", JO) == 2


async def test_a_flat_picture_is_not_banned(bans: Bans, database: Database) -> None:
    """Every white picture would be: nothing happens, and the book stays empty."""
    with pytest.raises(FlatPicture):
        await bans.ban(GUILD, build_look([]), "", JO)
    assert await bans.count(GUILD) == 0
    assert await Book(database).read(GUILD) == []


async def test_the_book_has_each_change(bans: Bans, database: Database) -> None:
    """Who banned what, why, and who lifted it; a vain attempt is none."""
    await bans.ban(GUILD, build_look([CAT]), "no cats", JO)
    await bans.lift(GUILD, 1, KIM)
    await bans.lift(GUILD, 1, KIM)
    lines = [(line.kind, line.actor_id, line.subject, line.content) for line in await Book(database).read(GUILD)]
    assert lines == [(EntryKind.UNBAN, KIM, "1", None), (EntryKind.BAN, JO, "1", {"reason": "no cats"})]
