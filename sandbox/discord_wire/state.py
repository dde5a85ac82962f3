"""What there is in the played Discord: people, guilds, channels, messages, interactions. Values only, no network."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.discord_wire.cdn import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.discord_wire.cdn import StoredFile

T = TypeVar("T")

EPOCH_SECONDS = 1_420_070_400
MEBIBYTE = 1024 * 1024
TEXT_CHANNEL, DM_CHANNEL, GROUP_CHANNEL, PUBLIC_THREAD = 0, 1, 3, 11
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
LOADING, EPHEMERAL, COMPONENTS_V2 = 1 << 7, 1 << 6, 1 << 15

MANAGE_GUILD = 1 << 5
VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES = 1 << 10, 1 << 11, 1 << 13
EMBED_LINKS, ATTACH_FILES, READ_HISTORY, MENTION_EVERYONE = 1 << 14, 1 << 15, 1 << 16, 1 << 17
USE_COMMANDS, MANAGE_THREADS, USE_EXTERNAL_APPS = 1 << 31, 1 << 34, 1 << 50
MEMBER_PERMISSIONS = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_HISTORY | USE_COMMANDS
MODERATOR_PERMISSIONS = MEMBER_PERMISSIONS | MANAGE_MESSAGES | MANAGE_GUILD | 1 << 40  # the last: time out members
DM_PERMISSIONS = ATTACH_FILES | EMBED_LINKS | MENTION_EVERYONE

TOKEN_BYTES = 150  # as text 200 characters, about as long as Discord's


@dataclass(eq=False, slots=True)
class Clock:
    """Unix seconds, movable in both directions."""

    base: Callable[[], float] = time.time
    shifted_seconds: float = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.base() + self.shifted_seconds


@dataclass(eq=False, slots=True)
class User:
    """A person, who is a member of every guild, or the bot."""

    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    permissions: int = MEMBER_PERMISSIONS
    dms_open: bool = True


@dataclass(eq=False, slots=True)
class Channel:
    """A channel of a guild, somebody's direct messages with the bot (`recipient`), or (neither) a chat of members.

    A thread has a `parent`; it may be archived, and then locked besides.
    """

    id: int
    name: str
    guild: Guild | None = None
    recipient: User | None = None
    kind: int = TEXT_CHANNEL
    parent: Channel | None = None
    archived: bool = False
    locked: bool = False
    bot_permissions: int = MEMBER_PERMISSIONS
    nonces: dict[str, int] = field(default_factory=dict)

    @property
    def has_bot(self) -> bool:
        """Whether the bot is here, and was not only brought along by a member."""
        return self.recipient is not None or (self.guild is not None and self.guild.invited)

    def allows(self, permission: int) -> bool:
        """Whether the bot may do this here."""
        may = self.recipient is not None or self.bot_permissions & permission == permission
        return self.has_bot and may


@dataclass(eq=False, slots=True)
class Guild:
    """A server. `rules` are those of AutoMod, by name. One that was not `invited` the bot knows nothing of.

    `external_apps`: whether what members brought along may answer in public there.
    """

    id: int
    name: str
    invited: bool = True
    external_apps: bool = True
    channels: list[Channel] = field(default_factory=list)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """How a message looked from `at` on, and by which route that came: `callback`, `token` or `bot`."""

    at: float
    route: str
    content: str = ""
    embeds: tuple[dict[str, Any], ...] = ()
    components: tuple[dict[str, Any], ...] = ()
    files: tuple[StoredFile, ...] = ()
    flags: int = 0


@dataclass(eq=False, slots=True)
class Message:
    """A message with everything it ever showed."""

    id: int
    channel: Channel
    author: User
    versions: list[Version]
    interaction: Interaction | None = None
    deleted_at: float | None = None
    deleted_by: str = ""

    @property
    def now(self) -> Version:
        """What it shows."""
        return self.versions[-1]

    @property
    def ephemeral(self) -> bool:
        """Whether only one member sees it, and no bot token reaches it."""
        return bool(self.versions[0].flags & EPHEMERAL)


@dataclass(eq=False, slots=True)
class Interaction:
    """What a member did, and what became of it. `name` is a command's name or a custom id.

    `message` is what a click was on, `trigger` the interaction that a form was the answer to.
    """

    id: int
    kind: int
    name: str
    user: User
    channel: Channel
    created_at: float
    message: Message | None = None
    trigger: Interaction | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)
    expired: bool = False
    answered_at: float | None = None
    answer_type: int | None = None
    original: Message | None = None
    replies: dict[int, Message] = field(default_factory=dict)
    followed: int = 0
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    refusals: list[int] = field(default_factory=list)

    @property
    def authorizer(self) -> User:
        """Whose installation it is by: of a click, of whoever made the message that was clicked on."""
        if self.trigger is not None:
            return self.trigger.authorizer
        origin = None if self.message is None else self.message.interaction
        return self.user if origin is None else origin.authorizer

    @property
    def muffled(self) -> bool:
        """Whether nobody but its member may see an answer."""
        guild = self.channel.guild
        return guild is not None and not guild.invited and not guild.external_apps


@dataclass(slots=True)
class UploadLimits:
    """Bytes of one file: what interactions claim, and what the two routes really take."""

    claimed: int = 10 * MEBIBYTE
    by_token: int = 10 * MEBIBYTE
    by_bot: int = 10 * MEBIBYTE


class State:
    """All of it, by id."""

    def __init__(self, clock: Callable[[], float], kept_bytes: int) -> None:
        self.clock = Clock(clock)
        self._count = 0
        self._first_guild_id = self.make_id()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.commands: dict[int, dict[str, Any]] = {}
        self.limits = UploadLimits()
        self.shards = 1
        self.files = Files(self.clock, self.make_id, kept_bytes)
        self.bot = self.add_user("Repaint", bot=True)
        self.application_id = self.bot.id  # as it is for every application made since 2016
        self.add_guild("Atelier", ("repaint", "lounge"))
        self.add_user("mira", global_name="Mira")
        self.add_user("theo", global_name="Theo", locale="de")
        self.add_user("jo", global_name="Jo", permissions=MODERATOR_PERMISSIONS)

    def make_id(self) -> int:
        """A snowflake of now. Unique even if time was moved back, because its counter never is."""
        self._count = (self._count + 1) % (1 << 22)
        return int((self.clock() - EPOCH_SECONDS) * 1000) << 22 | self._count

    def add_user(self, username: str, **given: Any) -> User:
        """Somebody new."""
        user = User(self.make_id(), username, **given)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, channels: tuple[str, ...], **given: Any) -> Guild:
        """A guild with text channels. Each guild's id is a millisecond after the last, so that their shards differ."""
        guild = Guild(self._first_guild_id + (len(self.guilds) << 22), name, **given)
        self.guilds[guild.id] = guild
        for channel_name in channels:
            guild.channels.append(self._add_channel(channel_name, guild=guild))
        return guild

    def open_dm(self, user: User) -> Channel:
        """The direct messages of somebody with the bot; there is one such channel."""
        found = (channel for channel in self.channels.values() if channel.recipient is user)
        return next(found, None) or self._add_channel("", recipient=user)

    def add_chat(self, name: str) -> Channel:
        """A group chat of members, which the bot can only be brought along to."""
        return self._add_channel(name, kind=GROUP_CHANNEL)

    def add_thread(self, name: str, parent: Channel) -> Channel:
        """A thread in a channel."""
        return self._add_channel(name, guild=parent.guild, parent=parent, kind=PUBLIC_THREAD)

    def _add_channel(self, name: str, **given: Any) -> Channel:
        channel = Channel(self.make_id(), name, **given)
        self.channels[channel.id] = channel
        return channel

    def add_interaction(self, interaction: Interaction) -> Interaction:
        """From now on its token is known."""
        self.interactions[interaction.id] = self.by_token[interaction.token] = interaction
        return interaction

    def find_user(self, who: str | int) -> User:
        """A person by username or id. Raises `ValueError`."""
        return _find(self.users, who, "username")

    def find_channel(self, where: str | int, user: User) -> Channel:
        """A channel by name or id; `dm` is the user's own. Raises `ValueError`."""
        return self.open_dm(user) if where == "dm" else _find(self.channels, where, "name")

    def find_guild(self, which: str | int) -> Guild:
        """A guild by name or id. Raises `ValueError`."""
        return _find(self.guilds, which, "name")

    def find_message(self, message_id: int) -> Message:
        """A message that is still there. Raises `ValueError`."""
        message = _find(self.messages, message_id, "id")
        if message.deleted_at is not None:
            raise ValueError(f"message {message_id} was deleted")
        return message

    def forget(self) -> None:
        """Drop messages, interactions and their files; people, places and commands stay."""
        for kept in (self.messages, self.interactions, self.by_token):
            kept.clear()
        self.files.clear()


def _find(among: Mapping[int, T], wanted: str | int, attribute: str) -> T:
    found = (each for key, each in among.items() if wanted in {key, getattr(each, attribute)})
    if (one := next(found, None)) is None:
        raise ValueError(f"there is no {wanted!r}")
    return one
