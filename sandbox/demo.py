"""`make demo`: one trip from command to finished picture, without a browser, into `demo/`.

Writes the picture, the card as text, and, where Chromium is found, a picture of the page.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.jobs.model import Job, Outlook
from bot.logs import set_up_logging
from bot.replies import build_card, format_card
from sandbox.sample import paint_sample
from sandbox.world import World, open_world

if TYPE_CHECKING:
    from collections.abc import Sequence

PROMPT = "a watercolour of a mountain lake at dusk"
FOLDER = Path("demo")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_SECONDS = 60
LONGEST_STORY_SECONDS = 600
STEP_SECONDS = 1.0


async def main(arguments: Sequence[str] | None = None) -> int:
    """Make the trip. 0 where it ended with a picture."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--photo", type=Path, help="the picture to repaint; without it, one is painted first")
    parser.add_argument("--prompt", default=PROMPT)
    given = parser.parse_args(arguments)
    set_up_logging("warning", "text")
    name, photo = read_photo(given.photo)
    with tempfile.TemporaryDirectory(prefix="repaint-") as folder:
        async with open_world(f"sqlite:///{folder}/demo.db") as world:
            await world.catch_up()
            job = await tell_story(world, name, photo, given.prompt)
            await write_outcome(world, job)
    sys.stdout.writelines(f"{path}\n" for path in list_outcome())
    return 0 if job.reason is None else 1


def read_photo(path: Path | None) -> tuple[str, bytes]:
    """The picture to start from, and its name."""
    FOLDER.mkdir(exist_ok=True)
    if path is not None:
        return path.name, path.read_bytes()
    sample = paint_sample()
    (FOLDER / "sample.jpg").write_bytes(sample)
    return "sample.jpg", sample


async def tell_story(world: World, name: str, photo: bytes, prompt: str) -> Job:
    """Attach, ask, and let time pass until the job is over."""
    result = await world.artist.slash(world.channel, "img2img", image=(name, photo), prompt=prompt)
    if result.ephemeral:
        sys.exit(f"Repaint refused: {result.response.content if result.response else 'without a word'}")
    job_id = world.job_id(result)
    for _ in range(int(LONGEST_STORY_SECONDS / STEP_SECONDS)):
        await world.advance(STEP_SECONDS)
        job = await world.job(job_id)
        if job.over:
            return job
    sys.exit("the story did not end")


async def write_outcome(world: World, job: Job) -> None:
    """The finished pictures, the card, the page."""
    card = format_card(build_card(job, Outlook(), "sandbox"))
    (FOLDER / "card.txt").write_text(card + "\n", encoding="utf-8")
    sys.stdout.write(f"\n{card}\n\n")
    message = world.channel.last_message
    for attachment in message.attachments if message else []:
        (FOLDER / attachment.filename).write_bytes(await attachment.read())
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if browser is None:
        sys.stdout.write("No Chromium here, so no picture of the page.\n")
    else:
        await photograph(world, browser, FOLDER / "page.png")


def list_outcome() -> list[Path]:
    """What there is to look at."""
    return sorted(FOLDER.iterdir())


async def photograph(world: World, browser: str, path: Path) -> None:
    """A picture of the page, as Chromium shows it."""
    viewers = [world.artist, world.moderator]
    async with world.env.preview(world.channel, viewers=viewers, layout="channel") as page:
        with tempfile.TemporaryDirectory(prefix="repaint-browser-") as profile:
            process = await asyncio.create_subprocess_exec(
                browser,
                *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                f"--user-data-dir={profile}",
                "--window-size=1100,1250",
                "--virtual-time-budget=8000",
                f"--screenshot={path}",
                page.url,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(BROWSER_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
