"""How messages come to be, change and go. Every change is kept as a version, with the route it came by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.codes import INVALID_FORM, TOO_LARGE, UNKNOWN_MESSAGE, Problem, Refused
from sandbox.discord_wire.limits import check, walk
from sandbox.discord_wire.state import COMPONENTS_V2, EPHEMERAL, LOADING, Message, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.discord_wire.cdn import StoredFile, Upload
    from sandbox.discord_wire.state import Channel, Interaction, State, User

CALLBACK, TOKEN, BOT, MEMBER = "callback", "token", "bot", "member"
SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request wants a message to be. `route` is the way it came; `most_bytes` what that takes of one file."""

    payload: Mapping[str, Any]
    uploads: Mapping[int, Upload]
    route: str
    most_bytes: int


def create(
    state: State, channel: Channel, draft: Draft, interaction: Interaction | None = None, author: User | None = None
) -> Message:
    """A new message of the bot, or of a member. Raises `Refused`."""
    message_id, now = state.make_id(), state.clock()
    flags = (draft.payload.get("flags") or 0) & (SETTABLE | (EPHEMERAL if interaction else 0))
    empty = Version(now, draft.route, flags=flags | _muffle(interaction))
    version = _build_version(state, channel, empty, draft)
    check(version)
    return _add(state, Message(message_id, channel, author or state.bot, [version], interaction))


def _muffle(interaction: Interaction | None) -> int:
    """What members brought along to a guild that does not want it heard is seen by them alone."""
    return EPHEMERAL if interaction is not None and interaction.muffled else 0


def create_loading(state: State, interaction: Interaction, flags: int) -> Message:
    """The "thinking" reply of a deferred answer."""
    version = Version(state.clock(), CALLBACK, flags=LOADING | (flags & EPHEMERAL) | _muffle(interaction))
    return _add(state, Message(state.make_id(), interaction.channel, state.bot, [version], interaction))


def edit(state: State, message: Message, draft: Draft) -> None:
    """Change what the request names; the flag for components v2 stays for good. Raises `Refused`."""
    before = message.now
    kept = before.flags & (EPHEMERAL | COMPONENTS_V2)
    wanted = draft.payload.get("flags")
    flags = before.flags & ~LOADING if wanted is None else kept | (wanted & SETTABLE)
    base = replace(before, at=state.clock(), route=draft.route, flags=flags)
    version = _build_version(state, message.channel, base, draft)
    check(version)
    for file in before.files:
        if file.id not in {kept_file.id for kept_file in version.files}:
            state.files.drop(file.path)
    message.versions.append(version)


def delete(state: State, message: Message, route: str) -> None:
    """Take a message away, with its files."""
    if message.deleted_at is not None:
        raise Refused(UNKNOWN_MESSAGE)
    message.deleted_at, message.deleted_by = state.clock(), route
    for file in message.now.files:
        state.files.drop(file.path)


def _add(state: State, message: Message) -> Message:
    state.messages[message.id] = message
    if message.interaction is not None:
        message.interaction.replies[message.id] = message
    return message


def _build_version(state: State, channel: Channel, base: Version, draft: Draft) -> Version:
    """The version after this request: what it does not name stays, null and empty take away."""
    changed: dict[str, Any] = {}
    if "content" in draft.payload:
        changed["content"] = draft.payload["content"] or ""
    if "embeds" in draft.payload:
        changed["embeds"] = tuple(draft.payload["embeds"] or ())
    if "components" in draft.payload:
        changed["components"] = tuple(_number(list(draft.payload["components"] or ())))
    return replace(base, **changed, files=_attach(state, channel, base.files, draft))


def _number(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Discord gives every component an id that has none."""
    every = list(walk(components))
    taken = {component["id"] for component in every if component.get("id")}
    free = (number for number in range(1, len(every) + len(taken) + 1) if number not in taken)
    for component in every:
        component["id"] = component.get("id") or next(free)
    return components


def _attach(state: State, channel: Channel, before: tuple[StoredFile, ...], draft: Draft) -> tuple[StoredFile, ...]:
    """The files after this request: `attachments` names all that stay and all that come; without it, new ones join."""
    _weigh(draft)
    folder = f"attachments/{channel.id}"
    if "attachments" not in draft.payload:
        return (*before, *(state.files.add(upload, folder) for upload in draft.uploads.values()))
    known = {str(file.id): file for file in before}
    rows = draft.payload["attachments"] or []
    if problems := _find_problems(rows, known, draft.uploads):
        raise Refused(INVALID_FORM, problems)
    files = []
    for row in rows:
        if (file := known.get(str(row["id"]))) is not None:
            files.append(replace(file, description=row.get("description", file.description)))
        else:
            upload = draft.uploads[int(row["id"])]
            named = replace(upload, name=row.get("filename") or upload.name)
            files.append(state.files.add(named, folder, row.get("description")))
    return tuple(files)


def _weigh(draft: Draft) -> None:
    if any(len(upload.data) > draft.most_bytes for upload in draft.uploads.values()):
        raise Refused(TOO_LARGE)


def _find_problems(
    rows: list[dict[str, Any]], known: Mapping[str, StoredFile], uploads: Mapping[int, Upload]
) -> list[Problem]:
    """Rows that name nothing, and files that no row names."""
    named = [str(row.get("id")) for row in rows]
    there = known.keys() | {str(number) for number in uploads}
    problems = [
        Problem(f"attachments.{place}.id", "ATTACHMENT_NOT_FOUND", f"there is no attachment or file {name}")
        for place, name in enumerate(named)
        if name not in there
    ]
    unnamed = [number for number in uploads if str(number) not in named]
    problems += [Problem("attachments", "FILE_NOT_NAMED", f"files[{number}] is named nowhere") for number in unnamed]
    return problems
