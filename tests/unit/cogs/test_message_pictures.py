"""The pictures of a message, read by the real discord.py from the JSON that comes with an interaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.client import Repaint
from bot.intake import Declared
from cogs.message_pictures import list_pictures
from sandbox.discord_wire.messages import MEMBER, Draft, create
from sandbox.discord_wire.show import show_message
from sandbox.discord_wire.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

CDN, PROXY = (
    "https://cdn.discordapp.com/attachments/3",
    "https://images-ext-1.discordapp.net/external/x/https/art.example",
)


@pytest.fixture
def build() -> Callable[..., discord.Message]:
    """Messages with these parts."""
    state, client = State(lambda: 1_772_000_000.0, 0), Repaint()
    channel = state.find_channel("repaint", state.bot)
    draft = Draft({"content": "look"}, {}, MEMBER, 0)
    shown = show_message(state, create(state, channel, draft, author=state.find_user("mira")))

    def build_message(**parts: Any) -> discord.Message:
        place = client.get_partial_messageable(channel.id)
        return discord.Message(state=client._connection, channel=place, data=shown | parts)  # type: ignore[arg-type]

    return build_message


def attachment(name: str, **given: Any) -> dict[str, Any]:
    """An attached file as Discord shows it."""
    url = f"{CDN}/{abs(hash(name))}/{name}"
    return {"id": "7", "filename": name, "size": 5, "url": f"{url}?ex=1", "proxy_url": url, **given}


def medium(name: str, **given: Any) -> dict[str, Any]:
    """A picture from somewhere else, which Discord hands on."""
    return {"id": "8", "url": f"https://art.example/{name}", "proxy_url": f"{PROXY}/{name}", **given}


def names(message: discord.Message) -> list[str]:
    """What was found, by name."""
    return [picture.name for picture in list_pictures(message)]


def test_what_is_attached(build: Callable[..., discord.Message]) -> None:
    """Discord's word on what it is; where it has none, the name. Size and sides are what Discord says of them."""
    files = [
        attachment("a", content_type="image/webp", width=30, height=20),
        attachment("b.JPG"),
        attachment("c.png", content_type="text/plain"),
        attachment("d.mp4", content_type="video/mp4"),
        attachment("e.txt"),
    ]
    first, second = list_pictures(build(attachments=files))
    assert (first.name, first.declared) == ("a", Declared(5, 30, 20))
    assert (second.name, second.declared) == ("b.JPG", Declared(5, None, None))
    assert second.url == files[1]["url"]


def test_what_was_passed_on(build: Callable[..., discord.Message]) -> None:
    """The snapshot in the message brings its files, embeds and galleries along."""
    gallery = {"type": 12, "items": [{"media": medium("c.png")}]}
    embed = {"type": "image", "url": "https://art.example/b.png", "thumbnail": medium("b.png")}
    snapshot = {
        "type": 0,
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "flags": 0,
        "attachments": [attachment("a.png")],
        "embeds": [embed],
        "components": [gallery],
    }
    reference = {"type": 1, "channel_id": "3", "message_id": "4"}
    message = build(message_snapshots=[{"message": snapshot}], message_reference=reference)
    assert names(message) == ["a.png", "b.png", "c.png"]


def test_what_is_in_embeds(build: Callable[..., discord.Message]) -> None:
    """The picture, or else the small one beside it, from Discord's own address and no other."""
    embeds = [
        {"type": "rich", "image": medium("a.png", width=30, height=20), "thumbnail": medium("icon.png")},
        {"type": "image", "thumbnail": medium("b.png", width=0, height=0)},
        {"type": "rich", "image": {"url": "https://art.example/c.png"}},
        {"type": "rich", "image": medium("d.png", proxy_url="https://art.example/d.png")},
        {"type": "rich", "image": medium("e.png", proxy_url="https://discordapp.net.example/e.png")},
        {"type": "rich", "image": medium("f.png", proxy_url="http://media.discordapp.net/f.png")},
        {"type": "rich", "description": "words"},
    ]
    first, second = list_pictures(build(embeds=embeds))
    assert (first.url, first.declared) == (f"{PROXY}/a.png", Declared(0, 30, 20))
    assert (second.url, second.declared) == (f"{PROXY}/b.png", Declared(0, None, None))


def test_what_is_in_galleries(build: Callable[..., discord.Message]) -> None:
    """However deep; what is attached and shown in a gallery besides is one picture, and films are none."""
    file = attachment("a.png", content_type="image/png")
    shown = {
        "id": "9",
        "url": file["url"],
        "proxy_url": file["proxy_url"].replace("cdn", "media"),
        "attachment_id": "7",
    }
    film = medium("d.mp4", content_type="video/mp4")
    items = [{"media": each} for each in (shown, medium("b.png", content_type="image/png"), film)]
    section = {
        "type": 9,
        "components": [{"type": 10, "content": "words"}],
        "accessory": {"type": 11, "media": medium("c.png")},
    }
    container = {"type": 17, "components": [{"type": 12, "items": items}, section]}
    message = build(attachments=[file], components=[container], flags=1 << 15)
    assert names(message) == ["a.png", "b.png", "c.png"]
    assert list_pictures(message)[0].url == file["url"]


def test_most_messages_have_none(build: Callable[..., discord.Message]) -> None:
    """Words are no picture."""
    assert list_pictures(build()) == []
