"""Regular expressions by strangers: as Discord's AutoMod knows them, and never for long.

AutoMod takes Rust's regular expressions, without regard to case ("Case-insensitive and unicode support flags are on by
default", https://support.discord.com/hc/en-us/articles/10069840290711). `regex` in its version 1 comes closest of all
that is packaged for every platform; the few things Rust writes differently are translated. It is not linear in time,
so every search has a deadline, and it lets the rest of the program go on meanwhile.

Members choose the texts, so they can make a slow pattern miss its deadline. That must never look as if it had found
nothing: the budget of the judgement remembers each rule that was not looked for to the end.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from bot.moderation.phrases import Span

log = logging.getLogger(__name__)

PATTERN_SECONDS = 0.05
JUDGEMENT_SECONDS = 0.1
LEAST_SECONDS = 0.002
"""What is left for a pattern when others have used up the time: a hundred times what an ordinary one takes."""
FAIR_SECONDS = PATTERN_SECONDS / 2
"""Who had less than this, because others had used up the time, is not blamed for not having finished."""
TIMEOUTS_UNTIL_SLOW = 3
MOST_REMEMBERED = 10_000
MOST_STATES = 10_000
"""Repetitions are written out when a pattern is compiled: `a{1000000000}` would take all the memory there is."""

RUST = re.compile(
    r"\\[xuU]\{(?P<code>[0-9A-Fa-f]{1,8})\}"
    r"|\(\?(?P<on>[a-zA-Z]*)(?:-(?P<off>[a-zA-Z]+))?(?P<close>[:)])"
    r"|\\b\{[a-z-]+\}|\\.",
    re.DOTALL,
)
"""What Rust writes differently, https://docs.rs/regex/latest/regex/#syntax; any other escape, so as to step over it."""
EDGES = {
    r"\<": r"\m",
    r"\>": r"\M",
    r"\b{start}": r"\m",
    r"\b{end}": r"\M",
    r"\b{start-half}": r"(?<!\w)",
    r"\b{end-half}": r"(?!\w)",
}
DROPPED_FLAGS = str.maketrans("", "", "UR")
"""Whom to prefer does not change whether there is a match; carriage returns do not come in prompts."""
RECURSION = re.compile(r"\(\?(?:\d|&|P>)")
"""A pattern that calls itself takes memory without end. Neither Rust nor anybody here needs it."""
STEP = re.compile(
    r"(?P<open>\()|(?P<close>\))|\{\s*(?P<least>\d*)\s*(?:,[\s\d]*)?\}"
    r"|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\\[pPxuU]\{[^}]*\}|\\.|.",
    re.DOTALL,
)


class Why(StrEnum):
    """Why a pattern is not looked for, or for no longer than `LEAST_SECONDS` if it is too slow."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"


class PatternUnusable(ValueError):
    """A pattern that cannot be looked for. The text says where it stumbles, in the words of `regex`."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(detail or why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Unusable:
    """A pattern with which something is wrong, for the panel."""

    pattern: str
    why: Why


