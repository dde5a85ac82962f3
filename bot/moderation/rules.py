"""The judge: what a guild's rules say about a request, about the picture that comes, and about the pictures made.

A request that is refused gets a line in the guild's book, then its member a sentence. What is only doubtful becomes a
flag, which decides at the end whether a moderator looks first.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.errors import Reason, Refused
from bot.moderation import likeness
from bot.moderation.book import has_lately, write
from bot.moderation.cases import Matter, join_case
from bot.moderation.chain import EntryKind, Line
from bot.moderation.lists import gather_presets
from bot.moderation.model import DIRECT_MESSAGES, Ask, Flag, Standing
from bot.moderation.prompts import Match, gather_rules, judge_prompt
from bot.moderation.quotas import COOLING, OverBudget, hold, judge_cooldown, spent, warn
from bot.moderation.safety import judge_score
from bot.moderation.standing import judge_standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from sqlalchemy import Connection

    from bot.database import Clock, Database
    from bot.moderation.automod_rules import AutoModRules
    from bot.moderation.bans import Bans
    from bot.moderation.blocks import Blocks
    from bot.moderation.patterns import Patterns
    from bot.moderation.policies import Policies
    from bot.moderation.policy import Policy
    from bot.moderation.pots import Spent
    from bot.moderation.safety import Safety
    from bot.moderation.traces import Traces
    from bot.presets import Preset

log = logging.getLogger(__name__)

LONGEST_MATCH = 60
SAME_SECONDS = 3600.0
"""How long a refusal that says nothing about the words counts as told."""
REASONS = {
    "minors": Reason.PROMPT_MINORS,
    "undress": Reason.PROMPT_UNDRESS,
    "sexual": Reason.PROMPT_SEXUAL,
    "automod": Reason.PROMPT_AUTOMOD,
    "own": Reason.PROMPT_OWN,
}


class Showing(StrEnum):
    """How finished pictures come before others."""

    PLAIN = "plain"
    SPOILER = "spoiler"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Allowed:
    """A request that no rule on words, places or people refuses; `flags` are what a moderator should know."""

    ask: Ask
    standing: Standing
    policy: Policy
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules say about pictures."""

    flags: tuple[Flag, ...] = ()
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Judges by the policy in force at that moment. `safety` is None where the local check is not installed.

    `presets` are the operator's.
    """

    database: Database
    clock: Clock
    policies: Policies
    blocks: Blocks
    bans: Bans
    traces: Traces
    patterns: Patterns
    automod: AutoModRules
    safety: Safety | None
    presets: tuple[Preset, ...] = ()

    # -- the request ---------------------------------------------------------------------------------------------

    async def judge_request(self, ask: Ask, standing: Standing) -> Allowed:
        """Everything that can be judged without the picture. Raises `Refused`, which the book has then."""
        policy = await self.policies.get_at(ask)
        matches = await self._match(ask, standing, policy)
        if matches and matches[0].rule_kind == "minors":  # before everything else: moderators are told of each
            await self._refuse_words(ask, matches[0])
        async with self.noting(ask):
            if ask.guild_id == DIRECT_MESSAGES and self.policies.outside is None:
                raise Refused(Reason.OUTSIDE_CLOSED)
            await self.blocks.judge(ask.guild_id, ask.member_id)
            judge_standing(policy, ask, standing, self.clock(), gather_presets(policy, self.presets))
            await judge_cooldown(self.database, ask, policy, self.clock())
        if matches and matches[0].action == "refuse":
            await self._refuse_words(ask, matches[0])
        return Allowed(ask, standing, policy, tuple(Flag(match.rule_kind, match.name) for match in matches))

    def allow(self, connection: Connection, allowed: Allowed) -> None:
        """Reserve what it costs within the limits and budgets, in the transaction that has just written the job.

        Raises `Refused`; whoever is `noting` then writes that down, because of this transaction nothing remains.
        """
        hold(connection, allowed.ask, allowed.standing, allowed.policy, self.clock())

    async def count_spent(self, guild_id: int, policy: Policy) -> list[Spent]:
        """How much is used by now of the guild's pots, and of every role's."""
        return await spent(self.database, guild_id, policy, self.clock())

    async def _match(self, ask: Ask, standing: Standing, policy: Policy) -> list[Match]:
        automod = await self.automod.get(ask.guild_id) if policy.automod and ask.guild_id else None
        rules = gather_rules(policy, automod, age_restricted=ask.age_restricted)
        return await judge_prompt(
            ask.prompt,
            ask.negative_prompt,
            rules,
            standing.channel_ids,
            standing.role_ids,
            standing.manages,
            self.patterns,
        )

    async def _refuse_words(self, ask: Ask, match: Match) -> None:
        refused = Refused(REASONS[match.rule_kind])
        if match.message:
            refused = Refused(Reason.PROMPT_SAID, message=match.message)
        found = {"rule": f"{match.rule_kind}: {match.name}", "matched": match.matched[:LONGEST_MATCH]}
        await self._note(ask, refused, found, opens_case=match.rule_kind == "minors")
        raise refused

    @asynccontextmanager
    async def noting(self, ask: Ask) -> AsyncIterator[None]:
        """Whatever is refused in it has a line in the guild's book."""
        try:
            yield
        except Refused as refused:
            await self._note(ask, refused)
            raise

    async def _note(
        self, ask: Ask, refused: Refused, found: Mapping[str, str] | None = None, *, opens_case: bool = False
    ) -> None:
        """Write a refusal into the guild's book; `found` is the rule and what it matched."""
        content = {"prompt": ask.prompt, "without": ask.negative_prompt, "channel": ask.channel_id, **(found or {})}
        line = Line(
            guild_id=ask.guild_id,
            kind=EntryKind.REFUSED,
            member_id=ask.member_id,
            job_id=ask.job_id,
            subject=refused.reason.value,
            content=content,
        )

        def work(connection: Connection) -> None:
            number = None
            if opens_case:
                flags = (Flag("minors", (found or {}).get("matched", "")),)
                matter = Matter(ask.guild_id, EntryKind.MINORS, ask.member_id, flags=flags, words=ask.prompt)
                number = join_case(connection, matter)
            elif refused.reason.value not in COOLING and has_lately(connection, line, SAME_SECONDS):
                return  # nobody fills the book by trying again and again
            write(connection, replace(line, case_number=number))
            if isinstance(refused, OverBudget):
                warn(connection, ask.guild_id, refused.crossings)

        await self.database.transact(work)

    # -- pictures ------------------------------------------------------------------------------------------------

    async def judge_source(self, ask: Ask, data: bytes) -> Seen:
        """The checked picture that came. Raises `Refused`, which the book has then.

        If a moderator banned it, or blocked its member meanwhile.
        """
        policy = await self.policies.get_at(ask)
        async with self.noting(ask):
            await self.blocks.judge(ask.guild_id, ask.member_id)
        likely = await self.judge_look(ask, data)
        return _join(likely, await self._check(ask, policy, "explicit_source", data))

    async def judge_look(self, ask: Ask, data: bytes) -> Seen:
        """What that picture looks like, and nothing else of it. Raises `Refused`, which the book has then."""
        likely, banned = await self._compare(ask, "source", 0, data)
        if banned is not None:
            refused = Refused(Reason.PICTURE_BANNED)
            await self._note(ask, refused, {"rule": f"ban {banned}"})
            raise refused
        return likely

    async def judge_results(self, ask: Ask, pictures: Sequence[bytes]) -> Seen:
        """The pictures that were made. Nothing here refuses them: that is for a moderator."""
        policy = await self.policies.get_at(ask)
        blocked = await self.blocks.get(ask.guild_id, ask.member_id) is not None
        seen = Seen((Flag("blocked"),)) if blocked else Seen()
        for position, data in enumerate(pictures):
            likely, banned = await self._compare(ask, "result", position, data)
            sure = Seen() if banned is None else Seen((Flag("near_ban", str(banned)),))
            seen = _join(seen, likely, sure, await self._check(ask, policy, "explicit_result", data))
        return seen

    async def _compare(self, ask: Ask, role: str, position: int, data: bytes) -> tuple[Seen, int | None]:
        """What a picture looks like, kept for tracing, against the guild's banned ones.

        Returns what is doubtful, and the number of the ban if it is the same picture beyond doubt. Where nothing is
        banned, a glance is enough.
        """
        look: likeness.Look | likeness.Glance
        try:
            if await self.bans.has_any(ask.guild_id):
                look = await likeness.look_at(data)
            else:
                look = await likeness.glance_at(data)
        except (OSError, ValueError):
            log.exception("job %s: its %s could not be looked at", ask.job_id, role)
            return Seen((Flag("unlooked"),)), None
        await self.traces.keep(ask.job_id, ask.guild_id, role, position, look)
        found = await self.bans.find(ask.guild_id, look) if isinstance(look, likeness.Look) else None
        if found is not None and found[1] <= likeness.SAME:
            return Seen(), found[0].number
        return Seen(() if found is None else (Flag("near_ban", str(found[0].number)),)), None

    async def showing(self, ask: Ask, flags: Sequence[Flag], *, spoiler: bool) -> Showing:
        """How pictures with these flags come before others in this place; a draft comes before its member only."""
        policy = await self.policies.get_at(ask)
        doubtful = bool(flags) and policy.review != "never"
        everything = policy.review == "everything" and not ask.draft
        if everything or (doubtful and policy.desk_channel_id is not None):
            return Showing.HOLD
        return Showing.SPOILER if spoiler or doubtful or policy.spoiler else Showing.PLAIN

    async def blurs(self, ask: Ask) -> bool:
        """Whether everything in this place is shown behind a spoiler, also what a moderator approved."""
        return (await self.policies.get_at(ask)).spoiler

    async def find_aside(self, ask: Ask, flags: Sequence[Flag]) -> int | None:
        """The moderators' channel, where a source from this place may be seen by them alone; None: in the reply.

        A draft's reply is seen by the member who brought the source, and by nobody else.
        """
        policy = await self.policies.get_at(ask)
        aside = (policy.review == "everything" or bool(flags)) and not ask.draft
        return policy.desk_channel_id if aside else None

    async def _check(self, ask: Ask, policy: Policy, kind: str, data: bytes) -> Seen:
        """What the local check says, where it is installed and wanted."""
        if self.safety is None or not policy.explicit_check:
            return Seen()
        if ask.age_restricted and policy.explicit_skip_restricted:
            return Seen()
        try:
            score = await self.safety.score(data)
        except Exception:  # a broken check is no reason to lose a paid picture
            log.exception("job %s: the local check failed", ask.job_id)
            return Seen((Flag(kind, "?"),)) if policy.explicit_closed else Seen()
        log.info("job %s: %s %.2f", ask.job_id, kind, score)
        said = judge_score(score, policy.explicit_spoiler_at, policy.explicit_hold_at)
        return Seen((Flag(kind, f"{score:.2f}"),) if said == "hold" else (), spoiler=said != "")


def _join(*seen: Seen) -> Seen:
    return Seen(tuple(flag for each in seen for flag in each.flags), any(each.spoiler for each in seen))
