"""What must never be written down, and what always is."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import JobStatus
from bot.logs import QUIET, WORDY, Output, set_log_level
from sandbox.world import API_KEY, WEBHOOK_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.world import World
    from tests.journeys.conftest import Overheard

WISH = "a very private wish"


class Book:
    """Everything that is logged at debug, as machines get it."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        """All of it."""
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line as its object."""
        return [json.loads(line) for line in self.text.splitlines()]

    def moves(self, job_id: int) -> list[str]:
        """Where a job stood, one after the other, by its lines."""
        return [line["status"] for line in self.lines if line.get("job") == str(job_id) and "status" in line]


@pytest.fixture
def book(caplog: pytest.LogCaptureFixture) -> Iterator[Book]:
    """The log at its most talkative, libraries and all."""
    stream = io.StringIO()
    output, root = Output(stream, "json", [API_KEY, WEBHOOK_SECRET]), logging.getLogger()
    for name in ("", *QUIET, *WORDY):
        caplog.set_level(logging.DEBUG, logger=name or None)  # as it was, afterwards
    set_log_level("debug")
    root.addHandler(output)
    yield Book(stream)
    root.removeHandler(output)


async def ask(world: World, photo: bytes, prompt: str) -> int:
    """A member asks. Returns the job's id."""
    asked = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
    await world.settle()
    return world.job_id(asked)


async def test_no_log_holds_a_secret(world: World, photo: bytes, book: Book) -> None:
    """Through good and bad ends, with everything logged: no key, secret, token or address of a picture, and no prompt.

    Not even where PiAPI repeats it to say what it does not like.
    """
    jobs = [await ask(world, photo, WISH)]
    await world.standin.created[-1].made.wait()  # what became of it is written last
    world.standin.created[-1].failure = f"we do not paint {WISH}, nor anything like it"
    jobs += [await ask(world, photo, prompt) for prompt in ("fail", "refuse", "nocredit", "lost in thought", "a cat")]
    for _ in range(7):
        await world.advance(30)
    assert [(await world.job(job_id)).status for job_id in (jobs[0], jobs[-1])] == [JobStatus.FAILED, JobStatus.DONE]
    assert len(world.standin.created) == 6
    assert "we do not paint [prompt], nor" in book.text
    keys = {(await world.job(job_id)).key for job_id in jobs}
    tokens = {interaction.token for interaction in world.env.backend.interactions.values()}
    for secret in (API_KEY, WEBHOOK_SECRET, *tokens, *keys):
        assert secret not in book.text
    assert not [line for line in book.lines if WISH in json.dumps(line) and line["level"] != "DEBUG"]
    assert "taken at home" not in book.text


async def test_each_move_is_one_line(world: World, photo: bytes, book: Book) -> None:
    """With job, guild and trace; lines of one taking-up have one trace, those of the next another."""
    job_id = await ask(world, photo, "a cat in a hat")
    await world.advance(30)
    assert book.moves(job_id) == ["arriving", "queued", "submitting", "running", "delivering", "done"]
    lines = [line for line in book.lines if line.get("job") == str(job_id)]
    assert {line["guild"] for line in lines} == {str(world.guild.id)}
    traces = {line["status"]: line["trace"] for line in lines if "status" in line}
    assert all(trace.startswith(f"{job_id}/") for trace in traces.values())
    assert traces["arriving"] == f"{job_id}/0"
    assert traces["delivering"] != traces["done"]
    asked = [line for line in lines if line["logger"] == "bot.provider.piapi"]
    assert asked
    assert {line["trace"] for line in asked} <= {line["trace"] for line in lines}


async def test_every_story_is_listened_to(world: World, photo: bytes, overheard: Overheard) -> None:
    """Whoever says it, a library too: what was typed into a command or a form, a key of a job, a token."""
    job_id = await ask(world, photo, "a cat in a hat")
    await world.advance(30)
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a naked child")
    (reply,) = world.channel.history()
    shown = await world.friend.click(reply, label="Report")
    await world.friend.submit_modal(shown, {"words": "not a\nnice thing"})
    await world.moderator.slash(world.channel, "repaint-settings set", setting="presets_only", value="off")
    await overheard.learn(world)
    assert overheard.words == {"a cat in a hat", "a naked child", "not a nice thing"}
    assert overheard.list_slips() == []
    library = logging.getLogger("some.library")
    said = [*sorted(overheard.words), (await world.job(job_id)).key]
    for words in said:
        library.info("so much for %s", words)
    assert sorted(line.partition("so much for ")[2] for line in overheard.list_slips()) == sorted(said)
    overheard.lines.clear()
