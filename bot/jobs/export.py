"""Everything that is kept about one member, as a file for them. What is in it is listed here, column by column.

Never in it: tokens, keys and addresses; who reported, decided or blocked; what rules look for; and pictures that no
moderator has let through.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, or_, select

from bot.database import (
    blocks,
    cases,
    charges,
    entries,
    erasures,
    fingerprints,
    jobs,
    pictures,
    quiet_members,
    refusing_members,
    reports,
)
from bot.database.schema import Id
from bot.jobs.rows import job_guild, parse_usd
from bot.moderation.chain import SPOKEN, EntryKind, parse_content
from bot.moderation.model import parse_flags
from bot.pictures.result import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import BindParameter, ColumnElement, Row, Select, Table

    from bot.database import Database

DOCUMENT = "data.json"
ENTRY_BYTES = 400
"""What a file costs in an archive beside its content, generously: its name is in it twice."""
NOT_OF_MEMBERS = frozenset({EntryKind.SETTINGS, EntryKind.BAN, EntryKind.UNBAN})
"""Lines about the server and about pictures; every other kind is about somebody."""
CONTENT_KEYS = frozenset({"prompt", "without", "channel", "reason", "note"})
"""What of a line's words was said by the member or to them; not what a rule looks for, nor what others said."""
OWN_WORDS = ("appeal", "minors")
"""Cases whose words are the member's own."""

_MEMBER: BindParameter[int] = bindparam("member", type_=Id)


