"""Several processes on one PostgreSQL: who takes what, who is gone, and what the network does to it."""

from __future__ import annotations

import asyncio
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.database import Database, Kept, build_process_name, jobs, open_database, system_clock
from bot.database.opening import parse_url
from bot.database.schema import kept
from bot.errors import Misconfigured
from bot.jobs import Job, JobStatus, Request, Store
from bot.jobs.hands import CLAIM, LEASE_SECONDS
from bot.jobs.runner import Runner
from bot.jobs.statements import IN_FLIGHT
from bot.jobs.waiting import Waiting
from bot.pictures import Source
from tests.databases import FollowsClock, Link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy import Connection

    from tests.conftest import MovedClock
    from tests.databases import Postgres

ROOT = Path(__file__).parents[2]
SOURCE = Source(data=b"jpeg", width=1, height=1, sha256="")
NAP = text("SELECT pg_sleep(:seconds)")
ADD = insert(kept)


@pytest.fixture
async def url(postgres: Postgres) -> AsyncIterator[str]:
    """An empty PostgreSQL database in which time passes by itself."""
    async with postgres.create() as address:
        yield address


@pytest.fixture
async def pair(url: str) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes on it, as far as PostgreSQL can tell."""
    async with open_database(url, name="first") as one, open_database(url, name="second") as two:
        yield Store(one, "first"), Store(two, "second")


async def arrive(store: Store, request: Request) -> Job:
    """A job in this process's hands."""
    await store.arrive(request, f"key{request.id}", Decimal(0))
    await store.answered(request.id, 1)
    (job,) = await store.hands.claim(1)
    return job


async def queue(store: Store, request: Request) -> Job:
    """A job that waits for its turn."""
    job = await store.queue(await arrive(store, request), SOURCE, "https://here")
    assert job is not None
    return job


def database_of(store: Store) -> Database:
    """The database behind a store."""
    return store._database


async def count_in_flight(store: Store) -> int:
    """How many jobs are at the provider."""
    statement = select(func.count()).select_from(jobs).where(jobs.c.status.in_(IN_FLIGHT))
    return int((await database_of(store).run(statement))[0][0])


# -- taking ----------------------------------------------------------------------------------------------------------


async def test_no_more_at_the_provider_than_allowed_over_all_processes(
    pair: tuple[Store, Store], build_request: Callable[..., Request]
) -> None:
    """However many ask at the same moment, the room is counted once."""
    for member in range(40):
        await queue(pair[0], build_request(member_id=member))
    for _ in range(6):
        admitted = [
            job for job in await asyncio.gather(*(store.hands.admit(5) for store in pair * 8)) if job is not None
        ]
        assert len(admitted) == 5
        assert await count_in_flight(pair[0]) == 5
        for job in admitted:
            assert await pair[0].end(job, JobStatus.FAILED) is not None


async def test_what_is_being_cancelled_is_not_ordered(
    pair: tuple[Store, Store], build_request: Callable[..., Request]
) -> None:
    """Admission passes by a job that somebody else is changing, and does not wait for it either."""
    first, second = [await queue(pair[0], build_request(member_id=member)) for member in range(2)]
    cancelling = asyncio.Event()
    cancel = update(jobs).where(jobs.c.id == first.id).values(status="cancelled", wake_at=None)

    def work(connection: Connection) -> None:
        connection.execute(cancel)
        asyncio.get_running_loop().call_soon(cancelling.set)
        connection.execute(NAP, {"seconds": 0.3})

    slowly = asyncio.create_task(database_of(pair[1]).transact(work))
    async with asyncio.timeout(5):
        await cancelling.wait()
    admitted = await pair[0].hands.admit(100)
    assert not slowly.done()
    await slowly
    assert admitted is not None
    assert admitted.id == second.id
    assert await pair[0].hands.admit(100) is None


