"""A small Discord server with people in it, PiAPI's stand-in, and the real bot between them.

The sandbox, the demo and the tests of whole stories all live in this world. Only Discord and PiAPI are played: Discord
by simcord, in this process; PiAPI by `sandbox.piapi`, on a loopback socket. One clock rules all three.
"""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import discord
import simcord
from simcord.backend.cdn import CDN_BASE

from bot.config import read_settings
from bot.wiring import House, open_house
from sandbox.piapi import StandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.client import Repaint
    from bot.jobs import Job

API_KEY = "sandbox-key-of-nobody"
WEBHOOK_SECRET = "sandbox-secret-of-nobody"  # noqa: S105 (opens nothing but the stand-in)
HOST = "127.0.0.1"


class WorldClock:
    """The time in the world: simcord's once it plays, so that tokens and rows grow old together."""

    def __init__(self) -> None:
        self._env: simcord.Env | None = None
        self._begin = datetime(2026, 1, 1, tzinfo=UTC)

    def follow(self, env: simcord.Env) -> None:
        """From now on this is the time."""
        self._env = env

    def __call__(self) -> datetime:
        """Now, aware and in UTC."""
        return self._begin if self._env is None else self._env.now()

    def seconds(self) -> float:
        """Now, in seconds since 1970."""
        return self().timestamp()


@dataclass(slots=True)
class World:
    """What a story needs. `house` changes with every restart; everything else outlives it."""

    env: simcord.Env
    house: House
    standin: StandIn
    clock: WorldClock
    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    artist: simcord.MemberActor
    friend: simcord.MemberActor
    moderator: simcord.MemberActor
    _environment: Mapping[str, str]
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def address(self) -> str:
        """Where the bot's own web server answers."""
        return f"http://{HOST}:{self.house.web_port}"

    def job_id(self, result: simcord.InteractionResult) -> int:
        """The job that a command became, as its public answer tells."""
        metadata = result.response.message.interaction_metadata if result.response else None
        if metadata is None:
            raise LookupError("this command has no public answer")
        return metadata.id

    async def job(self, job_id: int) -> Job:
        """How a job stands."""
        found = await self.house.store.get(job_id)
        if found is None:
            raise LookupError(f"no job {job_id}")
        return found

    async def catch_up(self, seconds_ago: float = 0.0) -> None:
        """Let it be now, or a moment ago: simcord begins in the past."""
        behind = (datetime.now(UTC) - self.env.now()).total_seconds() - seconds_ago
        await self.env.advance_time(max(0.0, behind))

    async def settle(self) -> None:
        """Let everything happen that is due at this moment: jobs, cards, and the stand-in's painting."""
        with self.env.time_context():  # what is started in it talks to this Discord
            await self.standin.settle()
            await self.house.runner.settle()
            await self.house.editor.flush()
            await self.house.log_poster.flush()
            await self.env.settle()

    async def advance(self, seconds: float) -> None:
        """Move everybody's time, and let happen what is due then."""
        await self.env.advance_time(seconds)
        await self.settle()

    async def restart(self, *, gently: bool = True) -> None:
        """Stop the bot, or pull its plug, and start it anew with the same database."""
        if gently:
            await self.house.runner.stop(deadline_seconds=1.0)
        await self._stack.aclose()
        self.house = await self._stack.enter_async_context(open_house(read_settings(self._environment), self.clock))
        await self.env.restart_bot(self.house.client)
        await self.house.store.hands.abandon_others()

    async def close(self) -> None:
        """Stop the bot."""
        await self._stack.aclose()


@asynccontextmanager
async def open_world(
    database_url: str, settings: Mapping[str, str] | None = None, **standin: Any
) -> AsyncIterator[World]:
    """The world with everybody in it. `settings` are variables as in `.env`; `standin` goes to the stand-in."""
    discord.Asset.BASE = CDN_BASE  # where discord.py, and so the bot, takes Discord's files to be
    clock = WorldClock()
    players = StandIn(clock=clock.seconds, api_key=API_KEY, **standin)
    async with players.serve() as address:
        environment = build_environment(database_url, address, find_free_port()) | dict(settings or {})
        stack = AsyncExitStack()
        house = await stack.enter_async_context(open_house(read_settings(environment), clock))
        env = simcord.Env(house.client)
        try:
            await env.start()
            clock.follow(env)
            with env.time_context():
                await name_bot(house.client)
            yield World(env, house, players, clock, **build_people(env), _environment=environment, _stack=stack)
            await env.shutdown()
            if env.errors:
                raise ExceptionGroup("the bot broke", [error for error in env.errors if isinstance(error, Exception)])
        finally:
            await env.shutdown()
            await stack.aclose()


async def name_bot(client: Repaint) -> None:
    """Give the bot its name, as its owner would."""
    if client.user is not None:
        await client.user.edit(username="Repaint")


def build_environment(database_url: str, piapi_url: str, port: int) -> dict[str, str]:
    """Settings under which nothing leaves this machine."""
    return {
        "DISCORD_TOKEN": "sandbox-token-of-nobody",
        "PIAPI_API_KEY": API_KEY,
        "PIAPI_BASE_URL": piapi_url,
        "PIAPI_UPLOAD_URL": f"{piapi_url}/api/ephemeral_resource",
        "DATABASE_URL": database_url,
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "WEB_HOST": HOST,
        "WEB_PORT": str(port),
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        "LABEL": "sandbox",
    }


def build_people(env: simcord.Env) -> dict[str, Any]:
    """A server, a channel, two artists and a moderator."""
    guild = env.create_guild("Atelier")
    channel = guild.create_text_channel("repaint", topic="Bring a picture, say what it should become.")
    moderators = guild.create_role("Moderators", permissions=_moderating())
    return {
        "guild": guild,
        "channel": channel,
        "artist": guild.add_member(env.create_user("mira", global_name="Mira")),
        "friend": guild.add_member(env.create_user("theo", global_name="Theo")),
        "moderator": guild.add_member(env.create_user("jo", global_name="Jo (moderator)"), roles=[moderators]),
    }


def _moderating() -> discord.Permissions:
    return discord.Permissions(manage_messages=True, moderate_members=True, manage_guild=True)


def find_free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on this port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
