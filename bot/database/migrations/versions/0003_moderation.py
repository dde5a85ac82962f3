"""Policies, cases, the book, bans, blocks, reports, and results that wait for a moderator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sqlite.REAL(), "sqlite")
UNDECIDED = sa.text("closed_at IS NULL")
UNPOSTED = sa.text("posted = 0")
WORDED = sa.text("content IS NOT NULL")
ERASED = sa.text("reason = 'erased'")
BEFORE = (
    "'arriving', 'queued', 'submitting', 'unknown', 'running', 'delivering', 'done', 'failed', 'refused', 'cancelled'"
)
AFTER = (
    "'arriving', 'queued', 'submitting', 'unknown', 'running', 'delivering', 'reviewing', 'done', 'failed', "
    "'refused', 'rejected', 'cancelled'"
)
SPENDING = [
    "guild_id",
    "created_at",
    "member_id",
    "status",
    "submitted_at",
    "price_usd_micros",
    "cost_usd_micros",
]


def upgrade() -> None:
    """Add what is new; jobs that are on their way keep their meaning."""
    _allow_statuses()
    op.add_column("jobs", sa.Column("parent_id", ID))
    op.add_column("jobs", sa.Column("age_restricted", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("flags", sa.Text(), server_default="[]", nullable=False))
    op.add_column("jobs", sa.Column("spoiler", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("approved_at", REAL))
    op.create_index("ix_jobs_guilds", "jobs", SPENDING)
    op.create_index("ix_jobs_messages", "jobs", ["message_id"])
    op.create_index("ix_jobs_erased", "jobs", ["ended_at"], sqlite_where=ERASED, postgresql_where=ERASED)
    _create_guild_tables()
    _create_job_tables()


def _allow_statuses() -> None:
    """Widen a CHECK. SQLite rewrites its text only: https://www.sqlite.org/lang_altertable.html#otheralter.

    Making the table anew would delete the rows that point to it.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint("ck_jobs_status", "jobs", type_="check")
        op.create_check_constraint("ck_jobs_status", "jobs", f"status IN ({AFTER})")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'jobs'", (BEFORE, AFTER)
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _create_guild_tables() -> None:
    op.create_table(
        "policies",
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("changed_by", ID, nullable=False),
        sa.Column("changed_at", REAL, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "version", name="pk_policies"),
        sqlite_strict=True,
    )
    op.create_table(
        "cases",
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("job_id", ID),
        sa.Column("flags", sa.Text(), server_default="[]", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", REAL, nullable=False),
        sa.Column("closed_at", REAL),
        sa.Column("decision", sa.Text()),
        sa.Column("decided_by", ID),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("channel_id", ID),
        sa.Column("message_id", ID),
        sa.PrimaryKeyConstraint("guild_id", "number", name="pk_cases"),
        sa.CheckConstraint("kind IN ('review', 'report', 'appeal', 'minors')", name="ck_cases_kind"),
        sa.CheckConstraint("decision IN ('approve', 'spoiler', 'reject', 'expire', 'note')", name="ck_cases_decision"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cases_undecided", "cases", ["guild_id", "number"], sqlite_where=UNDECIDED, postgresql_where=UNDECIDED
    )
    op.create_index("ix_cases_jobs", "cases", ["job_id"])
    op.create_index("ix_cases_members", "cases", ["guild_id", "member_id"])
    op.create_table(
        "entries",
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("written_at", REAL, nullable=False),
        sa.Column("actor_id", ID),
        sa.Column("member_id", ID),
        sa.Column("job_id", ID),
        sa.Column("case_number", sa.Integer()),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("posted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "number", name="pk_entries"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_entries_unposted", "entries", ["guild_id", "number"], sqlite_where=UNPOSTED, postgresql_where=UNPOSTED
    )
    op.create_index("ix_entries_members", "entries", ["guild_id", "member_id", "kind"])
    op.create_index("ix_entries_jobs", "entries", ["job_id"])
    op.create_index("ix_entries_subjects", "entries", ["guild_id", "kind", "subject"])
    op.create_index("ix_entries_member_id", "entries", ["member_id"])
    op.create_index("ix_entries_contents", "entries", ["written_at"], sqlite_where=WORDED, postgresql_where=WORDED)
    op.create_table(
        "banned_pictures",
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("crops", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("banned_by", ID, nullable=False),
        sa.Column("banned_at", REAL, nullable=False),
        sa.Column("expires_at", REAL),
        sa.Column("lifted_by", ID),
        sa.Column("lifted_at", REAL),
        sa.PrimaryKeyConstraint("guild_id", "number", name="pk_banned_pictures"),
        sqlite_strict=True,
    )
    op.create_table(
        "blocks",
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("blocked_by", ID, nullable=False),
        sa.Column("blocked_at", REAL, nullable=False),
        sa.Column("expires_at", REAL),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name="pk_blocks"),
        sqlite_strict=True,
    )
    op.create_table(
        "refusing_members",
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("since", REAL, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_refusing_members"),
        sqlite_strict=True,
    )
    op.create_table(
        "erasures",
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("asked_at", REAL, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "guild_id", name="pk_erasures"),
        sqlite_strict=True,
    )
    op.create_table(
        "left_guilds",
        sa.Column("guild_id", ID, autoincrement=False, nullable=False),
        sa.Column("left_at", REAL, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_left_guilds"),
        sqlite_strict=True,
    )


def _create_job_tables() -> None:
    op.create_table(
        "reports",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("reported_at", REAL, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_reports_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "member_id", name="pk_reports"),
        sqlite_strict=True,
    )
    op.create_table(
        "fingerprints",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guild_id", ID),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_fingerprints_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "role", "position", name="pk_fingerprints"),
        sa.CheckConstraint("role IN ('source', 'result')", name="ck_fingerprints_role"),
        sqlite_strict=True,
    )
    op.create_index("ix_fingerprints_sha256", "fingerprints", ["guild_id", "sha256"])
    op.create_table(
        "job_roles",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("role_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_roles_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "role_id", name="pk_job_roles"),
        sqlite_strict=True,
    )
    op.create_index("ix_job_roles_role_id", "job_roles", ["role_id"])
