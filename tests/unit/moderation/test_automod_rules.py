"""What is known of a guild's own AutoMod rules, and when Discord is asked for them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from bot.moderation import automod_rules
from bot.moderation.automod_rules import AutoModRules, NotRead

if TYPE_CHECKING:
    from tests.conftest import MovedClock

GUILD, ANOTHER = 2, 3
KEYWORD, PRESET = 1, 4


def rule(name: str, trigger_type: int = KEYWORD) -> dict[str, Any]:
    """A rule as Discord tells it."""
    lists = {"presets": [3]} if trigger_type == PRESET else {"keyword_filter": [name], "regex_patterns": []}
    return {
        "id": "9",
        "guild_id": str(GUILD),
        "creator_id": "4",
        "name": name,
        "event_type": 1,
        "trigger_type": trigger_type,
        "trigger_metadata": {**lists, "allow_list": []},
        "actions": [{"type": 1, "metadata": {}}],
        "enabled": True,
        "exempt_roles": [],
        "exempt_channels": [],
    }


class Discord:
    """Says what the test wants: rules, None (forbidden), or why it says nothing. While `slow`, it waits for `go`."""

    def __init__(self) -> None:
        self.says: list[dict[str, Any]] | NotRead | None = [rule("cat")]
        self.asked: list[int] = []
        self.slow = False
        self.go = asyncio.Event()

    async def fetch(self, guild_id: int) -> list[dict[str, Any]] | None:
        """What is said at the moment of asking, whenever it arrives."""
        self.asked.append(guild_id)
        says = self.says
        if self.slow:
            await self.go.wait()
        if isinstance(says, NotRead):
            raise says
        return says


@pytest.fixture
def discord() -> Discord:
    """A Discord with one rule."""
    return Discord()


@pytest.fixture
def rules(discord: Discord, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> AutoModRules:
    """Nothing is known yet; nobody waits long."""
    monkeypatch.setattr(automod_rules, "DEADLINE_SECONDS", 0.02)
    return AutoModRules(discord.fetch, clock)


async def names(rules: AutoModRules, guild_id: int = GUILD) -> list[str] | None:
    """The rules that count, by name."""
    found = await rules.get(guild_id)
    return None if found is None else [each.name for each in found]


async def settle(rules: AutoModRules) -> None:
    """Let everything be read that is being read."""
    async with asyncio.timeout(5):
        while rules._readings or rules._news:
            await asyncio.sleep(0)


async def test_read_once_and_again_after_ten_minutes(discord: Discord, rules: AutoModRules, clock: MovedClock) -> None:
    """The first request brings them; the next ones need nobody, for ten minutes."""
    assert await names(rules) == ["cat"]
    discord.says = [rule("dog"), rule("slurs", PRESET)]
    clock.move(599)
    assert await names(rules) == ["cat"]
    assert discord.asked == [GUILD]
    assert not rules.has_presets(GUILD)
    clock.move(1)
    assert await names(rules) == ["dog", "slurs"]
    assert rules.has_presets(GUILD)


async def test_direct_messages_have_none(discord: Discord, rules: AutoModRules) -> None:
    """Nobody is asked for the rules of no guild."""
    assert await names(rules, 0) is None
    assert not rules.has_presets(0)
    assert discord.asked == []


async def test_without_the_permission(discord: Discord, rules: AutoModRules, clock: MovedClock) -> None:
    """A no holds for an hour, or until something changed; what was known before counts no more."""
    assert await names(rules) == ["cat"]
    discord.says = None
    rules.look(GUILD)
    await settle(rules)
    clock.move(3599)
    rules.doubt()
    assert [await names(rules), await names(rules)] == [None, None]
    assert len(discord.asked) == 2
    discord.says = [rule("dog")]
    rules.look(GUILD)
    await settle(rules)
    assert await names(rules) == ["dog"]
    assert len(discord.asked) == 3


async def test_the_hour_after_a_no_ends(discord: Discord, rules: AutoModRules, clock: MovedClock) -> None:
    """A permission that came without a word is found in the end."""
    discord.says = None
    assert await names(rules) is None
    discord.says = [rule("dog")]
    clock.move(3600)
    assert await names(rules) == ["dog"]


async def test_trouble(
    discord: Discord, rules: AutoModRules, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The last known rules count, Discord is asked once a minute, and each trouble is logged once."""
    caplog.set_level(logging.WARNING)
    assert await names(rules) == ["cat"]
    discord.says = NotRead("503 Service Unavailable")
    rules.doubt()
    for _ in range(3):
        assert [await names(rules), await names(rules)] == [["cat"], ["cat"]]
        clock.move(60)
    assert len(discord.asked) == 1 + 3
    assert [record.getMessage() for record in caplog.records] == [
        f"guild {GUILD}: its AutoMod rules could not be read, the last known ones count: 503 Service Unavailable"
    ]
    discord.says = [rule("dog")]
    assert await names(rules) == ["dog"]
    discord.says = NotRead("no answer")
    clock.move(600)
    assert await names(rules) == ["dog"]
    assert len(caplog.records) == 2


