"""What there is to see of an hour that workers do for one organisation: its slot, and the mails that arrived."""

from pathlib import Path

from owed.bootstrap import install
from owed.cli.options import instant
from tests.e2e.running import Product

NOW = "2026-11-18T10:00:00Z"


def mails(running: Product) -> int:
    return len(running.ask("/mailbox.json"))


def slot_is_done(config: Path) -> bool:
    ours = install(config, now=instant(NOW))
    with ours.store.engine.connect() as connection:
        states = [row.state for row in connection.exec_driver_sql("SELECT state FROM slot")]
    ours.store.close()
    return states == ["done"]
