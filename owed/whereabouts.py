"""Whose file an owed.toml is, and where its store and its broker are: all that has to be known to dispatch an hour."""

import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from owed.errors import BadSettings
from owed.logs import FORMS, Form
from owed.secret import take_secret
from owed.text_files import read_utf8
from rules.table import Table
from rules.toml import parse

BROKERS = ("memory:", "amqp://", "amqps://", "redis://", "rediss://", "postgresql://")
_STORES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")
_IN_MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`organisation` is what all its rows carry. `packed` is the file as it was read: should a later version of it have
    problems, this one stays in force."""

    organisation: str
    config: Path
    store_url: str
    broker: str
    log: Form = "text"
    packed: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        return zlib.decompress(self.packed).decode()


def read_whereabouts(path: Path) -> Whereabouts:
    """A twentieth of the work of reading all settings. Raises BadSettings."""
    text, problems = read_utf8(path, hint="owed init writes a first one")
    if problems:
        raise BadSettings(problems)
    document, problems = parse(text, str(path))
    root = document.root(problems)
    business = root.take_table("business")
    organisation = organisation_id(business.take_text("id", ""), business.take_text("name"))
    store_url = take_store_url(root.take_table("store"), path.parent.resolve())
    worker = root.take_table("worker")
    log, broker = take_log(worker), take_broker(worker, path.parent.resolve())
    if problems:
        raise BadSettings(problems)
    return Whereabouts(organisation, path, store_url, broker, log, zlib.compress(text.encode(), 1))


def organisation_id(given: str, name: str) -> str:
    """The id in the file, else one made of the name."""
    return given or re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "business"


def take_store_url(table: Table, folder: Path) -> str:
    """A relative SQLite file stands beside owed.toml, wherever the command is called from."""
    url = _take_address(table, "url", "sqlite:///owed.db", folder)
    if not url.startswith(_STORES) or url == "sqlite:///":
        table.expected("url", "sqlite:///FILE or postgresql://…")
    table.finish()
    name = url.removeprefix("sqlite:///")
    return f"sqlite:///{folder / name}" if url.startswith("sqlite:///") and name != _IN_MEMORY else url


def take_log(table: Table) -> Form:
    """How the worker and the service write their log."""
    return table.take_choice("log", FORMS, "text")


def take_broker(table: Table, folder: Path) -> str:
    broker = _take_address(table, "broker", "memory:", folder)
    if not broker.startswith(BROKERS):
        table.expected("broker", f"one of {', '.join(BROKERS)}")
    table.finish()
    return broker


def _take_address(table: Table, key: str, standard: str, folder: Path) -> str:
    """Text, or the place of a secret: the address of a server may hold a password."""
    if not isinstance(table.peek(key), dict):
        return table.take_text(key, standard)
    secret = take_secret(table, key)
    address = secret.read(folder)
    if (secret.env or secret.file) and not address:
        table.report(key, f"{secret.env or secret.file} is empty or not there")
    return address or standard
