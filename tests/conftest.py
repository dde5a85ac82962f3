"""What all tests share: a clock that is moved, and values with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import Request
from bot.jobs.model import DISCORD_EPOCH_MILLISECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

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
