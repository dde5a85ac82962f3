"""What is in the state, in Discord's JSON.

https://discord.com/developers/docs/resources/message#message-object and the pages beside it
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.state import (
    COMMAND,
    DM_CHANNEL,
    DM_PERMISSIONS,
    EPHEMERAL,
    LOADING,
    USE_EXTERNAL_APPS,
)

if TYPE_CHECKING:
    from sandbox.discord_wire.cdn import StoredFile
    from sandbox.discord_wire.state import Channel, Guild, Interaction, Message, State, User

DEFAULT_MESSAGE, COMMAND_MESSAGE = 0, 20
IN_GUILD, IN_BOT_DM, IN_CHAT = 0, 1, 2
BY_GUILD, BY_USER = "0", "1"
LOCALE = "en-US"
JOINED_AT = "2026-01-01T00:00:00+00:00"


def format_time(seconds: float) -> str:
    """A time as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def show_user(user: User) -> dict[str, Any]:
    """A user as others see it."""
    return {
        "id": str(user.id),
        "username": user.username,
        "global_name": user.global_name,
        "discriminator": "0",
        "avatar": None,
        "bot": user.bot,
        "flags": 0,
        "public_flags": 0,
        "primary_guild": None,
    }


def show_me(bot: User) -> dict[str, Any]:
    """The bot as it sees itself."""
    return {**show_user(bot), "mfa_enabled": False, "locale": bot.locale, "verified": True, "email": None}


def show_member(user: User, *, granted: int = 0) -> dict[str, Any]:
    """Somebody in a guild, who is everywhere. `granted`: what they may do there besides."""
    return {
        "user": show_user(user),
        "nick": None,
        "avatar": None,
        "roles": [],
        "joined_at": JOINED_AT,
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "permissions": str(user.permissions | granted),
    }


def show_channel(channel: Channel) -> dict[str, Any]:
    """A channel, a thread, direct messages, or a chat, of which an interaction does not say who is in it."""
    shown: dict[str, Any] = {"id": str(channel.id), "type": channel.kind, "last_message_id": None, "flags": 0}
    if channel.recipient is not None:
        return {**shown, "type": DM_CHANNEL, "recipients": [show_user(channel.recipient)]}
    if channel.guild is None:
        return {**shown, "name": channel.name, "icon": None, "owner_id": "0"}
    shown |= {"guild_id": str(channel.guild.id), "name": channel.name}
    if channel.parent is not None:
        return {**shown, **_show_thread(channel, channel.parent)}
    return {
        **shown,
        "position": 0,
        "topic": None,
        "nsfw": False,
        "parent_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
    }


def _show_thread(thread: Channel, parent: Channel) -> dict[str, Any]:
    state = {"archived": thread.archived, "locked": thread.locked, "archive_timestamp": JOINED_AT}
    return {
        "parent_id": str(parent.id),
        "owner_id": "0",
        "thread_metadata": {**state, "auto_archive_duration": 1440},
        **dict.fromkeys(("message_count", "member_count", "total_message_sent", "rate_limit_per_user"), 0),
    }


def show_everyone(state: State, guild: Guild) -> dict[str, Any]:
    """The one role of a guild, with what it lets the bot do."""
    return {
        "id": str(guild.id),
        "name": "@everyone",
        "permissions": str(state.bot.permissions),
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        **dict.fromkeys(("color", "position", "flags"), 0),
        **dict.fromkeys(("hoist", "managed", "mentionable"), False),
    }


def show_guild(state: State, guild: Guild) -> dict[str, Any]:
    """A guild as GUILD_CREATE brings it. It belongs to the moderator."""
    empty = ("emojis", "stickers", "features", "threads", "presences", "voice_states", "stage_instances")
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(state.find_user("jo").id),
        "unavailable": False,
        "member_count": len(state.users),
        "premium_tier": 0,
        "preferred_locale": LOCALE,
        "joined_at": JOINED_AT,
        "roles": [show_everyone(state, guild)],
        "members": [show_member(state.bot)],
        "channels": [show_channel(channel) for channel in guild.channels],
        **{name: [] for name in (*empty, "guild_scheduled_events", "soundboard_sounds")},
        **dict.fromkeys(("verification_level", "nsfw_level", "mfa_level", "explicit_content_filter"), 0),
    }


