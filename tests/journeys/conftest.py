"""A world to live stories in: Discord by simcord, PiAPI by its stand-in on a real socket, the real bot between them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from sandbox.world import World, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def invert(source: bytes, prompt: str, strength: float, seed: int, label: str) -> bytes:  # noqa: ARG001 (a brush)
    """The quickest painter there is."""
    data = io.BytesIO()
    ImageOps.invert(Image.open(io.BytesIO(source))).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def story(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What is special about the world of this test: `@pytest.mark.story(settings={}, durations={}, brush=paint)`."""
    mark = request.node.get_closest_marker("story")
    return dict(mark.kwargs) if mark else {}


@pytest.fixture
async def world(tmp_path: Path, story: dict[str, Any]) -> AsyncIterator[World]:
    """A server with two artists and a moderator, the bot running."""
    async with open_world(f"sqlite:///{tmp_path / 'repaint.db'}", **{"brush": invert} | story) as opened:
        yield opened


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small JPEG that says where it was taken."""
    picture = Image.new("RGB", (160, 120), "skyblue")
    ImageDraw.Draw(picture).ellipse((40, 30, 100, 90), fill="orange")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    data = io.BytesIO()
    picture.save(data, "JPEG", exif=exif)
    return data.getvalue()
