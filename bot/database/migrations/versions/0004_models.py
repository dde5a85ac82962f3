"""What can be chosen for more models, and models that know no strength."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sqlite.REAL(), "sqlite")


def upgrade() -> None:
    """Add what is new; jobs that are on their way keep their meaning."""
    _allow_no_strength()
    op.add_column("jobs", sa.Column("lora", sa.Text(), server_default="", nullable=False))
    op.add_column("jobs", sa.Column("lora_strength", REAL))
    op.add_column("jobs", sa.Column("control", sa.Text(), server_default="", nullable=False))


def _allow_no_strength() -> None:
    """Drop a NOT NULL. SQLite rewrites its text only, as for the statuses in 0003."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column("jobs", "strength", nullable=True)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'jobs'",
        ("strength REAL NOT NULL", "strength REAL"),
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
