"""The pictures of a message as it comes with an interaction: attached, passed on, linked, or in a gallery.

Nobody is asked for more: without the intent for message content, nothing but the interaction tells of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import discord

from bot.intake import Declared
from bot.replies.files import is_at_discord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENDINGS = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif")
"""What Discord's client takes for a picture: https://discord.com/developers/docs/reference"""


@dataclass(frozen=True, slots=True)
class MessagePicture:
    """A picture that Discord hands out. `name` is the file's: other people's words."""

    url: str
    name: str
    declared: Declared


class Medium(Protocol):
    """What Discord says of a picture that was not attached."""

    proxy_url: str | None
    width: int | None
    height: int | None


def list_pictures(message: discord.Message) -> list[MessagePicture]:
    """Every picture of a message once, in the order they are shown."""
    found: dict[str, MessagePicture] = {}
    parts: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for part in parts:
        for picture in _list_part(part):
            found.setdefault(urlsplit(picture.url).path, picture)  # a gallery shows again what is attached
    return list(found.values())


def _list_part(part: discord.Message | discord.MessageSnapshot) -> Iterator[MessagePicture]:
    """What is in the message itself, or in one that it passes on."""
    for attachment in part.attachments:
        if is_picture(attachment.content_type, attachment.filename):
            declared = Declared(attachment.size, attachment.width, attachment.height)
            yield MessagePicture(attachment.url, attachment.filename, declared)
    embedded: list[Medium] = [embed.image if embed.image.url else embed.thumbnail for embed in part.embeds]
    for medium in (*embedded, *_list_media(part.components)):
        if url := get_proxied(medium):
            name = urlsplit(url).path.rpartition("/")[2]
            yield MessagePicture(url, name, Declared(0, medium.width or None, medium.height or None))


def _list_media(components: Iterable[Any]) -> Iterator[Medium]:
    """What galleries and thumbnails show, however deep."""
    for component in components:
        if isinstance(component, discord.MediaGalleryComponent):
            yield from (item.media for item in component.items)
        if isinstance(component, discord.ThumbnailComponent):
            yield component.media
        inner = [*getattr(component, "children", ()), getattr(component, "accessory", None)]
        yield from _list_media(each for each in inner if each is not None)


def is_picture(content_type: str | None, name: str) -> bool:
    """Whether Discord calls it one; where it says nothing, the file's name. The bytes have the last word."""
    return content_type.startswith("image/") if content_type else name.lower().endswith(ENDINGS)


def get_proxied(medium: Medium) -> str | None:
    """Discord's own address for a picture that is somewhere else; None where it has none.

    The foreign address is never fetched: who posts a link must not make this machine knock at a door of their choice,
    nor see where it stands.
    """
    address = medium.proxy_url or ""
    if not is_at_discord(address):
        return None
    content_type = getattr(medium, "content_type", None)
    return address if content_type is None or is_picture(content_type, "") else None
