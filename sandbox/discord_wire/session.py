"""A session of the gateway, which survives its socket, and a line: one socket with a session on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

    from sandbox.discord_wire.state import Guild

KEPT_EVENTS = 10_000
GUILDS = 1 << 0
AUTOMOD_RULES = 1 << 20
PLAYED_INTENTS = GUILDS | AUTOMOD_RULES
TOO_SLOW = 4008


@dataclass(eq=False, slots=True)
class Session:
    """One IDENTIFY's worth of events. `shard` is (number, count). Interactions come without any intent."""

    shard: tuple[int, int]
    intents: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    resumes: int = 0
    left_at: float = 0.0
    line: Line | None = None
    _events: dict[int, str] = field(default_factory=dict)

    def serves(self, guild: Guild | None) -> bool:
        """Whether this shard gets the events of a guild; direct messages go to shard 0."""
        number, count = self.shard
        return (0 if guild is None else (guild.id >> 22) % count) == number

    def send(self, event: str, data: str) -> None:
        """Send an event, whose data is JSON already, now or when it resumes."""
        self.sequence += 1
        self._events[self.sequence] = f'{{"op":0,"t":"{event}","s":{self.sequence},"d":{data}}}'
        self._events.pop(self.sequence - KEPT_EVENTS, None)
        if self.line is not None:
            self.line.news.set()

    def get(self, sequence: int) -> str | None:
        """An event, unless it was forgotten."""
        return self._events.get(sequence)

    def remembers(self, sequence: int) -> bool:
        """Whether everything after this event is still there."""
        return sequence >= self.sequence or sequence + 1 in self._events


@dataclass(eq=False, slots=True)
class Line:
    """A socket. `ended` says that it was we who ended it."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    resuming: bool
    session: Session | None = None
    beats: int = 0
    ended: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _writer: asyncio.Task[None] | None = None

    async def say(self, opcode: int, data: Any) -> None:
        """Send what is not an event."""
        await self.socket.send_str(json.dumps({"op": opcode, "d": data, "s": None, "t": None}))

    def take(self, session: Session, after: int) -> None:
        """From now on send this session's events, from the one after `after`. An older line of it ends."""
        if session.line is not None:
            session.line.leave()
        session.line, self.session = self, session
        self._writer = asyncio.create_task(self._write(session, after))

    def leave(self) -> Session | None:
        """Send nothing more. Returns the session that is now without a line."""
        if self._writer is not None:
            self._writer.cancel()
        session, self.session = self.session, None
        if session is None or session.line is not self:
            return None
        session.line = None
        return session

    async def end(self, code: int | None) -> None:
        """Close with a code, or (None) break off."""
        self.ended = True
        if code is not None:
            await self.socket.close(code=code)
        elif self.transport is not None:
            self.transport.abort()

    async def _write(self, session: Session, sent: int) -> None:
        with contextlib.suppress(ConnectionError):  # who is gone may resume, and gets it then
            while True:
                self.news.clear()
                while sent < session.sequence:
                    event = session.get(sent + 1)
                    if event is None:
                        await self.end(TOO_SLOW)
                        return
                    await self.socket.send_str(event)
                    sent += 1
                await self.news.wait()
