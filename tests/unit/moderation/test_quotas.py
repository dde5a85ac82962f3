"""Limits and budgets: what counts, when it begins anew, who shares it, and that nobody has the last of it twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import bindparam, event, func, select, update

from bot.database import job_roles, jobs, open_database
from bot.errors import Reason, Refused
from bot.jobs import JobStatus, Store
from bot.moderation.book import Book
from bot.moderation.chain import EntryKind, Line
from bot.moderation.lists import RoleBudget
from bot.moderation.model import Standing
from bot.moderation.policy import Policy
from bot.moderation.pots import Period, PotKind, Spent, find_period
from bot.moderation.quotas import IN_GUILD, OUTSIDE, OverBudget, hold, judge_cooldown, spent, warn
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Executable

    from bot.database import Database
    from bot.jobs import Request
    from tests.conftest import MovedClock

GUILD, MIRA, THEO, PAINTERS, FRIENDS = 2, 4, 5, 70, 71
DIME = Decimal("0.10")
TURN = update(jobs).where(jobs.c.id == bindparam("job"))


@dataclass
class Desk:
    """Where requests arrive, as the rules and the store do it."""

    database: Database
    clock: MovedClock
    build_request: Callable[..., Request]
    policy: Policy = field(default_factory=Policy)

    async def ask(self, price: str = "0.10", roles: tuple[int, ...] = (), **given: Any) -> int:
        """A request that is let in, or `Refused`. Returns its job."""
        request = self.build_request(**given)
        ask, standing = request.as_ask(Decimal(price)), Standing(role_ids=frozenset(roles))
        await judge_cooldown(self.database, ask, self.policy, self.clock())
        arrived = await Store(self.database, "me").arrive(
            request,
            f"key{request.id}",
            ask.price_usd,
            allow=lambda connection: hold(connection, ask, standing, self.policy, self.clock()),
        )
        assert arrived
        return request.id

    async def refused(self, price: str = "0.10", **given: Any) -> Refused:
        """Why a request is not let in. What it crossed is written, as the rules do it."""
        with pytest.raises(Refused) as caught:
            await self.ask(price, **given)
        if isinstance(caught.value, OverBudget):
            crossings = caught.value.crossings
            await self.database.transact(lambda connection: warn(connection, GUILD, crossings))
        return caught.value

    async def turn(self, job_id: int, **values: Any) -> None:
        """Let a job stand like this."""
        await self.database.run(TURN.values(values), job=job_id)

    async def told(self) -> list[str]:
        """What the book says about budgets, the first first."""
        entries = await Book(self.database).read(GUILD)
        return [entry.subject for entry in reversed(entries) if entry.kind == EntryKind.BUDGET]


@pytest.fixture
def desk(database: Database, clock: MovedClock, build_request: Callable[..., Request]) -> Desk:
    """The desk of a guild without any rules."""
    return Desk(database, clock, build_request)


async def test_nothing_is_limited_by_default(desk: Desk) -> None:
    """Without a policy everybody may ask for as much as they like, and nothing is written about it."""
    for _ in range(5):
        await desk.ask("99.00", roles=(PAINTERS,))
    assert await desk.told() == []


@pytest.mark.parametrize(
    ("standing", "counted"),
    [
        ({"status": "arriving"}, "0.10"),
        ({"status": "queued"}, "0.10"),
        ({"status": "submitting", "submitted_at": datetime(2026, 3, 1, tzinfo=UTC)}, "0.10"),
        ({"status": "unknown"}, "0.10"),
        ({"status": "running"}, "0.10"),
        ({"status": "delivering", "cost_usd_micros": 70_000}, "0.07"),
        ({"status": "reviewing", "cost_usd_micros": 70_000}, "0.07"),
        ({"status": "done"}, "0.10"),
        ({"status": "done", "cost_usd_micros": 120_000}, "0.12"),
        ({"status": "done", "cost_usd_micros": 0}, "0"),
        ({"status": "failed", "cost_usd_micros": 70_000}, "0"),
        ({"status": "refused"}, "0"),
        ({"status": "rejected", "cost_usd_micros": 70_000}, "0"),
        ({"status": "cancelled"}, "0"),
        ({"status": "cancelled", "submitted_at": datetime(2026, 3, 1, tzinfo=UTC)}, "0.10"),
    ],
)
async def test_what_a_job_counts(desk: Desk, standing: dict[str, Any], counted: str) -> None:
    """Its price while it is open, what it cost once that is known, nothing where it came to nothing."""
    await desk.turn(await desk.ask(), **standing)
    found = await spent(desk.database, GUILD, desk.policy, desk.clock(), MIRA)
    assert {(each.pot.kind, each.pot.period, each.used_usd) for each in found} == {
        (kind, period, Decimal(counted)) for kind in (PotKind.GUILD, PotKind.MEMBER) for period in Period
    }


def test_every_status_is_in_the_table() -> None:
    """A status that is added one day has to say what it counts."""
    (mark,) = (mark for mark in test_what_a_job_counts.pytestmark if mark.name == "parametrize")
    assert {values["status"] for values, _ in mark.args[1]} == set(JobStatus)


async def test_a_refund_makes_room(desk: Desk) -> None:
    """A full budget has room again once a job in it has failed."""
    desk.policy = Policy(member_day_usd=DIME)
    job_id = await desk.ask()
    assert (await desk.refused()).reason is Reason.BUDGET_MEMBER
    await desk.turn(job_id, status="failed")
    await desk.ask()


async def test_a_refused_request_leaves_nothing(desk: Desk) -> None:
    """No row remains of a request that did not fit."""
    desk.policy = Policy(guild_day_usd=DIME, role_budgets=(RoleBudget(PAINTERS, None, Decimal(5)),))
    await desk.ask(roles=(PAINTERS,))
    await desk.refused(roles=(PAINTERS,))
    for table in (jobs, job_roles):
        (row,) = await desk.database.run(select(func.count()).select_from(table))
        assert row[0] == 1


async def test_two_at_once_cannot_have_the_last_of_it(desk: Desk) -> None:
    """Of many requests in the same moment, also from different processes, only as many get in as fit."""
    desk.policy = Policy(guild_month_usd=Decimal("0.25"))
    answers = await asyncio.gather(*(desk.ask(member_id=member) for member in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, int) for answer in answers) == 2
    assert [answer.reason for answer in answers if isinstance(answer, Refused)] == [Reason.BUDGET_GUILD] * 6


async def test_outside_of_guilds_nobody_gets_in_twice_either(desk: Desk) -> None:
    """There a member's own gate keeps their requests apart."""
    desk.policy = Policy(daily_pictures=2)
    answers = await asyncio.gather(*(desk.ask(guild_id=None) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, int) for answer in answers) == 2