async def test_each_due_job_is_taken_by_one(pair: tuple[Store, Store], build_request: Callable[..., Request]) -> None:
    """Two processes that claim at the same moment share what is due, and neither waits for the other."""
    for _ in range(120):
        request = build_request()
        await pair[0].arrive(request, f"key{request.id}", Decimal(0))
        await pair[0].answered(request.id, 1)

    async def take(store: Store) -> list[Job]:
        taken: list[Job] = []
        while claimed := await store.hands.claim(7):
            taken += claimed
        return taken

    hands = await asyncio.gather(*(take(store) for store in pair))
    assert all(hands)
    ids = [job.id for hand in hands for job in hand]
    assert len(ids) == len(set(ids)) == 120
    assert {job.turn for hand in hands for job in hand} == {1}


async def test_what_somebody_is_taking_is_passed_by(
    pair: tuple[Store, Store], build_request: Callable[..., Request]
) -> None:
    """A claim that is not committed yet is respected without waiting for it."""
    for _ in range(5):
        request = build_request()
        await pair[0].arrive(request, f"key{request.id}", Decimal(0))
        await pair[0].answered(request.id, 1)
    claimed = asyncio.Event()

    def work(connection: Connection) -> set[int]:
        rows = connection.execute(CLAIM, {"most": 3, "me": "second", "lease": 60.0, "hands": []}).all()
        asyncio.get_running_loop().call_soon(claimed.set)
        connection.execute(NAP, {"seconds": 0.3})
        return {row.id for row in rows}

    slowly = asyncio.create_task(database_of(pair[1]).transact(work))
    async with asyncio.timeout(5):
        await claimed.wait()
    taken = {job.id for job in await pair[0].hands.claim(9)}
    assert not slowly.done()
    assert len(taken) == 2
    assert not taken & await slowly


async def test_pictures_of_one_member_at_once_are_a_turn_each(
    pair: tuple[Store, Store], build_request: Callable[..., Request]
) -> None:
    """Queued at the same moment, a member's jobs still line up one behind the other."""
    arrived = [await arrive(pair[0], build_request(member_id=1)) for _ in range(8)]
    await asyncio.gather(*(pair[n % 2].queue(job, SOURCE, None) for n, job in enumerate(arrived)))
    rounds = await database_of(pair[0]).run(select(jobs.c.round))
    assert sorted(row.round for row in rounds) == list(range(8))


# -- who is gone -----------------------------------------------------------------------------------------------------


async def test_what_the_dead_held_is_free_and_what_the_living_hold_is_not(
    url: str, build_request: Callable[..., Request]
) -> None:
    """PostgreSQL's list of sessions tells: while one is open, its process lives."""
    async with open_database(url, name="second") as two:
        second = Store(two, "second")
        async with open_database(url, name="first") as one:
            job = await arrive(Store(one, "first"), build_request())
            await second.hands.abandon_others()
            assert await second.hands.claim(9) == []
        await second.hands.abandon_others()
        (taken,) = await second.hands.claim(9)
        assert (taken.id, taken.turn) == (job.id, job.turn + 1)
        await second.hands.abandon_others()
        assert await second.hands.claim(9) == []


async def test_a_server_that_just_started_calls_nobody_gone(
    url: str, postgres: Postgres, build_request: Callable[..., Request]
) -> None:
    """After its restart the others are on their way back: they lose nothing."""
    async with open_database(url, name="first") as one:
        await arrive(Store(one, "first"), build_request())
    young = (
        "CREATE OR REPLACE FUNCTION old.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'"
    )
    await postgres.execute(young, url=url)
    async with open_database(url, name="second") as two:
        second = Store(two, "second")
        await second.hands.abandon_others()
        assert await second.hands.claim(9) == []