async def test_trouble_from_the_beginning(discord: Discord, rules: AutoModRules) -> None:
    """Rules that never came stand in nobody's way."""
    discord.says = NotRead("no answer")
    assert await names(rules) is None
    assert not rules.has_presets(GUILD)


async def test_nobody_waits_long(discord: Discord, rules: AutoModRules, clock: MovedClock) -> None:
    """While Discord thinks, the last known rules count; it is asked once, and its answer is used when it comes."""
    assert await names(rules) == ["cat"]
    clock.move(600)
    discord.slow, discord.says = True, [rule("dog")]
    assert [await names(rules), await names(rules)] == [["cat"], ["cat"]]
    assert len(discord.asked) == 2
    discord.go.set()
    assert await names(rules) == ["dog"]
    assert len(discord.asked) == 2


async def test_news_count_for_the_next_request(discord: Discord, rules: AutoModRules) -> None:
    """Who asks while something new is still to be read gets what is new."""
    assert await names(rules) == ["cat"]
    discord.says = [rule("dog")]
    rules.look(GUILD)
    assert await names(rules) == ["dog"]
    await settle(rules)
    assert discord.asked == [GUILD, GUILD]


async def test_news_during_a_reading(discord: Discord, rules: AutoModRules) -> None:
    """What began to be read before a change is read again after it, and once for many changes."""
    discord.slow = True
    assert await names(rules) is None
    discord.says = [rule("dog")]
    for _ in range(5):
        rules.look(GUILD)
    discord.go.set()
    await settle(rules)
    assert await names(rules) == ["dog"]
    assert discord.asked == [GUILD, GUILD]


async def test_one_guild_after_another(discord: Discord, rules: AutoModRules) -> None:
    """A thousand guilds at once are no thousand requests at once, and a member's own does not stand in line."""
    discord.slow = True
    for guild_id in range(1, 1001):
        rules.look(guild_id)
    assert await names(rules, 1000) is None
    assert sorted(discord.asked) == [1, 1000]
    discord.go.set()
    assert await names(rules, 1000) == ["cat"]
    await settle(rules)
    assert len(discord.asked) == 1000


async def test_stopping(discord: Discord, rules: AutoModRules) -> None:
    """What is being read is left, what was to be read is not begun, and nobody is told of trouble."""
    discord.slow = True
    for guild_id in (GUILD, ANOTHER, 4):
        rules.look(guild_id)
    assert await names(rules) is None
    rules.stop()
    discord.go.set()
    await settle(rules)
    assert discord.asked == [GUILD, ANOTHER]
    assert rules._known == {}


async def test_doubt(discord: Discord, rules: AutoModRules) -> None:
    """After a broken line whatever was known is asked for again, when it is needed."""
    assert [await names(rules), await names(rules, ANOTHER)] == [["cat"], ["cat"]]
    discord.says = [rule("dog")]
    rules.doubt()
    assert discord.asked == [GUILD, ANOTHER]
    assert await names(rules) == ["dog"]
    assert discord.asked == [GUILD, ANOTHER, GUILD]


async def test_a_guild_that_was_left(discord: Discord, rules: AutoModRules) -> None:
    """Nothing of it is kept, and nothing more is read."""
    assert await names(rules) == ["cat"]
    rules.look(GUILD)
    rules.forget(GUILD)
    await settle(rules)
    assert rules._known == {}
    assert discord.asked == [GUILD]
