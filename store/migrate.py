"""Bringing a database to the schema of this version: forwards only, on SQLite and PostgreSQL alike.

`python -m store.migrate check` fails when the tables have no migration yet; `... draft NAME` writes one.
"""

import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from store.engine import StoreError, open_engine
from store.triggers import protect_journal

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine) -> None:
    """Bring the database to the newest schema. Raises StoreError when it cannot be opened."""
    try:
        with engine.connect().execution_options(owed_write=True) as connection, connection.begin():
            command.upgrade(_config(connection), "head")
            protect_journal(connection)
    except sa.exc.DatabaseError as error:
        raise StoreError(f"the database at {engine.url!s} cannot be used: {error.orig}") from error
    except CommandError as error:
        raise StoreError(f"the database at {engine.url!s} is of another version of owed: {error}") from error


def _on_scratch(action: str, name: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/scratch.db")
        with engine.connect().execution_options(owed_write=True) as connection, connection.begin():
            config = _config(connection)
            command.upgrade(config, "head")
            if action == "check":
                command.check(config)
            else:
                command.revision(config, message=name, autogenerate=True)
        engine.dispose()


def main(arguments: list[str]) -> int:
    try:
        _on_scratch(*arguments[:2])
    except CommandError as error:
        sys.stderr.write(f"store.migrate: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["check"]))
