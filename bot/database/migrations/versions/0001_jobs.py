"""Jobs, their pictures, and small facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sqlite.REAL(), "sqlite")
BYTES = sa.LargeBinary().with_variant(sqlite.BLOB(), "sqlite")
OPEN = sa.text("status IN ('arriving', 'queued', 'submitting', 'unknown', 'running', 'delivering')")
QUEUED = sa.text("status = 'queued'")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "jobs",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("reason_values", sa.Text(), server_default="{}", nullable=False),
        sa.Column("wake_at", REAL),
        sa.Column("owner", sa.Text()),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("round", sa.Integer()),
        sa.Column("application_id", ID, nullable=False),
        sa.Column("guild_id", ID),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("member_name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("message_id", ID),
        sa.Column("most_upload_bytes", ID, nullable=False),
        sa.Column("attachment_url", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("strength", REAL, nullable=False),
        sa.Column("guidance", REAL),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("source_notes", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text()),
        sa.Column("task_id", sa.Text()),
        sa.Column("result_urls", sa.Text(), server_default="", nullable=False),
        sa.Column("price_usd_micros", ID, nullable=False),
        sa.Column("cost_usd_micros", ID),
        sa.Column("created_at", REAL, nullable=False),
        sa.Column("queued_at", REAL),
        sa.Column("submitted_at", REAL),
        sa.Column("painted_at", REAL),
        sa.Column("ended_at", REAL),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("key", name="uq_jobs_key"),
        sa.CheckConstraint(
            "status IN ('arriving', 'queued', 'submitting', 'unknown', 'running', 'delivering',"
            " 'done', 'failed', 'refused', 'cancelled')",
            name="ck_jobs_status",
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_jobs_due", "jobs", ["wake_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_jobs_open", "jobs", ["status"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_jobs_queue", "jobs", ["round", "id"], sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.create_index("ix_jobs_turns", "jobs", ["member_id", "round"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_jobs_ended", "jobs", ["ended_at"])
    op.create_index("ix_jobs_painted", "jobs", ["model", "painted_at"])
    op.create_table(
        "pictures",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data", BYTES, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_pictures_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "role", "position", name="pk_pictures"),
        sa.CheckConstraint("role IN ('source', 'result')", name="ck_pictures_role"),
        sqlite_strict=True,
    )
    op.create_table(
        "kept",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_kept"),
        sqlite_strict=True,
    )
