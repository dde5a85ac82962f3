"""Brings the lines of the book into the log channels of their guilds, each at most once.

A line counts as posted before it is sent, so nothing is ever posted twice. What could not be sent stays in the book,
and the numbers in the channel show that something is missing there.
"""

from __future__ import annotations

import asyncio
import logging
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.replies.lines import format_entry, format_seal
from bot.replies.texts import DEFAULT_LOCALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.jobs import Store
    from bot.moderation.book import Book
    from bot.moderation.chain import Entry
    from bot.moderation.policies import Policies
    from bot.replies.post import Post

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""How soon a line is in its channel. What is written meanwhile goes into the same message."""
MOST_AT_ONCE = 100
MOST_IN_MESSAGE = 10
LONGEST_MESSAGE = 1900
"""Discord takes 2000 characters; the rest is for the seal."""
NONCE_LENGTH = 25


class LogPoster:
    """Posts what is not posted yet: `run` for ever, `flush` once."""

    def __init__(self, post: Post, book: Book, policies: Policies, store: Store) -> None:
        self._post = post
        self._book = book
        self._policies = policies
        self._store = store
        self._closed: set[int] = set()

    async def run(self) -> None:
        """Look for new lines for ever. While the database is in trouble, which others say, nothing is posted."""
        while True:
            try:
                await self.flush()
            except SQLAlchemyError as error:
                log.debug("no lines could be read: %s", type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def flush(self) -> None:
        """Post everything that is not posted yet, and return when Discord has it."""
        while taken := await self._book.take_unposted(MOST_AT_ONCE):
            for guild_id, entries in groupby(taken, key=lambda entry: entry.guild_id):
                try:
                    await self._post_lines(guild_id, list(entries))
                except Exception:  # top of a guild's lines: one guild's trouble is not the others'
                    log.exception("guild %s: its lines could not be posted", guild_id)

    async def _post_lines(self, guild_id: int, entries: Sequence[Entry]) -> None:
        """Post a guild's lines, in order. Without a log channel there is nobody to tell."""
        policy = await self._policies.get(guild_id)
        if policy.log_channel_id is None:
            return
        locale = policy.language or DEFAULT_LOCALE
        lines = [(entry, await self._format(entry, locale)) for entry in entries]
        for part in _split(lines):
            last = part[-1][0]
            text = "\n".join([*(line for _, line in part), format_seal(last, locale)])
            await self._send(guild_id, policy.log_channel_id, text, last.digest[:NONCE_LENGTH])

    async def _format(self, entry: Entry, locale: str) -> str:
        job = None if entry.job_id is None else await self._store.get(entry.job_id)
        return format_entry(entry, locale, job)

    async def _send(self, guild_id: int, channel_id: int, text: str, nonce: str) -> None:
        """Send one message, whose nonce makes it one however often it is tried. What does not work is said once."""
        try:
            await self._post.say_in(guild_id, channel_id, text, nonce)
            self._closed.discard(channel_id)
        except (ReplyLost, ReplyNotReached) as error:
            if channel_id not in self._closed:
                log.warning("guild %s: lines cannot be posted to its log channel %s: %s", guild_id, channel_id, error)
            self._closed.add(channel_id)


def _split(lines: Sequence[tuple[Entry, str]]) -> Iterator[list[tuple[Entry, str]]]:
    """A few lines for each message."""
    part: list[tuple[Entry, str]] = []
    length = 0
    for entry, line in lines:
        if part and (len(part) == MOST_IN_MESSAGE or length + len(line) > LONGEST_MESSAGE):
            yield part
            part, length = [], 0
        part.append((entry, line))
        length += len(line) + 1
    if part:
        yield part
