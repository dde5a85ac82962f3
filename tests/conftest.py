"""What all tests share: a clock that is moved, values with sensible defaults, and both databases."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.database import Database, open_database
from bot.jobs import Request
from bot.jobs.model import DISCORD_EPOCH_MILLISECONDS
from tests.databases import FollowsClock, Postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class MovedClock:
    """Time stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Now."""
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> MovedClock:
    """A clock that stands at noon."""
    return MovedClock()


@pytest.fixture
def build_request(clock: MovedClock) -> Callable[..., Request]:
    """Requests made now; each has a new interaction id."""
    made = 0

    def build(**given: Any) -> Request:
        nonlocal made
        made += 1
        milliseconds = int(clock().timestamp() * 1000) - DISCORD_EPOCH_MILLISECONDS
        values: dict[str, Any] = {
            "id": (milliseconds << 22) + made,
            "application_id": 1,
            "guild_id": 2,
            "channel_id": 3,
            "member_id": 4,
            "member_name": "Mira",
            "locale": "en-US",
            "token": "interaction-token",
            "attachment_url": "https://cdn.example/cat.png",
            "prompt": "a cat in a hat",
            "model": "schnell",
            "strength": 0.7,
        }
        return Request(**(values | given))

    return build


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, started when the first test asks for it."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with tables and without rows, to be copied: making the tables takes ten times as long."""
    file = tmp_path_factory.mktemp("empty") / "repaint.db"

    async def make() -> None:
        async with open_database(f"sqlite:///{file}"):
            pass

    asyncio.run(make())
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock, empty_file: Path
) -> AsyncIterator[Database]:
    """An empty database whose clock is the test's: each test that asks for it runs on both."""
    if request.param == "sqlite":
        file = shutil.copy(empty_file, tmp_path / "repaint.db")
        async with open_database(f"sqlite:///{file}", clock) as opened:
            yield opened
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.lend() as url, open_database(url) as opened:
        yield FollowsClock(opened, clock)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty database with the real time: each test that asks for it runs on both."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deep' / 'repaint.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.create() as url:
        yield url
