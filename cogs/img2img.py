"""The main door: `/img2img`, a picture and a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.intake import LONGEST_PROMPT, Declared
from bot.jobs import Request
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue
from cogs.beginning import begin, who_and_where

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.client import Repaint

ATTACHMENT_OPTION = 11
OPTIONS = ("image", "prompt", "model", "strength", "negative_prompt", "guidance", "count")


def words(key: str) -> locale_str:
    """A name or description from the catalogue, in every language it has."""
    return locale_str(get_catalogue(DEFAULT_LOCALE)[key], key=key)


class PictureCommand(app_commands.Command[Any, ..., None]):
    """A command whose attachments are filtered by the member's client; discord.py does not know the field yet.

    https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-structure
    """

    def to_dict(self, tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
        """Discord's form of the command."""
        return self._filter_files(super().to_dict(tree))

    async def get_translated_payload(
        self, tree: app_commands.CommandTree[Any], translator: app_commands.Translator
    ) -> dict[str, Any]:
        """The same with words in every language; discord.py builds the options anew for it."""
        return self._filter_files(await super().get_translated_payload(tree, translator))

    def _filter_files(self, payload: dict[str, Any]) -> dict[str, Any]:
        for option in payload["options"]:
            if option["type"] == ATTACHMENT_OPTION:
                option["file_types"] = ["image"]
        return payload


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
    async def img2img(  # noqa: PLR0913, PLR0917 (a command's parameters are its options)
        self,
        interaction: discord.Interaction[Repaint],
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, LONGEST_PROMPT],
        model: Literal["schnell", "dev", "dev-advanced"] | None = None,
        strength: app_commands.Range[float, 0.05, 1.0] = 0.7,
        negative_prompt: app_commands.Range[str, 0, LONGEST_PROMPT] = "",
        guidance: app_commands.Range[float, 1.5, 5.0] | None = None,
        count: app_commands.Range[int, 1, 4] = 1,
    ) -> None:
        """Repaint an attached picture."""
        request = Request(
            **who_and_where(interaction),
            attachment_url=image.url,
            prompt=prompt.replace("\0", ""),  # no database but SQLite keeps this character
            model=model or self.bot.rooms.default_model,
            strength=strength,
            negative_prompt=negative_prompt.replace("\0", ""),
            guidance=guidance,
            count=count,
        )
        await begin(interaction, request, Declared(image.size, image.width, image.height))


async def setup(bot: Repaint) -> None:
    """Open this door."""
    await bot.add_cog(Img2Img(bot))
