"""How every door begins a job: judged, written down, and answered with a real message."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord

from bot.client import answer_alone
from bot.errors import Reason, Refused
from bot.jobs.model import Outlook
from bot.jobs.moves import speak_of_request
from bot.metrics import REQUESTS_REFUSED
from bot.moderation.model import Standing
from bot.replies.asking import count_error
from bot.replies.card import build_card
from bot.replies.embed import build_answer
from bot.replies.plain import format_safe
from bot.replies.texts import say, say_refused
from cogs.powers import get_guild_id, get_role_ids

if TYPE_CHECKING:
    from bot.client import Repaint
    from bot.intake import Declared
    from bot.jobs import Job, Request

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.5
"""Discord drops an interaction that is not answered within 3 seconds."""
BLOCKED_BY_AUTOMOD = 200000
"""Where the bot is no member, AutoMod reads what it says, prompt and all."""
LONGEST_BACK = 800
"""Every mark of it may take two characters, and a message takes 2,000."""


def who_and_where(interaction: discord.Interaction[Repaint]) -> dict[str, Any]:
    """The parts of a request that every interaction tells."""
    return {
        "id": interaction.id,
        "application_id": interaction.application_id,
        "guild_id": get_guild_id(interaction),
        "channel_id": interaction.channel_id or 0,
        "member_id": interaction.user.id,
        "member_name": interaction.user.display_name,
        "locale": str(interaction.locale),
        "token": interaction.token,
        "most_upload_bytes": interaction.filesize_limit,
        "reachable": is_reachable(interaction),
        "parent_id": getattr(interaction.channel, "parent_id", None),
        "age_restricted": is_age_restricted(interaction),
    }


def is_age_restricted(interaction: discord.Interaction[Repaint]) -> bool:
    """Whether Discord shows this channel to adults only. Direct messages, and what is not known, do not count."""
    is_nsfw = getattr(interaction.channel, "is_nsfw", None)
    return is_nsfw is not None and bool(is_nsfw())


def get_standing(interaction: discord.Interaction[Repaint]) -> Standing:
    """Who asks and where they stand, from the interaction itself: no cache can be behind."""
    member, channel = interaction.user, interaction.channel
    if not isinstance(member, discord.Member):
        return Standing()
    silent_until = None if interaction.permissions.administrator else member.timed_out_until
    if get_guild_id(interaction) is None:  # who they are there is nothing to us, but whether they may speak is
        return Standing(silent_until=silent_until)
    parent = channel.parent if isinstance(channel, discord.Thread) else channel
    places = (interaction.channel_id, getattr(channel, "parent_id", None), getattr(parent, "category_id", None))
    return Standing(
        role_ids=get_role_ids(interaction),
        joined_at=member.joined_at,
        channel_ids=frozenset(place for place in places if place is not None),
        manages=interaction.permissions.manage_guild,
        silent_until=silent_until,
    )


def is_reachable(interaction: discord.Interaction[Repaint]) -> bool:
    """Whether the bot's own token can edit the answer later: it must be in the place, and see the channel."""
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    guild, channel = interaction.client.get_guild(interaction.guild_id), interaction.channel
    if guild is None:  # a guild may also have invited the commands alone
        return False
    if isinstance(channel, discord.Thread) and channel.is_private() and guild.get_thread(channel.id) is None:
        return False  # of private threads we are told only where we are in them
    return interaction.app_permissions.view_channel


async def begin_from(interaction: discord.Interaction[Repaint], job: Job, **changes: Any) -> None:
    """Begin a new job as an old one began, with these changes: from its source, or one of its results."""
    origin = {"from_job_id": job.id, "from_position": None}
    await begin(interaction, replace(job.request, **who_and_where(interaction) | origin | changes), None)


async def begin(interaction: discord.Interaction[Repaint], request: Request, declared: Declared | None) -> None:
    """The start of every job: judged, written down, and answered with a real message within three seconds."""
    interaction.client.answering()
    intake = interaction.client.rooms.intake
    if request.draft:  # nobody's token but the interaction's reaches an answer that one member sees
        request = replace(request, reachable=False)
    speak_of_request(request)
    try:
        request = await intake.settle(request)
        allowed = await intake.judge(request, declared, get_standing(interaction))
        job = await intake.arrive(request, allowed)
    except Refused as refused:
        REQUESTS_REFUSED.labels(refused.reason).inc()
        await answer_refused(interaction, request, refused)
        return
    if job is None:
        log.info("interaction %s is another process's", request.id)
        return
    if await _answer(interaction, job):
        interaction.client.rooms.wake()


async def answer_refused(
    interaction: discord.Interaction[Repaint], request: Request, refused: Refused, more: str = ""
) -> None:
    """Tell the member why, and `more`; who typed into a form, which is gone now, gets the prompt back.

    Moderators are told of what they must know.
    """
    log.info("interaction %s: refused: %s", interaction.id, refused.reason)
    sentence = f"{say_refused(request.locale, refused)} {more}".strip()
    if interaction.type is discord.InteractionType.modal_submit and request.prompt:
        sentence += "\n> " + format_safe(request.prompt, LONGEST_BACK)
    await answer_alone(interaction, sentence)
    if refused.reason is Reason.PROMPT_MINORS:
        await interaction.client.rooms.review.bring_wordless(request.guild_id or 0)


async def _answer(interaction: discord.Interaction[Repaint], job: Job) -> bool:
    """Answer with the job's first card. False if Discord took no answer: then the row is gone, too.

    Where it is not known whether it did, the runner finds out.
    """
    rooms = interaction.client.rooms
    card = build_card(job, Outlook(), rooms.label)
    message_id, muffled = None, False
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await interaction.response.send_message(**build_answer(card), ephemeral=job.request.draft)
            message_id, muffled = response.message_id, response.is_ephemeral() and not job.request.draft
    except discord.HTTPException as error:
        count_error(error)
        log.info("job %s: the interaction took no answer: %s / %s", job.id, error.status, error.code)
        await rooms.intake.withdraw(job)
        if error.code == BLOCKED_BY_AUTOMOD:
            await answer_alone(interaction, say(job.request.locale, "outside.automod"))
        return False
    except (OSError, TimeoutError) as error:
        log.warning("job %s: no word whether the answer arrived: %s", job.id, type(error).__name__)
    await rooms.intake.answered(job, message_id)
    if muffled:
        await answer_alone(interaction, say(job.request.locale, "outside.muffled"))
    return True