def show_file(state: State, file: StoredFile) -> dict[str, Any]:
    """An attachment, with an address that works for a day."""
    url = state.files.sign(file.path)
    shown = {
        "id": str(file.id),
        "filename": file.name,
        "size": file.size,
        "url": url,
        "proxy_url": url.replace(state.files.address, f"{state.files.address}/media", 1),
        "content_type": file.content_type,
        "flags": 0,
    }
    optional = {"width": file.width, "height": file.height, "description": file.description}
    optional["ephemeral"] = file.ephemeral or None
    return shown | {name: value for name, value in optional.items() if value is not None}


def show_message(state: State, message: Message) -> dict[str, Any]:
    """A message as it is."""
    now = message.now
    shown: dict[str, Any] = {
        "id": str(message.id),
        "type": COMMAND_MESSAGE if message.interaction and message.interaction.kind == COMMAND else DEFAULT_MESSAGE,
        "channel_id": str(message.channel.id),
        "author": show_user(message.author),
        "content": now.content,
        "timestamp": format_time(message.versions[0].at),
        "edited_timestamp": format_time(now.at) if len(message.versions) > 1 else None,
        "flags": now.flags,
        "embeds": [{"type": "rich", **embed} for embed in now.embeds],
        "components": list(now.components),
        "attachments": [show_file(state, file) for file in now.files],
        **dict.fromkeys(("tts", "pinned", "mention_everyone"), False),
        **{name: [] for name in ("mentions", "mention_roles")},
    }
    if message.author is state.bot:
        shown["application_id"] = str(state.application_id)
    if message.interaction is not None:
        shown["webhook_id"] = str(state.application_id)
        shown["interaction_metadata"] = _show_origin(message.interaction)
    return shown


def _show_origin(interaction: Interaction) -> dict[str, Any]:
    """Who made the bot say this, and with what."""
    origin: dict[str, Any] = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": show_user(interaction.user),
        "authorizing_integration_owners": _show_owners(interaction),
    }
    if interaction.message is not None:
        origin["interacted_message_id"] = str(interaction.message.id)
    if interaction.trigger is not None:
        origin["triggering_interaction_metadata"] = _show_origin(interaction.trigger)
    return origin


def _show_owners(interaction: Interaction) -> dict[str, str]:
    """The installation that allowed it: the guild's, which in direct messages is written 0, or a member's own.

    https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
    """
    channel = interaction.channel
    if channel.has_bot:
        return {BY_GUILD: str(channel.guild.id) if channel.guild else "0"}
    return {BY_USER: str(interaction.authorizer.id)}


def show_context(channel: Channel) -> int:
    """What kind of place this is for commands."""
    if channel.guild is not None:
        return IN_GUILD
    return IN_CHAT if channel.recipient is None else IN_BOT_DM


def show_interaction(state: State, interaction: Interaction, data: dict[str, Any]) -> dict[str, Any]:
    """The data of INTERACTION_CREATE.

    https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
    """
    channel, guild = interaction.channel, interaction.channel.guild
    shown: dict[str, Any] = {
        "id": str(interaction.id),
        "application_id": str(state.application_id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "data": data,
        "channel_id": str(channel.id),
        "channel": {**show_channel(channel), "permissions": str(interaction.user.permissions)},
        "locale": interaction.user.locale,
        "app_permissions": str(channel.bot_permissions if guild else DM_PERMISSIONS),
        "attachment_size_limit": state.limits.claimed,
        "authorizing_integration_owners": _show_owners(interaction),
        "context": show_context(channel),
        "entitlements": [],
    }
    if guild is None:
        shown["user"] = show_user(interaction.user)
    else:
        shown["guild_id"] = str(guild.id)
        shown["guild"] = {"id": str(guild.id), "locale": LOCALE, "features": []}
        shown["guild_locale"] = LOCALE
        shown["member"] = show_member(interaction.user, granted=USE_EXTERNAL_APPS if guild.external_apps else 0)
    if interaction.message is not None:
        shown["message"] = show_message(state, interaction.message)
    return shown


def show_answer(state: State, interaction: Interaction) -> dict[str, Any]:
    """What `with_response` brings. The message itself comes with types 4 and 7 only."""
    about: dict[str, Any] = {"id": str(interaction.id), "type": interaction.kind}
    answer: dict[str, Any] = {"interaction": about}
    if (message := interaction.original) is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = bool(message.now.flags & LOADING)
        about["response_message_ephemeral"] = bool(message.now.flags & EPHEMERAL)
        if interaction.answer_type in {4, 7}:
            answer["resource"] = {"type": interaction.answer_type, "message": show_message(state, message)}
    return answer
