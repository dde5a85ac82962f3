"""How the program speaks to its operator: text for people, one JSON object a line for machines.

What is said while something is worked on carries its job, guild and trace, whoever says it: our rooms or a library.
What must not be written down is taken out last, of messages and tracebacks alike: secrets always, and what a member
wrote unless it is said at debug.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, TextIO

from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
JSON = "%(levelname)s %(name)s %(message)s"
JSON_NAMES = {"timestamp": "time", "levelname": "level", "name": "logger", "exc_info": "error"}
QUIET = ("discord", "aiohttp", "alembic", "stamina")
"""Libraries that say at info what is of interest at debug."""
WORDY = ("discord.gateway", "PIL")
"""They would say at debug what is nobody's business: all that Discord sends, and what is written inside of pictures."""

HIDDEN = "***"
PROMPT = "[prompt]"
LEAST_WORDS = 8
"""What a member wrote is taken out from so many characters on: shorter, and it is found in innocent words."""
_TOKEN_IN_ADDRESS = re.compile(r"((?:webhooks|interactions)/\d+/)[^/\s?'\"]+")
"""discord.py writes whole addresses when it meets a rate limit, with the interaction's token in them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is worked on. `trace` is the same on all lines of one taking-up; `secrets` and `words` are never written."""

    trace: str
    guild_id: int | None = None
    job_id: int | None = None
    secrets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """What each line says of it. Ids are text: many readers of JSON round numbers as long as Discord's."""
        known = {"job": self.job_id, "guild": self.guild_id, "trace": self.trace}
        return {name: str(value) for name, value in known.items() if value is not None}


_SUBJECT: ContextVar[Subject | None] = ContextVar("subject", default=None)


def speak_of(subject: Subject) -> None:
    """From here to the end of this asyncio task, and in what it starts, every line is about this."""
    _SUBJECT.set(subject)


def get_trace() -> str | None:
    """The trace of what is worked on here; None outside of such work."""
    subject = _SUBJECT.get()
    return None if subject is None else subject.trace


class Output(logging.StreamHandler[TextIO]):
    """Writes lines that say what they are about, without what must not be written down."""

    def __init__(self, stream: TextIO, form: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(stream)
        self._secrets = tuple(secrets)
        self._for_people = form == "text"  # machines get fields
        for_machines = JsonFormatter(JSON, rename_fields=JSON_NAMES, timestamp=True)
        self.setFormatter(logging.Formatter(TEXT) if self._for_people else for_machines)

    def format(self, record: logging.LogRecord) -> str:
        """The line, of a copy: other handlers get the record as it was."""
        subject = _SUBJECT.get()
        told = copy.copy(record)
        told.msg, told.args = self._hide(record.getMessage(), record.levelno, subject), None
        if record.exc_info:
            trouble = logging.Formatter().formatException(record.exc_info)
            told.exc_info, told.exc_text = None, self._hide(trouble, record.levelno, subject)
        about = subject.fields if subject is not None else {}
        for name, value in about.items():
            told.__dict__.setdefault(name, value)  # a line that says itself what it is about knows best
        if self._for_people and about:
            told.msg += f" [{' '.join(f'{name} {told.__dict__[name]}' for name in about)}]"
        return super().format(told)

    def _hide(self, text: str, level: int, subject: Subject | None) -> str:
        text = _TOKEN_IN_ADDRESS.sub(rf"\1{HIDDEN}", text)
        for secret in (*self._secrets, *(subject.secrets if subject is not None else ())):
            text = text.replace(secret, HIDDEN) if secret else text
        if subject is not None and level > logging.DEBUG:
            for words in subject.words:
                text = take_out(text, words)
        return text


def take_out(text: str, words: str) -> str:
    """The text without what somebody wrote, also where it is on one line, in JSON, or only begun."""
    if len(words) < LEAST_WORDS:
        return text
    spellings = (words, " ".join(words.split()), json.dumps(words)[1:-1])
    for begin in dict.fromkeys(spelling[:LEAST_WORDS] for spelling in spellings):
        done = ""
        while (at := text.find(begin)) >= 0:
            end = at + max(_count_shared(text[at:], spelling) for spelling in spellings)
            done, text = done + text[:at] + PROMPT, text[end:]
        text = done + text
    return text


def _count_shared(one: str, other: str) -> int:
    """How many characters the two begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def set_up_logging(level: str, form: str, secrets: Iterable[str] = ()) -> None:
    """Log to standard error at this level (`debug` to `error`), as `text` or `json`, and never these secrets."""
    logging.basicConfig(handlers=[Output(sys.stderr, form, secrets)], force=True)
    set_log_level(level)


def set_log_level(level: str) -> None:
    """Say as much as this from now on."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    least = logging.DEBUG if level == "debug" else logging.WARNING
    for name in QUIET:
        logging.getLogger(name).setLevel(max(least, root.level))
    for name in WORDY:
        logging.getLogger(name).setLevel(max(logging.INFO, least, root.level))


def change_log_level(level: str) -> None:
    """The same while the program runs, and say so."""
    set_log_level(level)
    log.log(max(logging.WARNING, logging.getLogger().level), "from now on at level %s", level)
