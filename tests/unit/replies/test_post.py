"""Requests to Discord: what can still be asked for by an interaction's token."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import discord
import pytest

from bot.jobs import Job, JobStatus, Request
from bot.replies.post import Post
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MovedClock


@pytest.mark.parametrize(("token", "minutes", "lives"), [("token", 13, True), ("token", 15, False), ("", 0, False)])
def test_a_token_lives_until_it_is_old_or_erased(
    clock: MovedClock, build_request: Callable[..., Request], token: str, minutes: int, *, lives: bool
) -> None:
    """After that only the bot's own reaches the reply."""
    request = build_request(token=token)
    job = Job(request, JobStatus.DONE, turn=1, attempts=0, key="key", price_usd=Decimal(0), created_at=NOON)
    clock.move(minutes * 60)
    assert Post(create_autospec(discord.Client, instance=True), clock).token_lives(job) is lives
