"""Rules tried out: on a prompt, and on what the members of this guild wrote in the last days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import Store
from bot.moderation import rehearsal as room
from bot.moderation.automod_rules import AutoModRules
from bot.moderation.edits import with_value
from bot.moderation.patterns import TIMEOUTS_UNTIL_SLOW
from bot.moderation.policy import Policy
from bot.moderation.prompts import Match
from bot.moderation.rehearsal import Rehearsal, Told
from bot.moderation.words import WordRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.database import Database
    from bot.jobs import Request
    from tests.conftest import MovedClock

GUILD, OTHER_GUILD, CHANNEL = 2, 3, 100
DAY = 86_400
CATS = WordRule("cats", "cat", "words", "refuse", "No cats.")
DOGS = WordRule("dogs", "dog", "words", "hold")
SWORDS = {
    "id": "1",
    "name": "swords",
    "enabled": True,
    "event_type": 1,
    "trigger_type": 1,
    "trigger_metadata": {"keyword_filter": ["sword"]},
    "actions": [{"type": 1}],
}


async def fetch(guild_id: int) -> Sequence[Mapping[str, Any]]:
    """The guild has one AutoMod rule; the other none."""
    return [SWORDS] if guild_id == GUILD else []


@pytest.fixture
def rehearsal(database: Database, clock: MovedClock) -> Rehearsal:
    """Nothing was asked for yet."""
    return Rehearsal(database, AutoModRules(fetch, clock))


@pytest.fixture
def write(database: Database, build_request: Callable[..., Request]) -> Callable[..., Any]:
    """Let a member ask for something."""

    async def ask(prompt: str, **given: Any) -> None:
        request = build_request(**{"guild_id": GUILD, "prompt": prompt} | given)
        assert await Store(database, "me").arrive(request, f"key{request.id}", Decimal(0))

    return ask


async def test_a_prompt_meets_the_rules_of_its_place(rehearsal: Rehearsal) -> None:
    """The guild's own, its AutoMod's and ours, each with what it found; what a channel allows is allowed there only."""
    policy = with_value(Policy(words=(CATS, DOGS), undress=False), "sexual", True, CHANNEL)
    told = Told("a cat with a sword, hardcore porn", channel_id=CHANNEL, age_restricted=True)
    met = {match.rule_kind for match in await rehearsal.judge(GUILD, policy, told)}
    assert met == {"own", "automod"}
    elsewhere = Told(told.prompt, channel_id=CHANNEL + 1, age_restricted=True)
    met = {match.rule_kind for match in await rehearsal.judge(GUILD, policy, elsewhere)}
    assert met == {"own", "automod", "sexual"}
    without = Policy(automod=False, undress=False)
    assert await rehearsal.judge(GUILD, without, Told("a cat with a sword")) == []


async def test_a_dry_run_counts_what_was_written_here_lately(
    rehearsal: Rehearsal, write: Callable[..., Any], clock: MovedClock
) -> None:
    """Neither what is older, nor another guild's, nor direct messages, nor what was erased."""
    await write("an old cat")
    clock.move(3 * DAY)
    await write("a cat of somebody else", guild_id=OTHER_GUILD)
    await write("a private cat", guild_id=None)
    await write("")
    await write("a cat and a dog")
    await write("a dog")
    await write("a sword")
    await write("a house")
    policy = Policy(words=(CATS, DOGS))
    run = await rehearsal.run(GUILD, policy, 2)
    assert (run.count, run.refused, run.held, run.whole) == (4, 2, 1, True)
    assert [(each.prompt, each.match.name) for each in run.examples] == [
        ("a sword", "swords"),
        ("a dog", "dogs"),
        ("a cat and a dog", "cats"),
    ]
    assert (await rehearsal.run(GUILD, policy, 30)).refused == 3


async def test_one_rule_alone(rehearsal: Rehearsal, write: Callable[..., Any]) -> None:
    """As if there were no other, whatever the policy says."""
    for prompt in ("a cat", "a dog", "a sword", "undress her"):
        await write(prompt)
    run = await rehearsal.run(GUILD, Policy(words=(CATS,)), 1, DOGS)
    assert (run.count, run.refused, run.held) == (4, 0, 1)
    assert [each.prompt for each in run.examples] == ["a dog"]


async def test_a_presets_words_count_as_when_they_were_asked_for(
    rehearsal: Rehearsal, write: Callable[..., Any]
) -> None:
    """A rule meets what PiAPI was told, not only what the member typed."""
    await write("a house", preset="Pets", template="{prompt} with a dog")
    run = await rehearsal.run(GUILD, Policy(words=(DOGS,)), 1)
    assert [each.prompt for each in run.examples] == ["a house with a dog"]


async def test_what_is_too_slow_is_held_and_nobody_blamed(
    rehearsal: Rehearsal, write: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """As often as somebody tries the same, each time from the beginning."""
    slow = WordRule("slow", r"(a|aa)+$", "regex", "refuse")
    await write("a" * 100 + "!")
    for _ in range(TIMEOUTS_UNTIL_SLOW + 1):
        assert [each.match for each in (await rehearsal.run(GUILD, Policy(), 1, slow)).examples] == [
            Match("own", "slow", "", "hold")
        ]
    assert caplog.text.count("for the 1. time") == TIMEOUTS_UNTIL_SLOW + 1


async def test_of_very_many_only_the_newest(
    rehearsal: Rehearsal, write: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so; and never shows more than a few."""
    monkeypatch.setattr(room, "MOST_PROMPTS", 3)
    monkeypatch.setattr(room, "MOST_EXAMPLES", 2)
    for number in range(5):
        await write(f"cat {number}")
    run = await rehearsal.run(GUILD, Policy(words=(CATS,)), 1)
    assert (run.count, run.refused, run.whole) == (3, 3, False)
    assert [each.prompt for each in run.examples] == ["cat 4", "cat 3"]
