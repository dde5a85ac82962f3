"""Every statement that the bot has built in advance, and values to try each with on a made-up history."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import CompoundSelect

import bot
from benchmarks.history import DAYS, FIRST_ID, GUILD, MEMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.sql.elements import BindParameter

Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
LEAVE_OUT = ("bot.database.migrations", "bot.__main__")


def collect() -> dict[str, Statement]:
    """By module and name; what begins with an underscore is a part of another statement."""
    found: dict[str, Statement] = {}
    seen: set[int] = set()
    for info in pkgutil.walk_packages(bot.__path__, "bot."):
        if info.name.startswith(LEAVE_OUT):
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            for path, statement in _find(value, name):
                if not name.startswith("_") and id(statement) not in seen:
                    seen.add(id(statement))
                    found[f"{info.name.removeprefix('bot.')}.{path}"] = statement
    return found


def _find(value: Any, path: str) -> Iterator[tuple[str, Statement]]:
    """The statement that a constant is, or those in it."""
    if isinstance(value, Statement):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _find(inner, f"{path}.{key}")
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from _find(inner, f"{path}.{place}")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _find(getattr(value, field.name), f"{path}.{field.name}")


def build_values(statement: Statement, total: int) -> dict[str, Any]:
    """Something to try it with on a history of so many jobs. Raises `KeyError` for a name that is not known here."""
    known = _know(total)
    with warnings.catch_warnings(action="ignore"):  # of inserts that have no values yet
        compiled = statement.compile(dialect=sqlite.dialect())
    binds = [each for each in compiled.binds.values() if each.required]
    if isinstance(statement, Insert) and not binds:  # of whatever columns it is given
        return {column.name: known[column.name] for column in statement.table.columns if column.name in known}
    return {bind.key: _choose(bind, known) for bind in binds}


def _choose(bind: BindParameter[Any], known: Mapping[str, Any]) -> Any:
    """The value of this name that is of the right kind."""
    value = known[bind.key]
    if bind.expanding:
        return value if isinstance(value, list) else [value]
    if isinstance(value, list):
        return value[0]
    if isinstance(value, tuple):  # a number or a word
        return value[bind.type.python_type is str]
    return value


def _know(total: int) -> dict[str, Any]:
    """By name: a job in the middle of the history, of the big guild, by the busiest member; or a new one."""
    now = datetime.now(UTC)
    number = total // 200 * 100
    job = FIRST_ID + number
    numbers = ("after", "draft", "before_number", "by", "count", "held", "hidden", "more", "round", "skipped", "turn")
    words = (
        *("content_digest", "control", "digest", "fingerprint", "fingerprints", "flagged"),
        *("image", "lora", "preset", "marks", "model", "notes", "said", "salt", "subject", "task", "urls", "value"),
        *("why", "why_values", "me", "name", "new_token", "negative_prompt", "prompt", "locale", "member_name"),
        *("attachment_url", "token", "content", "document", "summary", "reason", "crops", "words", "template"),
    )
    return {
        **dict.fromkeys(numbers, 0),
        **dict.fromkeys(words, "[]"),
        **dict.fromkeys(("at", "job", "last", "last_job_id", "the_job_id", "origin", "gate"), job),
        **dict.fromkeys(("guild", "guild_id", "guilds"), GUILD),
        **dict.fromkeys(("member", "pot"), MEMBER),
        **dict.fromkeys(("member_id", "changed_by", "banned_by", "blocked_by", "role_id", "of", "actor_id"), 77),
        **dict.fromkeys(("asked", "until", "written_at", "changed_at"), now),
        **dict.fromkeys(("application_id", "channel", "channel_id", "parent_id", "message", "message_id"), 3),
        **dict.fromkeys(("age_restricted", "reachable", "posted", "position", "last_position", "the_position"), 1),
        **dict.fromkeys(("width", "height", "case_number", "version", "most_upload_bytes", "price", "cost", "usd"), 64),
        **dict.fromkeys(("role", "last_role", "the_role"), "result"),
        **dict.fromkeys(("sha256", "last_sha256"), "sha5"),
        **dict.fromkeys(("guidance", "strength", "lora_strength"), 0.7),
        **dict.fromkeys(("lease", "wait", "seconds", "most_seconds"), 60.0),
        "about": "review",
        "age": DAYS * 86400.0,
        "before": ["ordering", "unknown"],
        "data": b"picture",
        "decided": "approve",
        "end": "done",
        **dict.fromkeys(("from_job_id", "from_position")),
        "hands": [job + 1],
        "id": FIRST_ID + total,
        "ids": [FIRST_ID + each for each in range(number, number + 200)],
        "job_id": job,
        "key": "a new key",
        "kind": "refused",
        "learned": "settled",
        "media_type": "image/png",
        "most": 50,
        "number": total + 10,
        "parents": [job],
        "secret_key": f"key{number}",
        "since": now - timedelta(days=30),
        "subjects": ["budget"],
        "tasks": [f"task{each}" for each in range(number, number + 20)],
        "which": (number + 1, "refused"),
    }
