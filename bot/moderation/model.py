"""What the rules look at: a request as they see it, who asks, and what a moderator should know. Values only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

DIRECT_MESSAGES = 0
"""The guild id of what happens outside of guilds, and in those that have not invited the bot."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as the rules see it. `parent_id` is the channel that a thread belongs to.

    `strays`: its words, model, strength or guidance are not those of its preset, as that is offered now. `draft`: its
    member alone will see what is made.
    """

    guild_id: int
    channel_id: int
    parent_id: int | None
    member_id: int
    job_id: int
    prompt: str
    negative_prompt: str
    model: str
    strength: float | None
    count: int
    price_usd: Decimal
    age_restricted: bool
    preset: str = ""
    strays: bool = False
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks and where they stand, as Discord says at this very moment. Never kept.

    `channel_ids` are the channel, the one its thread belongs to, and their category; `manages`: has Manage Server.
    `silent_until`: a moderator took their voice until then, with Discord's own time-out.
    """

    role_ids: frozenset[int] = frozenset()
    joined_at: datetime | None = None
    channel_ids: frozenset[int] = frozenset()
    manages: bool = False
    silent_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a moderator should know of a job: `kind` is a key of the catalogue, `detail` what it is about."""

    kind: str
    detail: str = ""


def format_flags(flags: Iterable[Flag]) -> str:
    """Flags as a column keeps them."""
    return json.dumps([[flag.kind, flag.detail] for flag in flags], ensure_ascii=False)


def parse_flags(text: str) -> tuple[Flag, ...]:
    """Flags from their column."""
    return tuple(Flag(kind, detail) for kind, detail in json.loads(text))
