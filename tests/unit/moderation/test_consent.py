"""Whose messages nobody may take pictures from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.database import refusing_members
from bot.moderation.consent import Consent
from tests.conftest import NOON

if TYPE_CHECKING:
    from bot.database import Database
    from tests.conftest import MovedClock


async def test_who_has_said_nothing_allows_it(database: Database) -> None:
    """Refusing is a decision, and it can be taken back."""
    consent = Consent(database)
    assert not await consent.refuses(4)
    await consent.refuse(4)
    assert await consent.refuses(4)
    assert not await consent.refuses(5)
    await consent.allow(4)
    assert not await consent.refuses(4)


async def test_refusing_twice_is_refusing_since_the_first_time(database: Database, clock: MovedClock) -> None:
    """Also when both clicks come at the same moment."""
    consent = Consent(database)
    await asyncio.gather(*(consent.refuse(4) for _ in range(5)))
    clock.move(60)
    await consent.refuse(4)
    (row,) = await database.run(refusing_members.select())
    assert row.since == NOON
