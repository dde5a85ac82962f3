"""Schema changes, applied on start from inside the program; there is no alembic.ini."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy import Connection


def build_config() -> Config:
    """Alembic's configuration, pointing at this folder."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def get_revision(connection: Connection) -> str | None:
    """Where the database stands; None if there is nothing in it."""
    return MigrationContext.configure(connection).get_current_revision()


def get_head() -> str | None:
    """Where this program stands."""
    return ScriptDirectory.from_config(build_config()).get_current_head()


def upgrade(connection: Connection) -> None:
    """Apply what is missing, in the transaction that is open.

    Raises `Misconfigured` where the database was written by a newer Repaint.
    """
    script = ScriptDirectory.from_config(build_config())
    current = get_revision(connection)
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise Misconfigured(
            [f"DATABASE_URL: the database is at {current}, which this Repaint does not know; run a newer one"]
        )
    config = build_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
