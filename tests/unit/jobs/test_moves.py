"""Every move of a job is told once, and nothing else is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import Reason
from bot.jobs import JobStatus
from bot.jobs.docket import Decision, Docket

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.jobs import Request
    from tests.conftest import MovedClock
    from tests.unit.jobs.conftest import Archive


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, str | None]]]:
    """The moves that were told until now: status and reason."""
    caplog.set_level(logging.INFO, logger="bot.jobs.moves")

    def read() -> list[tuple[str, str | None]]:
        fields: list[dict[str, Any]] = [record.__dict__ for record in caplog.records]
        return [(each["status"], each.get("reason")) for each in fields if each["name"] == "bot.jobs.moves"]

    return read


async def test_from_the_queue_over_two_reviews_to_the_end(
    archive: Archive,
    build_request: Callable[..., Request],
    told: Callable[[], list[tuple[str, str | None]]],
    clock: MovedClock,
) -> None:
    """Held, approved, reported, rejected, appealed: what people decide is told like what the loop does."""
    docket = Docket(archive.database)
    painted = await archive.paint(build_request())
    assert await docket.hold(painted, [])
    assert await docket.decide(2, 1, painted.id, Decision.APPROVE, 8)
    assert not await docket.decide(2, 1, painted.id, Decision.REJECT, 9)
    (job,) = await archive.store.hands.claim(9)
    done = await archive.store.finish(job, JobStatus.DONE)
    assert done is not None
    clock.move(1)
    await docket.report(done, 2, 11, "rude", 2)
    await docket.report(done, 2, 12, "rude", 2)
    assert await docket.decide(2, 2, done.id, Decision.REJECT, 8)
    (rejected,) = await archive.store.hands.claim(9)
    await archive.store.told(rejected)
    await docket.appeal(rejected, 2, "why?")
    assert told() == [
        ("queued", None),
        ("submitting", None),
        ("running", None),
        ("delivering", None),
        ("reviewing", None),
        ("delivering", None),
        ("done", None),
        ("reviewing", "reported"),
        ("rejected", "rejected"),
        ("reviewing", None),
    ]


async def test_what_did_not_happen_is_not_told(
    archive: Archive,
    build_request: Callable[..., Request],
    told: Callable[[], list[tuple[str, str | None]]],
    clock: MovedClock,
) -> None:
    """Waiting is no move, and who lost the turn moved nothing."""
    await archive.queue(build_request())
    admitted = await archive.store.hands.admit(1)
    assert admitted is not None
    assert await archive.store.release(admitted, 0) is not None
    clock.move(1)
    archive.store.hands.put_down(admitted)
    assert await archive.store.hands.claim(9)
    assert await archive.store.doubt(admitted, 0) is None
    assert await archive.store.end(admitted, JobStatus.FAILED, Reason.PROVIDER_FAILED) is None
    await archive.store.learn_task(admitted.id, "a-task")
    assert told() == [("queued", None), ("submitting", None)]
    assert await archive.store.cancel(admitted.id)
    assert await archive.store.cancel(admitted.id) is None
    assert told()[2:] == [("cancelled", "cancelled")]
