"""Alembic's entry point. The connection is handed in by store.migrate; there is no configuration file."""

from alembic import context

from store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="columns.",
)
with context.begin_transaction():
    context.run_migrations()
