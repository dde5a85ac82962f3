"""Limits and budgets: what a member may still have made, counted in the transaction that writes the job.

A job counts at its price from the moment it is written, at what it cost once that is reported, and not at all when it
failed, was refused or rejected, or was cancelled before it was ordered: it stops counting, nothing is paid back.
Every budget that applies has to have room. Everybody is bound, moderators too: money is money.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, insert, literal, or_, select

from bot.database import entries, job_roles, jobs
from bot.database.schema import IS_OPEN, MICROS, Instant, spell
from bot.errors import Reason, Refused
from bot.moderation.book import write
from bot.moderation.chain import EntryKind, Line
from bot.moderation.model import DIRECT_MESSAGES
from bot.moderation.pots import (
    LEVELS,
    Crossing,
    Period,
    Pot,
    PotKind,
    Spent,
    find_crossings,
    find_period,
    format_usd,
    list_pots,
)
from bot.moderation.standing import format_opening

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from bot.database import Database
    from bot.moderation.model import Ask, Standing
    from bot.moderation.policy import Policy

FULL = {
    PotKind.GUILD: Reason.BUDGET_GUILD,
    PotKind.ROLE: Reason.BUDGET_ROLE,
    PotKind.MEMBER: Reason.BUDGET_MEMBER,
}
"""Why not, by whose pot is too full."""
COOLING = [
    Reason.PROMPT_AUTOMOD,
    Reason.PROMPT_OWN,
    Reason.PROMPT_SAID,
    Reason.PROMPT_UNDRESS,
    Reason.PROMPT_SEXUAL,
    Reason.PROMPT_MINORS,
    Reason.PICTURE_BANNED,
]
"""The refusals a member cools down after: over what was asked for, not over where, when or how much."""


class OverBudget(Refused):
    """A budget has no room for this request. `crossings` are all budgets of which that is true."""

    def __init__(self, reason: Reason, crossings: Sequence[Crossing], **values: str) -> None:
        super().__init__(reason, **values)
        self.crossings = crossings


_COUNTS = and_(
    jobs.c.status.not_in([spell(each) for each in ("failed", "refused", "rejected")]),
    or_(jobs.c.status != "cancelled", jobs.c.submitted_at.is_not(None)),
)
_ANOTHER = jobs.c.id != bindparam("job")
_SINCE = jobs.c.created_at >= bindparam("since", type_=Instant())
_OF_MEMBER = jobs.c.member_id == bindparam("member")
_HAD_ROLE = select(literal(1)).where(job_roles.c.job_id == jobs.c.id, job_roles.c.role_id == bindparam("pot")).exists()
_MICROS = case((_COUNTS, func.coalesce(jobs.c.cost_usd_micros, jobs.c.price_usd_micros)), else_=0)


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted, as statements: money by whose pot it is, a member's pictures, and their open jobs."""

    used: Mapping[PotKind, Select[Any]]
    pictures: Select[Any]
    underway: Select[Any]


def build_counts(here: ColumnElement[bool], here_unindexed: ColumnElement[bool]) -> Counts:
    """The statements for one kind of place, said so that its index is used, and so that it is not."""

    def add_up(amount: ColumnElement[Any], *whose: ColumnElement[bool]) -> Select[Any]:
        return select(func.coalesce(func.sum(amount), 0)).where(here, _ANOTHER, _SINCE, *whose)

    return Counts(
        used={
            PotKind.GUILD: add_up(_MICROS),
            PotKind.ROLE: add_up(_MICROS, _HAD_ROLE),
            PotKind.MEMBER: add_up(_MICROS, jobs.c.member_id == bindparam("pot")),
        },
        pictures=add_up(jobs.c.count, _OF_MEMBER, _COUNTS),
        underway=select(func.count()).select_from(jobs).where(here_unindexed, _ANOTHER, _OF_MEMBER, IS_OPEN),
    )


# A sum keeps SQLite from walking through all jobs of the guild: meant is the small index, of those that are open.
# Outside of guilds everything is counted for one member, whose own index is the short one.
_NOWHERE = (jobs.c.guild_id + 0).is_(None)
IN_GUILD = build_counts(jobs.c.guild_id == bindparam("guild"), jobs.c.guild_id + 0 == bindparam("guild"))
OUTSIDE = build_counts(_NOWHERE, _NOWHERE)
LAST_REFUSED = select(func.max(entries.c.written_at)).where(
    entries.c.guild_id == bindparam("guild"),
    entries.c.member_id == bindparam("member"),
    entries.c.kind == EntryKind.REFUSED.value,
    entries.c.subject.in_([spell(reason.value) for reason in COOLING]),
)
TOLD = select(entries.c.number).where(
    entries.c.guild_id == bindparam("guild"),
    entries.c.kind == EntryKind.BUDGET.value,
    entries.c.subject.in_(bindparam("subjects", expanding=True)),
)
ADD_ROLES = insert(job_roles)


