"""What can be seen of the played Discord from outside: values for tests, the same here and over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.limits import walk

if TYPE_CHECKING:
    from sandbox.discord_wire.state import Interaction, Message, State, Version


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file. Its bytes are at `url` for a day."""

    id: int
    name: str
    size: int
    sha256: str
    description: str | None
    url: str


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """How a message looked from `at` on. `route` is how that came: `callback`, `token` or `bot`."""

    at: float
    route: str
    content: str
    embeds: tuple[dict[str, Any], ...]
    custom_ids: tuple[str, ...]
    files: tuple[SeenFile, ...]
    flags: int

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of its embeds."""
        return tuple(embed.get("title", "") for embed in self.embeds)


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message with its whole history, which begins with how it was sent. `deleted_by` is a route."""

    id: int
    channel_id: int
    author_id: int
    interaction_id: int | None
    ephemeral: bool
    deleted_by: str
    versions: tuple[SeenVersion, ...]

    @property
    def now(self) -> SeenVersion:
        """What it shows, or showed last."""
        return self.versions[-1]

    @property
    def routes(self) -> tuple[str, ...]:
        """How each version came."""
        return tuple(version.route for version in self.versions)


@dataclass(frozen=True, slots=True)
class SeenInteraction:
    """What a member did. `refusals` are the codes that late and second answers got."""

    id: int
    kind: int
    name: str
    member_id: int
    channel_id: int
    created_at: float
    answered_after_seconds: float | None
    answer_type: int | None
    message_id: int | None
    form: dict[str, Any] | None
    choices: tuple[dict[str, Any], ...] | None
    refusals: tuple[int, ...]


def see_message(state: State, message: Message) -> SeenMessage:
    """A message from outside."""
    return SeenMessage(
        id=message.id,
        channel_id=message.channel.id,
        author_id=message.author.id,
        interaction_id=message.interaction.id if message.interaction else None,
        ephemeral=message.ephemeral,
        deleted_by=message.deleted_by,
        versions=tuple(_see_version(state, version) for version in message.versions),
    )


def _see_version(state: State, version: Version) -> SeenVersion:
    return SeenVersion(
        at=version.at,
        route=version.route,
        content=version.content,
        embeds=version.embeds,
        custom_ids=tuple(each["custom_id"] for each in walk(version.components) if each.get("custom_id")),
        files=tuple(
            SeenFile(file.id, file.name, file.size, file.sha256, file.description, state.files.sign(file.path))
            for file in version.files
        ),
        flags=version.flags,
    )


def see_interaction(interaction: Interaction) -> SeenInteraction:
    """An interaction from outside, without its token."""
    answered_at, original = interaction.answered_at, interaction.original
    return SeenInteraction(
        id=interaction.id,
        kind=interaction.kind,
        name=interaction.name,
        member_id=interaction.user.id,
        channel_id=interaction.channel.id,
        created_at=interaction.created_at,
        answered_after_seconds=None if answered_at is None else answered_at - interaction.created_at,
        answer_type=interaction.answer_type,
        message_id=original.id if original else None,
        form=interaction.modal,
        choices=None if interaction.choices is None else tuple(interaction.choices),
        refusals=tuple(interaction.refusals),
    )


def parse_message(shown: dict[str, Any]) -> SeenMessage:
    """A message as it came over the wire."""
    return SeenMessage(**{**shown, "versions": tuple(map(_parse_version, shown["versions"]))})


def _parse_version(shown: dict[str, Any]) -> SeenVersion:
    files = tuple(SeenFile(**file) for file in shown["files"])
    return SeenVersion(**{**shown, "files": files, **{name: tuple(shown[name]) for name in ("embeds", "custom_ids")}})


def parse_interaction(shown: dict[str, Any]) -> SeenInteraction:
    """An interaction as it came over the wire."""
    choices = None if shown["choices"] is None else tuple(shown["choices"])
    return SeenInteraction(**{**shown, "choices": choices, "refusals": tuple(shown["refusals"])})
