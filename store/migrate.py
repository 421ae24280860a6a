"""Bringing a database to the schema of this version: forwards only, on SQLite and PostgreSQL alike.

`python -m store.migrate check` fails when the tables have no migration yet; `... draft NAME` writes one.
"""

import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from store.engine import StoreError, open_engine
from store.triggers import protect_journal

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def known_versions() -> list[str]:
    """Of the schema, oldest first."""
    return sorted(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def is_current(engine: sa.Engine) -> bool:
    """Nothing is to be done, which most commands find; the library that migrates takes a tenth of a second to load."""
    newest = known_versions()[-1]
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    except sa.exc.DatabaseError:
        return False
    return bool(found == newest)


def _config(connection: sa.Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def migrate(connection: sa.Connection, version: str) -> None:
    """In the caller's transaction, which has to be one of writing; `head` is the newest.

    One caller at a time: alembic looks where the schema stands and then changes it, and two that begin together would
    both make the same tables. Whoever comes second waits, and finds nothing left to do. On SQLite the transaction itself
    sees to that (BEGIN IMMEDIATE). Threads with a database each wait as well, since alembic keeps what it works on in
    its module.
    """
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_AT_A_TIME)
    with _IN_THIS_PROCESS:
        command.upgrade(_config(connection), version)


_IN_THIS_PROCESS = threading.Lock()

#: A key of one number is never that of an organisation, which has two (store.engine). "owed" in ASCII.
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(1870095716)")


def upgrade(engine: sa.Engine) -> None:
    """Bring the database to the newest schema. Raises StoreError when it cannot be opened."""
    if is_current(engine):
        return
    from alembic.util import CommandError

    try:
        with engine.connect().execution_options(owed_write=True) as connection, connection.begin():
            migrate(connection, "head")
            protect_journal(connection)
    except sa.exc.DatabaseError as error:
        raise StoreError(f"the database at {engine.url!s} cannot be used: {error.orig}") from error
    except CommandError as error:
        raise StoreError(f"the database at {engine.url!s} is of another version of owed: {error}") from error


def _on_scratch(action: str, name: str = "") -> None:
    from alembic import command

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
    from alembic.util import CommandError

    try:
        _on_scratch(*arguments[:2])
    except CommandError as error:
        sys.stderr.write(f"store.migrate: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["check"]))
