"""The tables of moderation. Everything in them belongs to one guild; 0 stands for direct messages.

What people wrote or sent stays erasable: it is never part of a key, and the book's chain holds only a digest of it.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from bot.database.schema import Id, Instant, metadata

CASE_KINDS = ("review", "report", "appeal", "minors")
DECISIONS = ("approve", "spoiler", "reject", "expire", "note")

# Every version of a guild's policy; the highest is in force, and undoing writes the one before as a new one.
policies = Table(
    "policies",
    metadata,
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("changed_by", Id, nullable=False),
    Column("changed_at", Instant, nullable=False),
    sqlite_strict=True,
)

# One moderation matter. `job_id` outlives the job's row on purpose: a case is history.
cases = Table(
    "cases",
    metadata,
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, CheckConstraint(f"kind IN {CASE_KINDS}", name="kind"), nullable=False),
    Column("member_id", Id, nullable=False),
    Column("job_id", Id),
    Column("flags", Text, nullable=False, server_default="[]"),
    Column("words", Text, nullable=False, server_default=""),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("decision", Text, CheckConstraint(f"decision IN {DECISIONS}", name="decision")),
    Column("decided_by", Id),
    Column("note", Text, nullable=False, server_default=""),
    # where the moderators see it
    Column("channel_id", Id),
    Column("message_id", Id),
    sqlite_strict=True,
)
_UNDECIDED = text("closed_at IS NULL")
Index("ix_cases_undecided", cases.c.guild_id, cases.c.number, sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED)
Index("ix_cases_jobs", cases.c.job_id)
Index("ix_cases_members", cases.c.guild_id, cases.c.member_id)

# The book: what was decided, for ever, each line chained to the one before by its digest.
entries = Table(
    "entries",
    metadata,
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("actor_id", Id),
    Column("member_id", Id),
    Column("job_id", Id),
    Column("case_number", Integer),
    Column("subject", Text, nullable=False, server_default=""),
    # What people wrote, as JSON: erasable, because the chain holds only its salted digest.
    Column("content", Text),
    Column("salt", Text),
    Column("content_digest", Text, nullable=False),
    Column("digest", Text, nullable=False),
    # Whether the log channel has its line.
    Column("posted", Integer, nullable=False, server_default="0"),
    sqlite_strict=True,
)
_UNPOSTED = text("posted = 0")
Index("ix_entries_unposted", entries.c.guild_id, entries.c.number, sqlite_where=_UNPOSTED, postgresql_where=_UNPOSTED)
Index("ix_entries_members", entries.c.guild_id, entries.c.member_id, entries.c.kind)
Index("ix_entries_jobs", entries.c.job_id)
Index("ix_entries_subjects", entries.c.guild_id, entries.c.kind, entries.c.subject)
Index("ix_entries_member_id", entries.c.member_id)
_WORDED = text("content IS NOT NULL")
Index("ix_entries_contents", entries.c.written_at, sqlite_where=_WORDED, postgresql_where=_WORDED)

banned_pictures = Table(
    "banned_pictures",
    metadata,
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("crops", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("banned_by", Id, nullable=False),
    Column("banned_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("lifted_by", Id),
    Column("lifted_at", Instant),
    sqlite_strict=True,
)

blocks = Table(
    "blocks",
    metadata,
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("blocked_by", Id, nullable=False),
    Column("blocked_at", Instant, nullable=False),
    Column("expires_at", Instant),
    sqlite_strict=True,
)

reports = Table(
    "reports",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("reported_at", Instant, nullable=False),
    sqlite_strict=True,
)

# What a picture looks like, longer than the picture itself is kept.
fingerprints = Table(
    "fingerprints",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("role", Text, CheckConstraint("role IN ('source', 'result')", name="role"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("guild_id", Id),
    Column("sha256", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    sqlite_strict=True,
)
Index("ix_fingerprints_sha256", fingerprints.c.guild_id, fingerprints.c.sha256)

# The roles with a budget that a job's member had when it was asked for: their budgets are shared.
job_roles = Table(
    "job_roles",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("role_id", Id, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)
Index("ix_job_roles_role_id", job_roles.c.role_id)

# Members who let nobody use the pictures in their messages as a source.
refusing_members = Table(
    "refusing_members",
    metadata,
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
    sqlite_strict=True,
)

# Members who do not want to be mentioned when a picture they waited long for is finished.
quiet_members = Table(
    "quiet_members",
    metadata,
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
    sqlite_strict=True,
)

# Members who asked that what is kept about them goes, for what could not go at once.
erasures = Table(
    "erasures",
    metadata,
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("asked_at", Instant, nullable=False),
    sqlite_strict=True,
)

# Guilds the bot was taken out of; their rows go after a grace time.
left_guilds = Table(
    "left_guilds",
    metadata,
    Column("guild_id", Id, primary_key=True, autoincrement=False),
    Column("left_at", Instant, nullable=False),
    sqlite_strict=True,
)
