"""What members refuse for themselves: pictures from their messages, and mentions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.database import quiet_members, refusing_members
from bot.moderation.consent import Consent
from tests.conftest import NOON

if TYPE_CHECKING:
    from sqlalchemy import Table

    from bot.database import Database
    from tests.conftest import MovedClock

TABLES = pytest.mark.parametrize("table", [refusing_members, quiet_members], ids=lambda table: str(table.name))


@TABLES
async def test_who_has_said_nothing_allows_it(database: Database, table: Table) -> None:
    """Refusing is a decision, and it can be taken back."""
    consent = Consent(database, table)
    assert not await consent.refuses(4)
    await consent.refuse(4)
    assert await consent.refuses(4)
    assert not await consent.refuses(5)
    await consent.allow(4)
    assert not await consent.refuses(4)


@TABLES
async def test_refusing_twice_is_refusing_since_the_first_time(
    database: Database, clock: MovedClock, table: Table
) -> None:
    """Also when both clicks come at the same moment."""
    consent = Consent(database, table)
    await asyncio.gather(*(consent.refuse(4) for _ in range(5)))
    clock.move(60)
    await consent.refuse(4)
    (row,) = await database.run(table.select())
    assert row.since == NOON


async def test_one_thing_is_not_the_other(database: Database) -> None:
    """Who wants no mention has said nothing about their pictures."""
    await Consent(database, quiet_members).refuse(4)
    assert not await Consent(database).refuses(4)
