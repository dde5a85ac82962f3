"""The policies of guilds, every version of them. A change is a new row, and so is undoing one.

Whoever changes something changes one setting of the policy in force, within one transaction behind the guild's gate:
two panels that are open at the same time never overwrite each other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select

from bot.database import PASS, now
from bot.database import policies as rows
from bot.moderation.book import write
from bot.moderation.chain import EntryKind, Line
from bot.moderation.documents import load_policy
from bot.moderation.edits import with_value, without_value
from bot.moderation.model import DIRECT_MESSAGES
from bot.moderation.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from bot.config import Settings
    from bot.database import Database
    from bot.moderation.model import Ask

_OF_GUILD = rows.c.guild_id == bindparam("guild")
_NEWEST = select(rows).where(_OF_GUILD).order_by(rows.c.version.desc())
IN_FORCE = _NEWEST.limit(1)
LAST = select(func.max(rows.c.version)).where(_OF_GUILD)
HISTORY = _NEWEST.limit(bindparam("most"))
GET = select(rows).where(_OF_GUILD, rows.c.version == bindparam("which"))
DEFAULT = Policy()
ADD = insert(rows).values(changed_at=now()).returning(rows)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done: `what` is "set", "default", "import" or "undo"; kept in rows as one line of words.

    `key` and `channel_id` say what was set, `version` which one an "undo" went back to.
    """

    what: str
    key: str = ""
    channel_id: int | None = None
    version: int | None = None

    def format(self) -> str:
        """Such as "set review 1234" or "undo 3"."""
        told = (self.what, self.key, self.channel_id, self.version)
        return " ".join(str(each) for each in told if each not in {"", None})


def parse_change(text: str) -> Change:
    """The change in a row's summary."""
    what, *rest = text.split(" ")
    if what == "undo":
        return Change(what, version=int(rest[0]))
    return Change(what, rest[0] if rest else "", int(rest[1]) if len(rest) > 1 else None)


@dataclass(frozen=True, slots=True)
class Versioned:
    """A policy with its number and who made it so. Version 0 is what nobody has changed yet."""

    policy: Policy
    version: int = 0
    changed_by: int | None = None
    changed_at: datetime | None = None
    change: Change | None = None


def build_outside(settings: Settings) -> Policy | None:
    """What the operator decided for where no guild has a say. None: nothing is made there."""
    if not settings.outside:
        return None
    return Policy(daily_pictures=settings.outside_daily_pictures, member_day_usd=settings.outside_member_day_usd)


class Policies:
    """Reads and writes the versions. Whatever cannot be raises `PolicyWrong`, and nothing is written.

    `outside` is the operator's policy, in force where no guild has a say; None: nothing is made there.
    """

    def __init__(self, database: Database, outside: Policy | None = DEFAULT) -> None:
        self._database = database
        self.outside = outside

    async def get(self, guild_id: int) -> Policy:
        """The policy in force."""
        return (await self.get_versioned(guild_id)).policy

    async def get_at(self, ask: Ask) -> Policy:
        """The policy in force in the place of a request."""
        return (await self.get(ask.guild_id)).at(ask.channel_id, ask.parent_id)

    async def get_versioned(self, guild_id: int) -> Versioned:
        """The policy in force, with who made it so."""
        if guild_id == DIRECT_MESSAGES:
            return Versioned(self.outside or DEFAULT)
        found = await self._database.run(IN_FORCE, guild=guild_id)
        return _parse(found[0]) if found else Versioned(DEFAULT)

    async def history(self, guild_id: int, most: int) -> list[Versioned]:
        """The newest versions, the newest first."""
        return [_parse(row) for row in await self._database.run(HISTORY, guild=guild_id, most=most)]

    async def change(self, guild_id: int, by: int, key: str, value: Any, channel_id: int | None = None) -> Versioned:
        """Give one setting a value, for the guild or for one channel."""
        return await self.amend(guild_id, by, key, lambda _: value, channel_id)

    async def amend(
        self, guild_id: int, by: int, key: str, edit: Callable[[Policy], Any], channel_id: int | None = None
    ) -> Versioned:
        """The same with what `edit` makes of the policy in force: for a list that others may be adding to."""
        change = Change("set", key, channel_id)
        return await self._write(guild_id, by, change, lambda policy: with_value(policy, key, edit(policy), channel_id))

    async def clear(self, guild_id: int, by: int, key: str, channel_id: int | None = None) -> Versioned:
        """Give one setting its default again; for a channel: what the guild has."""
        change = Change("default", key, channel_id)
        return await self._write(guild_id, by, change, lambda policy: without_value(policy, key, channel_id))

    async def replace(self, guild_id: int, by: int, policy: Policy) -> Versioned:
        """Put a whole policy in the place of the one in force."""
        return await self._write(guild_id, by, Change("import"), lambda _: policy)

    async def undo(self, guild_id: int, by: int) -> Versioned | None:
        """Go one step back, and with the next call one more. None where nothing has been changed."""

        def work(connection: Connection) -> Versioned | None:
            connection.execute(PASS, {"gate": guild_id})
            found = connection.execute(IN_FORCE, {"guild": guild_id}).one_or_none()
            version = 0 if found is None else _stands_for(connection, guild_id, _parse(found))
            if found is None or version == 0:
                return None
            before = connection.execute(GET, {"guild": guild_id, "which": version - 1}).one_or_none()
            policy = Policy() if before is None else _parse(before).policy
            return _add(connection, guild_id, by, Change("undo", version=version - 1), _parse(found).policy, policy)

        return await self._database.transact(work)

    async def _write(self, guild_id: int, by: int, change: Change, made: Callable[[Policy], Policy]) -> Versioned:
        """Add what is made of the policy in force; nothing where it is the same."""

        def work(connection: Connection) -> Versioned:
            connection.execute(PASS, {"gate": guild_id})
            found = connection.execute(IN_FORCE, {"guild": guild_id}).one_or_none()
            current = Versioned(Policy()) if found is None else _parse(found)
            policy = made(current.policy)
            if policy == current.policy:
                return current
            return _add(connection, guild_id, by, change, current.policy, policy)

        return await self._database.transact(work)


def _stands_for(connection: Connection, guild_id: int, versioned: Versioned) -> int:
    """The version whose state this is: itself, unless it went back to an earlier one."""
    while versioned.version and versioned.change is not None and versioned.change.version is not None:
        found = connection.execute(GET, {"guild": guild_id, "which": versioned.change.version}).one_or_none()
        versioned = Versioned(Policy()) if found is None else _parse(found)
    return versioned.version


def _add(connection: Connection, guild_id: int, by: int, change: Change, before: Policy, policy: Policy) -> Versioned:
    """Write the next version, and its line in the book with what became of what."""
    version = 1 + (connection.execute(LAST, {"guild": guild_id}).scalar() or 0)
    document = policy.dump()
    row = {"guild_id": guild_id, "version": version, "document": json.dumps(document), "changed_by": by}
    added = connection.execute(ADD, {**row, "summary": change.format()}).one()
    was = before.dump()
    changed = {key: {"was": was[key], "is": document[key]} for key in document if was[key] != document[key]}
    write(connection, Line(guild_id, EntryKind.SETTINGS, actor_id=by, subject=change.format(), content=changed))
    return _parse(added)


def _parse(row: Row[Any]) -> Versioned:
    policy = load_policy(json.loads(row.document))
    return Versioned(policy, row.version, row.changed_by, row.changed_at, parse_change(row.summary))
