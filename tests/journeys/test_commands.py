"""What Discord is told about our commands, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.world import World


def synced(world: World) -> list[Any]:
    """What was put, each time."""
    return [
        request.json
        for request in world.env.http_requests
        if request.method == "PUT" and request.path.endswith("/commands")
    ]


async def test_the_command_on_the_wire(world: World) -> None:
    """Options in order, limits, the file filter, contexts set explicitly, words localised."""
    (commands,) = synced(world)
    (command,) = [each for each in commands if each["name"] == "img2img"]
    assert command["contexts"] == [0, 1, 2]
    assert command["integration_types"] == [0, 1]
    assert command["name_localizations"]["en-US"] == "img2img"
    options = {option["name"]: option for option in command["options"]}
    assert list(options) == [
        *("image", "prompt", "preset", "model", "strength", "negative_prompt", "guidance", "count", "visibility")
    ]
    assert options["image"]["file_types"] == ["image"]
    assert (options["prompt"]["min_length"], options["prompt"]["max_length"]) == (1, 1000)
    assert options["preset"]["autocomplete"]
    assert [choice["value"] for choice in options["model"]["choices"]] == ["schnell", "dev", "dev-advanced"]
    assert (options["strength"]["min_value"], options["strength"]["max_value"]) == (0.05, 1.0)
    assert (options["guidance"]["min_value"], options["guidance"]["max_value"]) == (1.5, 5.0)
    assert (options["count"]["min_value"], options["count"]["max_value"]) == (1, 4)
    assert [choice["value"] for choice in options["visibility"]["choices"]] == ["public", "draft"]
    assert all(choice["name_localizations"]["en-US"] for choice in options["visibility"]["choices"])
    assert all(option["description_localizations"]["en-US"] for option in options.values())


async def test_what_is_for_guilds_stays_in_guilds(world: World) -> None:
    """What moderators use is there by the guild's own installation only; everything else is everywhere."""
    (commands,) = synced(world)
    for command in commands:
        everywhere = (command["contexts"], command["integration_types"]) == ([0, 1, 2], [0, 1])
        assert everywhere or (command["contexts"], command["integration_types"]) == ([0], [0]), command["name"]
        moderates = command["name"].startswith(("repaint-settings", "repaint-moderation", "Report", "Ban"))
        assert everywhere is not moderates, command["name"]


async def test_commands_are_synced_on_change_only(world: World) -> None:
    """A restart tells Discord nothing it knows; a change is told."""
    await world.restart()
    assert len(synced(world)) == 1
    await world.house.client.rooms.kept.keep("commands synced", "something else")
    await world.restart()
    assert len(synced(world)) == 2