async def test_a_day_ends_at_midnight_and_a_month_with_its_last_day(desk: Desk) -> None:
    """In UTC: what was full a minute before midnight has room a minute after."""
    desk.policy = Policy(member_day_usd=DIME, guild_month_usd=Decimal("0.20"))
    desk.clock.now = datetime(2026, 2, 27, 23, 59, tzinfo=UTC)
    await desk.ask()
    refused = await desk.refused()
    midnight = datetime(2026, 2, 28, tzinfo=UTC)
    assert refused.values["opens"] == f"<t:{int(midnight.timestamp())}:R>"
    desk.clock.move(120)
    await desk.ask()
    assert (await desk.refused(member_id=THEO)).reason is Reason.BUDGET_GUILD
    desk.clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    await desk.ask()


@pytest.mark.parametrize(
    ("now", "next_month"),
    [
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2026, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_month_is_as_long_as_it_is(now: datetime, next_month: datetime) -> None:
    """Short ones, long ones, the last of a year, and one that is over elsewhere already."""
    begins_at, opens_at = find_period(Period.MONTH, now)
    assert opens_at == next_month
    assert begins_at <= now < opens_at
    assert begins_at.day == 1


async def test_a_role_shares_its_budget(desk: Desk) -> None:
    """Who has the role uses up what the others with it have; who does not is not concerned."""
    desk.policy = Policy(role_budgets=(RoleBudget(PAINTERS, DIME, None), RoleBudget(FRIENDS, Decimal(9), None)))
    await desk.ask(roles=(PAINTERS, FRIENDS))
    refused = await desk.refused(member_id=THEO, roles=(PAINTERS,))
    assert refused.reason is Reason.BUDGET_ROLE
    assert refused.values["role"] == f"<@&{PAINTERS}>"
    await desk.ask(member_id=THEO, roles=(FRIENDS,))
    await desk.ask(member_id=6)
    found = await spent(desk.database, GUILD, desk.policy, desk.clock())
    used = {each.pot.id: each.used_usd for each in found if each.pot.period is Period.DAY}
    assert used == {GUILD: Decimal("0.30"), PAINTERS: DIME, FRIENDS: Decimal("0.20")}


async def test_a_members_budget_is_their_own(desk: Desk) -> None:
    """One who has used up theirs keeps nobody else waiting."""
    desk.policy = Policy(member_day_usd=DIME)
    await desk.ask()
    await desk.refused()
    await desk.ask(member_id=THEO)


async def test_guilds_do_not_share(desk: Desk) -> None:
    """What is spent in one guild is no other guild's business."""
    desk.policy = Policy(guild_day_usd=DIME, member_day_usd=DIME, daily_pictures=1, most_open=1)
    await desk.ask(guild_id=3)
    await desk.ask()


async def test_the_sentence_names_the_budget_that_opens_last(desk: Desk) -> None:
    """Who comes back at the time they were told is not sent away by a longer budget."""
    desk.policy = Policy(member_day_usd=DIME, guild_month_usd=DIME)
    await desk.ask()
    refused = await desk.refused()
    assert refused.reason is Reason.BUDGET_GUILD
    assert refused.values["opens"] == f"<t:{int(datetime(2026, 4, 1, tzinfo=UTC).timestamp())}:R>"


async def test_what_never_fits_is_not_put_off(desk: Desk) -> None:
    """A request dearer than the whole budget is told so, and no moderator hears of a budget that is not used."""
    desk.policy = Policy(member_day_usd=DIME)
    refused = await desk.refused("0.105")
    assert (refused.reason, refused.values["price"], refused.values["limit"]) == (
        Reason.BUDGET_TOO_SMALL,
        "0.105",
        "0.10",
    )
    assert await desk.told() == []


async def test_what_never_fits_is_said_of_the_budget_it_never_fits(desk: Desk) -> None:
    """Also where another one is full at the moment: of that one the moderators hear."""
    desk.policy = Policy(member_day_usd=DIME, guild_month_usd=Decimal("0.15"))
    await desk.ask()
    refused = await desk.refused("0.105", member_id=THEO)
    assert (refused.reason, refused.values["limit"]) == (Reason.BUDGET_TOO_SMALL, "0.10")
    assert await desk.told() == [f"member {MIRA} day 2026-03-01 100 of 0.10", "guild month 2026-03-01 100 of 0.15"]


async def test_moderators_are_told_at_80_and_100_per_cent(desk: Desk) -> None:
    """Each once, in the book, with the figures; again only when there is a new budget."""
    desk.policy = Policy(guild_day_usd=Decimal("0.50"))
    for _ in range(3):
        await desk.ask()
    assert await desk.told() == []
    fourth = await desk.ask()
    assert await desk.told() == ["guild day 2026-03-01 80 of 0.50"]
    await desk.turn(fourth, status="failed")
    await desk.ask()
    await desk.ask()
    await desk.refused()
    full = ["guild day 2026-03-01 80 of 0.50", "guild day 2026-03-01 100 of 0.50"]
    assert await desk.told() == full
    desk.policy = Policy(guild_day_usd=Decimal("0.70"))
    await desk.ask()
    assert await desk.told() == [*full, "guild day 2026-03-01 80 of 0.70"]
    last = await Book(desk.database).last(GUILD, EntryKind.BUDGET)
    assert last is not None
    assert last.content is not None
    assert (last.content["used_usd"], last.content["limit_usd"]) == ("0.60", "0.70")


async def test_a_request_that_no_longer_fits_tells_the_moderators(desk: Desk) -> None:
    """Also where the budget is not used to the last cent: to its members it is closed. No 80 after the 100."""
    desk.policy = Policy(member_month_usd=Decimal("0.25"))
    await desk.ask("0.15")
    assert (await desk.refused("0.15")).values["left"] == "0.10"
    await desk.refused("0.15")
    await desk.ask("0.05")
    assert await desk.told() == [f"member {MIRA} month 2026-03-01 100 of 0.25"]
    last = await Book(desk.database).last(GUILD, EntryKind.BUDGET, MIRA)
    assert last is not None


async def test_a_day_has_so_many_pictures(desk: Desk) -> None:
    """Pictures are counted, not requests; what failed does not count, and tomorrow is another day."""
    desk.policy = Policy(daily_pictures=4)
    first = await desk.ask(count=3)
    refused = await desk.refused(count=2)
    assert (refused.reason, refused.values["most"], refused.values["left"]) == (Reason.DAILY_LIMIT, 4, 1)
    await desk.ask(member_id=THEO, count=4)
    await desk.turn(first, status="failed")
    await desk.ask(count=4)
    await desk.refused()
    desk.clock.move(12 * 3600)
    await desk.ask()


async def test_so_many_at_the_same_time(desk: Desk) -> None:
    """A member waits until one is over; one that waits for a moderator keeps nobody waiting."""
    desk.policy = Policy(most_open=2)
    first = await desk.ask()
    second = await desk.ask()
    assert (await desk.refused()).reason is Reason.TOO_MANY_OPEN
    await desk.ask(member_id=THEO)
    await desk.turn(first, status="done")
    await desk.ask()
    await desk.refused()
    await desk.turn(second, status="reviewing")
    await desk.ask()


async def test_outside_of_guilds_the_same_limits_count(desk: Desk) -> None:
    """Each member's own, all places that are no guild's together; guilds neither count there nor are counted."""
    desk.policy = Policy(daily_pictures=2, most_open=2)
    first = await desk.ask(guild_id=None)
    await desk.ask()
    await desk.ask(guild_id=None, channel_id=33)
    assert (await desk.refused(guild_id=None)).reason is Reason.TOO_MANY_OPEN
    await desk.turn(first, status="done")
    refused = await desk.refused(guild_id=None)
    assert (refused.reason, refused.values["left"]) == (Reason.OUTSIDE_DAILY_LIMIT, 0)
    await desk.ask(guild_id=None, member_id=THEO)
    await desk.ask()
    desk.policy = Policy(member_day_usd=DIME)
    assert (await desk.refused(guild_id=None)).reason is Reason.BUDGET_MEMBER


async def test_a_member_cools_down_after_a_refusal(desk: Desk) -> None:
    """So long as the policy says, after a refusal over words or pictures; being told to wait makes it no longer."""
    desk.policy = Policy(cooldown_minutes=10)
    book = Book(desk.database)
    await book.add(Line(GUILD, EntryKind.REFUSED, member_id=MIRA, subject=Reason.PROMPT_OWN.value))
    desk.clock.move(9 * 60)
    refused = await desk.refused()
    assert refused.reason is Reason.COOLDOWN
    assert refused.values["opens"] == f"<t:{int(desk.clock().timestamp()) + 60}:R>"
    for reason in (Reason.COOLDOWN, Reason.CHANNEL_CLOSED, Reason.DAILY_LIMIT, Reason.BUDGET_GUILD):
        await book.add(Line(GUILD, EntryKind.REFUSED, member_id=MIRA, subject=reason.value))
    await desk.ask(member_id=THEO)
    desk.clock.move(60)
    await desk.ask()


async def test_what_is_left(desk: Desk) -> None:
    """The figures that a panel shows: used of limit, and without a limit what was used."""
    desk.policy = Policy(guild_day_usd=Decimal("0.15"))
    await desk.ask()
    day, month = await spent(desk.database, GUILD, desk.policy, desk.clock())
    assert (day.used_usd, day.left_usd, day.pot.limited) == (DIME, Decimal("0.05"), True)
    assert (month.used_usd, month.pot.limited) == (DIME, False)
    assert Spent(day.pot, Decimal(1)).left_usd == 0


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (IN_GUILD.used[PotKind.GUILD], "COVERING INDEX ix_jobs_guilds (guild_id=? AND created_at>?)"),
        (IN_GUILD.used[PotKind.MEMBER], "COVERING INDEX ix_jobs_guilds (guild_id=? AND created_at>?)"),
        (IN_GUILD.underway, "INDEX ix_jobs_turns (member_id=?)"),
        (OUTSIDE.used[PotKind.MEMBER], "INDEX ix_jobs_made (member_id=?)"),
        (OUTSIDE.pictures, "INDEX ix_jobs_made (member_id=?)"),
        (OUTSIDE.underway, "INDEX ix_jobs_turns (member_id=?)"),
    ],
)
async def test_counting_reads_an_index(tmp_path: Path, statement: Executable, index: str) -> None:
    """Each request of a large guild counts a month of jobs: that must not take long."""
    values = {"guild": GUILD, "since": NOON, "job": 1, "pot": 1, "member": 1}
    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}") as database:
        (step,) = await database.transact(lambda connection: explain(connection, statement, values))
    assert step == f"SEARCH jobs USING {index}"


def explain(connection: Connection, statement: Executable, values: dict[str, Any]) -> list[str]:
    """How SQLite goes about a statement."""
    seen: list[tuple[str, Any]] = []

    def note(*args: Any) -> None:
        seen.append((args[2], args[3]))

    event.listen(connection, "before_cursor_execute", note)
    connection.execute(statement, values).close()
    event.remove(connection, "before_cursor_execute", note)
    text, bound = seen[0]
    return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", bound)]
