"""What the rules about words would say: to a prompt that a moderator tries, and to those that members really wrote.

Nothing here is written down, and nobody is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from bot.database import jobs, later
from bot.database.schema import DAY_SECONDS, Real
from bot.moderation.patterns import Patterns
from bot.moderation.prompts import gather_rules, judge_prompt
from bot.presets import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.database import Database
    from bot.moderation.automod import AutoModRule
    from bot.moderation.automod_rules import AutoModRules
    from bot.moderation.policy import Policy
    from bot.moderation.prompts import Match
    from bot.moderation.words import WordRule

MOST_PROMPTS = 1000
MOST_EXAMPLES = 10

RECENT = (
    select(
        jobs.c.template,
        jobs.c.prompt,
        jobs.c.negative_prompt,
        jobs.c.channel_id,
        jobs.c.parent_id,
        jobs.c.age_restricted,
    )
    .where(
        jobs.c.guild_id == bindparam("guild"),
        jobs.c.created_at >= later(-bindparam("age", type_=Real)),
        jobs.c.prompt != "",  # an erased one says nothing
    )
    .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Told:
    """A prompt and where it was typed. `places`: the channel, the one its thread belongs to, and their category."""

    prompt: str
    without: str = ""
    channel_id: int = 0
    parent_id: int | None = None
    age_restricted: bool = False
    places: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt that would have met a rule: the gravest of those it would have met."""

    prompt: str
    match: Match


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would have come of the prompts. `whole`: whether they are all of those days, not only the newest."""

    count: int
    refused: int
    held: int
    whole: bool
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Judges as `Rules` do, for a member without any role. No pattern is remembered as slow for what is only tried."""

    database: Database
    automod: AutoModRules

    async def judge(self, guild_id: int, policy: Policy, told: Told) -> list[Match]:
        """The rules that this prompt would meet in this place."""
        automod = await self.automod.get(guild_id) if policy.automod else None
        return await self._judge(policy, automod or (), told, Patterns())

    async def run(self, guild_id: int, policy: Policy, days: int, rule: WordRule | None = None) -> DryRun:
        """The same for what members wrote in the last days; a `rule`: as if it were the only one."""
        rows = await self.database.run(RECENT, guild=guild_id, age=days * DAY_SECONDS, most=MOST_PROMPTS + 1)
        automod = await self.automod.get(guild_id) if policy.automod and rule is None else None
        met: list[Example] = []
        patterns = Patterns()
        for row in rows[:MOST_PROMPTS]:
            places = frozenset({row.channel_id, row.parent_id} - {None})
            told = Told(
                fill(row.template, row.prompt),
                row.negative_prompt,
                row.channel_id,
                row.parent_id,
                row.age_restricted,
                places,
            )
            matches = await self._judge(policy, automod or (), told, patterns, rule)
            met += [Example(told.prompt, match) for match in matches[:1]]
        refused = sum(example.match.action == "refuse" for example in met)
        whole = len(rows) <= MOST_PROMPTS
        return DryRun(min(len(rows), MOST_PROMPTS), refused, len(met) - refused, whole, tuple(met[:MOST_EXAMPLES]))

    async def _judge(
        self,
        policy: Policy,
        automod: Sequence[AutoModRule],
        told: Told,
        patterns: Patterns,
        rule: WordRule | None = None,
    ) -> list[Match]:
        there = policy.at(told.channel_id, told.parent_id)
        rules = gather_rules(there, automod, age_restricted=bool(told.age_restricted))
        if rule is not None:
            rules = replace(rules, own=(rule,))
        matches = await judge_prompt(told.prompt, told.without, rules, told.places, frozenset(), False, patterns)
        return [match for match in matches if rule is None or match.rule_kind == "own"]
