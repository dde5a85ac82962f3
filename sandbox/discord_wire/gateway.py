"""The gateway: sessions that outlive their sockets, and the sockets.

Text frames only: that a client asks for compression is no promise that it gets it.
https://discord.com/developers/docs/events/gateway
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import WSMessage, WSMsgType, web

from sandbox.discord_wire.session import GUILDS, PLAYED_INTENTS, Line, Session
from sandbox.discord_wire.show import show_guild, show_user

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.discord_wire.ledger import Ledger
    from sandbox.discord_wire.state import Guild, State

HEARTBEAT, IDENTIFY, PRESENCE, RESUME = 1, 2, 3, 6
RECONNECT, INVALID_SESSION, HELLO, ACK = 7, 9, 10, 11
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN, ALREADY = 4001, 4002, 4003, 4004, 4005
INVALID_SEQUENCE, TIMED_OUT, INVALID_SHARD, DISALLOWED_INTENTS = 4007, 4009, 4010, 4014
GOODBYES = frozenset({1000, 1001})
PRIVILEGED_INTENTS = 1 << 1 | 1 << 8 | 1 << 15
RESUMABLE_SECONDS = 300.0
"""Not documented; ours."""
GATEWAY, RESUMING = "/gateway", "/gateway/resume"


class Gateway:
    """Speaks with bots. `token` is the one it lets in."""

    def __init__(self, state: State, ledger: Ledger, token: str, heartbeat_seconds: float) -> None:
        self._state = state
        self._ledger = ledger
        self._token = token
        self._heartbeat_seconds = heartbeat_seconds
        self._lines: set[Line] = set()
        self._open_at = 0.0
        self._sessions: dict[str, Session] = {}
        self._doors: dict[int, Callable[[Line, Any], Awaitable[None]]] = {
            HEARTBEAT: self._beat,
            IDENTIFY: self._identify,
            RESUME: self._resume,
            PRESENCE: self._ignore,
        }

    # -- from the outside ------------------------------------------------------------------------------------------

    def list_sessions(self) -> list[Session]:
        """All that have a socket or can be resumed; those that nobody came back for are forgotten."""
        deadline = self._state.clock() - RESUMABLE_SECONDS
        kept = [each for each in self._sessions.values() if each.line is not None or each.left_at >= deadline]
        self._sessions = {session.id: session for session in kept}
        return kept

    def dispatch(self, event: str, data: Any, guild: Guild | None, intent: int = 0) -> int:
        """Send an event to every session it belongs to and that asked for it, now or when it resumes.

        Returns how many those are.
        """
        text = json.dumps(data, separators=(",", ":"))
        asked = (session for session in self.list_sessions() if session.intents & intent == intent)
        belongs = [session for session in asked if session.serves(guild)]
        for session in belongs:
            session.send(event, text)
        return len(belongs)

    def greet(self, guild: Guild) -> None:
        """Tell sessions of a guild that the bot has just joined: nothing is said of whether it was unavailable."""
        shown = {name: value for name, value in show_guild(self._state, guild).items() if name != "unavailable"}
        self.dispatch("GUILD_CREATE", shown, guild, GUILDS)

    async def drop(self, code: int | None = None, away_seconds: float = 0.0) -> int:
        """Break every socket, with a close code or (None) without a word, and greet nobody for a while."""
        self._open_at = asyncio.get_running_loop().time() + away_seconds
        lines = list(self._lines)
        await asyncio.gather(*(line.end(code) for line in lines))
        return len(lines)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every session that it is over, or (`resumable`) to connect anew and resume."""
        for line in list(self._lines):
            if line.session is not None:
                await line.say(INVALID_SESSION, resumable)
        if not resumable:
            self._sessions.clear()

    async def ask_to_reconnect(self) -> None:
        """Say what Discord says before it takes a gateway down."""
        for line in list(self._lines):
            await line.say(RECONNECT, None)

    # -- one socket ------------------------------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """A bot on the line."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await asyncio.sleep(self._open_at - asyncio.get_running_loop().time())
        line = Line(socket, request.transport, resuming=request.path == RESUMING)
        self._lines.add(line)
        try:
            await line.say(HELLO, {"heartbeat_interval": int(self._heartbeat_seconds * 1000), "_trace": []})
            await self._listen(line)
        except ConnectionError:  # the bot is gone in the middle of a word
            pass
        finally:
            self._lines.discard(line)
            self._leave(line)
        return socket

    async def _listen(self, line: Line) -> None:
        while True:
            try:
                message = await line.socket.receive(timeout=2 * self._heartbeat_seconds)
            except TimeoutError:
                await line.end(TIMED_OUT)
                return
            if message.type is not WSMsgType.TEXT:
                return
            await self._hear(line, message)

    async def _hear(self, line: Line, message: WSMessage) -> None:
        try:
            heard = json.loads(message.data)
            opcode, data = heard["op"], heard.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._ledger.violate("gateway", "a frame that cannot be read")
            await line.end(DECODE_ERROR)
            return
        if opcode in self._doors:
            await self._doors[opcode](line, data)
        else:
            self._ledger.violate("gateway", f"op {opcode} is not played")
            await line.end(UNKNOWN_OPCODE)

    async def _ignore(self, line: Line, _: Any) -> None:
        if line.session is None:
            await line.end(NOT_AUTHENTICATED)

    async def _beat(self, line: Line, _: Any) -> None:
        line.beats += 1
        await line.say(ACK, None)

    async def _identify(self, line: Line, data: Any) -> None:
        if line.session is not None:
            self._ledger.violate("gateway", "IDENTIFY twice on one socket")
            await line.end(ALREADY)
            return
        if (code := self._find_fault(data)) is not None:
            await line.end(code)
            return
        session = Session(tuple(data.get("shard", (0, 1))), data["intents"])
        self._sessions[session.id] = session
        self._welcome(session)
        line.take(session, after=0)

    def _find_fault(self, data: Any) -> int | None:
        """Why this IDENTIFY is not accepted, as a close code."""
        if data.get("token") != self._token:
            return WRONG_TOKEN
        number, count = data.get("shard", (0, 1))
        if not 0 <= number < count:
            return INVALID_SHARD
        if data["intents"] & PRIVILEGED_INTENTS:
            return DISALLOWED_INTENTS
        if unplayed := data["intents"] & ~PLAYED_INTENTS:
            self._ledger.violate("gateway", f"events of intents {unplayed:#x} are not played")
        return None

    def _welcome(self, session: Session) -> None:
        guilds = [guild for guild in self._state.guilds.values() if guild.invited and session.serves(guild)]
        ready = {
            "v": 10,
            "user": show_user(self._state.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._state.files.address.replace("http", "ws", 1) + RESUMING,
            "shard": list(session.shard),
            "application": {"id": str(self._state.application_id), "flags": 0},
            "session_type": "normal",
            **{name: [] for name in ("private_channels", "presences", "relationships", "_trace")},
        }
        session.send("READY", json.dumps(ready))
        if session.intents & GUILDS:
            for guild in guilds:
                session.send("GUILD_CREATE", json.dumps(show_guild(self._state, guild)))

    async def _resume(self, line: Line, data: Any) -> None:
        if data.get("token") != self._token:
            await line.end(WRONG_TOKEN)
            return
        if not line.resuming:
            self._ledger.violate("gateway", "RESUME went not to resume_gateway_url")
        session = next((each for each in self.list_sessions() if each.id == data.get("session_id")), None)
        if session is None or not session.remembers(data["seq"]):
            await line.say(INVALID_SESSION, False)
        elif data["seq"] > session.sequence:
            await line.end(INVALID_SEQUENCE)
        else:
            session.resumes += 1
            session.send("RESUMED", '{"_trace":[]}')
            line.take(session, after=data["seq"])

    # -- the end ---------------------------------------------------------------------------------------------------

    def _leave(self, line: Line) -> None:
        session = line.leave()
        if session is None:
            return
        session.left_at = self._state.clock()
        if line.socket.close_code in GOODBYES and not line.ended:  # who says goodbye does not come back
            self._sessions.pop(session.id, None)