class Budget:
    """The time that all patterns of one judgement share, and the rules for which it was not enough.

    All of n patterns take no longer than JUDGEMENT_SECONDS + n * LEAST_SECONDS, and none is left without any time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends = clock() + JUDGEMENT_SECONDS
        self._unfinished: set[Hashable] = set()

    def seconds(self) -> float:
        """What the next pattern may take."""
        return min(PATTERN_SECONDS, max(LEAST_SECONDS, self._ends - self._clock()))

    def miss(self, rule: Hashable) -> None:
        """A pattern of this rule was not looked for to the end."""
        self._unfinished.add(rule)

    def missed(self, rule: Hashable) -> bool:
        """Whether nobody knows if the rule is met, although nothing of it was found."""
        return bool(self._unfinished) and rule in self._unfinished


@lru_cache(maxsize=2048)
def compile_pattern(written: str) -> regex.Pattern[str]:
    """A pattern as `regex` understands it. Raises PatternUnusable."""
    translated = translate(written)
    if RECURSION.search(translated):
        raise PatternUnusable(Why.UNREADABLE, "a pattern cannot call itself")
    if count_states(translated) > MOST_STATES:
        raise PatternUnusable(Why.TOO_LARGE)
    try:
        return regex.compile(translated, regex.V1 | regex.IGNORECASE, cache_pattern=False)
    except Exception as error:  # not only regex.error: KeyError for \L<name>, and who knows what else for what else
        raise PatternUnusable(Why.UNREADABLE, str(error)) from error


def translate(written: str) -> str:
    """What only Rust writes so, as `regex` writes it."""
    return RUST.sub(_translate, written)


def _translate(found: re.Match[str]) -> str:
    if found["code"]:
        return rf"\U{int(found['code'], 16):08X}"
    if found["close"]:
        return _translate_flags(
            found["on"].translate(DROPPED_FLAGS), (found["off"] or "").translate(DROPPED_FLAGS), found["close"]
        )
    return EDGES.get(found[0], found[0])


def _translate_flags(on: str, off: str, close: str) -> str:
    if not on + off and close == ")":
        return ""
    return f"(?{on}{'-' if off else ''}{off}{close}"


def count_states(pattern: str) -> int:
    """How large a pattern becomes once its repetitions are written out."""
    sizes, last = [0], 0
    for step in STEP.finditer(pattern):
        if step["open"]:
            sizes.append(0)
        elif step["least"] is not None:
            sizes[-1] += last * (max(1, int(step["least"] or 1)) - 1)
        else:
            last = sizes.pop() if step["close"] and len(sizes) > 1 else 1
            sizes[-1] += last
    return sum(sizes)


class Patterns:
    """Looks for patterns, and remembers those that took too long too often: they get little time from then on.

    A rule is whatever value a pattern belongs to; a changed rule is another value, and starts afresh. Used by several
    threads at once.
    """

    def __init__(self) -> None:
        self._timeouts: dict[tuple[Hashable, str], int] = {}
        self._lock = threading.Lock()

    def find(self, rule: Hashable, pattern: str, text: str, budget: Budget) -> Iterator[Span]:
        """Where a pattern is in a text; nowhere, if it cannot be used. If it takes too long, the budget knows it."""
        seconds = LEAST_SECONDS if self._is_slow(rule, pattern) else budget.seconds()
        try:
            matches = compile_pattern(pattern).finditer(text, timeout=seconds, concurrent=True)
            yield from (match.span() for match in matches)
        except PatternUnusable:
            return  # the panel lists it
        except TimeoutError:
            budget.miss(rule)
            if seconds >= FAIR_SECONDS:
                self._blame(rule, pattern)

    def list_unusable(self, rule: Hashable, patterns: Iterable[str]) -> tuple[Unusable, ...]:
        """Which patterns of a rule are not looked for, or not for long, and why."""
        return tuple(Unusable(pattern, why) for pattern in patterns if (why := self._why_unusable(rule, pattern)))

    def _why_unusable(self, rule: Hashable, pattern: str) -> Why | None:
        try:
            compile_pattern(pattern)
        except PatternUnusable as error:
            return error.why
        return Why.TOO_SLOW if self._is_slow(rule, pattern) else None

    def _is_slow(self, rule: Hashable, pattern: str) -> bool:
        return bool(self._timeouts) and self._timeouts.get((rule, pattern), 0) >= TIMEOUTS_UNTIL_SLOW

    def _blame(self, rule: Hashable, pattern: str) -> None:
        with self._lock:
            count = self._timeouts.pop((rule, pattern), 0) + 1
            self._timeouts[rule, pattern] = count
            if len(self._timeouts) > MOST_REMEMBERED:
                del self._timeouts[next(iter(self._timeouts))]
        log.warning("a pattern of %d characters took too long, for the %d. time", len(pattern), count)
