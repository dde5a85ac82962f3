"""Drafts come before others once, with what their member's click brought, and are drafts again where that fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock, create_autospec

import pytest

from bot.errors import Reason, Refused
from bot.jobs import Job, JobStatus, Request
from bot.jobs.docket import Docket
from bot.jobs.offers import Offers
from bot.jobs.publishing import Publishing
from bot.jobs.store import ARRIVAL_SECONDS
from bot.moderation.model import Flag, Standing
from bot.moderation.policy import Policy
from bot.moderation.rules import Allowed, Rules, Seen
from tests.unit.jobs.conftest import FLAGS, SOURCE, Archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.moderation.model import Ask
    from tests.conftest import MovedClock

CLICK = 77
OWN = Flag("own", "hats")


@pytest.fixture
def rules() -> AsyncMock:
    """A judge who lets everything pass, and tells moderators of it."""
    judge: AsyncMock = create_autospec(Rules, instance=True)

    async def allow(ask: Ask, standing: Standing) -> Allowed:
        return Allowed(ask, standing, Policy(language="en-US"), (OWN,))

    judge.judge_request.side_effect = allow
    judge.judge_look.return_value = Seen(FLAGS)
    return judge


@pytest.fixture
def publishing(archive: Archive, rules: AsyncMock) -> Publishing:
    """How drafts come before others."""
    offers = create_autospec(Offers, instance=True)
    offers.strays.return_value = True
    return Publishing(archive.database, archive.store, rules, offers)


@pytest.fixture
async def draft(archive: Archive, build_request: Callable[..., Request]) -> Job:
    """A finished draft, with its message."""
    return await archive.live_through(build_request(draft=True, reachable=False, locale="de"))


async def publish(publishing: Publishing, job: Job) -> Job | None:
    """Its member presses Publish, in a channel that is for adults by now."""
    anew = replace(job.request, draft=False, token="new", reachable=True, age_restricted=True, member_name="Mira M.")
    return await publishing.publish(job, anew, Standing(), CLICK)


async def test_published_it_has_no_message_and_a_new_token(publishing: Publishing, draft: Job) -> None:
    """What was asked for stays; where it stands, who may reach it, and the guild's language are as of the click."""
    published = await publish(publishing, draft)
    assert published is not None
    assert (published.status, published.message_id, published.token_id) == (JobStatus.DELIVERING, None, CLICK)
    assert (published.ended_at, published.attempts, published.turn) == (None, 0, draft.turn + 1)
    now = {"draft": False, "token": "new", "reachable": True, "age_restricted": True, "member_name": "Mira M."}
    assert published.request == replace(draft.request, **now, locale="en-US")  # type: ignore[arg-type]  # by name
    assert published.flags == (*FLAGS, OWN)


async def test_its_step_waits_for_the_click_to_be_answered(
    archive: Archive, publishing: Publishing, draft: Job, clock: MovedClock
) -> None:
    """The token works only then; where the process dies, the step begins soon all the same."""
    await publish(publishing, draft)
    assert await archive.store.hands.claim(9) == []
    clock.move(ARRIVAL_SECONDS)
    (taken,) = await archive.store.hands.claim(9)
    assert taken.id == draft.id


async def test_pressed_twice_at_once_it_is_published_once(publishing: Publishing, draft: Job) -> None:
    """Whichever comes first."""
    outcomes = await asyncio.gather(*(publish(publishing, draft) for _ in range(4)))
    assert len([each for each in outcomes if each is not None]) == 1


async def test_published_or_discarded_and_never_both(archive: Archive, publishing: Publishing, draft: Job) -> None:
    """Two buttons, pressed at the same moment."""
    published, discarded = await asyncio.gather(
        publish(publishing, draft), Docket(archive.database).delete(draft, draft.request.member_id)
    )
    assert (published is not None) is not discarded
    assert bool(await archive.store.get_results(draft.id)) is not discarded


async def test_there_must_be_a_draft_and_its_pictures(
    archive: Archive, publishing: Publishing, draft: Job, build_request: Callable[..., Request]
) -> None:
    """Not what everybody sees already, what is still on its way, what did not work out, or what is forgotten."""
    public = await archive.live_through(build_request())
    on_its_way = await archive.paint(build_request(draft=True))
    failed = await archive.live_through(build_request(draft=True), JobStatus.FAILED)
    for job in (public, on_its_way, failed):
        assert await publish(publishing, job) is None
    await archive.privacy.delete(draft.request.member_id, draft.request.guild_id)
    assert await publish(publishing, draft) is None


async def test_what_is_refused_stays_a_draft(
    archive: Archive, publishing: Publishing, draft: Job, rules: AsyncMock
) -> None:
    """By its words, its place or its member, or by the picture it was made from."""
    rules.judge_look.side_effect = Refused(Reason.PICTURE_BANNED)
    with pytest.raises(Refused):
        await publish(publishing, draft)
    (asked,) = rules.judge_request.await_args_list
    assert not asked.args[0].draft
    assert asked.args[0].strays  # a preset may be another one by now
    assert rules.judge_look.await_args.args[1] == SOURCE.data
    assert await archive.store.get(draft.id) == draft


async def test_it_keeps_nobody_waiting(
    archive: Archive, publishing: Publishing, draft: Job, build_request: Callable[..., Request]
) -> None:
    """It had its turn at the provider: the queue is served as if it were not there."""
    for _ in range(3):
        await archive.queue(build_request(member_id=8))
    for _ in range(2):
        admitted = await archive.store.hands.admit(9)
        assert admitted is not None
        assert await archive.store.end(admitted, JobStatus.FAILED) is not None
    await publish(publishing, draft)
    newcomer = await archive.queue(build_request(member_id=9))
    assert await archive.store.place(newcomer.id) == 2


async def test_what_could_not_be_brought_is_a_draft_again(
    archive: Archive, publishing: Publishing, draft: Job, clock: MovedClock
) -> None:
    """By who has it in hand; then it can be published once more."""
    await publish(publishing, draft)
    clock.move(ARRIVAL_SECONDS)
    (taken,) = await archive.store.hands.claim(9)
    back = await publishing.take_back(taken)
    assert back is not None
    assert (back.status, back.request.draft) == (JobStatus.DONE, True)
    assert await publishing.take_back(taken) is None
    assert await publish(publishing, back) is not None
