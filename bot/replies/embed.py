"""Cards as Discord's own objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

import discord

from bot.replies.buttons import Button

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from bot.replies.card import Card


STYLES = {
    "approve": discord.ButtonStyle.success,
    "spoiler": discord.ButtonStyle.primary,
    "reject": discord.ButtonStyle.danger,
    "delete": discord.ButtonStyle.danger,
    "publish": discord.ButtonStyle.success,
    "delete_sure": discord.ButtonStyle.danger,
}
"""By action; all others look plain."""
EMOJIS = {
    "again": "🔁",
    "edit": "✏️",
    "source": "🖼️",
    "report": "🚩",
    "stronger": "🔥",
    "gentler": "🕊️",
    "compare": "🌓",
    "alt": "💬",
    "family": "🌱",
    "delete": "🗑️",
    "publish": "📣",
    "discard": "🗑️",
}
"""By action; all others have words only."""


class Pressable(Protocol):
    """What a client that shows our cards can do."""

    async def press(self, interaction: discord.Interaction[Any], action: str, number: int) -> None:
        """Do what a button says. `bot.client` hands it to the door that has this action."""


class CardButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"(?P<about>job|case|member):(?P<number>[0-9]{1,20}):(?P<action>[a-z_]{1,30})",
):
    """A button of a card. Its custom id says everything, so it works after a restart and costs no memory.

    Views hold nothing else: a view with an ordinary button would take the pattern away for everybody when it ends.
    """

    def __init__(self, button: Button) -> None:
        action = button.custom_id.rpartition(":")[2]
        style = STYLES.get(action, discord.ButtonStyle.secondary)
        emoji = EMOJIS.get(action)
        super().__init__(discord.ui.Button(label=button.label, custom_id=button.custom_id, style=style, emoji=emoji))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 (discord.py's signature)
        item: discord.ui.Item[Any],
        match: re.Match[str],  # noqa: ARG003 (discord.py's signature)
    ) -> CardButton:
        """The button somebody pressed."""
        button = cast("discord.ui.Button[Any]", item)
        return cls(Button(button.label or "", button.custom_id or ""))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it to the client."""
        match = self.template.fullmatch(self.custom_id)
        if match is not None:
            client = cast("Pressable", interaction.client)
            await client.press(interaction, f"{match['about']}:{match['action']}", int(match["number"]))


def build_embed(card: Card) -> discord.Embed:
    """The card as an embed."""
    embed = discord.Embed(title=card.title, description=card.text, color=card.color)
    for field in card.fields:
        embed.add_field(name=field.name, value=field.value)
    if card.author:
        embed.set_author(name=card.author)
    return embed.set_footer(text=card.footer)


def build_answer(card: Card) -> dict[str, Any]:
    """The card as the arguments of an answer: discord.py takes no None for what is not there."""
    view = build_view(card)
    return {"embed": build_embed(card)} | ({} if view is None else {"view": view})


def build_view(card: Card) -> discord.ui.View | None:
    """The card's buttons; None where it has none."""
    return build_rows(card.buttons) if card.buttons else None


def build_rows(*rows: Iterable[Button]) -> discord.ui.View:
    """Buttons of ours, each row where it is named; a single one may go on in the next."""
    view = discord.ui.View(timeout=None)
    for row, buttons in enumerate(rows):
        for button in buttons:
            item = CardButton(button)
            item.row = row if len(rows) > 1 else None
            view.add_item(item)
    return view