VICTIM = """
import asyncio, sys
from bot.database import open_database
from bot.jobs import Store

async def main():
    async with open_database(sys.argv[1], name="victim") as database:
        print(len(await Store(database, "victim").hands.claim(9)), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_killed_process_is_replaced_within_seconds(url: str, build_request: Callable[..., Request]) -> None:
    """`kill -9` on whoever holds a job: another one's loop has it in hand a moment later."""
    async with open_database(url, name=(me := build_process_name())) as database:
        store = Store(database, me)
        request = build_request()
        await store.arrive(request, "key", Decimal(0))
        await store.answered(request.id, 1)
        victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VICTIM, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert victim.stdout is not None
        async with asyncio.timeout(20):
            assert await victim.stdout.readline() == b"1\n"
        taken: asyncio.Queue[Job] = asyncio.Queue()
        waiting = create_autospec(Waiting, instance=True)
        waiting.admit.return_value = waiting.seconds_to_next.return_value = None
        runner: Any = Runner(
            store,
            {JobStatus.ARRIVING: taken.put},
            taken.put,
            waiting,
            system_clock,
            1e9,  # type: ignore[arg-type]  # who is not asked
            Kept(database),
        )
        running = asyncio.create_task(runner.run())
        await asyncio.sleep(0.1)
        assert taken.empty()
        victim.kill()
        killed_at = time.monotonic()
        async with asyncio.timeout(10):
            assert (await taken.get()).id == request.id
        assert time.monotonic() - killed_at < 4
        await runner.stop(1)
        await running
        await victim.wait()


async def test_where_sessions_are_pooled_the_lease_alone_decides(
    postgres: Postgres, clock: MovedClock, build_request: Callable[..., Request]
) -> None:
    """A pooler's list says nothing about processes: nobody is called gone before the lease runs out."""
    async with (
        postgres.lend() as url,
        Link(url, pooled=True) as link,
        open_database(link.url, name="first") as one,
        open_database(link.url, name="second") as two,
    ):
        assert not one.tells_who_lives
        first, second = Store(FollowsClock(one, clock), "gone"), Store(FollowsClock(two, clock), "second")
        await arrive(first, build_request())
        await second.hands.abandon_others()
        assert await second.hands.claim(9) == []
        clock.move(LEASE_SECONDS + 1)
        assert len(await second.hands.claim(9)) == 1


# -- opening ---------------------------------------------------------------------------------------------------------


async def test_processes_that_start_at_once_on_an_empty_database_all_succeed(postgres: Postgres) -> None:
    """One of them makes the tables; the others wait for it and find them."""
    async with postgres.create("template0") as url:

        async def start(number: int) -> int:
            async with open_database(url, name=f"number {number}") as database:
                return len(await database.run(select(jobs.c.id)))

        assert await asyncio.gather(*(start(number) for number in range(4))) == [0] * 4


async def test_a_database_that_does_not_answer_is_one_sentence(url: str) -> None:
    """No server, no such database, an option nobody knows: the driver's words, and never the password."""
    here = parse_url(url).set(password="hunter2")
    wrong = [
        here.set(host="127.0.0.1", port=1, query={}),
        here.set(database="not-there"),
        here.update_query_dict({"options": "wrong"}),
        here.update_query_dict({"sslmode": "fish"}),
    ]
    for address in wrong:
        with pytest.raises(Misconfigured, match="DATABASE_URL: the database cannot be opened") as caught:
            async with open_database(address.render_as_string(hide_password=False)):
                pass
        assert len(caught.value.problems) == 1
        assert "\n" not in str(caught.value)
        assert "hunter2" not in str(caught.value)


