"""What calls a member back to their pictures after a long wait, and the button against it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.replies.buttons import Button
from bot.replies.lines import format_link
from bot.replies.texts import say

if TYPE_CHECKING:
    from bot.jobs.model import Job


def format_mention(job: Job) -> str:
    """The mention, with the way to the pictures."""
    link = format_link(job.request.guild_id, job.request.channel_id, job.message_id or 0)
    return say(job.request.locale, "mention.text", member=f"<@{job.request.member_id}>", link=link)


def build_button(member_id: int, locale: str, *, wanted: bool) -> Button:
    """Where mentions are wanted, the button that ends them; else the one that brings them back."""
    action = "hush" if wanted else "unhush"
    return Button(say(locale, f"button.{action}"), f"member:{member_id}:{action}")
