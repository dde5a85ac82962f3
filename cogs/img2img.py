"""The main door: `/img2img`, a picture and a prompt."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.intake import LONGEST_PROMPT, Declared
from bot.jobs import Request
from bot.provider import OPTIONS as MODEL_OPTIONS
from bot.replies.texts import DEFAULT_LOCALE, get_translations
from cogs.beginning import begin, who_and_where
from cogs.naming import suggest, words
from cogs.powers import get_guild_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.client import Repaint
    from bot.provider import Model

log = logging.getLogger(__name__)

ATTACHMENT_OPTION = 11
OPTIONS = ("image", "prompt", "preset", "model", *MODEL_OPTIONS, "visibility")
DRAFT = "draft"
VISIBILITIES = ("public", DRAFT)
SUGGEST_SECONDS = 2.0
"""Discord shows no suggestions that come later than 3 seconds: https://discord.com/developers/docs/interactions/receiving-and-responding"""


class PictureCommand(app_commands.Command[Any, ..., None]):
    """A command whose options are those of the models on offer, and whose attachments are filtered by the client.

    discord.py does not know the filter yet:
    https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-structure
    """

    def to_dict(self, tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
        """Discord's form of the command."""
        return self._fit(super().to_dict(tree), tree)

    async def get_translated_payload(
        self, tree: app_commands.CommandTree[Any], translator: app_commands.Translator
    ) -> dict[str, Any]:
        """The same with words in every language; discord.py builds the options anew for it."""
        return self._fit(await super().get_translated_payload(tree, translator), tree)

    def _fit(self, payload: dict[str, Any], tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
        names, models = {each.display_name: each.name for each in self.parameters}, tree.client.rooms.models
        payload["options"] = [each for each in payload["options"] if fit_option(each, names[each["name"]], models)]
        return payload


def fit_option(option: dict[str, Any], name: str, models: Mapping[str, Model]) -> bool:
    """Write into Discord's form of an option what the models on offer take. False if none of them takes it."""
    if option["type"] == ATTACHMENT_OPTION:
        option["file_types"] = ["image"]
    if name == "model":
        option["choices"] = [build_choice(each) for each in models]
    if name not in MODEL_OPTIONS:
        return True
    taken = [model.options[name] for model in models.values() if name in model.options]
    choices = dict.fromkeys(choice for each in taken for choice in each.choices)
    if choices:
        option["choices"] = [{"name": choice, "value": choice} for choice in choices]
    bounds = [(each.least, each.most) for each in taken if each.least is not None and each.most is not None]
    if bounds:
        option |= {"min_value": min(least for least, _ in bounds), "max_value": max(most for _, most in bounds)}
    return bool(taken)


def build_choice(model: str) -> dict[str, Any]:
    """A model as Discord lists it, with what it is good for, in every language."""
    localized = get_translations(f"model.{model}")
    return {"name": localized[DEFAULT_LOCALE], "name_localizations": localized, "value": model}


def picture_command(key: str) -> Callable[[Callable[..., Awaitable[None]]], PictureCommand]:
    """Make a method of a door a command, named and described by the catalogue."""

    def decorate(callback: Callable[..., Awaitable[None]]) -> PictureCommand:
        return PictureCommand(
            name=words(f"{key}.name"),
            description=words(f"{key}.description"),
            callback=callback,  # type: ignore[arg-type]  # a coroutine function, which the stubs cannot say of a method
        )

    return decorate


class Img2Img(commands.Cog):
    """Turns an interaction into a request, and the job it becomes into an answer."""

    def __init__(self, bot: Repaint) -> None:
        self.bot = bot

    @picture_command("command.img2img")
    @app_commands.rename(**{option: words(f"command.img2img.{option}.name") for option in OPTIONS})
    @app_commands.describe(**{option: words(f"command.img2img.{option}.description") for option in OPTIONS})
    @app_commands.choices(
        visibility=[app_commands.Choice(name=words(f"visibility.{each}"), value=each) for each in VISIBILITIES]
    )
    async def img2img(  # noqa: PLR0913, PLR0917 (a command's parameters are its options)
        self,
        interaction: discord.Interaction[Repaint],
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, LONGEST_PROMPT],
        preset: str = "",
        model: str = "",
        strength: float | None = None,
        negative_prompt: app_commands.Range[str, 0, LONGEST_PROMPT] = "",
        guidance: float | None = None,
        count: int = 1,
        lora: str = "",
        lora_strength: float | None = None,
        control: str = "",
        visibility: str = "",
    ) -> None:
        """Repaint an attached picture."""
        request = Request(
            **who_and_where(interaction),
            attachment_url=image.url,
            prompt=prompt.replace("\0", ""),  # no database but SQLite keeps this character
            preset=preset.strip(),
            model=model,
            strength=strength,
            negative_prompt=negative_prompt.replace("\0", ""),
            guidance=guidance,
            count=count,
            lora=lora,
            lora_strength=lora_strength,
            control=control,
            draft=visibility == DRAFT,
        )
        await begin(interaction, request, Declared(image.size, image.width, image.height))

    @img2img.autocomplete("preset")
    async def suggest_presets(
        self, interaction: discord.Interaction[Repaint], current: str
    ) -> list[app_commands.Choice[str]]:
        """The presets of this place. Whoever cannot be told any in time can still type one."""
        parent_id = getattr(interaction.channel, "parent_id", None)
        try:
            async with asyncio.timeout(SUGGEST_SECONDS):
                names = await self.bot.rooms.offers.list_names(
                    get_guild_id(interaction), interaction.channel_id or 0, parent_id
                )
        except Exception:  # suggestions are a help, and nobody can be told that they broke
            log.exception("interaction %s: no presets could be suggested", interaction.id)
            return []
        return suggest(current, {name: name for name in names})


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Img2Img(bot))
