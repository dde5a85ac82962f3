"""`/repaint-moderation`: what was decided here, where a picture came from, and what waits for a decision.

Other doors add their commands to `moderation`. Everything is of the interaction's own guild and is shown to whoever
asked alone; what belongs to another guild is as unknown as what never was.
"""

from __future__ import annotations

import asyncio
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason, Refused
from bot.moderation import likeness
from bot.moderation.book import Filter
from bot.moderation.chain import EntryKind
from bot.moderation.export import format_newest
from bot.pictures import judge_declared
from bot.replies.card import SPOILER
from bot.replies.embed import build_embed
from bot.replies.lines import format_entry
from bot.replies.plain import fit_lines
from bot.replies.texts import say, say_refused
from bot.replies.traced import build_trace, format_cases
from cogs.img2img import picture_command
from cogs.naming import choices, command, words
from cogs.powers import BY_GUILDS, IN_GUILDS, may_review, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.jobs.tracing import Record
    from bot.moderation.chain import Entry
    from bot.moderation.traces import Trace

Interaction = discord.Interaction[Repaint]

ID = re.compile(r"(?<!\d)\d{15,19}(?!\d)")
LARGEST_ID = 2**63 - 1
MOST_LISTED = 40
LONGEST_LIST = 3900
MOST_EXPORTED = 10_000
MOST_CASES = 500
MOST_FOUND = 25
"""Source and results of one job may all look alike."""
MOST_ALIKE = 5
KEY = "command.moderation"

moderation = app_commands.Group(
    name=words(f"{KEY}.name"),
    description=words(f"{KEY}.description"),
    allowed_contexts=IN_GUILDS,
    allowed_installs=BY_GUILDS,
    default_permissions=discord.Permissions(manage_messages=True),
)


async def begin_answer(interaction: Interaction) -> bool:
    """Whether whoever asks may look into the book; then an answer for them alone is on its way, else they were told."""
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    if not await require(interaction, may_review(interaction, policy), "power.review"):
        return False
    await interaction.response.defer(ephemeral=True, thinking=True)
    return True


# -- log -------------------------------------------------------------------------------------------------------------


@command(moderation, f"{KEY}.log", member="member", by="by", kind="kind", days="days", case="case", form="format")
@choices(form=("list", "csv", "json"))
@app_commands.choices(kind=[app_commands.Choice(name=words(f"kind.{kind}"), value=kind.value) for kind in EntryKind])
async def show_log(  # noqa: PLR0913, PLR0917 (a command's parameters are its options)
    interaction: Interaction,
    member: discord.User | None = None,
    by: discord.User | None = None,
    kind: str | None = None,
    days: app_commands.Range[int, 1, 3650] | None = None,
    case: app_commands.Range[int, 1, 1_000_000] | None = None,
    form: str = "list",
) -> None:
    """What was decided here."""
    if not await begin_answer(interaction):
        return
    wanted = Filter(
        kind=None if kind is None else EntryKind(kind),
        member_id=None if member is None else member.id,
        actor_id=None if by is None else by.id,
        case_number=case,
        since=None if days is None else interaction.created_at - timedelta(days=days),
    )
    most = MOST_LISTED + 1 if form == "list" else MOST_EXPORTED
    entries = await interaction.client.rooms.book.read(interaction.guild_id or 0, wanted, most)
    if not entries:
        await answer_alone(interaction, say(str(interaction.locale), "log.empty"))
    elif form == "list":
        await _list(interaction, entries)
    else:
        await _export(interaction, entries, form)


async def _list(interaction: Interaction, entries: Sequence[Entry]) -> None:
    """Answer with the newest lines, as many as one message holds."""
    locale, store = str(interaction.locale), interaction.client.rooms.store
    job_ids = {entry.job_id for entry in entries if entry.job_id is not None}
    jobs = {job_id: await store.get(job_id) for job_id in job_ids}
    lines = [format_entry(entry, locale, jobs.get(entry.job_id or 0), words=True) for entry in entries[:MOST_LISTED]]
    fitting = fit_lines(lines, LONGEST_LIST)
    embed = discord.Embed(title=say(locale, "log.list", count=len(fitting)), description="\n".join(fitting))
    if len(fitting) < len(entries):
        embed.set_footer(text=say(locale, "log.more"))
    await interaction.followup.send(embed=embed, ephemeral=True)


async def _export(interaction: Interaction, entries: Sequence[Entry], form: str) -> None:
    """Answer with a file of as many lines as Discord takes here."""
    data, count = await asyncio.to_thread(format_newest, entries, form, interaction.filesize_limit)
    key = "log.file" if count == len(entries) < MOST_EXPORTED else "log.file_cut"
    with io.BytesIO(data) as buffer:
        file = discord.File(buffer, f"repaint-book.{form}")
        sentence = say(str(interaction.locale), key, count=count)
        await interaction.followup.send(sentence, file=file, ephemeral=True)


# -- trace -----------------------------------------------------------------------------------------------------------


