"""Discord's stand-in itself: what is played, on one socket, and everything a test may do to it."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord_wire import acts, automod, messages
from sandbox.discord_wire.cdn import Upload
from sandbox.discord_wire.desk import Desk
from sandbox.discord_wire.door import ALL_ELSE, API, CONTROL, Door, refuse_unplayed
from sandbox.discord_wire.faults import Fault, Faults
from sandbox.discord_wire.gateway import GATEWAY, RESUMING, Gateway
from sandbox.discord_wire.interactions import Interactions
from sandbox.discord_wire.ledger import Ledger
from sandbox.discord_wire.paces import Paces
from sandbox.discord_wire.rest import Rest
from sandbox.discord_wire.seen import see_interaction, see_message
from sandbox.discord_wire.session import AUTOMOD_RULES, GUILDS
from sandbox.discord_wire.show import show_channel, show_everyone, show_interaction
from sandbox.discord_wire.spec import Spec
from sandbox.discord_wire.state import MANAGE_GUILD, MEBIBYTE, VIEW_CHANNEL, State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from pathlib import Path

    from sandbox.discord_wire.cdn import StoredFile
    from sandbox.discord_wire.seen import SeenInteraction, SeenMessage

HOST = "127.0.0.1"
MOST_ATTACHED_BYTES = 100 * MEBIBYTE
MODERATOR = "a moderator"
Ref = str | int


@dataclass(kw_only=True, eq=False)
class DiscordStandIn:
    """A Discord of one's own. `async with DiscordStandIn(...).serve() as address` runs it.

    There is a guild, Atelier, with the channels `repaint` and `lounge` and the members `mira`, `theo` (German) and
    `jo` (a moderator). `clock` tells unix seconds. `spec` is Discord's openapi.json; without it, forms are not looked
    at. `rate_limits` are counted in real time. `kept_bytes` of files are remembered, size and hash of all. `shards` is
    how many Discord advises to run.
    """

    token: str = field(default="stand-in-token", repr=False)
    clock: Callable[[], float] = time.time
    spec: Path | None = None
    rate_limits: bool = True
    heartbeat_seconds: float = 41.25
    kept_bytes: int = 128 * MEBIBYTE
    shards: int = 1

    def __post_init__(self) -> None:
        self.state = State(self.clock, self.kept_bytes)
        self.state.shards = self.shards
        self._ledger = Ledger()
        self._faults = Faults()
        self._attached: dict[int, StoredFile] = {}
        self._gateway = Gateway(self.state, self._ledger, self.token, self.heartbeat_seconds)

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on this machine, on a free port unless one is given."""
        runner = web.AppRunner(self._build_app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
            self.state.files.address = f"http://{HOST}:{runner.addresses[0][1]}"
            yield self.state.files.address
        finally:
            await self._gateway.drop()
            await runner.cleanup()

    def _build_app(self) -> web.Application:
        spec = None if self.spec is None else Spec(self.spec)
        door = Door(self._ledger, self._faults, self.token, Paces() if self.rate_limits else None, spec)
        app = web.Application(middlewares=[door.open], client_max_size=MOST_ATTACHED_BYTES)
        for route in [*Rest(self.state).list_routes(), *Interactions(self.state).list_routes()]:
            app.router.add_route(route.method, API + route.path, route.handler, **route.kwargs)
        for path in (GATEWAY, RESUMING):
            app.router.add_get(path, self._gateway.connect)
        for folder in ("attachments", "ephemeral-attachments"):
            app.router.add_get(f"/{folder}/{{file:.*}}", self.state.files.serve)
        desk = Desk(self)
        app.router.add_post(f"{CONTROL}attach", desk.attach)
        app.router.add_route("*", CONTROL + "{verb}", desk.serve)
        app.router.add_route("*", "/{path:.*}", refuse_unplayed, name=ALL_ELSE)
        return app

    # -- what members do -------------------------------------------------------------------------------------------

    def attach(self, name: str, data: bytes) -> int:
        """A file for the attachment options of commands and forms: use its id as the option's value."""
        folder = f"ephemeral-attachments/{self.state.application_id}"
        file = self.state.files.add(Upload(name, data), folder, ephemeral=True)
        self._attached[file.id] = file
        return file.id

    def slash(
        self, command: str, options: Mapping[str, Any] | None = None, member: Ref = "mira", channel: Ref = "repaint"
    ) -> int:
        """Use a command; channel `dm` is the member's own with the bot. Returns the interaction's id."""
        return self._send(acts.use_command(self.state, command, options or {}, (member, channel), self._attached))

    def complete(
        self, command: str, focused: str, options: Mapping[str, Any], member: Ref = "mira", channel: Ref = "repaint"
    ) -> int:
        """Be typing a command, in the option `focused`."""
        who = member, channel
        return self._send(acts.use_command(self.state, command, options, who, self._attached, focused))

    def click(self, message_id: int, custom_id: str, member: Ref = "mira", values: Iterable[str] | None = None) -> int:
        """Press a button, or choose values of a select."""
        return self._send(acts.press(self.state, message_id, custom_id, member, values))

    def menu(self, command: str, message_id: int, member: Ref = "mira") -> int:
        """Use a command in the menu of a message."""
        return self._send(acts.use_menu(self.state, command, message_id, member))

    def write(self, files: Iterable[int], member: Ref = "mira", channel: Ref = "repaint") -> int:
        """Send a message with attached files. Returns its id."""
        author = self.state.find_user(member)
        uploads = {number: self.state.files.reload(self._attached[each]) for number, each in enumerate(files)}
        draft = messages.Draft({}, uploads, messages.MEMBER, MOST_ATTACHED_BYTES)
        return messages.create(self.state, self.state.find_channel(channel, author), draft, author=author).id

    def submit(self, interaction_id: int, values: Mapping[str, Any]) -> int:
        """Send the form that an interaction was answered with."""
        return self._send(acts.submit(self.state, interaction_id, values, self._attached))

    def _send(self, act: acts.Act) -> int:
        interaction, data = act
        shown = show_interaction(self.state, interaction, data)
        self._gateway.dispatch("INTERACTION_CREATE", shown, interaction.channel.guild)
        return interaction.id

    # -- what can be seen ------------------------------------------------------------------------------------------

    def messages(self) -> list[SeenMessage]:
        """Every message there ever was, the oldest first."""
        return [see_message(self.state, message) for message in self.state.messages.values()]

    def interactions(self) -> list[SeenInteraction]:
        """Everything members did, the oldest first."""
        return [see_interaction(interaction) for interaction in self.state.interactions.values()]

    def requests(self) -> dict[str, int]:
        """How often, by method, route and status; status 0 where no answer got out."""
        return dict(self._ledger.requests)

    def violations(self) -> list[str]:
        """What broke Discord's rules, and what this stand-in was asked for and does not play."""
        forgotten = self.state.files.forgotten
        return [*self._ledger.list_violations(), *([f"cdn: {forgotten} files were forgotten"] if forgotten else [])]

    def commands(self) -> list[dict[str, Any]]:
        """The commands as they were last told."""
        return list(self.state.commands.values())

    def sessions(self) -> list[dict[str, Any]]:
        """The gateway's sessions: with or without a socket, events so far, and how often they came back."""
        return [
            {"shard": list(each.shard), "connected": each.line is not None}
            | {"events": each.sequence, "resumes": each.resumes, "beats": each.line.beats if each.line else 0}
            for each in self._gateway.list_sessions()
        ]

    # -- what can be done to it ------------------------------------------------------------------------------------

    def shift(self, seconds: float) -> None:
        """Move Discord's time, forwards or backwards."""
        self.state.clock.shifted_seconds += seconds

    def expire(self, interaction_id: int) -> None:
        """Let an interaction's token die now."""
        self.state.interactions[interaction_id].expired = True

    def hide(self, channel: Ref, *, hidden: bool = True) -> None:
        """Take the sight of a channel from the bot, or give it back."""
        found = self.state.find_channel(channel, self.state.bot)
        found.bot_permissions = found.bot_permissions & ~VIEW_CHANNEL | (0 if hidden else VIEW_CHANNEL)

    def permit(self, channel: Ref, permissions: int) -> None:
        """Set what the bot may do in a channel."""
        self.state.find_channel(channel, self.state.bot).bot_permissions = permissions

    def delete(self, message_id: int) -> None:
        """Delete a message, as a moderator does."""
        messages.delete(self.state, self.state.find_message(message_id), MODERATOR)

    def close_dms(self, member: Ref, *, closed: bool = True) -> None:
        """Let a member take no direct messages, or take them again."""
        self.state.find_user(member).dms_open = not closed

    def speak(self, member: Ref, locale: str) -> None:
        """Set a member's language."""
        self.state.find_user(member).locale = locale

    def limit_uploads(self, **most_bytes: int) -> None:
        """Set `claimed`, `by_token` or `by_bot`: what interactions say of one file, and what is really taken."""
        self.state.limits = replace(self.state.limits, **most_bytes)

    def add_guild(self, name: str, channels: Iterable[str] = ("general",), **given: bool) -> int:
        """A guild that the bot joins; not if `invited` is false. `external_apps`: what others bring may be heard."""
        guild = self.state.add_guild(name, tuple(channels), **given)
        if guild.invited:
            self._gateway.greet(guild)
        return guild.id

    def add_chat(self, name: str) -> int:
        """A group chat of members."""
        return self.state.add_chat(name).id

    def add_thread(self, name: str, channel: Ref) -> int:
        """A thread in a channel."""
        thread = self.state.add_thread(name, self.state.find_channel(channel, self.state.bot))
        self._gateway.dispatch("THREAD_CREATE", show_channel(thread), thread.guild, GUILDS)
        return thread.id

    def archive(self, thread: Ref, *, locked: bool = False) -> None:
        """Close a thread; `locked`, for all but moderators for good."""
        found = self.state.find_channel(thread, self.state.bot)
        found.archived, found.locked = True, locked
        self._gateway.dispatch("THREAD_UPDATE", show_channel(found), found.guild, GUILDS)

    def empower(self, permissions: int) -> None:
        """Set what the bot may do in every guild; its channels go their own ways."""
        self.state.bot.permissions = permissions
        for guild in self.state.guilds.values():
            changed = {"guild_id": str(guild.id), "role": show_everyone(self.state, guild)}
            self._gateway.dispatch("GUILD_ROLE_UPDATE", changed, guild, GUILDS)

    def write_rule(self, name: str, guild: Ref = "Atelier", **given: Any) -> None:
        """Write a rule of AutoMod, or change the one of this name; `given` are fields of Discord's JSON."""
        self._tell_rule(guild, *automod.write(self.state, self.state.find_guild(guild), name, given))

    def erase_rule(self, name: str, guild: Ref = "Atelier") -> None:
        """Take a rule of AutoMod away."""
        self._tell_rule(guild, *automod.erase(self.state.find_guild(guild), name))

    def _tell_rule(self, guild: Ref, event: str, rule: Mapping[str, Any]) -> None:
        """Only who may manage the guild hears of it."""
        if self.state.bot.permissions & MANAGE_GUILD:
            self._gateway.dispatch(event, rule, self.state.find_guild(guild), AUTOMOD_RULES)

    def add_fault(self, fault: Fault | Mapping[str, Any]) -> None:
        """Let something go wrong."""
        self._faults.add(fault if isinstance(fault, Fault) else Fault(**fault))

    def clear_faults(self) -> None:
        """Nothing more goes wrong."""
        self._faults.clear()

    async def drop(self, code: int | None = None, away_seconds: float = 0.0) -> int:
        """Break every gateway socket, with a close code or without; greet nobody for a while. Returns how many."""
        return await self._gateway.drop(code, away_seconds)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Send INVALID_SESSION."""
        await self._gateway.invalidate(resumable=resumable)

    async def ask_to_reconnect(self) -> None:
        """Send RECONNECT."""
        await self._gateway.ask_to_reconnect()

    def forget(self) -> None:
        """Drop messages, interactions, files, counts and violations; sessions and commands stay."""
        self.state.forget()
        self._attached.clear()
        self._ledger.clear()
