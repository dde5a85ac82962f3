"""Alembic's entry: uses the connection that `upgrade` hands over. Runs in its transaction."""

from __future__ import annotations

from alembic import context

from bot.database.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
