"""The one message of a job: what it shows, in which words, and how it gets into Discord."""

from __future__ import annotations

from bot.replies.card import build_card, format_card
from bot.replies.editor import Editor

__all__ = ["Editor", "build_card", "format_card"]
