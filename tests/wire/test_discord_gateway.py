"""What the gateway of Discord's stand-in promises to the real discord.py."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import discord
import pytest

from sandbox.discord_wire.gateway import GATEWAY
from sandbox.discord_wire.session import AUTOMOD_RULES, GUILDS
from sandbox.discord_wire.state import MODERATOR_PERMISSIONS
from tests.wire.tiny_bot import TinyBot, Wire, open_wire, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """A Discord that counts no limits."""
    async with open_wire(monkeypatch, rate_limits=False) as opened:
        yield opened


@pytest.mark.parametrize("code", [4000, None], ids=["closed", "broken"])
async def test_a_missed_interaction_is_replayed(wire: Wire, code: int | None) -> None:
    """What happens while the socket is gone comes after the resume, which is no new session."""
    bot = await wire.connect()
    assert await wire.control.drop(code, away_seconds=0.2) == 1
    missed = [await wire.control.slash("draw", {"text": text}) for text in ("first", "second")]
    heard = [await bot.hear(), await bot.hear()]
    assert [interaction.id for interaction in heard] == missed
    (session,) = await wire.control.sessions()
    assert session["resumes"] == 1
    await heard[0].response.send_message("here I am again")
    assert await wire.control.violations() == []


async def test_reconnecting_when_asked(wire: Wire) -> None:
    """RECONNECT, and INVALID_SESSION that may be resumed, are resumed."""
    bot = await wire.connect()
    for number, verb in enumerate(("ask_to_reconnect", "invalidate"), 1):
        await wire.control.ask(verb, **({"resumable": True} if verb == "invalidate" else {}))
        await wire.control.slash("draw")
        await bot.hear()
        await wire.control.see_sessions(1)
        (session,) = await wire.control.sessions()
        assert session["resumes"] == number


async def test_a_session_that_is_over(wire: Wire) -> None:
    """INVALID_SESSION makes a new one; what was missed is lost."""
    bot = await wire.connect()
    await wire.control.drop(4000, away_seconds=0.1)
    await wire.control.slash("draw", {"text": "lost"})
    await wire.control.invalidate()
    await wire.control.see_sessions(1)
    heard_id = await wire.control.slash("draw", {"text": "heard"})
    assert (await bot.hear()).id == heard_id
    (session,) = await wire.control.sessions()
    assert session["resumes"] == 0


async def test_two_sessions_on_one_shard(wire: Wire) -> None:
    """Both hear everything; the second answer is refused; who says goodbye is gone."""
    old, new = await wire.connect(), await wire.connect()
    interaction_id = await wire.control.slash("draw")
    first, second = await new.hear(), await old.hear()
    assert first.id == second.id == interaction_id
    await first.response.send_message("mine")
    assert await refusal(second.response.send_message("mine too")) == (400, 40060)
    assert (await wire.control.interaction(interaction_id)).refusals == (40060,)
    await old.close()
    await wire.control.see_sessions(1)
    last_id = await wire.control.slash("draw")
    assert (await new.hear()).id == last_id


@pytest.mark.parametrize(("code", "left"), [(1000, 0), (4000, 1)])
async def test_only_who_says_goodbye_is_forgotten(wire: Wire, code: int, left: int) -> None:
    """A session that was closed with 1000 is over, any other can be resumed, for five minutes."""
    url = wire.standin.state.files.address + GATEWAY
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"op": 2, "d": {"token": "stand-in-token", "intents": 1, "properties": {}}})
        await wire.control.see_sessions(1)
        await socket.close(code=code)
        await wire.control.see_sessions(0)
    assert len(await wire.control.sessions()) == left
    await wire.control.shift(301)
    assert await wire.control.sessions() == []


async def test_shards(wire: Wire) -> None:
    """A shard has its own guilds and their interactions; direct messages go to the first."""
    ids = [await wire.control.add_guild(f"guild {number}", [f"place {number}"]) for number in range(2)]
    bots = [await wire.connect((number, 2)) for number in range(2)]
    for number, guild_id in enumerate(ids):
        interaction_id = await wire.control.slash("draw", channel=f"place {number}")
        bot = bots[(guild_id >> 22) % 2]
        heard = await bot.hear()
        assert heard.id == interaction_id
        assert heard.guild is not None
        assert heard.guild.name == f"guild {number}"
        assert [each.id for each in bot.guilds if each.id in ids] == [guild_id]
    in_dm = await wire.control.slash("draw", channel="dm")
    heard = await bots[0].hear()
    assert (heard.id, heard.guild_id, heard.context.dm_channel) == (in_dm, None, True)
    assert heard.app_permissions.attach_files


async def test_as_many_shards_as_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that leaves it to Discord runs that many; discord.py waits five seconds between them, this one does not."""
    async with open_wire(monkeypatch, shards=2) as wire:
        bot = discord.AutoShardedClient(intents=discord.Intents.none())
        monkeypatch.setattr(bot, "before_identify_hook", TinyBot().before_identify_hook)
        await bot.login("stand-in-token")
        connection = asyncio.create_task(bot.connect())
        shards = sorted(session["shard"] for session in await wire.control.see_sessions(2))
        assert shards == [[0, 2], [1, 2]]
        await bot.close()
        await asyncio.gather(connection, return_exceptions=True)


async def test_a_guild_that_is_joined(wire: Wire) -> None:
    """GUILD_CREATE comes to who is connected."""
    bot = await wire.connect()
    guild_id = await wire.control.add_guild("new", ["general"])
    await wire.control.slash("draw", channel="general")
    heard = await bot.hear()
    assert heard.guild is not None
    assert (heard.guild.id, heard.guild.name) == (guild_id, "new")


async def test_rules_of_automod_are_told_to_who_asked_and_may(wire: Wire) -> None:
    """Their events come with the intent and the permission to manage the guild; a change of the role comes to all."""
    url = wire.standin.state.files.address + GATEWAY
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as plain, session.ws_connect(url) as curious:
        for socket, intents in ((plain, GUILDS), (curious, GUILDS | AUTOMOD_RULES)):
            await socket.send_json({"op": 2, "d": {"token": "stand-in-token", "intents": intents, "properties": {}}})
        before = await wire.control.see_sessions(2)
        await wire.control.write_rule("weapons")
        await wire.control.empower(MODERATOR_PERMISSIONS)
        await wire.control.write_rule("weapons", enabled=False)
        await wire.control.erase_rule("weapons")
        after = await wire.control.see_sessions(2)
        assert sorted(now["events"] - then["events"] for now, then in zip(after, before, strict=True)) == [1, 1 + 2]


@pytest.mark.usefixtures("wire")
async def test_final_closes() -> None:
    """4004 for a wrong token and 4014 for intents that nobody allowed end the client."""
    bot = TinyBot()
    await bot.login("stand-in-token")
    bot.http.token = "another"
    with pytest.raises(discord.ConnectionClosed) as closed:
        async with asyncio.timeout(5):
            await bot.connect()
    assert closed.value.code == 4004
    curious = discord.Client(intents=discord.Intents(message_content=True))
    await curious.login("stand-in-token")
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with asyncio.timeout(5):
            await curious.connect()
    await curious.close()


async def test_silence_ends_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats are answered, and who sends none is timed out."""
    async with open_wire(monkeypatch, heartbeat_seconds=0.1) as wire:
        bot = await wire.connect()
        await asyncio.sleep(0.35)  # real time: discord.py beats in a thread
        (session,) = await wire.control.sessions()
        assert session["beats"] >= 3
        assert session["resumes"] == 0
        assert bot.latency < 1
