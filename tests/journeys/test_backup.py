"""A copy that was made while jobs were on their way, put in the place of what was lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.database.upkeep import back_up_database
from bot.jobs import JobStatus

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World


async def ask(world: World, photo: bytes, prompt: str) -> int:
    """A member asks. Returns the job's id."""
    asked = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    await world.settle()
    return world.job_id(asked)


def restore(folder: Path) -> None:
    """As the operators' page says."""
    for name in ("repaint.db", "repaint.db-wal", "repaint.db-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "backup.db").rename(folder / "repaint.db")


async def statuses(world: World, jobs: list[int]) -> list[JobStatus]:
    """Where they stand."""
    return [(await world.job(job_id)).status for job_id in jobs]


async def test_what_was_on_its_way_then_comes_to_its_end(world: World, photo: bytes, tmp_path: Path) -> None:
    """Its task is looked up, not ordered again; what was done stays done; what came after the copy is forgotten."""
    url, done = f"sqlite:///{tmp_path / 'repaint.db'}", await ask(world, photo, "a cat")
    await world.advance(30)
    running = [await ask(world, photo, "a dog"), await ask(world, photo, "a cow")]
    assert await statuses(world, [done, *running]) == [JobStatus.DONE, JobStatus.RUNNING, JobStatus.RUNNING]
    copying = asyncio.to_thread(back_up_database, url, tmp_path / "backup.db")
    await asyncio.gather(copying, world.advance(30))  # they come to their end while the copy is made, or after it
    late = await ask(world, photo, "a hen")
    await world.advance(30)
    ordered = len(world.standin.created)
    await world.house.runner.stop(deadline_seconds=1.0)
    await world.close()
    restore(tmp_path)
    await world.restart()
    await world.advance(120)
    assert await statuses(world, [done, *running]) == [JobStatus.DONE] * 3
    assert await world.house.store.get(late) is None
    assert len(world.standin.created) == ordered
    shown = [message for message in world.channel.history() if message.attachments]
    assert len(shown) == 4
