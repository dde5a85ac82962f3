"""The moderators' buttons on a case, and the member's Why and Appeal on a rejected one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Repaint, answer_alone
from bot.jobs import JobStatus
from bot.jobs.docket import Decision
from bot.replies.card import build_rejection
from bot.replies.embed import build_answer, build_embed, build_view
from bot.replies.files import open_files
from bot.replies.plain import format_line
from bot.replies.texts import say
from cogs.forms import LONGEST_DAYS, Form, read_days
from cogs.moderation import begin_answer, moderation
from cogs.naming import command
from cogs.powers import may_block, may_review, may_set_policy, require, sets_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.jobs import Job
    from bot.moderation.cases import Case

Interaction = discord.Interaction[Repaint]
LONGEST_WORDS = 500
REASONS = ("rules", "people", "explicit", "violence", "copyright", "quality", "other")
OWN_WORDS = "other"
KEY = "command.moderation.case"


class Review(commands.Cog):
    """Decisions about cases. Every click is judged by what its clicker may do at that moment, in that guild."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot
        bot.presses |= {
            "case:approve": partial(self.decide, Decision.APPROVE),
            "case:spoiler": partial(self.decide, Decision.SPOILER),
            "case:note": partial(self.decide, Decision.NOTE),
            "case:reject": self.ask_reason,
            "case:block": self.ask_block,
            "job:why": self.why,
            "job:appeal": self.ask_appeal,
        }

    # -- moderators ----------------------------------------------------------------------------------------------

    async def decide(self, decision: Decision, interaction: Interaction, number: int) -> None:
        """Approve, approve as spoiler, or note a case: one click."""
        case = await self._open_case(interaction, number, pictures=decision is not Decision.NOTE)
        if case is not None:
            await interaction.response.defer()
            await self._close(interaction, case, decision, "")

    async def ask_reason(self, interaction: Interaction, number: int) -> None:
        """Ask why it is rejected."""
        case = await self._open_case(interaction, number, pictures=True)
        if case is None:
            return
        locale = str(interaction.locale)
        form = Form(say(locale, "form.reject", number=number), partial(self._reject, number))
        form.ask_choice("reason", say(locale, "form.reason"), {key: say(locale, f"reject.{key}") for key in REASONS})
        form.ask_words("words", say(locale, "form.own_words"), LONGEST_WORDS)
        await interaction.response.send_modal(form)

    async def _reject(self, number: int, interaction: Interaction, answers: Mapping[str, str]) -> None:
        case = await self._open_case(interaction, number, pictures=True)
        if case is None:
            return
        await interaction.response.defer()
        chosen = "" if answers["reason"] == OWN_WORDS else say(str(interaction.locale), f"reject.{answers['reason']}")
        said = " ".join(part for part in (chosen, answers["words"]) if part)
        await self._close(interaction, case, Decision.REJECT, said)

    async def _close(self, interaction: Interaction, case: Case, decision: Decision, said: str) -> None:
        decided = await self.bot.rooms.review.decide(case, decision, interaction.user.id, said)
        self.bot.rooms.wake()
        await self._show(interaction, decided)
        if decided.decided_by != interaction.user.id or decided.decision != decision:
            await answer_alone(interaction, say(str(interaction.locale), "case.already"))

    async def _show(self, interaction: Interaction, case: Case) -> None:
        """Bring the message that was clicked up to date, and the case's own if that is another one."""
        card = await self.bot.rooms.desk.build(case)
        await interaction.edit_original_response(embed=build_embed(card), view=build_view(card))
        if interaction.message is None or interaction.message.id != case.message_id:
            await self.bot.rooms.review.show_decided(case)

    async def _open_case(self, interaction: Interaction, number: int, *, pictures: bool) -> Case | None:
        """The case of this number in this guild, if whoever clicked may decide it and nobody has. Else answers them.

        `pictures`: whether it must have some, for the button that was clicked.
        """
        case, locale = await self._case(interaction, number), str(interaction.locale)
        if case is None:
            return None
        if not self._is_its_message(interaction, case) or pictures != (case.job_id is not None):  # a forged button
            await answer_alone(interaction, say(locale, "case.unknown"))
            return None
        if case.member_id == interaction.user.id and not may_set_policy(interaction):
            await answer_alone(interaction, say(locale, "case.own"))
            return None
        if case.open:
            return case
        await interaction.response.defer()
        await self._show(interaction, case)
        await answer_alone(interaction, say(str(interaction.locale), "case.already"))
        return None

    def _is_its_message(self, interaction: Interaction, case: Case) -> bool:
        """Whether the click came from where this very case is shown: numbers are the same in every guild."""
        message = interaction.message
        return message is None or message.flags.ephemeral or message.id == case.message_id

    async def _case(self, interaction: Interaction, number: int) -> Case | None:
        rooms, guild_id = self.bot.rooms, interaction.guild_id or 0
        policy = await rooms.policies.get(guild_id)
        if not await require(interaction, may_review(interaction, policy), "power.review"):
            return None
        case = await rooms.cases.get(guild_id, number)
        if case is None:
            await answer_alone(interaction, say(str(interaction.locale), "case.unknown"))
        return case

    async def ask_block(self, interaction: Interaction, number: int) -> None:
        """Ask for how long the case's member is blocked, and why."""
        if not await require(interaction, may_block(interaction), "power.block"):
            return
        case = await self._case(interaction, number)
        if case is None:
            return
        locale = str(interaction.locale)
        form = Form(say(locale, "form.block"), partial(self._block, number))
        form.ask_words("days", say(locale, "form.days"), LONGEST_DAYS, hint=say(locale, "form.days_hint"))
        form.ask_words("words", say(locale, "form.block_reason"), LONGEST_WORDS)
        await interaction.response.send_modal(form)

    async def _block(self, number: int, interaction: Interaction, answers: Mapping[str, str]) -> None:
        if not await require(interaction, may_block(interaction), "power.block"):
            return
        case, days = await self._case(interaction, number), await read_days(interaction, answers["days"])
        if case is None or days is None:
            return
        locale, member = str(interaction.locale), f"<@{case.member_id}>"
        await interaction.response.defer(ephemeral=True, thinking=True)
        if await self._sets_policy(case):
            await answer_alone(interaction, say(locale, "blocks.manages", member=member))
            return
        said = format_line(answers["words"], LONGEST_WORDS)
        await self.bot.rooms.blocks.block(case.guild_id, case.member_id, interaction.user.id, said, days or None)
        await answer_alone(interaction, say(locale, "case.blocked", member=member))

    async def _sets_policy(self, case: Case) -> bool:
        """Whether the case's member has Manage Server, asked of Discord: a click does not bring them along."""
        guild = self.bot.get_guild(case.guild_id)
        try:
            return guild is not None and sets_policy(await guild.fetch_member(case.member_id))
        except discord.HTTPException:  # who has left may be blocked, too
            return False

    # -- the member ----------------------------------------------------------------------------------------------

    async def why(self, interaction: Interaction, job_id: int) -> None:
        """Tell the member, and whoever may review, why a picture is not shown."""
        job = await self._rejected(interaction, job_id)
        if job is None:
            return
        card = build_rejection(job)
        if job.request.member_id != interaction.user.id:  # who is not its member has nothing to appeal
            card = replace(card, buttons=())
        await interaction.response.send_message(**build_answer(card), ephemeral=True)

    async def _rejected(self, interaction: Interaction, job_id: int) -> Job | None:
        """The rejected job behind a button, for who may know about it. Else answers them."""
        rooms, locale = self.bot.rooms, str(interaction.locale)
        job = await rooms.store.get(job_id)
        mine = job is not None and job.request.member_id == interaction.user.id
        here = job is not None and job.request.guild_id == interaction.guild_id
        if not mine and not (here and may_review(interaction, await rooms.policies.get(interaction.guild_id or 0))):
            await answer_alone(interaction, say(locale, "door.not_yours"))
            return None
        if job is None or job.status is not JobStatus.REJECTED:
            await answer_alone(interaction, say(locale, "appeal.too_late"))
            return None
        return job

    async def ask_appeal(self, interaction: Interaction, job_id: int) -> None:
        """Ask the member what the moderators should consider."""
        job = await self._rejected(interaction, job_id)
        if job is None:
            return
        locale = str(interaction.locale)
        if job.request.member_id != interaction.user.id:
            await answer_alone(interaction, say(locale, "door.not_yours"))
            return
        form = Form(say(locale, "form.appeal"), partial(self._appeal, job_id))
        form.ask_words("words", say(locale, "form.appeal_words"), LONGEST_WORDS, required=True)
        await interaction.response.send_modal(form)

    async def _appeal(self, job_id: int, interaction: discord.Interaction[Any], answers: Mapping[str, str]) -> None:
        job = await self._rejected(interaction, job_id)
        if job is not None and job.request.member_id == interaction.user.id:
            heard = await self.bot.rooms.review.appeal(job, answers["words"])
            self.bot.rooms.wake()
            await answer_alone(interaction, say(str(interaction.locale), f"appeal.{heard}"))


@command(moderation, KEY, number="number")
async def show_case(interaction: Interaction, number: app_commands.Range[int, 1, 1_000_000]) -> None:
    """One case with its pictures and buttons, wherever its message may be."""
    if not await begin_answer(interaction):
        return
    rooms = interaction.client.rooms
    case = await rooms.cases.get(interaction.guild_id or 0, number)
    if case is None:
        await answer_alone(interaction, say(str(interaction.locale), "case.unknown"))
        return
    job = None if case.job_id is None else await rooms.store.get(case.job_id)
    kept = [] if job is None else await rooms.desk.gather(job, await rooms.store.get_results(job.id))
    answer = build_answer(await rooms.desk.build(case))
    with open_files(kept) as files:
        await interaction.followup.send(**answer, files=files, ephemeral=True)


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Review(bot))
