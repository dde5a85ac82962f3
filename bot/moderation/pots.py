"""Budgets as pots of money: whose they are, how long they last, and how much of them is used. Values only.

Days and months are those of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.moderation.lists import RoleBudget
    from bot.moderation.policy import Policy

LEVELS = (100, 80)
"""At how many per cent moderators are told, the highest first."""
UNLIMITED = Decimal("Infinity")


class PotKind(StrEnum):
    """Whose money it is. Stored in the book: never rename one."""

    GUILD = "guild"
    ROLE = "role"
    """Shared by everybody who has the role."""
    MEMBER = "member"


class Period(StrEnum):
    """How often there is a new budget. Stored in the book: never rename one."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Pot:
    """One budget in the period that is running. `id` is the guild's, role's or member's."""

    kind: PotKind
    id: int
    period: Period
    begins_at: datetime
    opens_at: datetime
    """When the next period begins."""
    limit_usd: Decimal
    """`UNLIMITED` where the policy says nothing: then it is only counted."""

    @property
    def limited(self) -> bool:
        """Whether it is a budget at all."""
        return self.limit_usd.is_finite()


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of a pot is used, by what is on its way and by what is done."""

    pot: Pot
    used_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        """What is still there."""
        return max(Decimal(0), self.pot.limit_usd - self.used_usd)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A budget of which so many per cent are used. 100 is also one in which too little is left for a request."""

    pot: Pot
    level: int
    used_usd: Decimal

    @property
    def subject(self) -> str:
        """Its name in the book, such as `guild day 2026-11-23 80 of 5.00`: a budget that is changed is another one."""
        pot = self.pot
        whose = pot.kind.value if pot.kind is PotKind.GUILD else f"{pot.kind} {pot.id}"
        return f"{whose} {pot.period} {pot.begins_at:%Y-%m-%d} {self.level} of {format_usd(pot.limit_usd)}"


def list_pots(
    policy: Policy, guild_id: int, now: datetime, budgets: Iterable[RoleBudget], member_id: int | None
) -> list[Pot]:
    """The guild's pots, those of these roles, and the member's."""
    limits = [(PotKind.GUILD, guild_id, policy.guild_day_usd, policy.guild_month_usd)]
    limits += [(PotKind.ROLE, budget.role_id, budget.day_usd, budget.month_usd) for budget in budgets]
    if member_id is not None:
        limits.append((PotKind.MEMBER, member_id, policy.member_day_usd, policy.member_month_usd))
    return [
        Pot(kind, whose, period, *find_period(period, now), UNLIMITED if limit is None else limit)
        for kind, whose, *both in limits
        for period, limit in zip(Period, both, strict=True)
    ]


def find_period(period: Period, now: datetime) -> tuple[datetime, datetime]:
    """When the running day or month began, and when the next one begins."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period is Period.DAY:
        return midnight, midnight + timedelta(days=1)
    first = midnight.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def find_crossings(found: Iterable[Spent], price_usd: Decimal) -> list[Crossing]:
    """The budgets that this price brings to one of the levels, each with its highest."""
    crossings = []
    for each in found:
        used_usd = each.used_usd + price_usd
        reached = [level for level in LEVELS if used_usd * 100 >= each.pot.limit_usd * level]
        crossings += [Crossing(each.pot, level, used_usd) for level in reached[:1]]
    return crossings


def format_usd(amount: Decimal) -> str:
    """Dollars with at least two digits behind the point, and as many as are needed."""
    shown = amount.normalize()
    return f"{shown:.{max(2, -int(shown.as_tuple().exponent))}f}"
