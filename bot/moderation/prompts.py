"""All rules on the words of a request, as one judgement: what the member typed, against what the guild does not want.

Pure but for the clock, so that a moderator's test of a prompt and a dry run over past ones judge exactly alike.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.moderation.pack import Family, judge_pack
from bot.moderation.patterns import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.moderation.automod import AutoModRule
    from bot.moderation.patterns import Patterns
    from bot.moderation.policy import Policy
    from bot.moderation.words import WordAction, WordRule

RuleKind = Literal["automod", "own"] | Family


@dataclass(frozen=True, slots=True)
class PromptRules:
    """What counts in a place: the guild's AutoMod and own rules, and what it has set for the pack.

    `sexual_allowed`: the channel is age-restricted, and the guild allows it there. Undressing is another matter, and
    nothing allows anything sexual with minors. `languages` of the pack; none: all.
    """

    automod: tuple[AutoModRule, ...] = ()
    own: tuple[WordRule, ...] = ()
    undress: bool = True
    sexual_allowed: bool = False
    languages: frozenset[str] = frozenset()


def gather_rules(policy: Policy, automod: Sequence[AutoModRule] | None, *, age_restricted: bool) -> PromptRules:
    """What counts in a place with this policy; None: the guild's AutoMod rules cannot be read."""
    return PromptRules(
        automod=tuple(automod or ()) if policy.automod else (),
        own=policy.words,
        undress=policy.undress,
        sexual_allowed=policy.sexual and age_restricted,
        languages=policy.languages,
    )


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that a request meets. `name`: the rule's, or for the pack the language; `message`: the rule's own.

    A hold with an empty `matched`: patterns of this rule took too long, so nobody knows whether it is met.
    """

    rule_kind: RuleKind
    name: str
    matched: str
    action: WordAction
    message: str = ""


async def judge_prompt(  # noqa: PLR0913, PLR0917 (the words, the rules, and who asks where)
    prompt: str,
    negative_prompt: str,
    rules: PromptRules,
    channel_ids: frozenset[int],
    role_ids: frozenset[int],
    exempt: bool,
    patterns: Patterns,
) -> list[Match]:
    """Every rule that is met, the gravest first, refusals before holds.

    `channel_ids`: the channel, its parent and its category. `exempt`: the member has Manage Server, whom Discord's
    AutoMod leaves alone; everything else counts for them, too.
    """
    automod = tuple(rule for rule in rules.automod if not exempt and rule.applies(channel_ids, role_ids))
    return await asyncio.to_thread(_judge, prompt, negative_prompt, rules, automod, patterns)


def _judge(
    prompt: str, negative_prompt: str, rules: PromptRules, automod: tuple[AutoModRule, ...], patterns: Patterns
) -> list[Match]:
    texts = tuple(text for text in (prompt, negative_prompt) if text.strip())
    by_gravity = (
        *_judge_by_pack(prompt, negative_prompt, rules),
        *_judge_by_rules(texts, automod, rules.own, patterns),
    )
    return sorted(by_gravity, key=lambda match: match.action != "refuse")


def _judge_by_pack(prompt: str, negative_prompt: str, rules: PromptRules) -> Iterator[Match]:
    unwanted = {"minors"} | ({"undress"} if rules.undress else set()) | (set() if rules.sexual_allowed else {"sexual"})
    for hit in judge_pack(prompt, rules.languages, negative_prompt):
        if hit.family in unwanted:
            yield Match(hit.family, hit.language, hit.matched, "refuse")


def _judge_by_rules(
    texts: tuple[str, ...], automod: tuple[AutoModRule, ...], own: tuple[WordRule, ...], patterns: Patterns
) -> Iterator[Match]:
    """Rules by people: what they do not want to read at all, wherever it stands."""
    budget = Budget()
    for rule in automod:
        found = next((said for text in texts if (said := rule.find(text, patterns, budget)) is not None), None)
        if found is not None:
            yield Match("automod", rule.name, found, "refuse" if rule.blocks else "hold", rule.custom_message)
        elif budget.missed(rule):
            yield Match("automod", rule.name, "", "hold")
    for word in own:
        found = next((said for text in texts if (said := word.find(text, patterns, budget)) is not None), None)
        if found is not None:
            yield Match("own", word.name, found, word.action, word.message)
        elif budget.missed(word):
            yield Match("own", word.name, "", "hold")
