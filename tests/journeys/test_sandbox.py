"""What a newcomer starts first: the demo and the sandbox's page."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from sandbox import __main__ as sandbox
from sandbox import demo

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World


async def test_the_demo_makes_the_trip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sample, result and card are in `demo/`; without Chromium it says so and goes on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert await demo.main(["--prompt", "a pencil sketch"]) == 0
    said = capsys.readouterr().out
    assert "Here it is" in said
    assert "No Chromium" in said
    files = {path.name: path for path in (tmp_path / "demo").iterdir()}
    assert {"card.txt", "sample.jpg"} < files.keys()
    (result,) = [path for name, path in files.items() if name.startswith("repaint-sandbox-")]
    painted, sample = (Image.open(io.BytesIO(path.read_bytes())) for path in (result, files["sample.jpg"]))
    assert painted.size == sample.size


async def test_the_demo_says_when_repaint_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo that is none ends with the sentence a member would read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.jpg").write_text("Dear bot")
    assert await demo.main(["--photo", "letter.jpg"]) == 1


@pytest.mark.story(durations={"Qubico/flux1-schnell": 0.0})
async def test_the_page_follows_what_happens(world: World, photo: bytes) -> None:
    """The page shows the finished picture without anybody asking for it."""
    await world.catch_up()
    await world.moderator.send(world.channel, sandbox.format_welcome())
    async with world.env.preview(world.channel, viewers=[world.artist, world.moderator], layout="channel") as page:
        playing = asyncio.create_task(sandbox.play(world, page))
        result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
        async with asyncio.timeout(15):
            while not (await world.job(world.job_id(result))).over:
                await asyncio.sleep(0.05)
            while "repaint-sandbox" not in str(page._pages["python"].snapshot):
                await asyncio.sleep(0.05)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert len(sandbox.format_welcome()) <= 2000
