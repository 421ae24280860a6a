"""A database of an earlier version is brought forward with what it holds; a current one is left alone."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from store import connections
from store.engine import Store, open_engine
from store.migrate import _config, is_current, upgrade
from tests.postgresql import fresh_database


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_the_first_version_is_brought_forward_with_its_rows(
    on: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/owed.db" if on == "sqlite" else fresh_database(request.getfixturevalue("postgresql"))
    engine = open_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(owed_write=True) as old, old.begin():
        command.upgrade(_config(old), "0001")
        row = {
            "organisation": "acme",
            "name": "books",
            "platform": "xero",
            "account": "t",
            "title": "",
            "state": "ok",
            "problem": "",
        }
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        old.execute(sa.text(f"INSERT INTO connection ({columns}) VALUES ({values})"), row)
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    upgrade(engine)
    with Store(engine, "acme").read() as tx:
        known = connections.known(tx)["books"]
    assert (known.account, known.verified_at, known.hinted_at) == ("t", None, None)
    engine.dispose()
