"""What a finished picture invites to: drafts, presets, results as sources, own alt texts; and who wants no mention."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sqlite.REAL(), "sqlite")
DESCENDED = sa.text("from_job_id IS NOT NULL")


def upgrade() -> None:
    """Add what is new; jobs that are on their way keep their meaning."""
    op.add_column("jobs", sa.Column("draft", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("from_position", sa.Integer()))
    op.add_column("jobs", sa.Column("preset", sa.Text(), server_default="", nullable=False))
    op.add_column("jobs", sa.Column("template", sa.Text(), server_default="", nullable=False))
    op.add_column("jobs", sa.Column("alts", sa.Text(), server_default="[]", nullable=False))
    op.create_index("ix_jobs_made", "jobs", ["member_id", "id"])
    op.create_index("ix_jobs_descent", "jobs", ["from_job_id"], sqlite_where=DESCENDED, postgresql_where=DESCENDED)
    op.create_table(
        "quiet_members",
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("since", REAL, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_quiet_members"),
        sqlite_strict=True,
    )
