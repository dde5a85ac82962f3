"""Repaint this, in the menu of a message: a picture that is there already becomes the source of a new job.

Anybody's, as long as whoever posted it lets others; of Repaint's own, as long as everybody may see it. All of it is
judged when the menu is opened, and once more when the form is sent: forms stay open for minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason, Refused
from bot.jobs import JobStatus, Request
from bot.pictures import judge_declared
from bot.replies.card import parse_file_name
from bot.replies.plain import format_line
from bot.replies.texts import say, say_refused
from cogs.beginning import answer_refused, begin, who_and_where
from cogs.message_pictures import MessagePicture, list_pictures
from cogs.naming import words
from cogs.request_form import ask_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.jobs import Job
    from bot.moderation.policy import Policy

Interaction = discord.Interaction[Repaint]
MOST_CHOICES = 25
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Found:
    """The pictures of a message by their number, and whose they are.

    `job_id`: the job of ours whose results they are, by their numbers. Then its member has the say, not `owner_id`.
    """

    pictures: Mapping[int, MessagePicture]
    owner_id: int
    job_id: int | None


class RepaintThis(commands.Cog):
    """Turns a message into a request."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.tree.add_command(app_commands.ContextMenu(name=words("menu.repaint.name"), callback=self.menu))

    async def menu(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask what its picture should become."""
        locale = str(interaction.locale)
        try:
            found = await self._find(message)
            await self._judge(interaction, found)
        except Refused as refused:
            await answer_alone(interaction, say_refused(locale, refused))
            return
        base = Request(**who_and_where(interaction), attachment_url="", prompt="", model="")
        policy = await self.bot.rooms.policies.get_at(base.as_ask(Decimal(0)))
        models, presets = self._list_models(policy), list[str]()
        if policy.presets_only:
            offers = self.bot.rooms.offers
            presets = await offers.list_names(base.guild_id, base.channel_id, base.parent_id)
        else:
            usual = self.bot.rooms.default_model
            base = replace(base, model=usual if usual in models else models[0])
        await ask_request(
            interaction,
            say(locale, "form.repaint"),
            base,
            partial(self._begin, base, found),
            pictures=_name_pictures(found, locale),
            models={name: say(locale, f"model.{name}") for name in models} if len(models) > 1 else None,
            presets=presets[:MOST_CHOICES],
        )

    def _list_models(self, policy: Policy) -> list[str]:
        """The models that are wanted here and need nothing that the form does not ask; all, if that leaves none."""
        offered, wanted = self.bot.rooms.models, policy.models
        simple = [name for name, model in offered.items() if not any(each.required for each in model.options.values())]
        return [name for name in simple if not wanted or name in wanted] or list(offered)

    # -- the message -----------------------------------------------------------------------------------------------

    async def _find(self, message: discord.Message) -> Found:
        """What can be started from. Raises `Refused` where that is nothing."""
        job_id, pictures = None, dict(enumerate(list_pictures(message), start=1))
        if not pictures:
            raise Refused(Reason.NO_PICTURE)
        if await self._is_ours(message):
            job_id, pictures = _pick_results(pictures.values())
        return Found(self._pick_fitting(pictures), _find_owner(message), job_id)

    async def _is_ours(self, message: discord.Message) -> bool:
        """Whether we posted it, or the reply that it passes on: only then do the names of its files come from us.

        Whose any other message was that is passed on, Discord does not tell.
        """
        if message.author.id == getattr(self.bot.user, "id", None):
            return True
        reference = message.reference
        if not message.message_snapshots or reference is None or reference.message_id is None:
            return False
        store = self.bot.rooms.store
        return await store.get_by_message(reference.channel_id, reference.message_id) is not None

    def _pick_fitting(self, pictures: Mapping[int, MessagePicture]) -> dict[int, MessagePicture]:
        """Those that are not refused by what Discord says of them; why not, where all are."""
        fitting: dict[int, MessagePicture] = {}
        problems: list[Refused] = []
        for number, picture in islice(pictures.items(), MOST_CHOICES):
            said = picture.declared
            try:
                judge_declared(said.size_bytes, said.width, said.height, self.bot.rooms.picture_limits)
                fitting[number] = picture
            except Refused as refused:
                problems.append(refused)
        if not fitting:
            raise problems[0]
        return fitting

    async def _judge(self, interaction: Interaction, found: Found) -> Job | None:
        """The job that made them, if it was one of ours. Raises `Refused` where they cannot be used now."""
        rooms = self.bot.rooms
        job = None if found.job_id is None else await rooms.store.get(found.job_id)
        if job is not None and job.status is not JobStatus.DONE:
            raise Refused(Reason.SOURCE_WITHHELD)
        owner_id = found.owner_id if job is None else job.request.member_id
        if owner_id != interaction.user.id and await rooms.source_consent.refuses(owner_id):
            raise Refused(Reason.SOURCE_REFUSED)
        return job

    # -- the request -----------------------------------------------------------------------------------------------

    async def _begin(self, base: Request, found: Found, interaction: Interaction, typed: dict[str, Any]) -> None:
        """A new job, from the picture that was chosen."""
        number = int(typed.pop("picture", 0)) or next(iter(found.pictures))
        picture = found.pictures[number]
        request = replace(base, **who_and_where(interaction) | typed, attachment_url=picture.url)
        try:
            job = await self._judge(interaction, found)
        except Refused as refused:
            await answer_refused(interaction, request, refused)
            return
        if job is not None:
            request = replace(request, from_job_id=job.id, from_position=number - 1)
        await begin(interaction, request, picture.declared)


def _pick_results(pictures: Iterable[MessagePicture]) -> tuple[int, dict[int, MessagePicture]]:
    """Of a message of our own: the results, by their numbers in a job. Nothing else that we show is for everybody."""
    named = [(parse_file_name(picture.name), picture) for picture in pictures]
    results = [(*parsed, picture) for parsed, picture in named if parsed is not None and parsed[1] > 0]
    if not results:
        raise Refused(Reason.SOURCE_WITHHELD)
    return results[0][0], {number: picture for _, number, picture in results}


def _find_owner(message: discord.Message) -> int:
    """Whose message it is: of an app's answer, whoever made it speak."""
    metadata = message.interaction_metadata
    return metadata.user.id if message.author.bot and metadata is not None else message.author.id


def _name_pictures(found: Found, locale: str) -> dict[str, str]:
    """How the form calls them; of others' it says what they are called."""
    if found.job_id is not None:
        return {str(number): say(locale, "form.result", number=number) for number in found.pictures}
    return {
        str(number): say(locale, "form.picture_named", number=number, name=format_line(picture.name, LONGEST_NAME))
        for number, picture in found.pictures.items()
    }


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(RepaintThis(bot))
