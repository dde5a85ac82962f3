"""Schema changes, applied on start from inside the program; there is no alembic.ini.

Alembic takes 11 MB and a tenth of a second to load, so it is, once there is something to apply.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSIONS = Path(__file__).parent / "versions"


def get_revision(connection: Connection) -> str | None:
    """Where the database stands; None if there is nothing in it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return revision


def get_head() -> str:
    """Where this program stands: files are named by their revision, and counted up."""
    return max(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*.py"))


def upgrade(connection: Connection) -> None:
    """Apply what is missing, in the transaction that is open.

    Raises `Misconfigured` where the database was written by a newer Repaint.
    """
    revision = get_revision(connection)
    if revision == get_head():
        return
    from bot.database.migrations.applying import apply  # noqa: PLC0415 (see above)

    apply(connection, revision)
