"""A request to Discord: its deadline, and what its errors mean for a reply.

    ReplyNotReached         later may be better
    `-- Dropped             the connection broke, or Discord said 503: at once may be better
    ReplyLost               not this way, ever
    |-- TokenDead           the interaction's token; the bot's own may work
    |-- MessageStuck        this message cannot be edited any more; a new one can be sent
    |-- MessageGone         somebody deleted it: nothing more is shown in its place
    |-- ChannelClosed       the bot cannot see the channel, or write to it
    |-- UploadsClosed       this server takes no files for now
    `-- TooLarge            the files are more than Discord takes here

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.metrics import DISCORD_ERRORS, DISCORD_REQUEST_SECONDS, DISCORD_RESPONSES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CONTENT_TOO_LARGE = 413
TOO_MANY_REQUESTS = 429
UNAUTHORIZED = 401
SERVER_ERROR = 500
UNAVAILABLE = 503


class Dropped(ReplyNotReached):
    """The request may not even have arrived: discord.py does not repeat it on Linux, so we do."""


class TokenDead(ReplyLost):
    """The interaction's token no longer works; the bot's own may."""


class MessageStuck(ReplyLost):
    """This message cannot be edited any more."""


class MessageGone(ReplyLost):
    """Somebody deleted the message."""


class ChannelClosed(ReplyLost):
    """The bot cannot see this channel, or not write to it."""


class UploadsClosed(ReplyLost):
    """This server takes no files for now."""


class TooLarge(ReplyLost):
    """The files are more than Discord takes here."""


LOST: dict[int, type[ReplyLost]] = {
    50027: TokenDead,  # invalid webhook token, after 15 minutes
    10015: TokenDead,  # unknown webhook: the answer did not count
    10008: MessageGone,  # unknown message
    30046: MessageStuck,  # too many edits of a message older than an hour
    50005: MessageStuck,  # written by another user: the interaction's answer is not ours any more
    50083: MessageStuck,  # the thread is archived
    10003: ChannelClosed,  # unknown channel
    50001: ChannelClosed,  # missing access
    50007: ChannelClosed,  # cannot send direct messages to this user
    50013: ChannelClosed,  # missing permissions
    200000: ChannelClosed,  # AutoMod blocked it: it reads what apps say in guilds that have not invited them
    40005: TooLarge,  # request entity too large
    400001: UploadsClosed,  # file uploads are limited for this guild
    # 50035, invalid form body, is not here: whichever way it goes, this body is refused
}


@asynccontextmanager
async def asking(deadline_seconds: float) -> AsyncIterator[None]:
    """Ask Discord for something, within a deadline, and have its errors in our words."""
    try:
        async with asyncio.timeout(deadline_seconds):
            yield
    except discord.HTTPException as error:
        count_error(error)
        raise _translate(error) from error
    except (aiohttp.ClientConnectionError, ConnectionError) as error:
        raise Dropped(f"{type(error).__name__}: {error}") from error
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is one
        raise ReplyNotReached(f"{type(error).__name__}: {error}") from error


def count_error(error: Exception) -> None:
    """Count Discord's own code, where it is Discord that says no."""
    if isinstance(error, discord.HTTPException):
        DISCORD_ERRORS.labels(str(error.code)).inc()


def _translate(error: discord.HTTPException) -> ReplyLost | ReplyNotReached:
    """What is Discord's own trouble passes; everything else is for good."""
    detail = f"{error.status} / {error.code}"
    if error.code in LOST:
        return LOST[error.code](detail)
    if error.status == CONTENT_TOO_LARGE:
        return TooLarge(detail)
    if error.status == UNAVAILABLE:
        return Dropped(detail)
    if error.status in {UNAUTHORIZED, TOO_MANY_REQUESTS} or error.status >= SERVER_ERROR:
        return ReplyNotReached(detail)
    return ReplyLost(f"{detail}: {error.text[:300]}")


def build_trace() -> aiohttp.TraceConfig:
    """For discord.py: counts what Discord answers, also to what the library asks by itself, and asks again.

    It also holds that nobody but Discord is asked: neither its API nor its files lead anywhere else.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_begin)
    trace.on_request_end.append(_answered)
    trace.on_request_exception.append(_unanswered)
    trace.on_request_redirect.append(_led_away)
    return trace


async def _begin(_: object, context: Any, __: object) -> None:
    context.began = perf_counter()


async def _answered(_: object, context: Any, answer: aiohttp.TraceRequestEndParams) -> None:
    DISCORD_REQUEST_SECONDS.labels(answer.method).observe(perf_counter() - context.began)
    DISCORD_RESPONSES.labels(answer.method, str(answer.response.status)).inc()


async def _unanswered(_: object, __: object, failure: aiohttp.TraceRequestExceptionParams) -> None:
    DISCORD_RESPONSES.labels(failure.method, "none").inc()


async def _led_away(_: object, __: object, answer: aiohttp.TraceRequestRedirectParams) -> None:
    answer.response.close()
    raise ReplyLost(f"{answer.response.status}: led away, and not followed")
