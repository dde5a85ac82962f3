"""A ledger of orders, renewed tokens, replies the bot cannot reach, and jobs made from jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sqlite.REAL(), "sqlite")
AWAKE = sa.text("wake_at IS NOT NULL")


def upgrade() -> None:
    """Add what is new; jobs that are on their way keep their meaning."""
    op.add_column("jobs", sa.Column("token_id", ID))
    op.add_column("jobs", sa.Column("reachable", sa.Integer(), server_default="1", nullable=False))
    op.add_column("jobs", sa.Column("from_job_id", ID))
    op.create_table(
        "charges",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("usd_micros", ID, nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("ordered_at", REAL, nullable=False),
        sa.Column("known_at", REAL),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_charges_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "turn", name="pk_charges"),
        sa.CheckConstraint("state IN ('ordering', 'none', 'unknown', 'expected', 'settled')", name="ck_charges_state"),
        sqlite_strict=True,
    )
    op.drop_index("ix_jobs_due", "jobs")
    op.create_index("ix_jobs_due", "jobs", ["wake_at"], sqlite_where=AWAKE, postgresql_where=AWAKE)
    op.create_index("ix_jobs_members", "jobs", ["member_id", "ended_at"])
    op.create_index("ix_jobs_tasks", "jobs", ["task_id"])
    op.create_index("ix_charges_ordered", "charges", ["ordered_at"])
