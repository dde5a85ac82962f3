"""The form in which a request is typed or changed: behind Edit, behind a result, and in the menu of a message."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.errors import Reason, Refused
from bot.intake import LONGEST_PROMPT
from bot.replies.texts import say
from cogs.beginning import answer_refused
from cogs.forms import Form

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import discord

    from bot.client import Repaint
    from bot.jobs import Request

    Typed = Callable[["discord.Interaction[Repaint]", dict[str, Any]], Awaitable[None]]

MOST_QUESTIONS = 5
LONGEST_NUMBER = 8
OPTIONS = ("strength", "negative_prompt", "guidance")
NUMBERS = ("strength", "guidance")
LONGEST_HINT = 100


async def ask_request(  # noqa: PLR0913 (what a form is made of)
    interaction: discord.Interaction[Repaint],
    title: str,
    base: Request,
    typed: Typed,
    *,
    pictures: Mapping[str, str] | None = None,
    models: Mapping[str, str] | None = None,
    presets: Sequence[str] = (),
) -> None:
    """Ask for a prompt and options, as in `base` where nothing is typed, then call `typed` with what is different.

    `pictures` and `models`, by value: what can be chosen besides, where there are several. `presets`: one of them has
    to be, and chooses the numbers. Discord allows five questions; what is asked for last is left out.
    """
    locale = str(interaction.locale)
    form = Form(title, partial(_read, base, typed))
    form.ask_words("prompt", say(locale, "form.prompt"), LONGEST_PROMPT, given=base.prompt, required=True)
    if presets:
        form.ask_choice("preset", say(locale, "card.preset"), {name: name for name in presets})
    elif models and len(models) > 1:
        form.ask_choice("model", say(locale, "card.model"), models, given=base.model)
    if pictures and len(pictures) > 1:
        form.ask_choice("picture", say(locale, "form.picture"), pictures, given=next(iter(pictures)))
    offered = interaction.client.rooms.models
    taken = offered[base.model].options if base.model in offered else ("negative_prompt",)
    for name in [each for each in OPTIONS if each in taken or (models and not presets)]:
        if len(form.children) < MOST_QUESTIONS:
            _ask_option(form, name, base, locale)
    await interaction.response.send_modal(form)


def _ask_option(form: Form, name: str, base: Request, locale: str) -> None:
    value = getattr(base, name)
    number = name in NUMBERS
    form.ask_words(
        name,
        say(locale, "card.without" if name == "negative_prompt" else f"card.{name}"),
        LONGEST_NUMBER if number else LONGEST_PROMPT,
        hint=say(locale, f"command.img2img.{name}.description")[:LONGEST_HINT],
        given=("" if value is None else f"{value:g}") if number else value,
    )


async def _read(
    base: Request, typed: Typed, interaction: discord.Interaction[Repaint], answers: Mapping[str, str]
) -> None:
    """What was typed, as values; who typed a number that is none is told, and gets the prompt back."""
    changes: dict[str, Any] = {name: answer.replace("\0", "") for name, answer in answers.items()}
    try:
        changes |= {name: read_number(name, answers[name]) for name in NUMBERS if name in answers}
    except Refused as refused:
        asked = {"prompt": changes["prompt"], "locale": str(interaction.locale)}
        await answer_refused(interaction, replace(base, **asked), refused)
        return
    await typed(interaction, changes)


def read_number(option: str, typed: str) -> float | None:
    """A number as people write it: 0.7, 0,7 or 70 %. None for nothing. Raises `Refused`."""
    text = typed.strip()
    share = text.endswith("%")
    try:
        number = float(text.removesuffix("%").strip().replace(",", ".")) if text else None
    except ValueError:
        raise Refused(Reason.OPTION_NUMBER, option=option) from None
    return number / 100 if share and number is not None else number
