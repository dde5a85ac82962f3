"""What is known of each guild's own AutoMod rules: in memory, read anew whenever there may be something new.

Discord holds messages to these rules, but not what is typed into a command's options; that is left to the bot.
Reading them takes the permission Manage Server, which the bot need not have: everything else works without.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.moderation.automod import AutoModRule, parse_rule
from bot.moderation.model import DIRECT_MESSAGES

if TYPE_CHECKING:
    from bot.database import Clock

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
"""Discord tells of changes as they happen; this is for those that went unheard."""
FORBIDDEN_SECONDS = 3600.0
"""10 000 bad answers in ten minutes ban an address: https://discord.com/developers/docs/topics/rate-limits"""
TROUBLED_SECONDS = 60.0
DEADLINE_SECONDS = 1.0
"""How long a member waits for the rules: a command must be answered within three seconds, all in all."""

NEVER = datetime.min.replace(tzinfo=UTC)


class NotRead(Exception):
    """Discord did not say what the rules are. The text says why, for the log."""


Fetch = Callable[[int], Awaitable[Sequence[Mapping[str, Any]] | None]]
"""A guild's rules as Discord's JSON; None where the bot may not read them. Raises `NotRead`."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the last look brought: None where the rules cannot be read. Good until `until`."""

    rules: tuple[AutoModRule, ...] | None = None
    until: datetime = NEVER
    troubled: bool = False


class AutoModRules:
    """The rules of every guild. `fetch` asks Discord, and is asked for one guild once at a time."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: dict[int, _Known] = {}
        self._readings: dict[int, asyncio.Task[None]] = {}
        self._news: dict[int, None] = {}
        self._following: asyncio.Task[None] | None = None

    async def get(self, guild_id: int) -> tuple[AutoModRule, ...] | None:
        """The rules about words that count now, within a second: the last known ones where Discord is slow or broken.

        None where they cannot be read, because the bot lacks Manage Server or never had an answer.
        """
        if guild_id == DIRECT_MESSAGES:
            return None
        if guild_id in self._news or self._clock() >= self._get(guild_id).until:
            await asyncio.wait({self._read(guild_id)}, timeout=DEADLINE_SECONDS)
        return self._get(guild_id).rules

    def has_presets(self, guild_id: int) -> bool:
        """Whether word lists of Discord's own are on, which nobody outside of Discord can read."""
        return any(rule.preset for rule in self._get(guild_id).rules or ())

    def look(self, guild_id: int) -> None:
        """Something may have changed: read this guild's rules soon, one guild after another."""
        self._news[guild_id] = None
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow(), name="automod rules")

    def doubt(self) -> None:
        """Changes may have gone unheard: whatever was read is read anew when it is next needed."""
        now = self._clock()
        for guild_id, known in self._known.items():
            if known.rules is not None:
                self._known[guild_id] = replace(known, until=now)

    def forget(self, guild_id: int) -> None:
        """The bot is no longer in this guild."""
        self._news.pop(guild_id, None)
        self._known.pop(guild_id, None)

    def stop(self) -> None:
        """Read nothing more."""
        self._news.clear()
        for task in filter(None, (self._following, *self._readings.values())):
            task.cancel()

    def _get(self, guild_id: int) -> _Known:
        return self._known.get(guild_id, _Known())

    async def _follow(self) -> None:
        while self._news:
            await asyncio.wait({self._read(next(iter(self._news)))})

    def _read(self, guild_id: int) -> asyncio.Task[None]:
        """The reading that is under way, or a new one. Only a new one knows what was new when it began."""
        if guild_id not in self._readings:
            self._news.pop(guild_id, None)
            reading = asyncio.create_task(self._learn(guild_id), name=f"automod rules of {guild_id}")
            self._readings[guild_id] = reading
            reading.add_done_callback(lambda _: self._readings.pop(guild_id))
        return self._readings[guild_id]

    async def _learn(self, guild_id: int) -> None:
        before = self._get(guild_id)
        try:
            payloads = await self._fetch(guild_id)
        except NotRead as error:
            if not before.troubled:
                log.warning(
                    "guild %s: its AutoMod rules could not be read, the last known ones count: %s", guild_id, error
                )
            self._keep(guild_id, before.rules, TROUBLED_SECONDS, troubled=True)
            return
        if payloads is None:
            self._keep(guild_id, None, FORBIDDEN_SECONDS)
        else:
            self._keep(guild_id, tuple(filter(None, map(parse_rule, payloads))), FRESH_SECONDS)

    def _keep(
        self, guild_id: int, rules: tuple[AutoModRule, ...] | None, seconds: float, *, troubled: bool = False
    ) -> None:
        self._known[guild_id] = _Known(rules, self._clock() + timedelta(seconds=seconds), troubled)