async def test_a_process_is_found_by_its_whole_name(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL cuts names: ours fit, however long the machine's, and no other is accepted."""
    monkeypatch.setattr("socket.gethostname", lambda: "höst-" * 50)
    async with open_database(url, name=build_process_name()) as database:
        assert database.tells_who_lives
    with pytest.raises(ValueError, match="63"):
        async with open_database(url, name="x" * 64):
            pass


# -- the network -----------------------------------------------------------------------------------------------------


async def test_a_burst_waits_its_turn_and_leases_do_not(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far more statements than connections are answered without an error; the lease's connection is free meanwhile."""
    monkeypatch.setattr("bot.database.postgres.CONNECTIONS", 2)
    async with open_database(url) as database:
        burst = [asyncio.create_task(database.run(ADD, name=str(number), value="")) for number in range(400)]
        await asyncio.sleep(0)
        await database.run_ahead(select(jobs.c.id))
        assert sum(each.done() for each in burst) < 100
        await asyncio.gather(*burst)
        assert (await database.run(select(func.count()).select_from(kept)))[0][0] == 400


async def test_closing_finishes_what_was_handed_in(url: str) -> None:
    """What waits when the database is closed is still written; what comes later is refused."""
    async with open_database(url) as database:
        waiting = [asyncio.create_task(database.run(ADD, name=str(number), value="")) for number in range(50)]
        await asyncio.sleep(0)
    assert [each.result() for each in waiting] == [()] * 50
    with pytest.raises(RuntimeError, match="closed"):
        await database.run(ADD, name="late", value="")


async def test_connections_that_were_cut_are_opened_anew(url: str) -> None:
    """A restart of PostgreSQL costs the statement that was on its way, and nothing after it."""
    async with Link(url) as link, open_database(link.url) as database:
        nap = asyncio.create_task(database.run(NAP, seconds=5))
        await asyncio.gather(*(database.run(select(jobs.c.id)) for _ in range(8)))
        link.cut()
        with pytest.raises(SQLAlchemyError):
            await nap
        for call in (database.run, database.run_ahead):
            assert await asyncio.gather(*(call(select(jobs.c.id)) for _ in range(8))) == [[]] * 8


async def test_a_network_that_swallows_everything_is_an_error_and_not_a_hang(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while without an answer the statement fails; when the network is back, so is everything."""
    monkeypatch.setattr("bot.database.postgres.STATEMENT_SECONDS", 0.2)
    monkeypatch.setattr("bot.database.postgres.CONNECT_SECONDS", 0.2)
    async with Link(url) as link, open_database(link.url) as database:
        await database.run(select(jobs.c.id))
        link.stall()
        for _ in range(2):  # on the connection that was open, and perhaps on a new one
            async with asyncio.timeout(5):
                with pytest.raises(SQLAlchemyError):
                    await database.run(select(jobs.c.id))
                with pytest.raises(SQLAlchemyError):
                    await database.transact(lambda connection: connection.execute(select(jobs.c.id)).all())
        link.flow()
        assert await database.run(select(jobs.c.id)) == []
        assert await database.transact(lambda connection: connection.execute(select(jobs.c.id)).all()) == []


async def test_transactions_that_wait_for_each_other_both_happen(url: str, postgres: Postgres) -> None:
    """PostgreSQL gives up one of two that cannot go on; it is done again."""
    await postgres.execute(f"ALTER DATABASE {parse_url(url).database} SET deadlock_timeout = '50ms'")
    change = text("UPDATE kept SET value = value || :who WHERE name = :name")
    async with open_database(url) as database:
        await database.run(ADD, name="a", value="")
        await database.run(ADD, name="b", value="")

        async def write(first: str, second: str) -> None:
            def work(connection: Connection) -> None:
                connection.execute(change, {"who": first, "name": first})
                connection.execute(NAP, {"seconds": 0.1})
                connection.execute(change, {"who": first, "name": second})

            await database.transact(work)

        await asyncio.gather(write("a", "b"), write("b", "a"))
        assert {tuple(sorted(row.value)) for row in await database.run(select(kept.c.value))} == {("a", "b")}


async def test_a_mistake_is_not_repeated(url: str) -> None:
    """Only what PostgreSQL gave up for others' sake is done again."""
    times = 0

    def work(connection: Connection) -> None:
        nonlocal times
        times += 1
        connection.execute(text("SELECT 1 / 0"))

    async with open_database(url) as database:
        with pytest.raises(DBAPIError, match="zero"):
            await database.transact(work)
    assert times == 1