@dataclass(frozen=True, slots=True)
class Export:
    """A ZIP archive, and how many pictures did not fit into it."""

    data: bytes = field(repr=False)
    left_out: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document: which rows, in which guild each is (None: in no one's), and what is told of a row."""

    rows: Select[Any]
    guild: ColumnElement[int] | None
    tell: Callable[[Row[Any]], dict[str, Any]]

    def within(self, guild_id: int | None) -> Select[Any]:
        """The rows of one guild; None: all."""
        return self.rows if guild_id is None or self.guild is None else self.rows.where(self.guild == guild_id)


def tell_plainly(row: Row[Any]) -> dict[str, Any]:
    """Every column that was asked for: ids as text, so that no reader rounds them; times in ISO 8601; dollars."""
    return dict(_tell(name, value) for name, value in row._mapping.items())  # noqa: SLF001 (SQLAlchemy's public name for it)


def tell_job(row: Row[Any]) -> dict[str, Any]:
    """A job, of whose flags the kinds: the rest says what the rules look for."""
    told = {"flags": [flag.kind for flag in parse_flags(row.flags)], "alts": json.loads(row.alts)}
    return tell_plainly(row) | told


def tell_picture(row: Row[Any]) -> dict[str, Any]:
    """A picture with its name in the archive; null: it is not handed out."""
    told = tell_plainly(row)
    return {**told, "file": format_name(row) if told.pop("handed_out") else None}


def tell_case(row: Row[Any]) -> dict[str, Any]:
    """A case with its decision and the reason that was given for it."""
    told = tell_plainly(row)
    words, note = told.pop("words"), told.pop("note")
    return told | {"words": words if row.kind in OWN_WORDS else "", "reason": "" if row.decision == "note" else note}


def tell_entry(row: Row[Any]) -> dict[str, Any]:
    """A line of the book, without who wrote it."""
    content = parse_content(row.content) or {}
    return {**tell_plainly(row), "content": {key: content[key] for key in sorted(CONTENT_KEYS & content.keys())}}


def tell_said(row: Row[Any]) -> dict[str, Any]:
    """What a member said in a line of the book, also one about somebody else's picture."""
    told = tell_plainly(row)
    return told | {"words": (parse_content(told.pop("content")) or {}).get("words", "")}


def format_name(picture: Row[Any]) -> str:
    """A picture's name in the archive."""
    extension = EXTENSIONS[picture.media_type]
    return f"pictures/{picture.job_id}-{picture.role}-{picture.position + 1}.{extension}"


def _tell(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith("_micros"):
        usd = parse_usd(value)
        return name.removesuffix("_micros"), None if usd is None else f"{usd:f}"
    if isinstance(value, datetime):
        return name, value.isoformat(timespec="seconds")
    return name, str(value) if value is not None and (name == "id" or name.endswith("_id")) else value


def _of_member(table: Table, names: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    chosen = select(*(table.c[name] for name in names.split()))
    return chosen.where(table.c.member_id == _MEMBER, *conditions).order_by(*table.primary_key)


def _of_jobs(table: Table, names: str, *more: ColumnElement[Any]) -> Select[Any]:
    """Rows that hang on the member's jobs, the newest jobs first."""
    chosen = select(*(table.c[name] for name in names.split()), *more).join(jobs, jobs.c.id == table.c.job_id)
    first, *rest = table.primary_key
    return chosen.where(jobs.c.member_id == _MEMBER).order_by(first.desc(), *rest)


# What is held, or was rejected, is named but not handed out: this file is no way around a moderator.
_HANDED_OUT = or_(pictures.c.role == "source", jobs.c.status == "done").label("handed_out")
JOBS = _of_member(
    jobs,
    "id status reason guild_id channel_id message_id member_name locale prompt preset template negative_prompt model"
    " strength guidance count lora lora_strength control draft spoiler flags alts from_job_id from_position task_id"
    " price_usd_micros cost_usd_micros created_at queued_at submitted_at painted_at ended_at",
)
PICTURES = _of_jobs(pictures, "job_id role position media_type width height sha256", _HANDED_OUT)
SIZES = _of_jobs(pictures, "job_id role position media_type", func.length(pictures.c.data).label("bytes")).where(
    _HANDED_OUT
)
REPORTED = _of_member(reports, "job_id words reported_at").join(jobs, jobs.c.id == reports.c.job_id)
LINES = _of_member(
    entries,
    "guild_id number kind written_at job_id case_number subject content",
    entries.c.kind.not_in(sorted(NOT_OF_MEMBERS)),
)
SAID = (
    select(*(entries.c[name] for name in ("guild_id", "number", "kind", "written_at", "job_id", "content")))
    .where(entries.c.actor_id == _MEMBER, entries.c.kind.in_(SPOKEN), entries.c.content.is_not(None))
    .order_by(entries.c.guild_id, entries.c.number)
)
CASES = _of_member(cases, "guild_id number kind job_id opened_at closed_at decision words note")
SECTIONS = {
    "jobs": Section(JOBS, job_guild, tell_job),
    "pictures": Section(PICTURES, job_guild, tell_picture),
    "charges": Section(_of_jobs(charges, "job_id state model usd_micros ordered_at known_at"), job_guild, tell_plainly),
    "fingerprints": Section(_of_jobs(fingerprints, "job_id role position sha256 fingerprint"), job_guild, tell_plainly),
    "cases": Section(CASES, cases.c.guild_id, tell_case),
    "book": Section(LINES, entries.c.guild_id, tell_entry),
    "said": Section(SAID, entries.c.guild_id, tell_said),
    "reports": Section(REPORTED, job_guild, tell_plainly),
    "blocks": Section(_of_member(blocks, "guild_id reason blocked_at expires_at"), blocks.c.guild_id, tell_plainly),
    "refuses_to_be_a_source": Section(_of_member(refusing_members, "since"), None, tell_plainly),
    "wants_no_mention": Section(_of_member(quiet_members, "since"), None, tell_plainly),
    "deletions_asked_for": Section(_of_member(erasures, "guild_id asked_at"), erasures.c.guild_id, tell_plainly),
}
SIZE = Section(SIZES, job_guild, tell_plainly)
DATA = select(pictures.c.data).where(
    and_(*(column == bindparam(f"the_{column.name}") for column in pictures.primary_key))
)


async def collect(database: Database, member_id: int, guild_id: int | None) -> dict[str, Any]:
    """All rows about a member, ready for JSON; in one guild, or (None) everywhere."""
    document: dict[str, Any] = {"member_id": str(member_id)}
    for name, section in SECTIONS.items():
        rows = await database.run(section.within(guild_id), member=member_id)
        document[name] = [section.tell(row) for row in rows]
    return document


async def export(database: Database, member_id: int, guild_id: int | None, most_bytes: int) -> Export:
    """The same as an archive of at most so many bytes, with the pictures that fit, the newest first."""
    document = await collect(database, member_id, guild_id)
    sizes = await database.run(SIZE.within(guild_id), member=member_id)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        text = json.dumps(document, indent=1, ensure_ascii=False)
        await asyncio.to_thread(archive.writestr, DOCUMENT, text, zipfile.ZIP_DEFLATED)
        left_out = 0
        for picture in sizes:
            files = len(archive.namelist()) + 1
            fits = file.tell() + picture.bytes + files * ENTRY_BYTES <= most_bytes
            data = await _data(database, picture) if fits else None
            if data is None:
                left_out += 1
            else:
                await asyncio.to_thread(archive.writestr, format_name(picture), data)
    return Export(file.getvalue(), left_out)


async def _data(database: Database, picture: Row[Any]) -> bytes | None:
    """The bytes of a picture; None where it was forgotten meanwhile."""
    key = {"the_job_id": picture.job_id, "the_role": picture.role, "the_position": picture.position}
    rows = await database.run(DATA, **key)
    return bytes(rows[0].data) if rows else None
