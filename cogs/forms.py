"""Forms (Discord calls them modals): a few questions, and what is done with the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord

from bot.client import answer_alone, answer_broken
from bot.replies.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

Submitted = Callable[["discord.Interaction[Any]", "Mapping[str, str]"], Awaitable[None]]
LONGEST_TITLE = 45
LONGEST_LINE = 100
LONGEST_DAYS = 4
MOST_DAYS = 3650
MOST_SECONDS = 15 * 60.0


class Form(discord.ui.Modal):
    """Asks, then calls `submitted` with the answers by name; what was left out is empty.

    Discord keeps an open form in this process only: one that is open during a restart has to be opened again.
    """

    def __init__(self, title: str, submitted: Submitted) -> None:
        super().__init__(title=title[:LONGEST_TITLE], timeout=MOST_SECONDS)
        self._submitted = submitted
        self._questions: dict[str, discord.ui.TextInput[Any] | discord.ui.Select[Any]] = {}

    def ask_words(
        self, name: str, label: str, most: int, *, hint: str = "", given: str = "", required: bool = False
    ) -> None:
        """A question that is answered in one's own words; `given` stands there already."""
        style = discord.TextStyle.short if most <= LONGEST_LINE else discord.TextStyle.paragraph
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=name,
            style=style,
            max_length=most,
            required=required,
            placeholder=hint or None,
            default=given or None,
        )
        self._add(name, label, field)

    def ask_choice(
        self, name: str, label: str, choices: Mapping[str, str], *, given: str = "", required: bool = True
    ) -> None:
        """A question with one of these answers, by value, at most 25; `given` is chosen already."""
        options = [
            discord.SelectOption(label=words[:LONGEST_LINE], value=value, default=value == given)
            for value, words in choices.items()
        ]
        field: discord.ui.Select[Any] = discord.ui.Select(
            custom_id=name, options=options, min_values=int(required), max_values=1, required=required
        )
        self._add(name, label, field)

    def _add(self, name: str, label: str, field: discord.ui.TextInput[Any] | discord.ui.Select[Any]) -> None:
        self._questions[name] = field
        self.add_item(discord.ui.Label(text=label[:LONGEST_TITLE], component=field))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Hand the answers over."""
        answers = {}
        for name, field in self._questions.items():
            chosen = field.values[0] if isinstance(field, discord.ui.Select) and field.values else ""
            answers[name] = field.value.strip() if isinstance(field, discord.ui.TextInput) else chosen
        await self._submitted(interaction, answers)

    async def on_error(  # type: ignore[override]  # a modal is called without the item that a view names
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Tell who sent it that something broke."""
        await answer_broken(interaction, error)


async def read_days(interaction: discord.Interaction[Any], typed: str) -> int | None:
    """Days as they were typed; nothing is 0, for ever. None: it was no number, and who typed it was told."""
    if not typed:
        return 0
    if typed.isdecimal() and typed.isascii() and 0 < int(typed) <= MOST_DAYS:
        return int(typed)
    await answer_alone(interaction, say(str(interaction.locale), "form.days_wrong"))
    return None
