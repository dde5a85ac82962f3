"""Requests to Discord: what can still be asked for by an interaction's token."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import discord
import pytest

from bot.jobs import Job, JobStatus, Request
from bot.jobs.ports import SourceGone
from bot.replies.files import is_at_discord
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


@pytest.fixture
def _real_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord is where it is, also where another test of this process has played it elsewhere."""
    monkeypatch.setattr(discord.Asset, "BASE", "https://cdn.discordapp.com")


@pytest.mark.usefixtures("_real_discord")
@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1&is=2&hm=3&", True),
        ("https://CDN.discordapp.com/ephemeral-attachments/1/2/cat.png", True),
        ("https://media.discordapp.net/attachments/1/2/cat.png?width=64", True),
        ("http://cdn.discordapp.com/attachments/1/2/cat.png", False),
        ("https://cdn.discordapp.com:8443/attachments/1/2/cat.png", False),
        ("https://cdn.discordapp.com.evil.example/cat.png", False),
        ("https://cdn.discordapp.com./cat.png", False),
        ("https://cdn.discordapp.com@evil.example/cat.png", False),
        ("https://evil.example\\@cdn.discordapp.com/cat.png", False),
        ("https://evil.example#@cdn.discordapp.com/", False),
        ("https://evil.example/?https://cdn.discordapp.com/", False),
        ("https://images-ext-1.discordapp.net/x/https/evil.example/cat.png", True),
        ("https://discord.com/api/v10/users/@me", False),
        ("https://127.0.0.1/cat.png", False),
        ("http://169.254.169.254/latest/meta-data/", False),
        ("file:///etc/passwd", False),
        ("//cdn.discordapp.com/cat.png", False),
        ("cat.png", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_where_discord_keeps_its_files(url: str, *, there: bool) -> None:
    """Scheme, host and port, all three; what only looks like it is somewhere else."""
    assert is_at_discord(url) is there


@pytest.mark.usefixtures("_real_discord")
async def test_a_row_cannot_send_us_anywhere_else(clock: MovedClock) -> None:
    """What stands in a row as its picture's address is asked for at Discord, or is gone: nobody is even dialled."""
    client = create_autospec(discord.Client, instance=True)
    client.http = create_autospec(discord.http.HTTPClient, instance=True)
    client.http.get_from_cdn.return_value = b"picture"
    post = Post(client, clock)
    with pytest.raises(SourceGone):
        await post.fetch_attachment("http://169.254.169.254/latest/meta-data/")
    client.http.get_from_cdn.assert_not_called()
    assert await post.fetch_attachment("https://cdn.discordapp.com/attachments/1/2/cat.png") == b"picture"
