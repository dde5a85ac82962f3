"""What those who run the bot can ask it, while members live their stories."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot import watch
from bot.jobs import JobStatus, census
from tests.readings import Reading, parse_reading

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World

pytestmark = pytest.mark.story(settings={"METRICS_PORT": "0"})


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are read anew each time."""
    monkeypatch.setattr(census, "FRESH_SECONDS", -1.0)


async def fetch(world: World, path: str) -> tuple[int, str]:
    """What the port for operators answers."""
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{world.house.metrics_port}") as session,
        session.get(path) as answer,
    ):
        return answer.status, await answer.text()


async def read(world: World) -> Reading:
    """As Prometheus does."""
    status, text = await fetch(world, "/metrics")
    assert status == 200
    return parse_reading(text)


async def readiness(world: World) -> tuple[int, dict[str, Any]]:
    """As a balancer does; the second is for people."""
    status, text = await fetch(world, "/readyz")
    return status, json.loads(text)


async def ask(world: World, photo: bytes, prompt: str = "a cat in a hat") -> int:
    """A member asks. Returns the job's id."""
    asked = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    await world.settle()
    return world.job_id(asked)


async def test_a_picture_on_its_way_is_counted(world: World, photo: bytes) -> None:
    """Where it stands and since when, what it waited for, what it cost, and how often PiAPI was asked."""
    before = await read(world)
    assert before.get("rows_read") == before.get("discord_connected") == 1
    await ask(world, photo)
    await world.env.advance_time(3)
    underway = await read(world)
    assert underway.get("jobs", status="running") == 1
    assert underway.get("oldest_job_seconds", status="running") == pytest.approx(3, abs=1)
    assert underway.get("charges_last_day_usd", model="schnell", state="expected") == 0.0015
    await world.advance(30)
    came = (await read(world)).since(before)
    for status in ("arriving", "queued", "submitting", "running", "delivering", "done"):
        assert came.get("job_moves_total", status=status, reason="") == 1
    for part in ("waiting", "delivery", "whole"):
        assert came.get(f"job_{part}_seconds_count") == 1
    assert came.get("job_provider_seconds_count", model="schnell") == 1
    assert came.get("job_provider_seconds_sum", model="schnell") == pytest.approx(33, abs=1)
    assert came.get("provider_requests_total", operation="submit", outcome="ok") == 1
    assert came.get("provider_requests_total", operation="fetch_task", outcome="ok") == 1
    assert came.get("provider_request_seconds_count", operation="fetch_picture") == 1
    assert came.get("callbacks_total", outcome="taken") >= 1
    assert came.get("step_seconds_count", status="delivering") == 1
    assert came.get("database_seconds_count", kind="transact") > 5
    assert came.get("jobs", status="running") == 0
    assert came.get("charges_last_day_usd", model="schnell", state="settled") == pytest.approx(0.0015)


async def test_what_goes_wrong_is_counted_by_its_reason(world: World, photo: bytes) -> None:
    """A request that was refused, a task that failed, orders that were not accepted: those fail nobody, they wait."""
    before = await read(world)
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=" ")
    await ask(world, photo, "fail")
    await ask(world, photo, "nocredit")
    await world.advance(30)
    came = (await read(world)).since(before)
    assert came.get("requests_refused_total", reason="prompt_empty") == 1
    assert came.get("job_moves_total", status="failed", reason="provider_failed") == 1
    assert came.get("job_moves_total", status="failed", reason="provider_no_credit") == 0
    assert came.get("provider_requests_total", operation="submit", outcome="NoCredit") > 0


async def test_no_label_grows_with_members(world: World, photo: bytes) -> None:
    """Nothing says who, where, or for what; a second member's wish adds to series that are there."""
    await ask(world, photo, "a very private wish")
    await world.advance(30)
    one = await read(world)
    asked = await world.friend.slash(world.channel, "img2img", image=("dog.jpg", photo), prompt="another wish")
    await world.settle()
    await world.advance(30)
    assert (await world.job(world.job_id(asked))).status is JobStatus.DONE
    two = await read(world)
    assert two.series.keys() == one.series.keys()
    _, text = await fetch(world, "/metrics")
    labels = re.findall(r'="([^"]*)"', text)
    assert not [label for label in labels if re.search(r"\d{15}", label)]
    assert not re.search("wish|mira|theo|atelier", text, re.IGNORECASE)


async def test_ready_when_everything_answers(world: World) -> None:
    """And alive; neither is on the server that the world may reach."""
    assert await readiness(world) == (200, {"ready": True, "trouble": {}})
    assert await fetch(world, "/healthz") == (200, '{"alive": true, "trouble": ""}')
    async with aiohttp.ClientSession(world.address) as session:
        for path in ("/readyz", "/metrics"):
            async with session.get(path) as answer:
                assert answer.status == 404


async def test_not_ready_with_a_key_that_stopped_working(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PiAPI's last word counts; once it is old, PiAPI is asked again, orders go out, and all is well by itself."""
    world.standin.api_key = "another key"
    await ask(world, photo)
    status, said = await readiness(world)
    trouble = {"provider": "it does not accept the key", "orders": "nothing is ordered for now: provider_key"}
    assert (status, said) == (503, {"ready": False, "trouble": trouble})
    world.standin.api_key = "sandbox-key-of-nobody"
    assert (await readiness(world))[0] == 503
    monkeypatch.setattr(watch, "TROUBLE_SECONDS", 0.0)
    await world.advance(10)  # an order has gone out as a trial
    assert (await readiness(world))[0] == 200


async def test_not_ready_while_the_database_is_locked(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so soon, counts what it can, and is ready again when it can write."""
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.3)
    await read(world)
    lock = sqlite3.connect(tmp_path / "repaint.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    assert (await readiness(world))[1] == {"ready": False, "trouble": {"database": "no answer in 0.3 s"}}
    locked = await read(world)
    assert locked.get("rows_read") == 0
    assert "repaint_jobs" not in locked.names
    assert "repaint_job_moves_total" in locked.names
    lock.execute("ROLLBACK")
    lock.close()
    async with asyncio.timeout(20):
        while (await readiness(world))[0] != 200:
            await asyncio.sleep(0.05)
    assert (await read(world)).get("rows_read") == 1
