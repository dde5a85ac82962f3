"""The book as a file: CSV for who reads it in a spreadsheet, JSON for who checks the chain. Pure."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bot.moderation.chain import Entry, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COLUMNS = ("number", "written_at", "kind", "subject", "actor", "member", "job", "case", "words")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
CHAIN = (
    "digest = SHA-256 of the JSON list [previous digest, guild_id, number, kind, written_at, actor_id, member_id, "
    "job_id, case_number, subject, content_digest], written without spaces and in ASCII; the first previous digest is "
    "empty. "
    "content_digest = SHA-256 of salt and content, which is JSON with sorted keys, written the same way."
)


def format_csv(entries: Sequence[Entry]) -> bytes:
    """A table with a heading, in UTF-8 with the mark that spreadsheets need to see it.

    No value is a formula. Members are mentions and jobs have a word before them: as bare numbers, spreadsheets would
    round their ids.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_defuse(value) for value in _cells(entry)] for entry in entries)
    return text.getvalue().encode("utf-8-sig", "replace")


def format_json(entries: Sequence[Entry]) -> bytes:
    """Everything there is, with what is needed to check the chain."""
    names = [field.name for field in fields(Entry)]
    rows = [{name: format_value(name, getattr(entry, name)) for name in names} for entry in entries]
    return json.dumps({"chain": CHAIN, "entries": rows}, indent=1, default=str).encode()


FORMATS: Mapping[str, Callable[[Sequence[Entry]], bytes]] = {"csv": format_csv, "json": format_json}


def format_newest(entries: Sequence[Entry], form: str, most_bytes: int) -> tuple[bytes, int]:
    """A file with the newest of these lines, the oldest first, and how many are in it. `entries`: the newest first."""
    chosen = list(reversed(entries))
    while len(data := FORMATS[form](chosen)) > most_bytes and chosen:
        chosen = chosen[(len(chosen) + 1) // 2 :]
    return data, len(chosen)


def _cells(entry: Entry) -> list[str]:
    words = "(erased)" if entry.erased else " | ".join(_format(entry.content or {}))
    return [
        str(entry.number),
        entry.written_at.isoformat(timespec="seconds"),
        entry.kind,
        entry.subject,
        format_who(entry.actor_id),
        format_who(entry.member_id),
        "" if entry.job_id is None else f"job {entry.job_id}",
        "" if entry.case_number is None else str(entry.case_number),
        words,
    ]


def _format(content: Any) -> list[str]:
    return [f"{key}: {value}" for key, value in content.items()]


def format_who(member_id: int | None) -> str:
    """Who it was, as Discord writes a mention; empty for nobody."""
    return "" if member_id is None else f"<@{member_id}>"


def _defuse(value: str) -> str:
    """A spreadsheet shows the apostrophe and calculates nothing."""
    return f"'{value}" if value.startswith(FORMULA) else value
