"""The Discord client: intents, doors, commands synced on change only, and the last word when something breaks."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.logs import Subject, speak_of
from bot.moderation.automod_rules import NotRead
from bot.replies.asking import asking, build_trace, count_error
from bot.replies.embed import CardButton
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, say

if TYPE_CHECKING:
    from bot.database import Kept
    from bot.intake import Intake
    from bot.jobs import Store
    from bot.jobs.docket import Docket
    from bot.jobs.estimates import Estimates
    from bot.jobs.gallery import Gallery
    from bot.jobs.history import History
    from bot.jobs.offers import Offers
    from bot.jobs.overview import Overview
    from bot.jobs.pause import Pause
    from bot.jobs.privacy import Privacy
    from bot.jobs.publishing import Publishing
    from bot.jobs.retention import Retention
    from bot.jobs.review import Review
    from bot.jobs.tracing import Tracing
    from bot.moderation.automod_rules import AutoModRules
    from bot.moderation.bans import Bans
    from bot.moderation.blocks import Blocks
    from bot.moderation.book import Book
    from bot.moderation.cases import Cases
    from bot.moderation.consent import Consent
    from bot.moderation.leaving import Leaving
    from bot.moderation.patterns import Patterns
    from bot.moderation.policies import Policies
    from bot.moderation.policy import Policy
    from bot.moderation.pots import Spent
    from bot.moderation.rehearsal import Rehearsal
    from bot.moderation.traces import Traces
    from bot.pictures import PictureLimits, Studio
    from bot.provider import Model, Provider
    from bot.replies import Editor
    from bot.replies.desk import Desk

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here: no warning at each start

DOORS = (
    "cogs.img2img",
    "cogs.repaint_this",
    "cogs.result",
    "cogs.again",
    "cogs.more",
    "cogs.history",
    "cogs.drafts",
    "cogs.cancel",
    "cogs.automod",
    "cogs.settings",
    "cogs.words",
    "cogs.presets",
    "cogs.moderation",
    "cogs.blocks",
    "cogs.privacy",
    "cogs.mentions",
    "cogs.guilds",
    "cogs.review",
    "cogs.report",
    "cogs.ban",
    "cogs.status",
)
SYNCED = "commands synced"
LARGEST_ID, LARGEST_CASE = 2**63 - 1, 2**31 - 1
"""What fits into a row: a button's number can be forged, and is no reason to ask the database."""
READ_SECONDS = 20.0
"""How long Discord gets to say what a guild's AutoMod rules are, with all its pauses and retries."""

