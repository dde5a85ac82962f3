"""When nothing can be ordered for a while: every waiting card says so once, nothing is lost, and it goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from sqlalchemy import update

from bot.database import Kept, jobs
from bot.jobs import JobStatus
from bot.jobs.ledger import ChargeState
from bot.jobs.waiting import PAGE, TOLD
from sandbox.workshop import _FAILURES
from sandbox.world import API_KEY
from tests.journeys.test_troubles import fetch_health, message_of
from tests.readings import get_charges

if TYPE_CHECKING:
    import discord
    import simcord

    from sandbox.world import World

HOUR = 3600.0
DEAD = "http://127.0.0.1:9"
ONE_PRICE = "0.0015"
REFUSED_KEY = "another-key-than-the-right-one"


async def ask(world: World, photo: bytes, who: simcord.MemberActor | None = None, prompt: str = "a cat") -> int:
    """A job as far as it gets at once."""
    given = {"image": ("cat.jpg", photo), "prompt": prompt}
    result = await (who or world.artist).slash(world.channel, "img2img", **given)
    await world.settle()
    return world.job_id(result)


async def card(world: World, job_id: int) -> discord.Embed:
    """What the job's message shows."""
    return message_of(world, await world.job(job_id)).embeds[0]


async def says(world: World, job_ids: list[int], words: str) -> bool:
    """Whether each of these cards says so."""
    return all([words in str((await card(world, job_id)).description) for job_id in job_ids])


async def pass_time(world: World, seconds: float, step: float = 5.0) -> None:
    """Let time pass, with everything that happens meanwhile."""
    for _ in range(int(seconds / step)):
        await world.advance(step)


