"""Alembic's entry: the caller has opened the connection and its transaction."""

from alembic import context

from consilience.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
