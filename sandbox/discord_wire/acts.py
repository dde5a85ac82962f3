"""What members do: commands, clicks, forms. Each act becomes an interaction and the data of its event.

What Discord's own client would not send is refused with a `ValueError` that says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.limits import walk
from sandbox.discord_wire.show import BY_GUILD, BY_USER, show_context, show_file, show_message
from sandbox.discord_wire.state import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sandbox.discord_wire.cdn import StoredFile
    from sandbox.discord_wire.state import Channel, State

CHAT_INPUT, MESSAGE_MENU = 1, 3
SUBCOMMANDS = frozenset({1, 2})
STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 3, 4, 5, 10, 11
TYPES: dict[int, Callable[[Any], Any]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: float, ATTACHMENT: str}
BUTTON, FILE_UPLOAD = 2, 19
ACTION_ROW, LABEL, TEXT_DISPLAY = 1, 18, 10

Act = tuple[Interaction, dict[str, Any]]


def use_command(
    state: State,
    name: str,
    options: Mapping[str, Any],
    who: tuple[str | int, str | int],
    attached: Mapping[int, StoredFile],
    focused: str = "",
) -> Act:
    """A slash command by its default name, `group sub` for one within another. `who` is member and channel.

    With `focused` it is still being typed, in that option.
    """
    first, *rest = name.split()
    command = _find_command(state, first)
    chain = _descend(command, rest)
    leaf = _fill(chain[-1], options, focused)
    files = [attached[int(row["value"])] for row in leaf if row["type"] == ATTACHMENT]
    for part in reversed(chain[1:]):
        leaf = [{"name": part["name"], "type": part["type"], "options": leaf}]
    data = {"id": command["id"], "name": first, "type": CHAT_INPUT, "options": leaf, **_resolve(state, files)}
    return _begin(state, AUTOCOMPLETE if focused else COMMAND, name, who, command), data


def use_menu(state: State, name: str, message_id: int, member: str | int) -> Act:
    """A command in the menu of a message, which comes along whole."""
    message, command = state.find_message(message_id), _find_command(state, name, MESSAGE_MENU)
    data = {"id": command["id"], "name": name, "type": MESSAGE_MENU, "target_id": str(message_id)}
    data["resolved"] = {"messages": {str(message_id): show_message(state, message)}}
    return _begin(state, COMMAND, name, (member, message.channel.id), command), data


def press(state: State, message_id: int, custom_id: str, member: str | int, values: Iterable[str] | None) -> Act:
    """A click on a button of a message, or (`values`) a choice in a select."""
    message = state.find_message(message_id)
    component = next((each for each in walk(message.now.components) if each.get("custom_id") == custom_id), None)
    if component is None or component.get("disabled"):
        raise ValueError(f"message {message_id} has no {custom_id!r} to click on")
    if message.ephemeral and message.interaction and message.interaction.user is not state.find_user(member):
        raise ValueError(f"{member!r} does not see message {message_id}")
    data: dict[str, Any] = {"custom_id": custom_id, "component_type": component["type"], "id": component["id"]}
    if component["type"] != BUTTON:
        data["values"] = list(values or ())
    interaction = _begin(state, COMPONENT, custom_id, (member, message.channel.id))
    interaction.message = message
    return interaction, data


def submit(state: State, interaction_id: int, values: Mapping[str, Any], attached: Mapping[int, StoredFile]) -> Act:
    """The form that an interaction was answered with, filled in by the same member. Values by custom id."""
    shown = state.interactions[interaction_id]
    if shown.modal is None:
        raise ValueError(f"interaction {interaction_id} was not answered with a form")
    custom_id = shown.modal["custom_id"]
    uploads = [each["custom_id"] for each in walk(shown.modal["components"]) if each["type"] == FILE_UPLOAD]
    files = [attached[int(file_id)] for each in uploads for file_id in values.get(each, ())]
    rows = [_fill_part(part, values) for part in shown.modal["components"]]
    interaction = _begin(state, MODAL, custom_id, (shown.user.id, shown.channel.id))
    interaction.message, interaction.trigger = shown.message, shown
    return interaction, {"custom_id": custom_id, "components": rows, **_resolve(state, files)}


def _begin(
    state: State, kind: int, name: str, who: tuple[str | int, str | int], command: Mapping[str, Any] | None = None
) -> Interaction:
    user = state.find_user(who[0])
    channel = state.find_channel(who[1], user)
    if command is not None:
        _check_offered(command, channel)
    return state.add_interaction(Interaction(state.make_id(), kind, name, user, channel, state.clock()))


def _check_offered(command: Mapping[str, Any], channel: Channel) -> None:
    """A command is there by an installation, the guild's or a member's, and in the places it is meant for."""
    installed = BY_GUILD if channel.has_bot else BY_USER
    contexts = command.get("contexts")
    if int(installed) not in command["integration_types"] or (contexts and show_context(channel) not in contexts):
        raise ValueError(f"{command['name']!r} is not offered in {channel.name!r}")


def _find_command(state: State, name: str, kind: int = CHAT_INPUT) -> dict[str, Any]:
    for command in state.commands.values():
        if command["name"] == name and command.get("type", CHAT_INPUT) == kind:
            return command
    raise ValueError(f"no bot has told us of a command {name!r} of type {kind}")


def _descend(command: dict[str, Any], names: list[str]) -> list[dict[str, Any]]:
    """The command, its groups and subcommands, the innermost last."""
    chain = [command]
    for name in names:
        inner = (option for option in chain[-1].get("options", ()) if option["name"] == name)
        chain.append(next((option for option in inner if option["type"] in SUBCOMMANDS), {}))
        if not chain[-1]:
            raise ValueError(f"/{command['name']} has no {name!r}")
    return chain


def _fill(part: dict[str, Any], given: Mapping[str, Any], focused: str) -> list[dict[str, Any]]:
    """The options as they are sent, in the order of the command."""
    known = {option["name"]: option for option in part.get("options", ())}
    if unknown := given.keys() - known.keys():
        raise ValueError(f"{part['name']!r} has no options {sorted(unknown)}")
    missing = [name for name, option in known.items() if option.get("required") and name not in given]
    if missing and not focused:
        raise ValueError(f"{part['name']!r} needs {missing}")
    rows = []
    for name, option in known.items():
        if name in given:
            row = {"name": name, "type": option["type"], "value": _convert(option, given[name])}
            rows.append(row | ({"focused": True} if name == focused else {}))
    return rows


def _convert(option: dict[str, Any], value: Any) -> Any:
    """A value as this option sends it."""
    if option["type"] not in TYPES:
        raise ValueError(f"options of type {option['type']} are not played")
    converted = TYPES[option["type"]](value)
    if problem := next(_find_problems(option, converted), None):
        raise ValueError(f"Discord's client does not send {option['name']}={value!r}: {problem}")
    return converted


def _find_problems(option: dict[str, Any], value: Any) -> Iterator[str]:
    choices = [choice["value"] for choice in option.get("choices") or ()]
    if choices and value not in choices:
        yield f"not one of {choices}"
    if value < option.get("min_value", value) or value > option.get("max_value", value):
        yield "out of range"
    if option["type"] == STRING and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
        yield "too short or too long"


def _resolve(state: State, files: list[StoredFile]) -> dict[str, Any]:
    if not files:
        return {}
    return {"resolved": {"attachments": {str(file.id): show_file(state, file) for file in files}}}


def _fill_part(part: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """One part of a form, filled in."""
    shape = {"type": part["type"], "id": part.get("id", 0)}
    if part["type"] == ACTION_ROW:
        return {**shape, "components": [_fill_part(inner, values) for inner in part["components"]]}
    if part["type"] == LABEL:
        return {**shape, "component": _fill_part(part["component"], values)}
    if part["type"] == TEXT_DISPLAY:
        return shape
    value = values.get(part["custom_id"])
    filled = {"values": list(value)} if isinstance(value, list | tuple) else {"value": value}
    return {**shape, "custom_id": part["custom_id"], **filled}
