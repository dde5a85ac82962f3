"""Lines for people and for machines: what each is about, and what is in none."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from bot.logs import PROMPT, QUIET, WORDY, Output, Subject, set_log_level, speak_of, take_out

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "aW50ZXJhY3Rpb24tdG9rZW4"
WISH = "a very private wish\nof two lines, \u00e9lan"


class Lines:
    """A logger of its own, and what was written."""

    def __init__(self, form: str) -> None:
        self._stream = io.StringIO()
        self.log = logging.getLogger(f"tests.lines.{form}")
        self.log.propagate = False
        self.log.setLevel(logging.DEBUG)
        self.log.handlers = [Output(self._stream, form, ["a-key-of-somebody", ""])]

    @property
    def text(self) -> str:
        """Everything."""
        return self._stream.getvalue()

    def parse(self) -> list[dict[str, Any]]:
        """Each line as its object."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Lines:
    """In both forms."""
    return Lines(request.param)


@pytest.fixture
def levels() -> Iterator[None]:
    """Levels as they were, afterwards."""
    names = ("", *QUIET, *WORDY)
    kept = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in kept.items():
        logging.getLogger(name).setLevel(level)


def subject() -> Subject:
    """A job with everything in it that must stay out."""
    return Subject("5/2", guild_id=7, job_id=5, secrets=(TOKEN, ""), words=(WISH, ""))


async def test_machines_get_fields() -> None:
    """One object a line, with the time in UTC; ids are text, which no reader of JSON rounds."""
    lines = Lines("json")
    speak_of(subject())
    lines.log.warning("job %s: said %s", 5, "so")
    (line,) = lines.parse()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "tests.lines.json",
        "message": "job 5: said so",
        "job": "5",
        "guild": "7",
        "trace": "5/2",
    }


async def test_people_get_them_at_the_end_of_the_line() -> None:
    """Of the message, before what broke; nothing where the line is about nothing."""
    lines = Lines("text")
    lines.log.info("open")
    speak_of(subject())
    lines.log.warning("job %s: 100 %% %s", 5, "so")
    lines.log.warning("said itself", extra={"job": 6})
    lines.log.error("broke", exc_info=ValueError("badly"))
    told = [line.partition("tests.lines.text: ")[2] for line in lines.text.splitlines()]
    about = "[job 5 guild 7 trace 5/2]"
    assert told[:4] == [
        "open",
        f"job 5: 100 % so {about}",
        f"said itself {about.replace('5 ', '6 ', 1)}",
        f"broke {about}",
    ]
    assert "ValueError: badly" in lines.text


async def test_a_line_is_about_what_it_was_said_in(lines: Lines) -> None:
    """What an asyncio task starts is about the same; others are about theirs, and what is outside is about nothing."""

    async def work(trace: str) -> None:
        speak_of(Subject(trace))
        await asyncio.sleep(0)
        await asyncio.create_task(asyncio.to_thread(lines.log.info, trace))

    await asyncio.gather(work("one"), work("two"))
    lines.log.info("none")
    if lines.text.startswith("{"):
        assert {line["message"]: line.get("trace") for line in lines.parse()} == {
            "one": "one",
            "two": "two",
            "none": None,
        }
    else:
        told = {line.partition("text: ")[2] for line in lines.text.splitlines()}
        assert told == {"one [trace one]", "two [trace two]", "none"}


async def test_no_secret_is_written(lines: Lines) -> None:
    """Neither ours nor a token, at no level, not in what an error says, and not in an address that a library writes."""
    speak_of(subject())
    lines.log.debug("the key is %s", "a-key-of-somebody")
    lines.log.info("POST https://discord.com/api/v10/webhooks/1/an-unknown-token/messages/2 responded with 429")
    lines.log.info("POST https://discord.com/api/v10/interactions/1/an-unknown-token/callback")
    lines.log.error("it broke", exc_info=ValueError(f"Failing row contains ({TOKEN}, a-key-of-somebody)"))
    assert "ValueError" in lines.text
    assert "429" in lines.text
    for secret in ("a-key-of-somebody", "an-unknown-token", TOKEN):
        assert secret not in lines.text


async def test_what_a_member_wrote_is_for_debug_alone(lines: Lines) -> None:
    """Repeated by somebody else, as it is or begun, it is taken out above debug, of errors too."""
    speak_of(subject())
    lines.log.debug("at debug: %s", WISH.split("\n", maxsplit=1)[0])
    shown = lines.text
    lines.log.warning("we do not paint %r", WISH[:15])
    lines.log.warning("we do not paint %s", json.dumps({"prompt": WISH}))
    lines.log.error("it broke", exc_info=ValueError(" ".join(WISH.split())))
    assert "a very private wish" in shown
    above = lines.text.removeprefix(shown)
    assert above.count(PROMPT) == 3
    assert "private" not in above
    assert "lan" not in above.replace("lines", "")


@pytest.mark.parametrize("words", ["[prompt] of old", "aaaaaaaaaaaaaaaa"])
def test_no_words_keep_it_busy(words: str) -> None:
    """A member who writes the mark itself, or repeats themselves, does not hold up the log."""
    assert take_out(f"before {words} after {words}", words) == f"before {PROMPT} after {PROMPT}"


def test_short_words_stay() -> None:
    """Who asks for `job` does not make every line unreadable."""
    assert take_out("job 5: done", "job") == "job 5: done"


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize(
    ("level", "ours", "theirs", "wordy"),
    [
        ("debug", logging.DEBUG, logging.DEBUG, logging.INFO),
        ("info", logging.INFO, logging.WARNING, logging.WARNING),
        ("error", logging.ERROR, logging.ERROR, logging.ERROR),
    ],
)
def test_a_level_holds_for_libraries_in_their_measure(level: str, ours: int, theirs: int, wordy: int) -> None:
    """What Discord sends, and what is inside of pictures, is written down at none: tokens, and where people live."""
    set_log_level(level)
    assert logging.getLogger("bot").getEffectiveLevel() == ours
    assert logging.getLogger("discord.http").getEffectiveLevel() == theirs
    assert {logging.getLogger(name).getEffectiveLevel() for name in ("discord.gateway", "PIL.Image")} == {wordy}
