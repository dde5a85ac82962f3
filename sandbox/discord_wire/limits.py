"""What Discord refuses in a message and its description of itself does not say.

https://discord.com/developers/docs/components/reference, https://discord.com/developers/docs/resources/message
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.codes import EMPTY_MESSAGE, INVALID_FORM, TOO_MANY_FILES, Problem, Refused
from sandbox.discord_wire.state import COMPONENTS_V2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.discord_wire.state import Version

MOST_CONTENT = 2000
MOST_EMBED_TEXT = 6000
MOST_COMPONENTS = 40
MOST_ROWS = 5
MOST_FILES = 10
ACTION_ROW = 1
REFERENCE = "attachment://"


def check(version: Version) -> None:
    """Raise `Refused` where a message cannot look like this."""
    if len(version.files) > MOST_FILES:
        raise Refused(TOO_MANY_FILES)
    if not (version.content or version.embeds or version.components or version.files):
        raise Refused(EMPTY_MESSAGE)
    if problems := list(_find(version)):
        raise Refused(INVALID_FORM, problems)


def walk(components: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Every component, however deep."""
    for component in components:
        yield component
        inner = [*component.get("components", ()), component.get("accessory"), component.get("component")]
        yield from walk(each for each in inner if each)


def _find(version: Version) -> Iterator[Problem]:
    if len(version.content) > MOST_CONTENT:
        yield Problem("content", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_CONTENT} or fewer in length.")
    if sum(map(_measure, version.embeds)) > MOST_EMBED_TEXT:
        yield Problem("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MOST_EMBED_TEXT}")
    yield from _find_in_components(version)
    yield from _find_dangling(version)


def _measure(embed: dict[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    texts += [text for field in embed.get("fields", ()) for text in (field.get("name"), field.get("value"))]
    return sum(len(text or "") for text in texts)


def _find_in_components(version: Version) -> Iterator[Problem]:
    every = list(walk(version.components))
    if version.flags & COMPONENTS_V2:
        if version.content or version.embeds:
            message = "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            yield Problem("", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
        if len(every) > MOST_COMPONENTS:
            yield Problem("components", "BASE_TYPE_BAD_LENGTH", f"at most {MOST_COMPONENTS}, nested ones counted")
    elif any(component["type"] != ACTION_ROW for component in version.components):
        yield Problem("components", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    elif len(version.components) > MOST_ROWS:
        yield Problem("components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_ROWS} in length.")
    yield from find_duplicates(every)


def find_duplicates(every: list[dict[str, Any]]) -> Iterator[Problem]:
    """Custom ids that two components share."""
    custom_ids = [component["custom_id"] for component in every if component.get("custom_id")]
    for custom_id in sorted({each for each in custom_ids if custom_ids.count(each) > 1}):
        message = f"Component custom id cannot be duplicated: {custom_id}"
        yield Problem("components", "COMPONENT_CUSTOM_ID_DUPLICATED", message)


def _find_dangling(version: Version) -> Iterator[Problem]:
    """References to attachments that are not there. In an embed Discord drops the picture without a word."""
    there = {file.name for file in version.files}
    for name in ("embeds", "components"):
        for reference in _find_references(list(getattr(version, name))):
            if reference not in there:
                message = f"the attachment {reference!r} was not found"
                yield Problem(name, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message)


def _find_references(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(REFERENCE):
        yield value.removeprefix(REFERENCE)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _find_references(inner)
