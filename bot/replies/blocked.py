"""Who is blocked and which pictures are banned, as moderators read it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.replies.plain import format_safe, format_time
from bot.replies.texts import say

if TYPE_CHECKING:
    from datetime import datetime

    from bot.moderation.bans import BannedPicture
    from bot.moderation.blocks import Block

PAGE = 10
"""So many lines fit into one embed, whatever their reasons are."""
LONGEST_REASON = 120


def format_block(block: Block, locale: str) -> str:
    """A blocked member on one line."""
    return say(
        locale,
        "blocks.line",
        member=f"<@{block.member_id}>",
        moderator=f"<@{block.blocked_by}>",
        at=format_time(block.blocked_at),
        until=format_until(block.expires_at, locale),
        reason=_format_reason(block.reason, locale),
    )


def format_ban(banned: BannedPicture, locale: str) -> str:
    """A banned picture on one line."""
    return say(
        locale,
        "bans.line",
        number=banned.number,
        moderator=f"<@{banned.banned_by}>",
        at=format_time(banned.banned_at),
        until=format_until(banned.expires_at, locale),
        reason=_format_reason(banned.reason, locale),
    )


def format_until(expires_at: datetime | None, locale: str) -> str:
    """When it ends, in each reader's own zone."""
    if expires_at is None:
        return say(locale, "blocks.no_end")
    return say(locale, "blocks.until", at=format_time(expires_at))


def _format_reason(reason: str, locale: str) -> str:
    """What a moderator wrote, as they typed it."""
    return format_safe(reason, LONGEST_REASON) or say(locale, "blocks.no_reason")