Press = Callable[["discord.Interaction[Repaint]", int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the doors lead to."""

    intake: Intake
    offers: Offers
    store: Store
    docket: Docket
    publishing: Publishing
    estimates: Estimates
    gallery: Gallery
    history: History
    editor: Editor
    wake: Callable[[], None]
    kept: Kept
    studio: Studio
    picture_limits: PictureLimits
    models: Mapping[str, Model]
    default_model: str
    label: str
    # moderation
    policies: Policies
    rehearsal: Rehearsal
    book: Book
    cases: Cases
    blocks: Blocks
    bans: Bans
    traces: Traces
    tracing: Tracing
    automod: AutoModRules
    patterns: Patterns
    review: Review
    desk: Desk
    count_spent: Callable[[int, Policy], Awaitable[Sequence[Spent]]]
    """How much of a guild's budgets is used."""
    safety_version: str
    # what is kept of members, and for how long
    privacy: Privacy
    retention: Retention
    source_consent: Consent
    mention_consent: Consent
    leaving: Leaving
    # for whoever runs it
    overview: Overview
    provider: Provider
    pause: Pause
    troubles: Callable[[], Awaitable[Mapping[str, str]]]
    """Why it is not ready, by what is in the way."""


class Tree(app_commands.CommandTree["Repaint"]):
    """The commands, with one last word for whatever breaks in them."""

    async def interaction_check(self, interaction: discord.Interaction[Repaint], /) -> bool:
        """Every command is let in, and the log says which one it speaks of."""
        speak_of_interaction(interaction)
        return True

    async def on_error(self, interaction: discord.Interaction[Repaint], error: app_commands.AppCommandError, /) -> None:
        """Tell the member in one sentence, and the log in full."""
        changed = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
        if isinstance(error, changed):
            await answer_alone(interaction, say(str(interaction.locale), "door.commands_changed"))
            return
        await answer_broken(interaction, error)


class Translator(app_commands.Translator):
    """Names and descriptions of commands, from the catalogue."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,  # noqa: ARG002 (discord.py's signature)
    ) -> str | None:
        """The catalogue's words; None where that language has none, so that Discord shows the default."""
        key = string.extras.get("key")
        return get_catalogue(str(locale)).get(str(key)) if key else None


class Repaint(commands.AutoShardedBot):
    """The bot's own client. `rooms` are set before it starts; `presses` says which door has which button.

    Of `shard_count` shards (0: as many as Discord thinks right) it runs `shard_ids`; none named: all. `outside`:
    whether members may install it to their account, and then have it in group chats and in every server.
    """

    rooms: Rooms

    def __init__(self, shard_count: int = 1, shard_ids: tuple[int, ...] = (), *, outside: bool = True) -> None:
        super().__init__(
            shard_count=shard_count or None,
            command_prefix=commands.when_mentioned,  # no text commands: messages are never read
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True, auto_moderation_configuration=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=outside),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=outside),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=build_trace(),
        )
        self.shard_ids = list(shard_ids) or None
        self.presses: dict[str, Press] = {}
        self._answering: set[asyncio.Task[Any]] = set()

    def answering(self) -> None:
        """The task that runs is about to answer somebody: an orderly end waits for it."""
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def answer_all(self, deadline_seconds: float) -> None:
        """Wait until who asked has been answered, but no longer than this."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=deadline_seconds)

    @property
    def trouble(self) -> str:
        """Why members are not heard now: which of this process's shards are not connected. Empty when all are."""
        if not self.is_ready():
            return "not connected yet"
        cut = sorted(number for number, shard in self.shards.items() if shard.is_closed())
        return f"not connected: shard {', '.join(map(str, cut))}" if cut else ""

    async def setup_hook(self) -> None:
        """Open the doors, before the gateway does."""
        await self.tree.set_translator(Translator())
        self.add_dynamic_items(CardButton)
        for door in DOORS:
            await self.load_extension(door)
        await self.sync_on_change()

    async def sync_on_change(self) -> None:
        """Tell Discord our commands if they differ from what it was told last: each sync counts against a limit."""
        payload = [await self._payload(command) for command in self.tree.get_commands()]
        told = json.dumps([self.application_id, payload], sort_keys=True, default=str)
        digest = hashlib.sha256(told.encode()).hexdigest()
        if await self.rooms.kept.get(SYNCED) == digest:
            return
        await self.tree.sync()
        await self.rooms.kept.keep(SYNCED, digest)
        log.info("commands synced")

    async def _payload(self, command: Any) -> dict[str, Any]:
        translator = self.tree.translator
        if translator is None:
            return cast("dict[str, Any]", command.to_dict(self.tree))
        return cast("dict[str, Any]", await command.get_translated_payload(self.tree, translator))

    def get_owner_id(self) -> int | None:
        """Whose application this is: a person, or the owner of its team. None before Discord has told."""
        if self.owner_id is not None or self.application is None:
            return self.owner_id
        team = self.application.team
        return self.application.owner.id if team is None else team.owner_id

    async def press(self, interaction: discord.Interaction[Any], action: str, number: int) -> None:
        """Do what a button says. `number` is the job's, the case's or the member's, as `action` begins."""
        door = self.presses.get(action)
        if door is None or number > (LARGEST_CASE if action.startswith("case:") else LARGEST_ID):
            await answer_alone(interaction, say(str(interaction.locale), "door.unknown_button"))
            return
        speak_of_interaction(interaction)
        try:
            await door(interaction, number)
        except Exception as error:  # noqa: BLE001 (the last word for buttons: the member is told, the log has it all)
            await answer_broken(interaction, error)

    async def fetch_automod(self, guild_id: int) -> list[dict[str, Any]] | None:
        """A guild's AutoMod rules as Discord's JSON; None where the bot may not read them. Raises `NotRead`."""
        guild = self.get_guild(guild_id)
        if guild is None:
            raise NotRead("the guild is not there")
        if not guild.me.guild_permissions.manage_guild:
            return None
        try:
            async with asking(READ_SECONDS):
                rules: list[Any] | None = await self.http.get_auto_moderation_rules(guild_id)
        except ReplyLost as error:
            log.info("guild %s does not let its AutoMod rules be read: %s", guild_id, error)
            return None
        except ReplyNotReached as error:
            raise NotRead(str(error)) from error
        return [rule for rule in rules or () if rule]  # the description of the API allows for nulls


def speak_of_interaction(interaction: discord.Interaction[Any]) -> None:
    """From here on, what is logged is about this command or click."""
    speak_of(Subject(str(interaction.id), interaction.guild_id, secrets=(interaction.token,)))


async def answer_alone(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Tell the member who acted, and nobody else. Never raises."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except (discord.HTTPException, OSError) as error:
        count_error(error)
        log.info("interaction %s could not be answered: %s", interaction.id, error)


async def answer_broken(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Log what broke, and tell the member that something did."""
    log.error("interaction %s broke", interaction.id, exc_info=error)
    await answer_alone(interaction, say(str(interaction.locale) or DEFAULT_LOCALE, "door.broke"))


async def fetch_bot_name(token: str) -> str | None:
    """The name of the bot this token belongs to; None where Discord does not accept it. For `python -m bot check`.

    Raises `ReplyNotReached` where Discord says neither.
    """
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await client.login(token)
        except discord.LoginFailure:
            return None
        except discord.HTTPException as error:
            raise ReplyNotReached(f"Discord answered {error.status}") from error
        return str(client.user)
