"""Alembic's entry point; the connection is handed over by core.store.migration."""

from __future__ import annotations

from alembic import context

from core.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
