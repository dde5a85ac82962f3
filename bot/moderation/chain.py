"""A line of the book, and the digest that chains it to the one before. Pure.

A line's digest covers the line before and everything that was decided; of what people wrote it covers only a salted
digest. So the words, with their salt, can be erased while the chain stays whole. Who cuts lines off the end is found
out by any digest that was seen before: the log channel has them, and so has every export.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row


class EntryKind(StrEnum):
    """What a line is about. Stored in rows: never rename one."""

    REFUSED = "refused"
    """A rule said no to a request."""
    REVIEW = "review"
    """A result waits for a moderator: its case was opened."""
    REPORT = "report"
    """A member reported a result, or, with a case, enough of them did."""
    APPEAL = "appeal"
    DECISION = "decision"
    """A case was decided. `subject` says how."""
    BLOCK = "block"
    UNBLOCK = "unblock"
    BAN = "ban"
    UNBAN = "unban"
    SETTINGS = "settings"
    BUDGET = "budget"
    MINORS = "minors"
    """Something sexual with minors was asked for: refused, and a case was opened."""
    DELETED = "deleted"
    """A finished picture was taken away, by its member or by a moderator."""
    ERASED = "erased"
    """A member had what they wrote erased. `subject` says how many lines lost their words."""


WORDLESS = (EntryKind.SETTINGS.value, EntryKind.BUDGET.value)
"""Their content is figures and choices, nobody's own words: it is never erased."""
SPOKEN = (EntryKind.REFUSED.value, EntryKind.REPORT.value, EntryKind.APPEAL.value)
"""Their content is the words of who acted."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be written. `actor_id` did it (None: the rules), to `member_id`.

    `subject` holds nobody's own words and is kept for ever; what people wrote is `content`, which can be erased.
    """

    guild_id: int
    kind: EntryKind
    actor_id: int | None = None
    member_id: int | None = None
    job_id: int | None = None
    case_number: int | None = None
    subject: str = ""
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it stands in the book. `kind` is an `EntryKind`, unless somebody tampered with it."""

    guild_id: int
    number: int
    kind: str
    written_at: datetime
    actor_id: int | None
    member_id: int | None
    job_id: int | None
    case_number: int | None
    subject: str
    content: Mapping[str, Any] | None
    salt: str | None = field(repr=False)
    content_digest: str = field(repr=False)
    digest: str = field(repr=False)

    @property
    def erased(self) -> bool:
        """Whether it had content once."""
        return self.content is None and self.content_digest != ""


DECIDED = ("guild_id", "number", "kind", "written_at", "actor_id", "member_id", "job_id", "case_number", "subject")
"""The columns that the chain covers, in this order, followed by `content_digest`."""


def digest_content(salt: str | None, content: str | None) -> str:
    """What the chain holds of a line's words: SHA-256 over the salt and their JSON. Empty where there are none."""
    return "" if content is None else _sha256(f"{salt}{content}")


def digest_line(previous: str, row: Mapping[str, Any]) -> str:
    """The digest of a line: SHA-256 over the digest of the one before, what was decided, and its words' digest.

    It is taken of a JSON list without spaces, all in ASCII: ids as text, the time in ISO 8601 with microseconds.
    """
    decided = [format_value(name, row[name]) for name in DECIDED]
    return _sha256(format_canonical([previous, *decided, row["content_digest"]]))


def format_value(name: str, value: Any) -> Any:
    """A decided value as it stands in the chain and in exports: no reader's numbers round an id."""
    if value is None:
        return None
    if name == "written_at":
        return value.isoformat(timespec="microseconds")
    return str(value) if name.endswith("_id") else value


def parse_entry(row: Row[Any]) -> Entry:
    """The line a row stands for."""
    column = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    del column["posted"]
    content = parse_content(column.pop("content"))
    return Entry(**column, content=content)


def parse_content(text: str | None) -> dict[str, Any] | None:
    """A line's words as they were written; None where there are none (any more), empty where they are not ours."""
    if text is None:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # somebody tampered with it; the chain says so, and the rest can be read
        return {}
    return content if isinstance(content, dict) else {}


def is_intact(previous: str, row: Row[Any]) -> bool:
    """Whether this row is as it was written, right after the line with that digest."""
    column = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    words = (row.salt is None) if row.content is None else row.content_digest == digest_content(row.salt, row.content)
    return bool(words and row.digest == digest_line(previous, column))


def format_canonical(value: Any) -> str:
    """JSON in exactly one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
