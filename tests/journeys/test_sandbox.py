"""What a newcomer starts first: the demo and the sandbox's page."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import simcord
from PIL import Image

from sandbox import __main__ as sandbox
from sandbox import demo
from sandbox.guild import CHANNELS, PRESETS, WELCOMES

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
@pytest.mark.parametrize("visibility", ["public", "draft"])
async def test_the_page_follows_what_happens(world: World, photo: bytes, visibility: str) -> None:
    """The page shows the finished picture without anybody asking for it, also what one member alone sees."""
    await world.catch_up()
    await world.moderator.send(world.channel, sandbox.format_welcome())
    async with world.env.preview(world.channel, viewers=[world.artist, world.moderator], layout="channel") as page:
        playing = asyncio.create_task(sandbox.play(world, page))
        given = {"image": ("cat.jpg", photo), "prompt": "a cat", "visibility": visibility}
        result = await world.artist.slash(world.channel, "img2img", **given)
        async with asyncio.timeout(15):
            while not (await world.job(world.job_id(result))).over:
                await asyncio.sleep(0.05)
            while "repaint-sandbox" not in str(page._pages["python"].snapshot):
                await asyncio.sleep(0.05)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert len(sandbox.format_welcome()) <= 2000


@pytest.mark.parametrize("channel", WELCOMES)
def test_welcomes_fit_into_a_message(channel: str) -> None:
    """Discord takes 2000 characters."""
    assert len(WELCOMES[channel]) <= 2000


async def test_the_furnished_server(world: World, photo: bytes) -> None:
    """Each channel says what to try, and the policy and the rules do what it says."""
    await sandbox.prepare(world, "moderated")
    for name in CHANNELS:
        first = world.guild.channels[name].history()[0]
        assert first.author.id == world.moderator.id
    for prompt, said in (
        ("a knight with a Sword", "No weapons in our pictures, please."),
        ("get your free  nitro", "That is how accounts get stolen."),
        ("our b r a n d   l 0 g o on a shirt", "No logos of companies, please"),
        ("undress her", "Repaint does not undress people"),
    ):
        result = await world.artist.slash(world.channel, "img2img", image=("a.jpg", photo), prompt=prompt)
        assert result.ephemeral
        assert result.response is not None
        assert said in result.response.content.replace("\\", "")  # what others wrote is escaped
    assert world.house.client.rooms.automod.has_presets(world.guild.id)
    suggested = await world.artist.autocomplete(world.channel, "img2img", "preset", "")
    assert [each["value"] for each in suggested[:2]] == [preset.name for preset in PRESETS]
    assert len(suggested) > len(PRESETS)
    assert sandbox.list_viewers(world, "moderated")[0] is world.moderator


async def test_the_moderators_side(world: World) -> None:
    """Three pictures wait for a decision, unseen by members, and the log tells what it has to tell."""
    await sandbox.prepare(world, "review")
    welcome, *waiting = world.channel.history(viewer=world.moderator)
    assert "Here moderators decide" in welcome.content
    assert len(waiting) == 3
    for message in waiting:
        assert all(file.filename.startswith("SPOILER_") for file in message.attachments)
    with pytest.raises(simcord.SetupError):
        world.channel.history(viewer=world.artist)
    assert sandbox.list_viewers(world, "review") == [world.moderator]
    told = "".join(message.content for message in world.guild.channels["log"].history())
    assert "🔧" in told
    assert "🚫" in told
    behind = (datetime.now(UTC) - world.env.now()).total_seconds()
    assert -60 < behind < 60


async def test_an_approved_picture_comes_into_its_channel(world: World) -> None:
    """What the moderator of the sandbox decides is seen in the channel where it was asked for."""
    await sandbox.prepare(world, "review")
    await world.moderator.click(world.channel.history()[1], label="Approve")
    await world.settle()
    shown = [message for message in world.guild.channels["moderated"].history() if message.attachments]
    assert len(shown) == 1