def unplug(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers at PiAPI's address any more."""
    watched: Any = world.house.client.rooms.provider
    monkeypatch.setattr(watched._provider, "_base_url", DEAD)


def keep_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """PiAPI takes nothing more."""

    def refuse(*_: object) -> None:
        raise web.HTTPTooManyRequests(text="too many requests")

    monkeypatch.setattr(world.standin, "_refuse", refuse)


async def statuses(world: World, job_ids: list[int]) -> set[JobStatus]:
    """How these jobs stand."""
    return {(await world.job(job_id)).status for job_id in job_ids}


async def count_edits(world: World, job_ids: list[int]) -> list[int]:
    """How many edits Discord was asked for, of each of these messages."""
    paths = [request.path for request in world.env.http_requests if request.method == "PATCH"]
    ends = [f"/messages/{(await world.job(job_id)).message_id}" for job_id in job_ids]
    return [sum(path.endswith(end) for path in paths) for end in ends]


@pytest.mark.parametrize(("trouble", "words"), [(unplug, "cannot be reached"), (keep_busy, "too much to do")])
async def test_a_minute_of_trouble_is_said_once_on_every_card(
    world: World, photo: bytes, trouble: object, words: str
) -> None:
    """Those far behind hear of it, too; each card is changed once for the pause, and then goes on to its picture."""
    assert callable(trouble)
    with pytest.MonkeyPatch.context() as patched:
        trouble(world, patched)
        waiting = [
            await ask(world, photo, who, f"cat {number}") for number in range(7) for who in (world.artist, world.friend)
        ]
        assert len(waiting) > PAGE
        await pass_time(world, 30)
        assert await statuses(world, waiting) == {JobStatus.QUEUED}
        assert await says(world, waiting, words)
        assert await says(world, waiting, "keeps its place")
        assert {field.name for field in (await card(world, waiting[-1])).fields} >= {"Place in line", "Waiting since"}
        told = await count_edits(world, waiting)
        await pass_time(world, 30)
        assert await count_edits(world, waiting) == told
        assert "nothing is ordered for now" in await fetch_health(world)
        late = await ask(world, photo)
        await world.advance(1)
        assert await says(world, [late], words)
    await pass_time(world, 60, step=2.0)
    assert not await says(world, waiting, words)
    await pass_time(world, 60)
    assert await statuses(world, [*waiting, late]) == {JobStatus.DONE}
    assert len(world.standin.created) == len(waiting) + 1
    assert "nothing is ordered" not in await fetch_health(world)


async def test_trouble_of_seconds_is_not_worth_a_word(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Busy for a moment: no card speaks of it, and the picture comes."""
    keep_busy(world, monkeypatch)
    job_id = await ask(world, photo)
    await pass_time(world, 8, step=1.0)
    monkeypatch.undo()
    assert await says(world, [job_id], "Everyone takes turns")
    await pass_time(world, 30)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert await Kept(world.house.store._database).get(TOLD) is None


async def test_a_key_that_is_refused_holds_up_and_fails_nobody(world: World, photo: bytes) -> None:
    """Nothing is charged, the next one is told at once, and with the key put right everybody gets their picture."""
    world.standin.api_key = REFUSED_KEY
    first, second = await ask(world, photo), await ask(world, photo, world.friend)
    await world.advance(1)
    assert await statuses(world, [first, second]) == {JobStatus.QUEUED}
    assert await says(world, [first, second], "does not let this bot in")
    assert await says(world, [first], "whoever runs the bot")
    assert API_KEY not in str((await card(world, first)).to_dict())
    assert "provider_key" in await fetch_health(world)
    await pass_time(world, 120)
    assert await statuses(world, [first, second]) == {JobStatus.QUEUED}
    charges = await get_charges(world.house.store._database, first)
    assert len(charges) < 10
    assert {state for state, _ in charges} == {ChargeState.NONE}
    world.standin.api_key = API_KEY
    await pass_time(world, 90)
    assert await statuses(world, [first, second]) == {JobStatus.DONE}


async def test_a_key_that_dies_while_it_paints_costs_nobody_their_picture(world: World, photo: bytes) -> None:
    """Who asks meanwhile is told why, also after a restart; with the key put right, both have their pictures."""
    painting = await ask(world, photo)
    world.standin.api_key = REFUSED_KEY
    await pass_time(world, 60)
    assert "provider_key" in await fetch_health(world)
    await pass_time(world, 0.5 * HOUR, step=30)
    waiting = await ask(world, photo, world.friend)
    await world.advance(1)
    await world.restart()
    await pass_time(world, 0.5 * HOUR, step=30)
    assert (await world.job(painting)).status is JobStatus.RUNNING
    assert await says(world, [waiting], "does not let this bot in")
    assert "provider_key" in await fetch_health(world)
    world.standin.api_key = API_KEY
    await pass_time(world, 120)
    assert await statuses(world, [painting, waiting]) == {JobStatus.DONE}
    assert world.standin.posts == 2


async def test_a_key_that_works_again_ends_the_pause_without_an_order(world: World, photo: bytes) -> None:
    """The picture that is on its way is read, and that says it: nobody has to ask for another one first."""
    painting = await ask(world, photo)
    world.standin.api_key = REFUSED_KEY
    await pass_time(world, 60)
    assert "provider_key" in await fetch_health(world)
    world.standin.api_key = API_KEY
    await pass_time(world, 60)
    assert (await world.job(painting)).status is JobStatus.DONE
    assert "provider_key" not in await fetch_health(world)


@pytest.mark.story(settings={"WEBHOOK_SECRET": ""})
async def test_an_order_in_doubt_is_not_given_up_for_the_keys_sake(world: World, photo: bytes) -> None:
    """Nobody can look for it while the key is refused; afterwards it is found, and was ordered once."""
    lost = await ask(world, photo, prompt="lost cat")
    assert (await world.job(lost)).status is JobStatus.UNKNOWN
    world.standin.api_key = REFUSED_KEY
    await pass_time(world, HOUR, step=30)
    assert (await world.job(lost)).status is JobStatus.UNKNOWN
    world.standin.api_key = API_KEY
    await pass_time(world, 120)
    assert (await world.job(lost)).status is JobStatus.DONE
    assert world.standin.posts == 1


async def test_silence_ends_no_task_within_a_day(world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of reach for an hour: the picture comes afterwards. After a day: it says that it stopped waiting."""
    patient, lonely = await ask(world, photo), await ask(world, photo, world.friend, prompt="slow river")
    unplug(world, monkeypatch)
    await pass_time(world, HOUR, step=120)
    assert await statuses(world, [patient, lonely]) == {JobStatus.RUNNING}
    monkeypatch.undo()
    world.standin.tasks.pop((await world.job(lonely)).task_id or "")
    await pass_time(world, 120)
    assert (await world.job(patient)).status is JobStatus.DONE
    assert await says(world, [lonely], "stopped waiting")  # for the answer is that nobody knows it
    late = await ask(world, photo)
    unplug(world, monkeypatch)
    yesterday = world.env.now() - timedelta(days=1)
    await world.house.store._database.run(update(jobs).where(jobs.c.id == late).values(submitted_at=yesterday))
    await pass_time(world, 120, step=60)
    assert await says(world, [late], "stopped waiting")


@pytest.mark.story(settings={"PIAPI_CONCURRENCY": "1"})
async def test_tasks_that_fail_for_no_credit_hold_up_the_others(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders are taken and come to nothing: the others wait, one at a time is tried, and a picture ends it."""
    with monkeypatch.context() as patched:
        patched.setitem(_FAILURES, "fail", "insufficient credits, please top up your account")
        spent = await ask(world, photo, prompt="fail")
        waiting = [await ask(world, photo, who) for who in (world.friend, world.artist)]
        while not (await world.job(spent)).over:
            await world.advance(1)
    await pass_time(world, 4, step=1)
    assert (await world.job(waiting[0])).status is JobStatus.RUNNING
    assert "provider_no_credit" in await fetch_health(world)
    assert await says(world, waiting[1:], "run out of credit")
    await pass_time(world, 60, step=10)
    assert await statuses(world, waiting) == {JobStatus.DONE}
    assert "provider_no_credit" not in await fetch_health(world)


async def test_an_order_that_the_plan_does_not_cover_holds_up_nobody_else(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key opens its account, so it is this order that ends, in its own words; the others go on."""

    def refuse(_: object, prompt: str, *__: object) -> None:
        if prompt == "a fine cat":
            raise web.HTTPForbidden(text="your plan does not include this")

    monkeypatch.setattr(world.standin, "_refuse", refuse)
    fine, plain = await ask(world, photo, prompt="a fine cat"), await ask(world, photo)
    assert await says(world, [fine], "does not accept this bot's key for that")
    assert (await world.job(fine)).status is JobStatus.FAILED
    assert (await world.job(plain)).status is JobStatus.RUNNING


async def test_an_empty_account_is_waited_for(world: World, photo: bytes) -> None:
    """No credit: the card says whose, and when somebody has topped it up it goes on by itself."""
    job_id = await ask(world, photo, prompt="nocredit")
    await world.advance(1)
    assert await says(world, [job_id], "run out of credit")
    assert (await card(world, job_id)).title == "⏸️ On hold for now"
    await pass_time(world, 60)
    assert (await world.job(job_id)).status is JobStatus.DONE


async def test_a_pause_outlives_a_restart_and_is_not_told_twice(world: World, photo: bytes) -> None:
    """The next process goes on with what was told; when the trouble is over, it says so."""
    world.standin.api_key = REFUSED_KEY
    jobs_ = [await ask(world, photo, who) for who in (world.artist, world.friend)]
    await world.advance(1)
    before = await count_edits(world, jobs_)
    await world.restart()
    await pass_time(world, 60)
    assert await count_edits(world, jobs_) == before
    assert await says(world, jobs_, "does not let this bot in")
    world.standin.api_key = API_KEY
    await world.restart(gently=False)
    await pass_time(world, 60)
    assert await statuses(world, jobs_) == {JobStatus.DONE}


async def test_cancelling_works_while_nothing_goes_on(world: World, photo: bytes) -> None:
    """Who does not want to wait need not."""
    world.standin.api_key = REFUSED_KEY
    job_id = await ask(world, photo)
    await world.advance(1)
    await world.artist.click(message_of(world, await world.job(job_id)), label="Cancel")
    assert (await world.job(job_id)).status is JobStatus.CANCELLED
    assert await says(world, [job_id], "Nothing was charged")


async def test_nobody_waits_longer_than_a_day(world: World, photo: bytes) -> None:
    """Also who never came to be tried: it ends in honest words, with a way to ask again."""
    world.standin.api_key = REFUSED_KEY
    jobs_ = [await ask(world, photo, who) for who in (world.artist, world.friend)]
    await pass_time(world, 23 * HOUR, step=HOUR)
    assert await statuses(world, jobs_) == {JobStatus.QUEUED}
    await pass_time(world, 2 * HOUR, step=0.5 * HOUR)
    assert await statuses(world, jobs_) == {JobStatus.FAILED}
    assert await says(world, jobs_, "does not accept this bot's key")
    world.standin.api_key = API_KEY
    again = await world.friend.click(message_of(world, await world.job(jobs_[1])), label="Again")
    await pass_time(world, 30)
    assert (await world.job(world.job_id(again))).status is JobStatus.DONE


@pytest.mark.story(settings={"DAILY_CAP_USD": "0.0045", "PIAPI_CONCURRENCY": "10"})
async def test_the_days_cap_is_never_passed_and_the_next_day_goes_on(world: World, photo: bytes) -> None:
    """Three fit into it, however many ask at once; the others are told until when, and have their pictures then."""
    results = [
        await who.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
        for _ in range(3)
        for who in (world.artist, world.friend)
    ]
    await world.settle()
    assert world.standin.posts == 3
    await pass_time(world, 30)
    job_ids = [world.job_id(result) for result in results]
    waiting = [job_id for job_id in job_ids if (await world.job(job_id)).status is JobStatus.QUEUED]
    assert len(waiting) == 3
    assert await says(world, waiting, "what it may spend in one day")
    midnight = int(world.env.now().timestamp() // 86_400 + 1) * 86_400
    assert await says(world, waiting, f"<t:{midnight}:R>")
    late = await ask(world, photo)
    await world.advance(1)
    assert await says(world, [late], "what it may spend in one day")
    await world.advance(midnight - world.env.now().timestamp() - 5)
    assert world.standin.posts == 3
    await pass_time(world, 60)
    assert world.standin.posts == 6
    assert await statuses(world, waiting) == {JobStatus.DONE}
    assert await says(world, [late], "what it may spend in one day")


@pytest.mark.story(settings={"MONTHLY_CAP_USD": ONE_PRICE})
async def test_a_raised_cap_lets_everybody_go_on(world: World, photo: bytes) -> None:
    """The month is spent; the operator decides otherwise and starts the bot anew."""
    first, second = await ask(world, photo), await ask(world, photo, world.friend)
    await pass_time(world, 30)
    assert (await world.job(first)).status is JobStatus.DONE
    assert await says(world, [second], "what it may spend in one month")
    world._environment = {**world._environment, "MONTHLY_CAP_USD": "1"}
    await world.restart()
    await pass_time(world, 60)
    assert (await world.job(second)).status is JobStatus.DONE


@pytest.mark.story(settings={"DAILY_CAP_USD": ONE_PRICE})
async def test_an_order_that_made_nothing_gives_its_money_back(world: World, photo: bytes) -> None:
    """Refused for its own sake: the cap has room again, and the next one goes."""

    def refuse(_: object, prompt: str, *__: object) -> None:
        if prompt == "no":
            raise web.HTTPBadRequest(text="not this one")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.standin, "_refuse", refuse)
        refused, taken = await ask(world, photo, prompt="no"), await ask(world, photo)
    assert (await world.job(refused)).status is JobStatus.FAILED
    assert (await world.job(taken)).status is JobStatus.RUNNING


async def test_a_waiting_card_says_a_span_from_our_own_jobs(world: World, photo: bytes) -> None:
    """Half were done after 8 seconds, nine in ten after 20: what the ticking time is held against, without edits."""
    for seconds in (8, 8, 8, 8, 8, 8, 8, 20, 20, 20):
        job_id = await ask(world, photo)
        await pass_time(world, 20, step=10)
        painted = await world.job(job_id)
        assert painted.submitted_at is not None
        at = painted.submitted_at.timestamp() + seconds
        statement = (
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(painted_at=painted.submitted_at.fromtimestamp(at, painted.submitted_at.tzinfo))
        )
        await world.house.store._database.run(statement)
    await world.advance(60)
    job_id = await ask(world, photo)
    await world.advance(1)
    fields = {field.name: field.value for field in (await card(world, job_id)).fields}
    assert fields["Usually done"] == "after 8–20 s"
    assert str(fields["Began"]).startswith("<t:")
