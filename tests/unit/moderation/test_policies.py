"""The versions of a policy: changes do not overwrite each other, and every one can be taken back and is in the book."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.moderation.book import Book
from bot.moderation.chain import EntryKind
from bot.moderation.documents import PolicyWrong
from bot.moderation.model import DIRECT_MESSAGES
from bot.moderation.policies import Change, Policies, parse_change
from bot.moderation.policy import Policy
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from tests.conftest import MovedClock

GUILD, OTHER_GUILD, CHANNEL = 500, 600, 100
JO, KIM = 9, 10


@pytest.fixture
def policies(database: Database) -> Policies:
    """No guild has changed anything."""
    return Policies(database)


async def test_without_set_up_the_defaults_are_in_force(policies: Policies) -> None:
    """Version 0: nobody made it."""
    found = await policies.get_versioned(GUILD)
    assert (found.policy, found.version, found.changed_by) == (Policy(), 0, None)
    assert await policies.history(GUILD, 10) == []
    assert await policies.undo(GUILD, JO) is None


async def test_outside_of_guilds_the_operator_decides(database: Database) -> None:
    """Everywhere the same; no guild is concerned."""
    outside = Policy(daily_pictures=3)
    policies = Policies(database, outside)
    assert (await policies.get_versioned(DIRECT_MESSAGES)).policy == outside
    assert await policies.get(GUILD) == Policy()


async def test_a_change_is_a_version_with_who_and_when(policies: Policies, clock: MovedClock) -> None:
    """Of this guild only, and the newest counts."""
    await policies.change(GUILD, JO, "most_count", 2)
    clock.move(60)
    await policies.change(GUILD, KIM, "spoiler", True, CHANNEL)
    newest, first = await policies.history(GUILD, 10)
    assert (first.version, first.changed_by, first.changed_at) == (1, JO, NOON)
    assert (newest.version, newest.changed_by, newest.changed_at) == (2, KIM, clock())
    assert newest.change == Change("set", "spoiler", CHANNEL)
    policy = await policies.get(GUILD)
    assert (policy.most_count, policy.spoiler, policy.at(CHANNEL).spoiler) == (2, False, True)
    assert await policies.get(OTHER_GUILD) == Policy()


async def test_nobodys_change_is_overwritten(policies: Policies) -> None:
    """Two panels that were opened on the same version each change their own setting; a list keeps what both add."""

    def add(channel_id: int) -> Callable[[Policy], frozenset[int]]:
        return lambda policy: policy.channels | {channel_id}

    await asyncio.gather(
        policies.change(GUILD, JO, "most_count", 2),
        policies.change(GUILD, KIM, "newcomer_days", 3),
        *(policies.amend(GUILD, JO, "channels", add(channel_id)) for channel_id in range(1, 6)),
    )
    policy = await policies.get(GUILD)
    assert (policy.most_count, policy.newcomer_days, policy.channels) == (2, 3, frozenset(range(1, 6)))
    assert [each.version for each in await policies.history(GUILD, 10)] == [7, 6, 5, 4, 3, 2, 1]


async def test_what_cannot_be_changes_nothing(policies: Policies, database: Database) -> None:
    """No version, and no line in the book."""
    with pytest.raises(PolicyWrong):
        await policies.change(GUILD, JO, "review", "everything")
    with pytest.raises(PolicyWrong):
        await policies.change(GUILD, JO, "most_count", 99)
    assert (await policies.get_versioned(GUILD)).version == 0
    assert await Book(database).read(GUILD) == []


async def test_the_same_once_more_is_no_change(policies: Policies, database: Database) -> None:
    """What is so already makes no version."""
    await policies.change(GUILD, JO, "most_count", 2)
    assert (await policies.change(GUILD, KIM, "most_count", 2)).version == 1
    assert (await policies.clear(GUILD, KIM, "spoiler")).version == 1
    assert len(await Book(database).read(GUILD)) == 1


async def test_undo_goes_back_step_by_step(policies: Policies) -> None:
    """Past what was undone before, to how Repaint comes; each step is a version of its own."""
    await policies.change(GUILD, JO, "most_count", 3)
    await policies.change(GUILD, JO, "most_count", 2)
    undone = await policies.undo(GUILD, KIM)
    assert undone is not None
    assert (undone.policy.most_count, undone.version, undone.changed_by) == (3, 3, KIM)
    await policies.change(GUILD, JO, "newcomer_days", 7)
    steps = [undone for undone in [await policies.undo(GUILD, KIM) for _ in range(4)] if undone is not None]
    assert [(each.policy.most_count, each.policy.newcomer_days) for each in steps] == [(3, 0), (4, 0)]
    assert await policies.get(GUILD) == Policy()
    assert (await policies.change(GUILD, JO, "most_count", 1)).version == 7


async def test_a_setting_goes_back_to_its_default(policies: Policies) -> None:
    """In the guild to the default, in a channel to the guild's."""
    await policies.change(GUILD, JO, "most_count", 2)
    await policies.change(GUILD, JO, "most_count", 1, CHANNEL)
    assert (await policies.clear(GUILD, JO, "most_count", CHANNEL)).policy.at(CHANNEL).most_count == 2
    assert (await policies.clear(GUILD, JO, "most_count")).policy == Policy()


async def test_a_whole_policy_takes_the_place(policies: Policies) -> None:
    """As an import does; undo brings the other one back."""
    await policies.change(GUILD, JO, "most_count", 2)
    await policies.replace(GUILD, KIM, Policy(spoiler=True))
    assert await policies.get(GUILD) == Policy(spoiler=True)
    await policies.undo(GUILD, JO)
    assert await policies.get(GUILD) == Policy(most_count=2)


async def test_every_change_is_in_the_book(policies: Policies, database: Database) -> None:
    """Who, what, and what it was before; the chain is whole."""
    await policies.change(GUILD, JO, "most_count", 2)
    await policies.undo(GUILD, KIM)
    undone, changed = await Book(database).read(GUILD)
    assert (changed.kind, changed.actor_id, changed.subject) == (EntryKind.SETTINGS, JO, "set most_count")
    assert changed.content == {"most_count": {"was": 4, "is": 2}}
    assert (undone.actor_id, undone.subject, undone.content) == (KIM, "undo 0", {"most_count": {"was": 2, "is": 4}})
    assert await Book(database).verify(GUILD) is None


@pytest.mark.parametrize(
    "change",
    [Change("set", "spoiler"), Change("default", "spoiler", CHANNEL), Change("import"), Change("undo", version=0)],
)
def test_what_was_done_survives_its_row(change: Change) -> None:
    """Written as words and read again."""
    assert parse_change(change.format()) == change
