"""A database with a long history, made by itself: as many jobs as one likes, with all that hangs on them.

One statement fills each table, in SQL that both databases understand. One guild in ten jobs is the same one, and so is
one member in a hundred: what grows with a guild or a member shows, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause

FIRST_ID = 1 << 50
GUILD, MEMBER = 1, 1
"""The big guild, and the member who asks most."""
STEP = 50_000
"""Rows in one statement."""
DAYS = 90
"""The record is kept so long by default: older jobs are forgotten."""

NUMBERS = """
    WITH RECURSIVE n(i) AS (SELECT CAST(:low AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :high)
    INSERT INTO {table} ({columns}) SELECT {values} FROM n WHERE {condition}
"""
ID = f"{FIRST_ID} + i"
AT = f":now - (:total - i) * {DAYS * 86400.0} / :total"
GUILD_OF = "CASE WHEN i % 10 = 0 THEN 1 ELSE 2 + i % (1 + :total / 1000) END"
MEMBER_OF = "CASE WHEN i % 100 = 0 THEN 1 ELSE 2 + i % (1 + :total / 50) END"
# Of the newest hundredth, all wait but twenty that are at the provider. Of the rest, most were finished.
WAITS = "i >= :total - :total / 100"
STATUS = f"""CASE WHEN {WAITS} AND i % (:total / 100 / 20) = 0 THEN 'running' WHEN {WAITS} THEN 'queued'
    WHEN i % 100 = 3 THEN 'failed' WHEN i % 100 = 5 THEN 'refused' WHEN i % 100 = 7 THEN 'cancelled'
    WHEN i % 1000 = 11 THEN 'rejected' WHEN i % 1000 = 13 THEN 'reviewing' ELSE 'done' END"""
IS_OVER = f"NOT ({WAITS}) AND i % 1000 <> 13"
PROMPT = "'a lighthouse in oil, number ' || CAST(i AS TEXT)"

JOBS = {
    "id": ID,
    "status": STATUS,
    "wake_at": f"CASE WHEN {WAITS} THEN {AT} + 0.0 END",
    "round": f"CASE WHEN {WAITS} THEN i / 100 END",
    "application_id": "1",
    "guild_id": GUILD_OF,
    "channel_id": "3 + i % 7",
    "member_id": MEMBER_OF,
    "member_name": "'Mira'",
    "locale": "'en-US'",
    "token": "'token'",
    "message_id": f"{ID} + 1",
    "most_upload_bytes": "10485760",
    "attachment_url": "'https://cdn.example/photo.jpg'",
    "prompt": PROMPT,
    "negative_prompt": "''",
    "model": "CASE WHEN i % 5 = 0 THEN 'dev' ELSE 'schnell' END",
    "strength": "0.7",
    "count": "1",
    "key": "'key' || CAST(i AS TEXT)",
    "task_id": f"CASE WHEN NOT ({WAITS}) THEN 'task' || CAST(i AS TEXT) END",
    "price_usd_micros": "1500",
    "cost_usd_micros": f"CASE WHEN NOT ({WAITS}) THEN 1500 END",
    "created_at": AT,
    "queued_at": AT,
    "submitted_at": f"CASE WHEN NOT ({WAITS}) THEN {AT} + 1.0 END",
    "painted_at": f"CASE WHEN NOT ({WAITS}) THEN {AT} + 7.0 END",
    "ended_at": f"CASE WHEN {IS_OVER} THEN {AT} + 8.0 END",
}
FINGERPRINTS = {
    "job_id": ID,
    "role": "'source'",
    "position": "0",
    "guild_id": GUILD_OF,
    "sha256": "'sha' || CAST(i * 7919 % :total AS TEXT)",
    "fingerprint": "'0f'",
}
PICTURES = {
    "job_id": ID,
    "role": "'result'",
    "position": "0",
    "media_type": "'image/png'",
    "width": "64",
    "height": "64",
    "sha256": "'sha' || CAST(i AS TEXT)",
    "data": "CAST('picture' AS {bytes})",
}
CHARGES = {
    "job_id": ID,
    "turn": "3",
    "state": "'settled'",
    "model": "'schnell'",
    "usd_micros": "1500",
    "task_id": "'task' || CAST(i AS TEXT)",
    "ordered_at": AT,
    "known_at": f"{AT} + 7.0",
}
ENTRIES = {
    "guild_id": GUILD_OF,
    "number": "i + 1",
    "kind": "CASE WHEN i % 30 = 0 THEN 'decision' ELSE 'refused' END",
    "written_at": AT,
    "actor_id": "CASE WHEN i % 30 = 0 THEN 77 END",
    "member_id": MEMBER_OF,
    "job_id": ID,
    "subject": "'prompt_own'",
    "content": "'{}'",
    "salt": "'salt'",
    "content_digest": "'digest'",
    "digest": "'digest'",
    "posted": "1",
}
CASES = {
    "guild_id": GUILD_OF,
    "number": "i + 1",
    "kind": "'review'",
    "member_id": MEMBER_OF,
    "job_id": ID,
    "opened_at": AT,
    "closed_at": f"CASE WHEN i % 1000 <> 13 THEN {AT} + 60.0 END",
    "decision": "CASE WHEN i % 1000 <> 13 THEN 'approve' END",
}
POLICIES = {
    "guild_id": "i",
    "version": "1",
    "document": "'{}'",
    "summary": "'set review'",
    "changed_by": "77",
    "changed_at": ":now + 0.0",
}
BLOCKS = {"guild_id": GUILD_OF, "member_id": "i", "reason": "''", "blocked_by": "77", "blocked_at": AT}
BANS = {
    "guild_id": GUILD_OF,
    "number": "i + 1",
    "sha256": "'sha' || CAST(i AS TEXT)",
    "crops": "'0f 0e'",
    "reason": "''",
    "banned_by": "77",
    "banned_at": AT,
}
REPORTS = {"job_id": ID, "member_id": "77", "words": "'rude'", "reported_at": AT}

# Which numbers have a row: a picture is kept for three days, a tenth is refused or decided, a hundredth a case.
TABLES = (
    ("jobs", JOBS, "1 = 1"),
    ("fingerprints", FINGERPRINTS, "1 = 1"),
    ("pictures", PICTURES, f"i >= :total - :total / 30 AND {IS_OVER}"),
    ("charges", CHARGES, f"NOT ({WAITS})"),
    ("entries", ENTRIES, "i % 10 = 0 OR i % 10 = 3"),
    ("cases", CASES, "i % 100 = 0 OR i % 1000 = 13"),
    ("policies", POLICIES, "i < 1 + :total / 1000"),
    ("blocks", BLOCKS, "i % 2000 = 0"),
    ("banned_pictures", BANS, "i % 5000 = 0"),
    ("reports", REPORTS, f"i % 500 = 0 AND {IS_OVER}"),
)


def fill(connection: Connection, total: int, now: float) -> None:
    """A history of so many jobs, up to now. The tables have to be empty."""
    for table, columns, condition in TABLES:
        statement = _build(connection.dialect.name, table, columns, condition)
        for low in range(0, total, STEP):
            span = {"low": low, "high": min(total, low + STEP)}
            connection.execute(statement, {**span, "total": total, "now": now})
    if connection.dialect.name == "postgresql":  # which does so by itself; our SQLite files are never analyzed
        connection.execute(text("ANALYZE"))


def _build(dialect: str, table: str, columns: dict[str, str], condition: str) -> TextClause:
    values = ", ".join(columns.values()).replace("{bytes}", "BLOB" if dialect == "sqlite" else "BYTEA")
    values = values.replace(":now", "CAST(:now AS DOUBLE PRECISION)") if dialect != "sqlite" else values
    return text(NUMBERS.format(table=table, columns=", ".join(columns), values=values, condition=condition))
