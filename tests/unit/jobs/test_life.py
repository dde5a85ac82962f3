"""The life of a job under every order of events, with duplicates, lost answers and crashes at any moment.

No sequence leads to two orders without knowledge, to a move out of an end, or to a job nobody will ever look at again.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiolimiter import AsyncLimiter
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, select

from bot.database import cases, entries, jobs, open_database, quiet_members
from bot.intake import Intake
from bot.jobs import ENDS, Job, JobStatus, Request, Store
from bot.jobs.delivering import Delivering
from bot.jobs.docket import Decision, Docket
from bot.jobs.estimates import Estimates
from bot.jobs.following import Following
from bot.jobs.gallery import Gallery
from bot.jobs.handover import Handover
from bot.jobs.ledger import ChargeState
from bot.jobs.mentions import Mentions
from bot.jobs.model import MOVES
from bot.jobs.offers import Offers
from bot.jobs.ordering import Ordering
from bot.jobs.pace import Limits
from bot.jobs.pause import Pause
from bot.jobs.ports import ReplyLost, ReplyNotReached, SourceGone
from bot.jobs.publishing import Publishing
from bot.jobs.review import Review
from bot.jobs.search import Search
from bot.jobs.telling import Telling
from bot.moderation.cases import Cases
from bot.moderation.consent import Consent
from bot.moderation.model import Standing
from bot.moderation.policy import Policy
from bot.moderation.rules import Allowed, Seen, Showing
from bot.pictures import PictureLimits, Provenance, Result, Source
from bot.provider import (
    MODELS,
    Account,
    Busy,
    FailureKind,
    KeyRefused,
    NoCredit,
    Order,
    OutcomeUnknown,
    PictureGone,
    PictureUnreachable,
    ReadFailed,
    Task,
    TaskState,
    Unreachable,
)
from tests.conftest import MovedClock
from tests.readings import get_charges

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.errors import Refused
    from bot.jobs.model import Outlook
    from bot.moderation.cases import Case
    from bot.moderation.model import Ask, Flag

MOST_JOBS = 4
MOSTLY = 8
"""How much more often all goes well than each of the things that can go wrong: else no job gets far."""
REACHABLE: dict[JobStatus, set[JobStatus]] = {}
for _status in JobStatus:
    found, todo = {_status}, [_status]
    while todo:
        new = MOVES[todo.pop()] - found
        found |= new
        todo += new
    REACHABLE[_status] = found


class Crash(BaseException):
    """The plug is pulled."""


class CrashingDatabase:
    """The real database, in a process whose plug is pulled right before or right after one of its statements."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.shared = database.shared
        self.tells_who_lives = database.tells_who_lives
        self.fuse: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def run(self, statement: Any, /, **values: object) -> Any:
        """As the real one."""
        self._spark()
        result = await self._database.run(statement, **values)
        self._spark()
        return result

    async def run_ahead(self, statement: Any, /, **values: object) -> Any:
        """As the real one."""
        return await self.run(statement, **values)

    async def transact(self, work: Any) -> Any:
        """As the real one."""
        self._spark()
        result = await self._database.transact(work)
        self._spark()
        return result

    def _spark(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse == 0:
                raise Crash


class FakeProvider:
    """An image service that does what the test draws, and remembers what it made."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.made: dict[str, Order] = {}
        self.orders: Counter[str] = Counter()
        self.without_knowledge: set[str] = set()

    async def submit(self, order: Order) -> Task:
        """One order. Whose outcome was ever unknown must not come again."""
        assert order.image_url not in self.without_knowledge, "ordered twice without knowledge"
        self.orders[order.image_url] += 1
        self.without_knowledge.add(order.image_url)
        what = self.draw(st.sampled_from([*["made"] * MOSTLY, "lost", "nothing", "busy", "down", "broke", "crash"]))
        if what in {"made", "lost", "crash"}:
            task_id = f"task-{len(self.made)}"
            self.made[task_id] = order
            if what == "made":
                return Task(task_id, TaskState.RUNNING)
        if what == "crash":
            raise Crash
        if what in {"lost", "nothing"}:
            raise OutcomeUnknown(what)
        self.without_knowledge.discard(order.image_url)
        raise {"busy": Busy("busy"), "down": Unreachable("down"), "broke": NoCredit("broke")}[what]

    async def fetch_task(self, task_id: str) -> Task:
        """A look."""
        what = self.draw(st.sampled_from([*["completed"] * 4, "running", "failed", "unread", "locked"]))
        if what == "locked":
            raise KeyRefused(what)
        if what == "unread" or task_id not in self.made:
            raise ReadFailed(what)
        order = self.made[task_id]
        urls = ("https://there/1.png",) if what == "completed" else ()
        failure = FailureKind.OTHER if what == "failed" else None
        cost = Decimal("0.0015") if what == "completed" else None
        return Task(task_id, TaskState(what), urls, cost, failure, image_url=order.image_url)

    async def fetch_history(self, since: datetime, until: datetime) -> tuple[str, ...]:  # noqa: ARG002 (all of it)
        """The history."""
        error = self.draw(st.sampled_from([None, None, ReadFailed("history"), KeyRefused("history")]))
        if error is not None:
            raise error
        return tuple(self.made)

    async def fetch_picture(self, url: str) -> bytes:  # noqa: ARG002 (one picture for all)
        """A result."""
        what = self.draw(st.sampled_from([*["here"] * MOSTLY, "gone", "later"]))
        if what != "here":
            raise {"gone": PictureGone("gone"), "later": PictureUnreachable("later")}[what]
        return b"png"

    async def fetch_account(self) -> Account:
        """What is wrong with the key is not told."""
        raise ReadFailed("account")

    async def upload(self, picture: bytes, name: str) -> str:  # noqa: ARG002 (the real one's)
        """Never asked for here."""
        raise ReadFailed("not asked for")


class FakeStudio:
    """Every picture is good."""

    async def check_source(self, data: bytes) -> Source:
        """Fine."""
        return Source(data, 1, 1, "")

    async def check_result(self, data: bytes, provenance: Provenance | None = None) -> Result:  # noqa: ARG002
        """Fine."""
        return Result(data, "image/png", 1, 1)


class FakeReplies:
    """A Discord that does what the test draws."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.heard: set[int] = set()
        """Members who were told how it ended, or could not be."""
        self.mentioned: set[int] = set()
        self.doubted: set[int] = set()
        """Jobs that a moderator has to look at before they are shown."""
        self.published: set[int] = set()
        """Drafts that their members wanted to be seen."""

    def _ask(self, *troubles: Exception) -> None:
        trouble = self.draw(st.sampled_from([*[None] * MOSTLY, *troubles, Crash()]))
        if trouble is not None:
            raise trouble

    async def fetch_attachment(self, job: Job) -> bytes:  # noqa: ARG002
        """The source."""
        self._ask(SourceGone(), ReplyNotReached())
        return b"jpeg"

    async def find_message(self, job: Job) -> int | None:  # noqa: ARG002
        """The answer of a process that died."""
        self._ask(ReplyNotReached())
        return self.draw(st.sampled_from([None, 7]))  # type: ignore[no-any-return]

    async def host(self, job: Job, source: Source, aside: int | None = None) -> str:
        """Not used: we have an address of our own."""
        raise NotImplementedError

    def show(self, job: Job, outlook: Outlook) -> None:
        """Never raises."""

    def is_shown(self, job_id: int) -> bool:
        """Never asked for here."""
        raise NotImplementedError

    async def mention(self, job: Job) -> None:
        """A call, which nobody has heard before."""
        assert job.id not in self.mentioned, "mentioned twice"
        self.mentioned.add(job.id)
        self._ask(ReplyLost(), ReplyNotReached())

    async def refuse(self, job: Job, refused: Refused) -> None:  # noqa: ARG002
        """A refusal."""
        await self.close(job)

    async def close(self, job: Job) -> int | None:
        """An end."""
        try:
            self._ask(ReplyLost(), ReplyNotReached())
        except (ReplyLost, ReplyNotReached):
            self.heard.add(job.id)
            raise
        self.heard.add(job.id)
        return job.message_id

    async def hold(self, job: Job, results: Sequence[Result] | None) -> int | None:  # noqa: ARG002
        """A picture that a moderator looks at first."""
        self.heard.discard(job.id)
        self._ask(ReplyLost(), ReplyNotReached())
        return job.message_id

    async def restore(self, job: Job) -> int | None:
        """What was shown before a report, and is nowhere else."""
        self._ask(ReplyLost(), ReplyNotReached())
        return job.message_id

    async def tell_rejected(self, job: Job) -> None:  # noqa: ARG002
        """A direct message."""
        self._ask(ReplyLost(), ReplyNotReached())

    async def fetch_published(self, job: Job) -> list[bytes]:
        """Nothing has to be read again here."""
        raise NotImplementedError

    async def announce(self, job: Job) -> int:
        """A draft that is published."""
        assert not job.request.draft
        self._ask(ReplyLost(), ReplyNotReached())
        return 8

    async def bid_farewell(self, job: Job) -> None:
        """The draft it was."""

    async def deliver(self, job: Job, results: Sequence[Result]) -> int | None:  # noqa: ARG002
        """A picture."""
        assert job.message_id == (7 if job.request.draft else 8 if job.id in self.published else 7), "a draft is seen"
        assert job.approved_at is not None or job.id not in self.doubted, "shown without a moderator's word"
        self._ask(ReplyLost(), ReplyNotReached())
        return job.message_id

    async def bring(self, channel_id: int, case: Case, job: Job, results: Any, *, visible: bool) -> int:  # noqa: ARG002
        """The moderators' message."""
        self._ask(ReplyLost(), ReplyNotReached())
        return 9

    async def refresh_case(self, case: Case) -> None:  # noqa: ARG002
        """The same, as it stands."""
        self._ask(ReplyLost(), ReplyNotReached())


class FakeBench:
    """The moderators' channel, which is the same Discord."""

    def __init__(self, replies: FakeReplies) -> None:
        self.bring = replies.bring
        self.refresh = replies.refresh_case


class FakeRules:
    """Rules that refuse nothing, and want a moderator to look at what the test draws. A member's job keeps its luck."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], replies: FakeReplies) -> None:
        self.draw = draw
        self.replies = replies

    def allow(self, connection: Connection, allowed: Allowed) -> None:
        """Always."""

    def noting(self, ask: Ask) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        """There is nothing to note."""
        return nullcontext()

    async def judge_request(self, ask: Ask, standing: Standing) -> Allowed:
        """Fine."""
        return Allowed(ask, standing, Policy(), ())

    async def judge_source(self, ask: Ask, data: bytes) -> Seen:  # noqa: ARG002
        """Fine."""
        return Seen()

    async def judge_look(self, ask: Ask, data: bytes) -> Seen:  # noqa: ARG002
        """Fine."""
        return Seen()

    async def judge_results(self, ask: Ask, pictures: Sequence[bytes]) -> Seen:  # noqa: ARG002
        """Fine."""
        return Seen()

    async def blurs(self, ask: Ask) -> bool:  # noqa: ARG002
        """Nothing."""
        return False

    async def find_aside(self, ask: Ask, flags: Sequence[Flag]) -> int | None:  # noqa: ARG002
        """Nowhere."""
        return None

    async def showing(self, ask: Ask, flags: Sequence[Flag], *, spoiler: bool) -> Showing:  # noqa: ARG002
        """Some are held."""
        if ask.job_id in self.replies.doubted or self.draw(st.booleans()):
            self.replies.doubted.add(ask.job_id)
            return Showing.HOLD
        return Showing.PLAIN


class FakePolicies:
    """One policy for everybody: two reports are enough, and who is not heard in an hour is rejected."""

    async def get_at(self, ask: Ask) -> Policy:
        """The same everywhere."""
        return await self.get(ask.guild_id)

    async def get(self, guild_id: int) -> Policy:  # noqa: ARG002
        """The policy."""
        return Policy(report_count=2, review_channel_id=5, review_hours=1, review_then="reject")


class Life(RuleBasedStateMachine):
    """Members ask, time passes, processes take up what is due and die, callbacks come and go."""

    runner = asyncio.Runner()
    stack = AsyncExitStack()
    database: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovedClock()
        self.seen: dict[int, JobStatus] = {}
        self.drafts: set[int] = set()
        self.processes = 0

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """An empty database, a first process, and two members who ask."""
        self.draw = data.draw
        if Life.database is None:
            folder = self.stack.enter_context(tempfile.TemporaryDirectory())
            opening = open_database(f"sqlite:///{folder}/life.db", _now)
            Life.database = self.runner.run(self.stack.enter_async_context(opening))
        Life.clock_now = self.clock
        for table in (entries, cases, jobs):
            self.runner.run(self.database.run(delete(table)))
        self.provider, self.replies = FakeProvider(self.draw), FakeReplies(self.draw)
        self.start_process()
        for member in (1, 2):
            self.ask(member, answered=True, draft=self.draw(st.booleans()))

    clock_now: Any = None

    def start_process(self) -> None:
        """The next process; what the last one had in its hands is free."""
        self.processes += 1
        self.crashing = CrashingDatabase(self.database)
        self.store = Store(self.crashing, f"process-{self.processes}")
        pause = Pause(self.clock)
        estimates = Estimates(self.store, self.clock, 3, pause, chance=lambda: 0.5)
        limits = Limits()
        fakes: Any = (self.provider, FakeStudio(), self.replies)
        provider, studio, replies = fakes
        handover = Handover("host", "https://here", provider, replies)
        search = Search(self.store, provider)
        self.telling = telling = Telling(self.store, replies, self.clock, limits)
        rules: Any = FakeRules(self.draw, self.replies)
        bench: Any = FakeBench(self.replies)
        policies: Any = FakePolicies()
        docket = Docket(self.crashing)
        offers = Offers(policies, (), MODELS, "schnell")
        self.publishing = Publishing(self.crashing, self.store, rules, offers)
        mentions = Mentions(policies, Consent(self.crashing, quiet_members), replies, self.clock)
        asked = (self.store, provider, replies, estimates, telling, pause, self.clock, limits)
        self.ordering = Ordering(*asked, lambda _: None)
        self.following = Following(*asked, search, AsyncLimiter(1000, 1), lambda: 0.5)
        self.delivering = Delivering(
            self.store, provider, studio, replies, rules, docket, self.publishing, mentions, telling, self.clock, limits
        )
        self.intake = Intake(
            self.store, studio, replies, handover, Gallery(self.store, replies), estimates, telling, rules, self.clock,
            MODELS, offers, limits, PictureLimits(),
        )  # fmt: skip
        self.cases = Cases(self.crashing)
        self.review = Review(self.store, docket, self.cases, policies, bench, replies, studio, self.clock)
        self.runner.run(self.store.hands.abandon_others())

    def live(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something in this process; if the plug is pulled meanwhile, the next process starts."""
        self.crashing.fuse = self.draw(st.sampled_from([*[None] * 3 * MOSTLY, *range(1, 13)]))
        try:
            return self.runner.run(_await(work()))
        except Crash:
            self.start_process()
            return None
        finally:
            self.crashing.fuse = None

    @precondition(lambda self: len(self.seen) < MOST_JOBS)
    @rule(member=st.integers(1, 2), answered=st.sampled_from([True, True, True, False]), draft=st.booleans())
    def ask(self, member: int, *, answered: bool, draft: bool) -> None:
        """A member asks, and is answered, or the process dies in between."""
        number = len(self.seen) + 1
        request = Request(
            id=number << 22, application_id=1, guild_id=2, channel_id=3, member_id=member, member_name="",
            locale="en-US", token="t", attachment_url="a", prompt="p", model="schnell", strength=0.7, draft=draft,
        )  # fmt: skip

        allowed = Allowed(request.as_ask(Decimal("0.0015")), Standing(), Policy(), ())

        async def arrive() -> None:
            job = await self.intake.arrive(request, allowed)
            if job is not None and answered:
                await self.intake.answered(job, 7)

        self.seen[request.id] = JobStatus.ARRIVING
        if draft:
            self.drafts.add(request.id)
        self.live(arrive)
        if self.runner.run(Store(self.database, "test").get(request.id)) is None:
            del self.seen[request.id]  # it died before the row: nobody saw anything

    @rule(rounds=st.integers(1, 20))
    def work(self, rounds: int) -> None:
        """Let the loop go round: what is due is taken up, and the next one goes to the provider."""
        for _ in range(rounds):
            self.take_up()
            self.admit()
            self.clock.move(15)

    def take_up(self) -> None:
        """Take up one thing that is due and do its step."""

        async def step() -> None:
            at = {
                JobStatus.ARRIVING: self.intake.accept,
                JobStatus.SUBMITTING: self.ordering.doubt,
                JobStatus.UNKNOWN: self.following.look,
                JobStatus.RUNNING: self.following.look,
                JobStatus.DELIVERING: self.delivering.deliver,
                JobStatus.REVIEWING: self.review.step,
                **dict.fromkeys(ENDS, self.telling.tell),
            }
            for job in await self.store.hands.claim(1):
                await at[job.status](job)
                self.store.hands.put_down(job)

        self.live(step)

    def admit(self) -> None:
        """Let the next one go to the provider."""

        async def step() -> None:
            job = await self.store.hands.admit(2)
            if job is not None:
                await self.ordering.submit(job)
                self.store.hands.put_down(job)

        self.live(step)

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Somebody presses Cancel."""
        job_id = data.draw(st.sampled_from(sorted(self.seen)))
        self.live(lambda: self.store.cancel(job_id))

    @rule(decision=st.sampled_from([Decision.APPROVE, Decision.SPOILER, Decision.REJECT]), number=st.integers(1, 3))
    def decide(self, decision: Decision, number: int) -> None:
        """A moderator clicks, perhaps on what is decided already."""

        async def click() -> None:
            case = await self.cases.get(2, number)
            if case is not None:
                await self.review.decide(case, decision, 8)

        self.live(click)

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), member=st.integers(11, 14))
    def report_or_appeal(self, data: st.DataObject, member: int) -> None:
        """Members report what they see, and appeal what is kept from them."""
        job = self.runner.run(Store(self.database, "test").get(data.draw(st.sampled_from(sorted(self.seen)))))
        if job is not None and job.status is JobStatus.DONE:
            self.live(lambda: self.review.report(job, 2, member, ""))
        elif job is not None and job.status is JobStatus.REJECTED:
            self.live(lambda: self.review.appeal(job, "please"))

    def list_drafts(self) -> list[int]:
        """The finished jobs that were asked for as drafts."""
        return sorted(job_id for job_id in self.drafts if self.seen.get(job_id) is JobStatus.DONE)

    @precondition(lambda self: self.list_drafts())
    @rule(data=st.data(), times=st.integers(1, 2))
    def publish(self, data: st.DataObject, times: int) -> None:
        """A member presses Publish on a finished draft, perhaps twice, perhaps on one that is a draft no longer."""
        job = self.runner.run(Store(self.database, "test").get(data.draw(st.sampled_from(self.list_drafts()))))
        if job is None:
            return
        anew = replace(job.request, draft=False, token="new")
        if job.request.draft:
            self.replies.published.add(job.id)
        for _ in range(times):
            self.live(lambda: self.publishing.publish(job, anew, Standing(), job.id + 1))

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def callback(self, data: st.DataObject) -> None:
        """A callback: true, late, doubled, or naming another task."""
        job = self.runner.run(Store(self.database, "test").get(data.draw(st.sampled_from(sorted(self.seen)))))
        mine = [task for task, order in self.provider.made.items() if job and order.image_url == job.image_url]
        if job is not None:
            key, task_id = job.key, data.draw(st.sampled_from([None, *mine]))
            self.live(lambda: self.store.hint(key, task_id))

    @rule(seconds=st.sampled_from([1, 5, 20, 61, 600, 3600]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.clock.move(seconds)

    @rule()
    def crash(self) -> None:
        """The process dies with whatever it holds."""
        self.start_process()

    @invariant()
    def nobody_is_forgotten_and_ends_are_ends(self) -> None:
        """Moves are allowed ones, ends stay, and whatever is open will be looked at."""
        if Life.database is None:
            return
        rows = self.runner.run(self.database.run(select(jobs)))
        for row in rows:
            status = JobStatus(row.status)
            before = self.seen.get(row.id, JobStatus.ARRIVING)
            seen = status is JobStatus.DONE and not row.draft
            assert row.id not in self.replies.doubted or not seen or row.approved_at is not None
            assert status in REACHABLE[before] or (before, status) == (JobStatus.SUBMITTING, JobStatus.QUEUED)
            told = status is JobStatus.DONE or row.reason == "never_answered" or row.id in self.replies.heard
            assert row.wake_at is not None or status is JobStatus.QUEUED or (status in ENDS and told)
            self.seen[row.id] = status

    @invariant()
    def nobody_pays_twice(self) -> None:
        """At most one task was ever made for a job, and the ledger has at most one order that may cost."""
        if Life.database is None:
            return
        made = Counter(order.image_url for order in self.provider.made.values())
        assert not made or max(made.values()) == 1
        for job_id in self.seen:
            costly = [
                state
                for state, _ in self.runner.run(get_charges(self.database, job_id))
                if state is not ChargeState.NONE
            ]
            assert len(costly) <= 1


def _now() -> datetime:
    """The database outlives the examples, each of which has its own clock."""
    now: datetime = Life.clock_now()
    return now


async def _await(work: Awaitable[Any]) -> Any:
    return await work


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def teardown_module() -> None:
    """Close what all examples shared."""
    if Life.database is not None:
        Life.runner.run(Life.stack.aclose())
    Life.runner.close()
