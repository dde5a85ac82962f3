"""The door to a guild's own rules about words: `/repaint-settings words`, and trying all its rules out."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.client import Repaint, answer_alone
from bot.intake import LONGEST_PROMPT
from bot.moderation.documents import PolicyWrong
from bot.moderation.edits import add_rule
from bot.moderation.policy import Policy
from bot.moderation.rehearsal import Told
from bot.moderation.words import LONGEST_MESSAGE, LONGEST_NAME, LONGEST_PATTERN
from bot.replies.rehearsal import format_dry_run, format_matches, format_rules
from bot.replies.texts import say
from cogs.beginning import get_standing, is_age_restricted
from cogs.naming import choices, command, words
from cogs.panel import answer_mistakes, list_unusable
from cogs.settings import KEY, amend, answer_list, check, offer, settings

Interaction = discord.Interaction[Repaint]
MOST_DAYS = 90
WRITTEN = ("words", "regex")
"""How a pattern may be written."""
Prompt = app_commands.Range[str, 1, LONGEST_PROMPT]
Name = app_commands.Range[str, 1, LONGEST_NAME]

rules = app_commands.Group(
    name=words(f"{KEY}.words.name"), description=words(f"{KEY}.words.description"), parent=settings
)


@command(
    rules, f"{KEY}.words_add", name="name_option", pattern="pattern", kind="kind", action="action", message="message"
)
@choices(kind=WRITTEN, action=("refuse", "hold"))
async def add(
    interaction: Interaction,
    name: Name,
    pattern: app_commands.Range[str, 1, LONGEST_PATTERN],
    kind: str = WRITTEN[0],
    action: str = "refuse",
    message: app_commands.Range[str, 0, LONGEST_MESSAGE] = "",
) -> None:
    """Add a rule, or change the one of this name."""
    if not await check(interaction):
        return
    rule = {"name": name, "pattern": pattern, "kind": kind, "action": action, "message": message}
    await amend(interaction, "words", lambda policy: add_rule(policy, rule), "settings.rule_added", name)


@command(rules, f"{KEY}.words_remove", name="name_option")
async def remove(interaction: Interaction, name: Name) -> None:
    """Remove a rule."""
    if not await check(interaction):
        return
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    if all(rule.name != name for rule in policy.words):
        await answer_alone(interaction, say(str(interaction.locale), "settings.no_such_rule"))
        return

    def without(policy: Policy) -> object:
        return tuple(rule for rule in policy.words if rule.name != name)

    await amend(interaction, "words", without, "settings.rule_removed", name)


@remove.autocomplete("name")
async def offer_rules(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """The guild's own rules."""
    policy = await interaction.client.rooms.policies.get(interaction.guild_id or 0)
    return offer(interaction, current, {rule.name: rule.name for rule in policy.words})


@command(rules, f"{KEY}.words_list")
async def list_rules(interaction: Interaction) -> None:
    """The guild's own rules."""
    if not await check(interaction):
        return
    locale, rooms = str(interaction.locale), interaction.client.rooms
    policy = await rooms.policies.get(interaction.guild_id or 0)
    if not policy.words:
        await answer_alone(interaction, say(locale, "settings.no_rules"))
        return
    unusable = list_unusable(rooms.patterns, policy.words)
    await answer_list(interaction, "settings.rules", format_rules(policy.words, unusable, locale))


# -- trying them out -------------------------------------------------------------------------------------------------


@command(settings, f"{KEY}.test", prompt="prompt")
async def test(interaction: Interaction, prompt: Prompt) -> None:
    """Which rules a prompt would meet here, and why."""
    if not await check(interaction):
        return
    rooms, guild_id, channel = interaction.client.rooms, interaction.guild_id or 0, interaction.channel
    told = Told(
        prompt,
        channel_id=interaction.channel_id or 0,
        parent_id=getattr(channel, "parent_id", None),
        age_restricted=is_age_restricted(interaction),
        places=get_standing(interaction).channel_ids,
    )
    matches = await rooms.rehearsal.judge(guild_id, await rooms.policies.get(guild_id), told)
    await answer_alone(interaction, format_matches(matches, str(interaction.locale)))


@command(settings, f"{KEY}.dry_run", days="days", pattern="pattern", kind="kind")
@choices(kind=WRITTEN)
async def dry_run(
    interaction: Interaction,
    days: app_commands.Range[int, 1, MOST_DAYS] = 7,
    pattern: app_commands.Range[str, 1, LONGEST_PATTERN] | None = None,
    kind: str = WRITTEN[0],
) -> None:
    """What the rules about words, or a new one, would have done."""
    if not await check(interaction):
        return
    rooms, guild_id, locale = interaction.client.rooms, interaction.guild_id or 0, str(interaction.locale)
    policy = await rooms.policies.get(guild_id)
    rule = None
    if pattern is not None:
        try:
            given = {"name": say(locale, "test.new_rule"), "pattern": pattern, "kind": kind, "action": "refuse"}
            (rule,) = add_rule(Policy(), given)
        except PolicyWrong as wrong:
            await answer_mistakes(interaction, wrong)
            return
    await interaction.response.defer(ephemeral=True, thinking=True)
    run = await rooms.rehearsal.run(guild_id, policy, days, rule)
    await answer_alone(interaction, format_dry_run(run, days, locale))


async def setup(bot: Repaint) -> None:
    """Open this door. Its commands belong to those of `cogs.settings`, which is open already."""
