"""`python -m bot check`: what it finds right and wrong, asked over real sockets."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import discord
import pytest
from aiohttp import web

import bot.check
from bot.check import Finding, find, format_findings, judge_public_url
from bot.config import read_settings
from bot.database.upkeep import migrate_database
from sandbox.piapi import StandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TOKEN = "the-right-token"
APPLICATION = {
    "id": "1",
    "name": "Repaint",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 0,
    "owner": {"id": "2", "username": "owner", "discriminator": "0", "avatar": None},
}


def answer(body: object, status: int = 200) -> web.Response:
    """JSON as Discord sends it: with a charset in the content type, discord.py would take it for text."""
    return web.Response(body=json.dumps(body).encode(), content_type="application/json", status=status)


@asynccontextmanager
async def serve_discord(trouble: int = 0) -> AsyncIterator[str]:
    """As much of Discord as a login asks for; with `trouble`, that is its answer to everything."""

    async def get_me(request: web.Request) -> web.Response:
        if trouble:
            return web.Response(text="<html>\n<h1>error</h1>", content_type="text/html", status=trouble)
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return answer({"message": "401: Unauthorized", "code": 0}, status=401)
        return answer({"id": "1", "username": "Repaint", "discriminator": "0", "avatar": None})

    async def get_application(_: web.Request) -> web.Response:
        return answer(APPLICATION)

    app = web.Application()
    app.router.add_get("/users/@me", get_me)
    app.router.add_get("/oauth2/applications/@me", get_application)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[object]:
    """Ask with these settings, in a world of stand-ins."""
    async with StandIn(api_key="the-right-key").serve() as piapi, serve_discord() as discord_url:
        monkeypatch.setattr(discord.http.Route, "BASE", discord_url)

        async def ask(**settings: str) -> dict[str, Finding]:
            given = {
                "DISCORD_TOKEN": TOKEN,
                "PIAPI_API_KEY": "the-right-key",
                "PIAPI_BASE_URL": piapi,
                "DATABASE_URL": f"sqlite:///{tmp_path / 'repaint.db'}",
            }
            await migrate_database(given["DATABASE_URL"])
            return {finding.what: finding for finding in await find(read_settings(given | settings))}

        yield ask


async def test_everything_right(found) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 (the fixture's function)
    """The bot's name, the balance, the database, and no complaint about a missing public address."""
    findings = await found()
    assert all(finding.right for finding in findings.values())
    assert "Repaint" in findings["Discord"].detail
    assert "balance $100" in findings["PiAPI"].detail


async def test_each_mistake_is_found_by_itself(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 (the fixture's function)
    """A wrong token, key, database and address are four lines, and hide nothing of each other."""
    findings = await found(
        DISCORD_TOKEN="wrong-token",
        PIAPI_API_KEY="wrong-key-of-some-length",
        DATABASE_URL=f"sqlite:///{tmp_path}",
        PUBLIC_URL="http://repaint.example.org",
    )
    assert [finding.what for finding in findings.values() if not finding.right] == [
        "Discord",
        "PiAPI",
        "database",
        "public URL",
    ]
    table = format_findings(list(findings.values()))
    assert "wrong-key" not in table
    assert "wrong-token" not in table


async def test_a_provider_that_is_away_is_not_a_wrong_key(found) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 (the fixture's function)
    """Nobody is listening there."""
    findings = await found(PIAPI_BASE_URL="http://127.0.0.1:9")
    assert not findings["PiAPI"].right
    assert "KeyRefused" not in findings["PiAPI"].detail


@pytest.mark.parametrize("status", [403, 503])
async def test_discord_in_trouble_is_a_line_too(found, status: int, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 (the fixture's function)
    """Neither a wrong token, nor the end of the table."""
    async with serve_discord(trouble=status) as discord_url:
        monkeypatch.setattr(discord.http.Route, "BASE", discord_url)
        findings = await found()
    wrong = [finding for finding in findings.values() if not finding.right]
    assert wrong == [Finding("Discord", right=False, detail=f"not reached (Discord answered {status})")]


async def test_discord_that_says_nothing_is_a_line_too(found, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 (the fixture's function)
    """discord.py asks again and again where Discord answers 500: longer than anybody wants to wait for a table."""
    monkeypatch.setattr(bot.check, "DEADLINE_SECONDS", 0.5)
    async with serve_discord(trouble=500) as discord_url:
        monkeypatch.setattr(discord.http.Route, "BASE", discord_url)
        findings = await found()
    assert "no answer within" in findings["Discord"].detail


async def test_a_database_that_is_not_there_is_not_made(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 (the fixture's function)
    """In the wrong folder, or without the settings of the service: the line says where it was looked for."""
    findings = await found(DATABASE_URL=f"sqlite:///{tmp_path / 'data' / 'repaint.db'}")
    assert not findings["database"].right
    assert f"there is no file {tmp_path / 'data' / 'repaint.db'}" in findings["database"].detail
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("", True),
        ("https://repaint.example.org", True),
        ("https://8.8.8.8", True),
        ("http://repaint.example.org", False),
        ("https://localhost", False),
        ("https://127.0.0.1:8080", False),
        ("https://10.1.2.3", False),
        ("https://[::1]", False),
        ("https://bot.internal", False),
    ],
)
def test_what_piapi_could_reach(url: str, *, right: bool) -> None:
    """Https, and not an address of this machine or its network."""
    assert judge_public_url(url).right is right
