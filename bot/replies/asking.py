"""A request to Discord: its deadline, and what its errors mean for a reply.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.jobs.ports import ReplyLost, ReplyNotReached

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN_DEAD = frozenset({50027, 10015})
"""Invalid Webhook Token, after 15 minutes; Unknown Webhook, where the answer did not count."""
ENTITY_TOO_LARGE = 40005
CONTENT_TOO_LARGE = 413
TOO_MANY_REQUESTS = 429
UNAUTHORIZED = 401
SERVER_ERROR = 500


class TokenDead(ReplyLost):
    """The interaction's token no longer works; the bot's own may."""


class TooLarge(ReplyLost):
    """The files are more than Discord takes here."""


@asynccontextmanager
async def asking(deadline_seconds: float) -> AsyncIterator[None]:
    """Ask Discord for something, within a deadline, and have its errors in our words."""
    try:
        async with asyncio.timeout(deadline_seconds):
            yield
    except discord.HTTPException as error:
        raise _translate(error) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ReplyNotReached(f"{type(error).__name__}: {error}") from error


def _translate(error: discord.HTTPException) -> ReplyLost | ReplyNotReached:
    """Later may be better for what is Discord's own trouble; everything else is for good."""
    detail = f"{error.status} / {error.code}"
    if error.code in TOKEN_DEAD:
        return TokenDead(detail)
    if error.code == ENTITY_TOO_LARGE or error.status == CONTENT_TOO_LARGE:
        return TooLarge(detail)
    if error.status in {UNAUTHORIZED, TOO_MANY_REQUESTS} or error.status >= SERVER_ERROR:
        return ReplyNotReached(detail)
    return ReplyLost(detail)
