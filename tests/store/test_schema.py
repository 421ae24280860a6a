"""The migrations make the schema that the code describes, on both engines, and old rows stay readable."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store.engine import Store
from store.migrate import upgrade
from store.tables import metadata


def test_the_migrated_schema_is_the_described_one(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    upgrade(store.engine)


def test_every_table_carries_its_organisation(store: Store) -> None:
    inspector = sa.inspect(store.engine)
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        assert "organisation" in inspector.get_pk_constraint(table)["constrained_columns"], table
