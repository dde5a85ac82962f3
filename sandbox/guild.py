"""The sandbox's server, furnished as a careful one would be: channels for moderators, AutoMod rules, a policy.

Everything is made the way people make it, except for Discord's own settings, which are put where Discord keeps them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.jobs import JobStatus
from bot.moderation.words import WordRule
from bot.presets import Preset
from sandbox.sample import paint_sample

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

CHANNELS = ("repaint", "moderated", "review", "log")
HIDDEN = frozenset({"review", "log"})
LONGEST_STORY_SECONDS = 120

WELCOMES = {
    "moderated": """\
**In this channel every picture is looked at before it is shown.** Type `/img2img`: the answer says that a moderator \
looks at it first. What moderators see then: `make sandbox CHANNEL=review`, a server in which three pictures wait.

What the rules of this server do to prompts, here and everywhere:
- *sword* or *swordfish*: refused by an AutoMod rule of the server, in the rule's own words
- *free nitro*: the same, by a pattern
- *brand logo*, also as *b r a n d   l 0 g o*: refused by a rule of this bot, made with `/repaint-settings words`
- *famous*: painted, and held back until a moderator has looked at it, in every channel
- *undress her*: refused everywhere, in eleven languages, without anybody setting it up

Viewed as Jo (moderator), who has Manage Server, the AutoMod rules do not apply: try them as Mira.
""",
    "review": """\
**Here moderators decide.** Members do not see this channel. Three pictures are waiting below: their sources and \
results are blurred until you click on them, and beside them stands who asked, for what, and why you see it.

Try *Approve*, *Approve as spoiler*, *Reject* with a reason, *Block*, or *Ban a picture*. The first decision counts; \
the member's message says what you decided.

Commands for moderators: `/repaint-settings panel` shows and changes the policy, `/repaint-settings test` says which \
rule a prompt would hit, `/repaint-moderation cases` lists what is undecided, `/repaint-moderation trace` finds out \
where a picture came from.
""",
    "log": """\
**Every decision leaves one line here**: refusals, reviews, reports, appeals, blocks, bans, changed settings. \
Members do not see this channel.

`/repaint-moderation log` searches it and exports it as CSV or JSON, `/repaint-moderation verify` proves that no line \
was changed or taken out, and `/repaint-settings history` shows what was set when, by whom.
""",
}
"""What each channel says first. The channel for everybody has its own welcome."""

AUTOMOD: tuple[dict[str, Any], ...] = (
    {
        "name": "No weapons",
        "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": ["sword*", "pistol"], "regex_patterns": [], "allow_list": []},
        "actions": [{"type": 1, "metadata": {"custom_message": "No weapons in our pictures, please."}}],
    },
    {
        "name": "No free nitro",
        "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": [], "regex_patterns": [r"\bfree\s+nitro\b"], "allow_list": []},
        "actions": [{"type": 1, "metadata": {"custom_message": "That is how accounts get stolen. Please don't."}}],
    },
    {
        "name": "Slurs (Discord's own list)",
        "trigger_type": 4,
        "trigger_metadata": {"presets": [3], "allow_list": []},
        "actions": [{"type": 1, "metadata": {}}],
    },
)
WORDS = (
    WordRule("famous people", "famous", "words", "hold", ""),
    WordRule("logos", "brand logo", "words", "refuse", "No logos of companies, please: they belong to somebody."),
)
PRESETS = (
    Preset("Atelier oil", "{prompt}, oil painting in the manner of this atelier, broad brush strokes", strength=0.9),
    Preset("Church window", "a stained glass window with {prompt}, lit by the evening sun", "dev", 0.8),
)
ASKED = (
    ("artist", "moderated", "a watercolour of the lake in the evening"),
    ("friend", "moderated", "the same lake as stained glass"),
    ("friend", "repaint", "a knight with a sword at the lake"),
    ("artist", "repaint", "an oil painting of a famous singer's house at a lake"),
)
"""Who asks for what, where. Three wait for a moderator then; one is refused, which the log tells."""


async def furnish(world: World) -> None:
    """Make the channels, the rules and the policy, and say in each channel what to try."""
    channels = {name: build_channel(world, name) for name in CHANNELS[1:]}
    for name, channel in channels.items():  # before there are rules: it names what they forbid
        await world.moderator.send(channel, WELCOMES[name])
    for rule in AUTOMOD:
        world.env.backend.create_auto_mod_rule(world.guild.id, world.moderator.id, {"event_type": 1, **rule})
    await set_policy(world, channels)


def build_channel(world: World, name: str) -> simcord.ChannelHandle:
    """A channel; where only moderators go, the bot is let in by name."""
    if name not in HIDDEN:
        return world.guild.create_text_channel(name)
    seen, unseen = (discord.PermissionOverwrite(view_channel=shown) for shown in (True, False))
    moderators, bot = world.guild.roles["Moderators"], world.house.client.user
    assert bot is not None  # noqa: S101 (it is logged in)
    return world.guild.create_text_channel(
        name, overwrites={world.guild.default_role: unseen, moderators: seen, bot: seen}
    )


async def set_policy(world: World, channels: dict[str, simcord.ChannelHandle]) -> None:
    """Set what the moderator would set in the panel."""
    policies, guild_id, by = world.house.client.rooms.policies, world.guild.id, world.moderator.id
    await policies.change(guild_id, by, "review_channel_id", channels["review"].id)
    await policies.change(guild_id, by, "log_channel_id", channels["log"].id)
    await policies.change(guild_id, by, "review", "everything", channels["moderated"].id)
    await policies.change(guild_id, by, "words", WORDS)
    await policies.change(guild_id, by, "presets", PRESETS)


async def ask(world: World) -> None:
    """Let members ask for pictures, and time pass until there is something to decide."""
    job_ids = []
    for seed, (who, channel, prompt) in enumerate(ASKED):  # each brings another lake: one may be banned
        member: simcord.MemberActor = getattr(world, who)
        photo = "lake.jpg", paint_sample(seed)
        result = await member.slash(world.guild.channels[channel], "img2img", image=photo, prompt=prompt)
        if not result.ephemeral:
            job_ids.append(world.job_id(result))
    for _ in range(LONGEST_STORY_SECONDS):
        await world.advance(1)
        jobs = [await world.job(job_id) for job_id in job_ids]
        if all(job.over or job.status is JobStatus.REVIEWING for job in jobs):
            return
