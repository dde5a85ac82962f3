"""A world to live stories in: Discord by simcord, PiAPI by its stand-in on a real socket, the real bot between them."""

from __future__ import annotations

import io
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import stamina
from discord.state import ConnectionState
from PIL import Image, ImageDraw, ImageOps
from sqlalchemy import select

from bot.database import jobs
from bot.logs import QUIET, WORDY, Output, set_log_level
from bot.moderation.policy import SETTINGS
from sandbox.world import API_KEY, WEBHOOK_SECRET, World, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Container, Iterable, Iterator
    from pathlib import Path

LEAST_WORDS = 8
"""What is shorter is found in innocent words."""
PROMPTS = ("prompt", "negative_prompt")
STRING, TEXT_INPUT = 3, 4
"""Discord's numbers for an option and a field of a form that somebody types into."""


class Overheard(logging.Handler):
    """All that is logged, at every level, and what must not be in it: secrets nowhere, members' words at debug only."""

    def __init__(self) -> None:
        super().__init__()
        self._output = Output(io.StringIO(), "text", [API_KEY, WEBHOOK_SECRET])
        self.lines: list[tuple[int, str]] = []
        self.secrets = {API_KEY, WEBHOOK_SECRET, "sandbox-token-of-nobody"}
        self.words: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it as it is written, on one line."""
        self.lines.append((record.levelno, " ".join(self._output.format(record).split())))

    async def learn(self, world: World) -> None:
        """What became known in a story: the tokens of its interactions, the keys of its jobs, and what was ordered."""
        self.secrets |= {each.token for each in world.env.backend.interactions.values()}
        self.secrets |= {key for (key,) in await world.house.store._database.run(select(jobs.c.key))}
        self.listen(str(each.input.get(name, "")) for each in world.standin.created for name in PROMPTS)

    def listen(self, said: Iterable[str], known: Container[str] = ()) -> None:
        """What somebody wrote. Not what is `known`: choices, and names of settings."""
        written = {" ".join(words.split()) for words in said}
        self.words |= {words for words in written if len(words) >= LEAST_WORDS and words not in known}

    def list_slips(self) -> list[str]:
        """The lines that should not have been written."""
        slips = [line for _, line in self.lines if any(secret in line for secret in self.secrets)]
        above = [line for level, line in self.lines if level > logging.DEBUG]
        return slips + [line for line in above if any(words in line for words in self.words)]


def list_typed(data: Any) -> Iterator[str]:
    """Every text in an interaction's data that was typed; ids are no words."""
    if isinstance(data, list):
        for each in data:
            yield from list_typed(each)
    elif isinstance(data, dict):
        typed = data.get("value")
        if isinstance(typed, str) and data.get("type") in {STRING, TEXT_INPUT} and not typed.isdecimal():
            yield typed
        for inner in ("data", "options", "components", "component"):
            yield from list_typed(data.get(inner))


def list_known(client: Any) -> set[str]:
    """What is offered to choose from, and so is nobody's own words."""
    tree = client.tree
    offered = [
        choice.value
        for command in tree.walk_commands()
        for each in getattr(command, "parameters", ())
        for choice in each.choices
    ]
    return {*map(str, offered), *SETTINGS}


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
def overheard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Overheard]:
    """In no story is a secret written down, or what a member wrote above debug: by us or by a library."""
    ears, loggers = Overheard(), [logging.getLogger(name) for name in ("", *QUIET, *WORDY)]
    kept = [each.level for each in loggers]
    hear = ConnectionState.parse_interaction_create

    def overhear(state: ConnectionState, data: Any) -> None:
        ears.listen(list_typed(data), list_known(state._get_client()))
        hear(state, data)

    monkeypatch.setattr(ConnectionState, "parse_interaction_create", overhear)
    set_log_level("debug")
    loggers[0].addHandler(ears)
    yield ears
    loggers[0].removeHandler(ears)
    for each, level in zip(loggers, kept, strict=True):
        each.setLevel(level)
    assert not ears.list_slips()


@pytest.fixture(autouse=True)
def no_sleep_between_questions() -> Iterator[None]:
    """What PiAPI is asked again is asked at once, as often as ever."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture
async def world(tmp_path: Path, empty_file: Path, story: dict[str, Any], overheard: Overheard) -> AsyncIterator[World]:
    """A server with two artists and a moderator, the bot running."""
    file = shutil.copy(empty_file, tmp_path / "repaint.db")
    async with open_world(f"sqlite:///{file}", **{"brush": invert} | story) as opened:
        yield opened
        await overheard.learn(opened)


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
