"""What whoever acts may do, as Discord says in this very interaction: never from a cache, which can be behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.errors import Reason
from bot.replies.texts import say

if TYPE_CHECKING:
    from bot.jobs import Job
    from bot.moderation.policy import Policy

IN_GUILDS = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
"""For commands of guilds: `guild_only` alone is overruled by what the tree allows for all commands."""
BY_GUILDS = app_commands.AppInstallationType(guild=True, user=False)
"""For the same: nobody brings them along to a server that has not invited the bot."""


def get_guild_id(interaction: discord.Interaction[Repaint]) -> int | None:
    """The guild whose rules hold here. None in direct messages, in group chats, and in guilds that have not invited us.

    Into those a member brings us along, who installed us to their account. An interaction says by which installation
    it comes, and of a click that is the one of whoever made the message:
    https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
    """
    guild_id = interaction.guild_id
    if guild_id is None or interaction.is_guild_integration() or interaction.client.get_guild(guild_id) is not None:
        return guild_id
    return None


def may_set_policy(interaction: discord.Interaction[Any]) -> bool:
    """Manage Server, in the guild of the interaction."""
    return _has(interaction, "manage_guild")


def may_review(interaction: discord.Interaction[Any], policy: Policy) -> bool:
    """Manage Messages, or a role that the policy chose for reviews."""
    return _has(interaction, "manage_messages") or not policy.review_roles.isdisjoint(get_role_ids(interaction))


def may_delete(interaction: discord.Interaction[Any]) -> bool:
    """Manage Messages."""
    return _has(interaction, "manage_messages")


def may_block(interaction: discord.Interaction[Any]) -> bool:
    """Timeout Members."""
    return _has(interaction, "moderate_members")


def get_role_ids(interaction: discord.Interaction[Any]) -> frozenset[int]:
    """The roles of whoever acts, as Discord sent them; outside of guilds nobody has any."""
    member = interaction.user
    if interaction.guild_id is None or not isinstance(member, discord.Member):
        return frozenset()
    return frozenset(member._roles)  # noqa: SLF001 (`roles` leaves out what the cache does not know)


def sets_policy(member: discord.Member | discord.User) -> bool:
    """Whether somebody else has Manage Server, as Discord just told; who is not in the server has not."""
    if not isinstance(member, discord.Member):
        return False
    told = member.resolved_permissions
    return (member.guild_permissions if told is None else told).manage_guild


async def require(interaction: discord.Interaction[Any], allowed: bool, key: str) -> bool:
    """Whether they may; where not, they are told so alone, in the sentence of this key."""
    if not allowed:
        await answer_alone(interaction, say(str(interaction.locale), key))
    return allowed


async def get_own(interaction: discord.Interaction[Repaint], job_id: int) -> Job | None:
    """The job behind a button, for the member who asked for it and while its words are kept. Else answers them."""
    job = await interaction.client.rooms.store.get(job_id)
    if not await require(
        interaction, job is not None and job.request.member_id == interaction.user.id, "door.not_yours"
    ):
        return None
    kept = job is not None and job.reason is not Reason.ERASED
    return job if await require(interaction, kept, f"reason.{Reason.SOURCE_FORGOTTEN}") else None


def _has(interaction: discord.Interaction[Any], permission: str) -> bool:
    """A permission in this guild; in direct messages Discord sends some, and they mean nothing."""
    permissions = interaction.permissions
    return interaction.guild_id is not None and (permissions.administrator or getattr(permissions, permission))
