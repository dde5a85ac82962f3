"""The buttons that begin a new job out of an old one: Again, Edit, Stronger, Gentler, Use as source."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from discord.ext import commands

from bot.client import answer_alone
from bot.replies.texts import say
from cogs.beginning import begin_from
from cogs.powers import get_own, require
from cogs.request_form import ask_request

if TYPE_CHECKING:
    import discord

    from bot.client import Repaint
    from bot.jobs import Job

STEP = 0.15
"""How much stronger or gentler: the least that can be seen."""


class Again(commands.Cog):
    """Begins new jobs, each by the member's own decision: nothing is ever ordered a second time without one."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses |= {
            "job:again": self.again,
            "job:edit": self.edit,
            "job:stronger": partial(self.step, STEP),
            "job:gentler": partial(self.step, -STEP),
            "job:source": self.use_as_source,
        }

    async def again(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """The same once more."""
        job = await get_own(interaction, job_id)
        if job is not None:
            await begin_from(interaction, job)

    async def edit(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """The same picture with other words and numbers, which are asked for."""
        job = await get_own(interaction, job_id)
        if job is not None:
            title = say(str(interaction.locale), "form.edit")
            await ask_request(interaction, title, job.request, partial(self._begin, job))

    async def step(self, by: float, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """The same, a step further from the picture it started from, or closer to it."""
        job = await get_own(interaction, job_id)
        if job is None:
            return
        strength = self._stepped(job, by)
        if strength is None:
            key = "hands.strongest" if by > 0 else "hands.gentlest"
            await answer_alone(interaction, say(str(interaction.locale), key))
            return
        await begin_from(interaction, job, strength=strength)

    def _stepped(self, job: Job, by: float) -> float | None:
        """The strength one step on, within what the model takes; None where it is at the end already."""
        model, now = self.bot.rooms.models.get(job.request.model), job.request.strength
        option = None if model is None else model.options.get("strength")
        if now is None or option is None or option.least is None or option.most is None:
            return None
        strength = round(min(option.most, max(option.least, now + by)), 2)
        return None if strength == now else strength

    async def use_as_source(self, interaction: discord.Interaction[Repaint], job_id: int) -> None:
        """What came out is what the next one starts from."""
        job, locale = await get_own(interaction, job_id), str(interaction.locale)
        shown = job is not None and job.shown
        if job is None or not await require(interaction, shown, "hands.not_shown"):
            return
        numbers = range(job.request.count)
        pictures = {str(position): say(locale, "form.result", number=position + 1) for position in numbers}
        attached = interaction.message.attachments if interaction.message else []
        urls = [attachment.url for attachment in attached]
        title = say(locale, "form.use_as_source")
        await ask_request(interaction, title, job.request, partial(self._begin_with, job, urls), pictures=pictures)

    async def _begin_with(
        self, job: Job, urls: list[str], interaction: discord.Interaction[Repaint], changes: dict[str, Any]
    ) -> None:
        position = int(changes.pop("picture", 0))
        url = urls[position] if position < len(urls) else ""
        await begin_from(interaction, job, **changes, from_position=position, attachment_url=url)

    async def _begin(self, job: Job, interaction: discord.Interaction[Repaint], changes: dict[str, Any]) -> None:
        await begin_from(interaction, job, **changes)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Again(bot))