def hold(connection: Connection, ask: Ask, standing: Standing, policy: Policy, now: datetime) -> None:
    """Reserve what a request will cost, in the transaction that has passed the guild's gate and written its job.

    Writes into the book which budgets it brought to 80 or 100 %. Raises `Refused` where no room is left.
    """
    budgets = [budget for budget in policy.role_budgets if budget.role_id in standing.role_ids]
    pots = [pot for pot in list_pots(policy, ask.guild_id, now, budgets, ask.member_id) if pot.limited]
    if not (pots or policy.most_open or policy.daily_pictures):
        return
    _judge_limits(connection, ask, policy, now)
    found = [_count(connection, pot, ask.guild_id, ask.job_id) for pot in pots]
    _judge_budgets(ask, found)
    if budgets:
        connection.execute(ADD_ROLES, [{"job_id": ask.job_id, "role_id": budget.role_id} for budget in budgets])
    warn(connection, ask.guild_id, find_crossings(found, ask.price_usd))


def warn(connection: Connection, guild_id: int, crossings: Iterable[Crossing]) -> None:
    """Write into the book what was crossed, each once, within the caller's transaction.

    Who catches an `OverBudget` writes its `crossings`: of the transaction that raised it nothing remains.
    """
    for crossing in crossings:
        if not _is_told(connection, guild_id, crossing):
            write(connection, _build_line(guild_id, crossing))


async def judge_cooldown(database: Database, ask: Ask, policy: Policy, now: datetime) -> None:
    """Raise `Refused` for a member who was refused a moment ago. Before the words: nobody finds out by trying."""
    if not policy.cooldown_minutes:
        return
    ((refused_at,),) = await database.run(LAST_REFUSED, guild=ask.guild_id, member=ask.member_id)
    over_at = now if refused_at is None else refused_at + timedelta(minutes=policy.cooldown_minutes)
    if over_at > now:
        raise Refused(Reason.COOLDOWN, opens=format_opening(over_at))


async def spent(
    database: Database, guild_id: int, policy: Policy, now: datetime, member_id: int | None = None
) -> list[Spent]:
    """How much is used of the guild's pots, of every role's, and of this member's, also where there is no limit."""
    pots = list_pots(policy, guild_id, now, policy.role_budgets, member_id)
    return await database.transact(lambda connection: [_count(connection, pot, guild_id) for pot in pots])


def _count(connection: Connection, pot: Pot, guild_id: int, but_job_id: int = 0) -> Spent:
    values = {"guild": guild_id, "pot": pot.id, "since": pot.begins_at, "job": but_job_id}
    used = _find_counts(guild_id).used[pot.kind]
    return Spent(pot, Decimal(int(connection.execute(used, values).scalar_one())) / MICROS)


def _find_counts(guild_id: int) -> Counts:
    return OUTSIDE if guild_id == DIRECT_MESSAGES else IN_GUILD


def _judge_limits(connection: Connection, ask: Ask, policy: Policy, now: datetime) -> None:
    """What binds each member alone. It is counted in the whole guild, also where a channel has a number of its own."""
    ours = {"guild": ask.guild_id, "member": ask.member_id, "job": ask.job_id}
    counts = _find_counts(ask.guild_id)
    if policy.most_open and connection.execute(counts.underway, ours).scalar_one() >= policy.most_open:
        raise Refused(Reason.TOO_MANY_OPEN, most=policy.most_open)
    if policy.daily_pictures:
        begins_at, opens_at = find_period(Period.DAY, now)
        made = int(connection.execute(counts.pictures, ours | {"since": begins_at}).scalar_one())
        if made + ask.count > policy.daily_pictures:
            left = max(0, policy.daily_pictures - made)
            opens = format_opening(opens_at)
            outside = ask.guild_id == DIRECT_MESSAGES
            reason = Reason.OUTSIDE_DAILY_LIMIT if outside else Reason.DAILY_LIMIT
            raise Refused(reason, most=policy.daily_pictures, left=left, opens=opens)


def _judge_budgets(ask: Ask, found: Iterable[Spent]) -> None:
    """Raise for the budget that keeps this request out longest: who comes back then is not sent away once more."""
    full = [each for each in found if each.left_usd < ask.price_usd]
    if not full:
        return
    hopeless = [each for each in full if each.pot.limit_usd < ask.price_usd]  # waiting does not help there
    last = min(hopeless, key=lambda each: each.pot.limit_usd) if hopeless else max(full, key=_opens_at)
    raise OverBudget(
        Reason.BUDGET_TOO_SMALL if hopeless else FULL[last.pot.kind],
        [Crossing(each.pot, LEVELS[0], each.used_usd) for each in full if each not in hopeless],
        price=format_usd(ask.price_usd),
        left=format_usd(last.left_usd),
        limit=format_usd(last.pot.limit_usd),
        role=f"<@&{last.pot.id}>",
        opens=format_opening(last.pot.opens_at),
    )


def _opens_at(each: Spent) -> datetime:
    return each.pot.opens_at


def _is_told(connection: Connection, guild_id: int, crossing: Crossing) -> bool:
    """Whether the book has it, or a higher level of the same budget."""
    subjects = [replace(crossing, level=level).subject for level in LEVELS if level >= crossing.level]
    return connection.execute(TOLD, {"guild": guild_id, "subjects": subjects}).first() is not None


def _build_line(guild_id: int, crossing: Crossing) -> Line:
    pot = crossing.pot
    return Line(
        guild_id,
        EntryKind.BUDGET,
        member_id=pot.id if pot.kind is PotKind.MEMBER else None,
        subject=crossing.subject,
        content={
            "pot": pot.kind.value,
            "id": str(pot.id),
            "period": pot.period.value,
            "level": crossing.level,
            "used_usd": format_usd(crossing.used_usd),
            "limit_usd": format_usd(pot.limit_usd),
        },
    )
