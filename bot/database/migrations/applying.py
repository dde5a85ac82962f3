"""What Alembic does for us: it knows the revisions, and applies those that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy import Connection


def build_config() -> Config:
    """Alembic's configuration, pointing at this folder."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def apply(connection: Connection, revision: str | None) -> None:
    """Apply what is missing since this revision, in the transaction that is open. Raises `Misconfigured`."""
    config = build_config()
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise Misconfigured(
            [f"DATABASE_URL: the database is at {revision}, which this Repaint does not know; run a newer one"]
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
