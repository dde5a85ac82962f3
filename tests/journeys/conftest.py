"""A world to live stories in: Discord by simcord, PiAPI by its stand-in on a real socket, the real bot between them."""

from __future__ import annotations

import io
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from bot.logs import Output
from sandbox.world import API_KEY, WEBHOOK_SECRET, World, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

OURS = ("bot", "cogs")
LEAST_WORDS = 8
"""What is shorter is found in innocent words."""


class Overheard(logging.Handler):
    """All that we log, at every level, and what must not be in it: secrets nowhere, members' words at debug only."""

    def __init__(self) -> None:
        super().__init__()
        self._output = Output(io.StringIO(), "text", [API_KEY, WEBHOOK_SECRET])
        self.lines: list[tuple[int, str]] = []
        self.secrets = {API_KEY, WEBHOOK_SECRET, "sandbox-token-of-nobody"}
        self.words: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it as it is written."""
        self.lines.append((record.levelno, self._output.format(record)))

    def learn(self, world: World) -> None:
        """What became known in a story: the tokens of its interactions, and what was asked for."""
        self.secrets |= {each.token for each in world.env.backend.interactions.values()}
        asked = {
            str(each.input.get(name, "")) for each in world.standin.created for name in ("prompt", "negative_prompt")
        }
        self.words |= {words for words in asked if len(words) >= LEAST_WORDS}

    def list_slips(self) -> list[str]:
        """The lines that should not have been written."""
        slips = [line for _, line in self.lines if any(secret in line for secret in self.secrets)]
        above = [line for level, line in self.lines if level > logging.DEBUG]
        return slips + [line for line in above if any(words in line for words in self.words)]


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


@pytest.fixture(autouse=True)
def overheard() -> Iterator[Overheard]:
    """In no story is a secret written down, or what a member wrote above debug."""
    ears, loggers = Overheard(), [logging.getLogger(name) for name in OURS]
    kept = [each.level for each in loggers]
    for each in loggers:
        each.addHandler(ears)
        each.setLevel(logging.DEBUG)
    yield ears
    for each, level in zip(loggers, kept, strict=True):
        each.removeHandler(ears)
        each.setLevel(level)
    assert not ears.list_slips()


@pytest.fixture
async def world(tmp_path: Path, empty_file: Path, story: dict[str, Any], overheard: Overheard) -> AsyncIterator[World]:
    """A server with two artists and a moderator, the bot running."""
    file = shutil.copy(empty_file, tmp_path / "repaint.db")
    async with open_world(f"sqlite:///{file}", **{"brush": invert} | story) as opened:
        yield opened
        overheard.learn(opened)


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
