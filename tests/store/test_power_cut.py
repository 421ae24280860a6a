"""What waits for the disk before it counts as written, and what need not."""

import pytest
import sqlalchemy as sa

from store.engine import Store, Transaction

#: SQLite's levels of PRAGMA synchronous.
_NORMAL, _FULL = 1, 2


def waits(tx: Transaction) -> int:
    return int(tx.execute(sa.text("PRAGMA synchronous")).scalar_one())


def test_a_write_waits_for_the_disk_but_one_that_need_not_survive_a_power_cut(store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("a setting of SQLite's")
    levels = []
    for durable in (True, False, True):
        with store.write(durable=durable) as tx:
            levels.append(waits(tx))
    with store.write() as tx:
        levels.append(waits(tx))
    assert levels == [_FULL, _NORMAL, _FULL, _FULL]


def test_what_need_not_survive_a_power_cut_is_seen_by_everybody_at_once(store: Store) -> None:
    with store.write(durable=False) as tx:
        tx.execute(sa.text("CREATE TABLE remark (text VARCHAR(9))"))
        tx.execute(sa.text("INSERT INTO remark VALUES ('kept')"))
    store.close()  # whoever reads next does so on a connection of its own
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT text FROM remark")).scalar_one() == "kept"