@moderation.add_command
@picture_command(f"{KEY}.trace")
@app_commands.rename(**{name: words(f"{KEY}.trace.{name}.name") for name in ("job", "picture")})
@app_commands.describe(**{name: words(f"{KEY}.trace.{name}.description") for name in ("job", "picture")})
async def trace(
    interaction: Interaction, job: app_commands.Range[str, 1, 300] = "", picture: discord.Attachment | None = None
) -> None:
    """Where a picture came from."""
    if not await begin_answer(interaction):
        return
    locale = str(interaction.locale)
    try:
        if picture is not None:
            await _trace_picture(interaction, picture)
        elif job:
            await _answer_trace(interaction, await _find(interaction, job))
        else:
            await answer_alone(interaction, say(locale, "trace.ask"))
    except Refused as refused:
        await answer_alone(interaction, say_refused(locale, refused))


async def _find(interaction: Interaction, text: str) -> Record | None:
    """The job that a link or a number means, in this guild."""
    tracing, guild_id = interaction.client.rooms.tracing, interaction.guild_id or 0
    ids = [number for number in map(int, ID.findall(text)) if number <= LARGEST_ID]
    match ids:
        case [job_id]:
            return await tracing.trace(guild_id, job_id)
        case [_, channel_id, message_id]:  # a link; whichever guild it names, only this one is looked into
            return await tracing.trace_message(guild_id, channel_id, message_id)
    return None


async def _trace_picture(interaction: Interaction, picture: discord.Attachment) -> None:
    """Answer with the job that this picture came from, or looks as if."""
    locale, guild_id, rooms = str(interaction.locale), interaction.guild_id or 0, interaction.client.rooms
    alike = await _find_alike(interaction, picture)
    if not alike:
        await _answer_trace(interaction, None)
        return
    told = [_format_found(found, locale) for found in alike]
    heading = [say(locale, "trace.alike", count=len(told))] if len(told) > 1 else []
    await _answer_trace(interaction, await rooms.tracing.trace(guild_id, alike[0].job_id), *heading, "\n".join(told))


async def _find_alike(interaction: Interaction, picture: discord.Attachment) -> list[Trace]:
    """What this guild made that looks like it, the most alike first. Raises `Refused` where it is no picture.

    The bytes are asked for as they came, because a result is kept as it was made, and as a source would be kept.
    """
    rooms = interaction.client.rooms
    judge_declared(picture.size, picture.width, picture.height, rooms.picture_limits)
    try:
        data = await picture.read()
    except (discord.HTTPException, OSError) as error:
        raise Refused(Reason.PICTURE_GONE) from error
    source = await rooms.studio.check_source(data)
    nearest: dict[int, Trace] = {}
    for asked in (data, source.data):
        look = await asyncio.to_thread(likeness.look, asked)
        for found in await rooms.traces.find(interaction.guild_id or 0, look, MOST_FOUND):
            known = nearest.get(found.job_id)
            if known is None or found.distance < known.distance:
                nearest[found.job_id] = found
    return sorted(nearest.values(), key=lambda found: found.distance)[:MOST_ALIKE]


def _format_found(found: Trace, locale: str) -> str:
    """How it was found."""
    role = say(locale, f"trace.role_{found.role}", id=found.job_id)
    if found.distance == 0:
        return say(locale, "trace.same_picture", role=role)
    return say(locale, "trace.same_look", role=role, bits=found.distance, all=likeness.BITS)


async def _answer_trace(interaction: Interaction, found: Record | None, *notes: str) -> None:
    """Answer with everything about a job, and with the picture it started from while that is kept."""
    locale, store = str(interaction.locale), interaction.client.rooms.store
    if found is None:
        await answer_alone(interaction, say(locale, "trace.unknown"))
        return
    source = await store.get_source(found.job_id)
    if found.job is not None:
        notes = (*notes, say(locale, "trace.source_gone" if source is None else "trace.source_here"))
    embed = build_embed(build_trace(found, locale, *notes))
    with io.BytesIO(b"" if source is None else source.data) as buffer:
        files = [] if source is None else [discord.File(buffer, f"{SPOILER}source.jpg")]
        await interaction.followup.send(embed=embed, files=files, ephemeral=True)


# -- verify, cases ---------------------------------------------------------------------------------------------------


@command(moderation, f"{KEY}.verify")
async def verify(interaction: Interaction) -> None:
    """Whether the book is as it was written."""
    if not await begin_answer(interaction):
        return
    locale, guild_id, book = str(interaction.locale), interaction.guild_id or 0, interaction.client.rooms.book
    broken, last = await book.verify(guild_id), await book.last(guild_id)
    if broken is not None:
        sentence = say(locale, "verify.broken", number=broken)
    elif last is not None:
        sentence = say(locale, "verify.whole", number=last.number, digest=last.digest[:16])
    else:
        sentence = say(locale, "verify.empty")
    await answer_alone(interaction, sentence)


@command(moderation, f"{KEY}.cases")
async def list_cases(interaction: Interaction) -> None:
    """What waits for a decision."""
    if not await begin_answer(interaction):
        return
    undecided = await interaction.client.rooms.cases.undecided(interaction.guild_id or 0, MOST_CASES)
    await answer_alone(interaction, format_cases(undecided, str(interaction.locale)))


async def setup(bot: Repaint) -> None:
    """Open this door."""
    bot.tree.add_command(moderation)
