"""What can be told from the service's own words: why something failed, and what of them may go into a log.

There is no public list of codes or sentences for Flux; the strings are those seen in code that uses the
service.
"""

from __future__ import annotations

import re

from bot.provider.protocol import FailureKind
from bot.provider.tolerant import text

MOST_LOGGED = 500
"""Characters of the service's own text that a log or an error may hold."""

MOST_READ = 4_000
"""What a rule is held against: an answer may be long, and nobody's turn should wait for that."""

_FETCH = r"image.?urls?\b|download|(fetch|load|read)\s+(the\s+|input\s+)*(image|picture)|unreachable"
_PICTURE = (
    r"input too large"
    r"|(unsupported|invalid|corrupt\w*|broken|unreadable)\s+(input\s+)?(image|picture|file)"
    r"|(open|decode|decoding|identify)\s+(the\s+|input\s+)*(image|picture)"
    r"|(image|picture)\s+((is|was)\s+)?(too|size|format|dimension|resolution|not|cannot|could not|refused|rejected)"
)
# The first found decides. "Insufficient permissions" is about a plan, a "load balancer" not about money.
_KINDS = (
    (FailureKind.NO_CREDIT, r"insufficient(?!\s+(permission|privilege|plan|scope|right))|credit|balance\b|quota"),
    (FailureKind.BUSY, r"too many (requests|tasks|jobs|concurrent)|rate.?limit|concurren|overloaded|server busy"),
    (FailureKind.PICTURE, _PICTURE),
    (FailureKind.NOT_FETCHED, _FETCH),
    (FailureKind.TIMEOUT, r"time.?out|timed out|deadline|took too long"),
)
_RULES = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)

_SECRET = re.compile(r"""(secret\\*["']\s*:\s*\\*(["']))(?:\\.|(?!\2)[^\\])*""", re.IGNORECASE | re.DOTALL)
"""The value of a key that ends in "secret", also in JSON that is cut short or itself inside a string."""


def classify(words: str) -> FailureKind:
    """The kind of failure somebody describes; OTHER where nothing is recognized."""
    words = words[:MOST_READ]
    return next((kind for kind, rule in _RULES if rule.search(words)), FailureKind.OTHER)


def shorten(words: str) -> str:
    """Words fit for a log: no webhook secret, and no more than `MOST_LOGGED` characters."""
    words = _SECRET.sub(r"\1***", words[:MOST_READ])
    return words if len(words) <= MOST_LOGGED else f"{words[: MOST_LOGGED - 1]}…"


def format_for_log(body: bytes) -> str:
    """The beginning of a body in one line. PiAPI repeats the webhook secret in clear: it is taken out."""
    return shorten(text(body[:MOST_READ].decode("utf-8", "replace")))
