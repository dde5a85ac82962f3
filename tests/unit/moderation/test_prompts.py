"""All rules on the words of a request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.moderation.automod import AutoModRule
from bot.moderation.patterns import Patterns
from bot.moderation.prompts import Match, PromptRules, judge_prompt
from bot.moderation.words import WordRule

if TYPE_CHECKING:
    from collections.abc import Collection

CATS = AutoModRule(
    1, "cats", ("cat*",), custom_message="No cats.", exempt_roles=frozenset({7}), exempt_channels=frozenset({8})
)
ALERT = AutoModRule(2, "dogs", ("dog",), blocks=False)
FOX = WordRule("foxes", "fox", "words", "refuse", "No foxes.")
HEN = WordRule("hens", "h.n", "regex", "hold")
EVERYTHING = PromptRules((ALERT, CATS), (HEN, FOX))


async def judge(
    prompt: str,
    rules: PromptRules = EVERYTHING,
    negative: str = "",
    places: Collection[int] = (),
    roles: Collection[int] = (),
    **who: Any,
) -> list[Match]:
    """A judgement of its own."""
    return await judge_prompt(
        prompt, negative, rules, frozenset(places), frozenset(roles), who.get("exempt", False), Patterns()
    )


async def kinds(prompt: str, rules: PromptRules = EVERYTHING, negative: str = "", **who: Any) -> list[tuple[str, str]]:
    """What kind of rule was met, and its name."""
    return [(match.rule_kind, match.name) for match in await judge(prompt, rules, negative, **who)]


async def test_the_gravest_comes_first() -> None:
    """Refusals in their order, then what is only held."""
    assert await kinds("hen, fox, dog, cat, porn, undress the child") == [
        ("minors", "en"),
        ("undress", "en"),
        ("sexual", "mul"),
        ("automod", "cats"),
        ("own", "foxes"),
        ("automod", "dogs"),
        ("own", "hens"),
    ]


async def test_a_match_says_everything_there_is_to_say() -> None:
    """What was found, what comes of it, and the rule's own words."""
    assert await judge("a Category and a fox") == [
        Match("automod", "cats", "category", "refuse", "No cats."),
        Match("own", "foxes", "fox", "refuse", "No foxes."),
    ]
    assert await judge("a dog, a hen") == [Match("automod", "dogs", "dog", "hold"), Match("own", "hens", "hen", "hold")]


async def test_a_harmless_prompt_meets_nothing() -> None:
    """Nor does an empty one."""
    assert await judge("a castle", negative="blurry") == await judge("") == []


async def test_people_s_rules_look_at_the_negative_prompt_too() -> None:
    """They are about words that nobody wants to read; the pack is about what a picture shows."""
    assert await kinds("a castle", negative="cat, fox") == [("automod", "cats"), ("own", "foxes")]
    assert await judge("a castle", negative="nude, nsfw, naked child") == []


@pytest.mark.parametrize("who", [{"exempt": True}, {"roles": {7}}, {"places": {8}}])
async def test_whom_automod_leaves_alone(who: dict[str, Any]) -> None:
    """Nothing else leaves them alone."""
    assert await kinds("cat, fox, undress her", **who) == [("undress", "en"), ("own", "foxes")]


async def test_who_is_exempt_from_one_rule_meets_the_others() -> None:
    """Exemptions are a rule's own, except for those who manage the server."""
    assert await kinds("cat, dog", roles={7}) == [("automod", "dogs")]
    assert await kinds("cat, dog", exempt=True) == []


async def test_what_a_guild_allows() -> None:
    """Sexual content and undressing are two matters, and minors are none."""
    prompt = "porn, nude woman"
    assert await kinds(prompt, PromptRules()) == [("undress", "en"), ("sexual", "en"), ("sexual", "mul")]
    assert await kinds(prompt, PromptRules(sexual_allowed=True)) == [("undress", "en")]
    assert await kinds(prompt, PromptRules(undress=False)) == [("sexual", "en"), ("sexual", "mul")]
    anything = PromptRules(undress=False, sexual_allowed=True, languages=frozenset({"de"}))
    assert await kinds(prompt, anything) == []
    assert await kinds("porn with a schoolgirl", anything) == [("minors", "en")]


async def test_languages_of_the_pack() -> None:
    """A guild may choose."""
    assert await kinds("nackte Frau", PromptRules(languages=frozenset({"fr"}))) == []
    assert await kinds("nackte Frau", PromptRules(languages=frozenset({"de"}))) == [("undress", "de"), ("sexual", "de")]


async def test_hostile_patterns_do_not_hold_up_a_request() -> None:
    """Sixty of the worst take little more than their budget, and the rest of the rules still counts."""
    worst = tuple(AutoModRule(number, f"slow {number}", patterns=(r"(a|aa)+$",) * 10) for number in range(6))
    started = time.perf_counter()
    assert await kinds("a" * 100 + "! fox", PromptRules((*worst, CATS), (FOX,)), negative="cat") == [
        ("automod", "cats"),
        ("own", "foxes"),
        *(("automod", f"slow {number}") for number in range(6)),
    ]
    assert time.perf_counter() - started < 3  # twice sixty times 50 ms, if nothing were shared


async def test_what_could_not_be_looked_for_is_held() -> None:
    """A slow pattern never looks like one that found nothing, and takes no other rule's time."""
    slow = WordRule("slow", r"(?:[a-z]+\.?)+@[a-z]+\.com", "regex", "refuse", "No addresses.")
    forbidden = WordRule("forbidden", r"\bforbidden\b", "regex", "refuse")
    automod = AutoModRule(3, "slow, too", patterns=(slow.pattern, slow.pattern + "$"))
    prompt = "forbidden " + "a" * 300 + " @\u200bx"
    assert await judge(prompt, PromptRules((automod,), (slow, forbidden))) == [
        Match("own", "forbidden", "forbidden", "refuse"),
        Match("automod", "slow, too", "", "hold"),
        Match("own", "slow", "", "hold"),
    ]
