"""What is only said, and could be forged: custom ids that no message of ours ever had, and files that are no policy."""

from __future__ import annotations

import copy
import json
import logging
import random
from typing import TYPE_CHECKING, Any

import discord
import pytest
from simcord.actors import _component_interaction

from bot.jobs import JobStatus
from bot.moderation.documents import parse_policy
from bot.moderation.policy import SETTINGS, Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import simcord

    from bot.jobs import Job
    from sandbox.world import World

BUTTON, SELECT = 2, 3
NUMBERS = ("0", "00000000000000000001", str(2**31), str(2**63), "9" * 20)
ODD = (
    "job:1:cancel:1",
    "job:-1:cancel",
    "job:1e3:cancel",
    "job:\u0663:cancel",
    "job::",
    "policy:::",
    "x" * 100,
    "\u202e",
)


class Board:
    """A message of the bot's with a button and a select, which say what each test makes them say."""

    def __init__(self, message: Any) -> None:
        self._message = message
        self._controls = copy.deepcopy(message.components)

    async def use(self, who: simcord.MemberActor, custom_id: str, kind: int = BUTTON, value: str = "") -> Any:
        """Use one of them as if it had been sent with this custom id."""
        self._message.components = copy.deepcopy(self._controls)  # an answer may have put others in their place
        self._message.components[0 if kind == BUTTON else 1]["components"][0]["custom_id"] = custom_id
        data: dict[str, Any] = {"custom_id": custom_id, "component_type": kind}
        return await _component_interaction(who, self._message, data | ({"values": [value]} if kind == SELECT else {}))


@pytest.fixture
async def board(world: World) -> Board:
    """It hangs in the channel where everybody is."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="x", custom_id="x", row=0))
    view.add_item(discord.ui.Select(custom_id="y", options=[discord.SelectOption(label="x")], row=1))
    with world.env.time_context():
        await world.house.client.get_partial_messageable(world.channel.id).send("look", view=view)
    view.stop()
    (stored,) = world.env.backend.messages[world.channel.id].values()
    return Board(stored)


def forge_buttons(world: World, job_id: int) -> Iterator[str]:
    """Every action with every odd number, actions that there never were, and what is no custom id of ours."""
    known = [action.split(":") for action in world.house.client.presses]
    unknown = [("job", "approve"), ("case", "dump"), ("member", "__init__")]
    for about, action in [*known, *unknown]:
        yield from (f"{about}:{number}:{action}" for number in NUMBERS)
        yield f"{about}:{job_id}:{action}"
    yield from ODD


def forge_controls(chance: random.Random, count: int) -> Iterator[tuple[str, int, str]]:
    """Some controls of the panel: any act at any place with any setting, and a value that need not be one of it."""
    acts = ("section", "key", "place", "value", "write", "clear", "undo")
    places = ("0", "1", str(2**63 - 1), str(2**63), "9" * 20)
    names = (*SETTINGS, "overrides", "words", "budget", "overview", "dump", "_")
    values = ("", "on", "none", "-1", "9" * 40, "NaN", "1e999", "<@&1>", "section", "*", "\0", "\ud7ff" * 100)
    for _ in range(count):
        act, place, name = chance.choice(acts), chance.choice(places), chance.choice(names)
        yield f"policy:{act}:{place}:{name}", chance.choice((BUTTON, SELECT)), chance.choice(values)


async def paint(world: World, photo: bytes) -> Job:
    """A finished picture of the artist's."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    for _ in range(3):
        await world.advance(20)
    return await world.job(world.job_id(result))


async def test_forged_buttons_are_answered_or_ignored(
    world: World, board: Board, photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever clicks them: nothing breaks, and nothing becomes of somebody else's picture."""
    before = await paint(world, photo)
    assert before.status is JobStatus.DONE
    chance = random.Random("buttons")  # noqa: S311 (repeatable)
    for custom_id in forge_buttons(world, before.id):
        result = await board.use(chance.choice((world.friend, world.moderator)), custom_id)
        assert str(before.id) in custom_id or result.response is None or result.ephemeral, custom_id
    await world.settle()
    assert await world.job(before.id) == before
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_forged_controls_break_nothing(world: World, board: Board, caplog: pytest.LogCaptureFixture) -> None:
    """A member with any of them gets a sentence; whoever may change the rules gets no further than the panel goes."""
    chance = random.Random("controls")  # noqa: S311 (repeatable)
    for custom_id, kind, value in forge_controls(chance, 15):
        result = await board.use(world.artist, custom_id, kind, value)
        assert result.response is None or "Manage Server" in result.response.content, custom_id
    for custom_id, kind, value in forge_controls(chance, 100):
        await board.use(world.moderator, custom_id, kind, value)
    with world.env.time_context():
        policy = await world.house.client.rooms.policies.get(world.guild.id)
    assert parse_policy(policy.dump()) == policy
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def write_files() -> Iterator[bytes]:
    """Files that are no policy, or hardly one, each within the size that is read."""
    yield from (
        b"",
        b"null",
        b"[]",
        b'"{}"',
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}x",
        b"{'a': 1}",
        b"{" * 60_000,
        b"[" * 60_000,
    )
    yield b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    yield b'{"most_count": ' + b"9" * 60_000 + b"}"
    yield json.dumps({f"unknown {number}": number for number in range(3000)}).encode()
    yield json.dumps({"overrides": {str(number): {"spoiler": True} for number in range(1, 2000)}}).encode()
    yield json.dumps({"overrides": {"@everyone": {}, "-1": {"spoiler": 1}, str(2**64): {"\u202e": None}}}).encode()
    yield json.dumps(
        {"words": [{"name": "\ud800", "pattern": "(a+)+$", "kind": "regex", "action": "refuse"}] * 60}
    ).encode()
    yield json.dumps({"format": 1.5, "\0": "\0", "@everyone": "<@1>" * 1000}).encode()
    wrongs: list[object] = [{"a": {}}, [[]], [{}], "\ud800" * 100, 1e308, -1, 2**70, True, [None] * 200]
    for wrong in wrongs:
        yield json.dumps(dict.fromkeys(SETTINGS, wrong)).encode()
    yield b'{"most_count": NaN, "most_strength": Infinity, "guild_day_usd": "1e999999", "most_count": []}'


async def test_files_that_are_no_policy_change_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever hands them in is told what is wrong, in a sentence that pings nobody and fits into a message."""
    for data in write_files():
        assert len(data) <= 64 * 1024
        result = await world.moderator.slash(world.channel, "repaint-settings import", file=("policy.json", data))
        said = "".join(message.content for message in (result.response, *result.followups) if message is not None)
        assert 0 < len(said) <= 2000, data[:60]
        assert "@everyone" not in said.replace("\\@", "")
        with world.env.time_context():
            assert await world.house.client.rooms.policies.get(world.guild.id) == Policy(), data[:60]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
