"""The routes of the bot's own token: who it is, its commands, channels and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord_wire import codes, messages
from sandbox.discord_wire.answers import give, give_nothing
from sandbox.discord_wire.bodies import BODY
from sandbox.discord_wire.codes import Problem, Refused
from sandbox.discord_wire.gateway import GATEWAY
from sandbox.discord_wire.messages import BOT, Draft
from sandbox.discord_wire.show import show_channel, show_me, show_message, show_user
from sandbox.discord_wire.state import (
    ATTACH_FILES,
    MANAGE_GUILD,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    READ_HISTORY,
    SEND_MESSAGES,
    VIEW_CHANNEL,
)

if TYPE_CHECKING:
    from sandbox.discord_wire.state import Channel, Message, State

MOST_LISTED = 100


class Rest:
    """What a bot asks with its token; the door has checked that."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_routes(self) -> list[web.RouteDef]:
        """Paths as Discord's description of the API writes them."""
        inbox, message = "/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}"
        commands = "/applications/{application_id}/commands"
        return [
            web.route("GET", "/users/@me", self._me),
            web.route("GET", "/oauth2/applications/@me", self._application),
            web.route("GET", "/gateway/bot", self._gateway),
            web.route("GET", "/guilds/{guild_id}/auto-moderation/rules", self._list_rules),
            web.route("GET", commands, self._list_commands),
            web.put(commands, self._put_commands),
            web.post("/users/@me/channels", self._open_dm),
            web.route("GET", inbox, self._list_messages),
            web.post(inbox, self._send),
            web.route("GET", message, self._get),
            web.patch(message, self._edit),
            web.delete(message, self._delete),
        ]

    # -- who it is -------------------------------------------------------------------------------------------------

    async def _me(self, _: web.Request) -> web.Response:
        return give(show_me(self._state.bot))

    async def _application(self, _: web.Request) -> web.Response:
        bot = self._state.bot
        absent = dict.fromkeys(
            ("icon", "type", "team", "interactions_endpoint_url", "role_connections_verification_url")
        )
        counts = ("approximate_guild_count", "approximate_user_install_count", "approximate_user_authorization_count")
        return give(
            {
                **absent,
                **dict.fromkeys(counts, len(self._state.guilds)),
                "id": str(self._state.application_id),
                "name": bot.username,
                "description": "",
                "bot": show_user(bot),
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "flags": 0,
                "flags_new": "0",
                "redirect_uris": [],
                "eligible_oauth2_scopes": [],
                "owner": show_user(self._state.find_user("jo")),
                "explicit_content_filter": 0,
            }
        )

    async def _gateway(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        url = self._state.files.address.replace("http", "ws", 1) + GATEWAY
        return give({"url": url, "shards": self._state.shards, "session_start_limit": limit})

    # -- guilds ----------------------------------------------------------------------------------------------------

    async def _list_rules(self, request: web.Request) -> web.Response:
        guild = self._state.guilds.get(_read_id(request, "guild_id"))
        if guild is None:
            raise Refused(codes.UNKNOWN_GUILD)
        if not self._state.bot.permissions & MANAGE_GUILD:
            raise Refused(codes.MISSING_PERMISSIONS)
        return give(list(guild.rules.values()))

    # -- its commands ----------------------------------------------------------------------------------------------

    def _check_application(self, request: web.Request) -> None:
        if request.match_info["application_id"] != str(self._state.application_id):
            raise Refused(codes.MISSING_ACCESS)

    async def _list_commands(self, request: web.Request) -> web.Response:
        self._check_application(request)
        return give(list(self._state.commands.values()))

    async def _put_commands(self, request: web.Request) -> web.Response:
        """Replace them all. One that was there under its name keeps its id."""
        self._check_application(request)
        asked = request[BODY].payload or []
        keys = [_key(command) for command in asked]
        if len(set(keys)) < len(keys):
            problem = Problem("", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
            raise Refused(codes.INVALID_FORM, [problem])
        before = {_key(command): command["id"] for command in self._state.commands.values()}
        made = [self._make_command(command, before.get(_key(command))) for command in asked]
        self._state.commands = {int(command["id"]): command for command in made}
        return give(made)

    def _make_command(self, asked: dict[str, Any], known_id: str | None) -> dict[str, Any]:
        needed = asked.get("default_member_permissions")
        standard = {"type": 1, "description": "", "nsfw": False}
        own = {
            "id": known_id or str(self._state.make_id()),
            "application_id": str(self._state.application_id),
            "version": str(self._state.make_id()),
            "integration_types": asked.get("integration_types") or [0],
            "default_member_permissions": None if needed is None else str(needed),
        }
        return standard | asked | own

    # -- channels --------------------------------------------------------------------------------------------------

    async def _open_dm(self, request: web.Request) -> web.Response:
        recipient = self._state.users.get(int(request[BODY].payload["recipient_id"]))
        if recipient is None or recipient.bot:
            raise Refused(codes.UNKNOWN_USER)
        return give(show_channel(self._state.open_dm(recipient)))

    def _find_channel(self, request: web.Request) -> Channel:
        channel = self._state.channels.get(_read_id(request, "channel_id"))
        if channel is None:
            raise Refused(codes.UNKNOWN_CHANNEL)
        if not channel.allows(VIEW_CHANNEL):
            raise Refused(codes.MISSING_ACCESS)
        return channel

    def _find_message(self, request: web.Request) -> Message:
        """A message of the channel. Ephemeral ones are not there for a bot's token."""
        channel = self._find_channel(request)
        message = self._state.messages.get(_read_id(request, "message_id"))
        if message is None or message.channel is not channel or message.deleted_at is not None or message.ephemeral:
            raise Refused(codes.UNKNOWN_MESSAGE)
        return message

    async def _list_messages(self, request: web.Request) -> web.Response:
        """The newest, newest first; `before`, `after` and `around` are not played."""
        channel = self._find_channel(request)
        if request.query.keys() - {"limit"}:
            raise Refused(codes.UNPLAYED)
        most = min(int(request.query.get("limit", "50")), MOST_LISTED)
        there = [
            message
            for message in reversed(self._state.messages.values())
            if message.channel is channel and message.deleted_at is None and not message.ephemeral
        ]
        visible = there if channel.allows(READ_HISTORY) else []
        return give([show_message(self._state, message) for message in visible[:most]])

    async def _send(self, request: web.Request) -> web.Response:
        channel, draft = self._find_channel(request), self._build_draft(request)
        if channel.recipient is not None and not channel.recipient.dms_open:
            raise Refused(codes.DMS_CLOSED)
        if not channel.allows(SEND_MESSAGES | (ATTACH_FILES if draft.uploads else 0)):
            raise Refused(codes.MISSING_PERMISSIONS)
        self._wake(channel)
        nonce = str(draft.payload.get("nonce") or "") if draft.payload.get("enforce_nonce") else ""
        sent = self._state.messages.get(channel.nonces.get(nonce, 0))
        message = sent or messages.create(self._state, channel, draft)
        if nonce:
            channel.nonces[nonce] = message.id
        return give(show_message(self._state, message))

    def _wake(self, channel: Channel) -> None:
        """Whoever writes in an archived thread opens it again; one that is locked, too, moderators alone."""
        if channel.archived and channel.locked and not channel.allows(MANAGE_THREADS):
            raise Refused(codes.ARCHIVED)
        channel.archived = False

    async def _get(self, request: web.Request) -> web.Response:
        return give(show_message(self._state, self._find_message(request)))

    async def _edit(self, request: web.Request) -> web.Response:
        """Sight of the channel is enough to edit one's own message."""
        message = self._find_message(request)
        if message.author is not self._state.bot:
            raise Refused(codes.NOT_ITS_AUTHOR)
        self._check_open(message.channel)
        messages.edit(self._state, message, self._build_draft(request))
        return give(show_message(self._state, message))

    async def _delete(self, request: web.Request) -> web.Response:
        message = self._find_message(request)
        if message.author is not self._state.bot and not message.channel.allows(MANAGE_MESSAGES):
            raise Refused(codes.MISSING_PERMISSIONS)
        self._check_open(message.channel)
        messages.delete(self._state, message, BOT)
        return give_nothing()

    def _check_open(self, channel: Channel) -> None:
        if channel.archived:
            raise Refused(codes.ARCHIVED)

    def _build_draft(self, request: web.Request) -> Draft:
        body = request[BODY]
        return Draft(body.payload or {}, body.uploads, BOT, self._state.limits.by_bot)


def _read_id(request: web.Request, name: str) -> int:
    text = request.match_info[name]
    return int(text) if text.isdecimal() else 0


def _key(command: dict[str, Any]) -> tuple[int, str]:
    return command.get("type", 1), command["name"]
