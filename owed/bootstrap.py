"""The composition root: settings in, an installation ready to work out. Tests swap parts by keyword."""

import dataclasses
import datetime as dt
import gc
from pathlib import Path

from connectors.email.imap import MailboxAccount
from connectors.protocol import Endpoint
from connectors.registry import open_connector
from outreach.compose import Sender
from owed.clock import Clock, is_alive, process_name, wall
from owed.engines import Engines, open_store
from owed.errors import BadSettings, Outside
from owed.settings import Settings, load
from receivables.problems import Problem
from store import connections, organisations, outcomes
from store.credentials import Vault
from store.engine import Store, StoreError, open_engine
from sync.installation import Installation, Processes

#: A page is a thousand records of a hundred objects each, none of them garbage: looking for some after every 700
#: allocations takes a fifth of a whole pull.
_GARBAGE_AFTER = 20_000


def read_settings(config: Path, rules: Path | None = None) -> Settings:
    """Raises BadSettings with every problem at once."""
    settings, problems = load(config, rules)
    if problems:
        raise BadSettings(problems)
    return settings


def install(
    config: Path,
    *,
    now: dt.datetime | None = None,
    rules: Path | None = None,
    engines: Engines | None = None,
    settings: Settings | None = None,
) -> Installation:
    """Open the store, bring it to this version's schema, and put the parts together. `engines` are databases that are
    open already, `settings` what was read of the file already. Raises CommandError."""
    settings = settings or read_settings(config, rules)
    gc.set_threshold(_GARBAGE_AFTER)
    clock = Clock(now)
    store = engines.store(settings.store_url, settings.business.id) if engines else _open_store(settings)
    try:
        vault = Vault.from_file(settings.key_file)
    except StoreError as error:
        raise Outside(str(error)) from error
    with store.write() as tx:
        organisations.declare(tx, settings.business.name, clock())
        for name, connection in settings.connections.items():
            connections.declare(tx, name, connection.endpoint.platform, connection.endpoint.account)
        outcomes.save_rulebook(tx, settings.rulebook.version, settings.rules_text, clock())
    sender = settings.sender
    return Installation(
        business=settings.business,
        store=store,
        vault=vault,
        endpoints=_endpoints(settings),
        books={name: connection.books for name, connection in settings.connections.items()},
        sending=settings.sending,
        sender=Sender(
            address=sender.address,
            reply_to=sender.reply_to,
            signature=sender.signature,
            bank_details=sender.bank_details,
            bank=settings.bank,
            cc=settings.sending.cc,
        ),
        rulebook=settings.rulebook,
        clock=clock,
        wall=wall,
        processes=Processes(process_name(), is_alive),
        open_connector=open_connector,
        match_policy=settings.matching,
        catalog=settings.catalog,
        mailbox=_mailbox(settings),
        contacts=settings.contacts,
    )


def _endpoints(settings: Settings) -> dict[str, Endpoint]:
    """Each connection's endpoint, with what only the rest of the file knows."""
    known = {
        "quickbooks": {"home_currency": settings.business.currency},
        "email": {"sender": settings.sender.address},
    }
    return {
        name: dataclasses.replace(
            connection.endpoint, options={**known.get(connection.endpoint.platform, {}), **connection.endpoint.options}
        )
        for name, connection in settings.connections.items()
    }


def _mailbox(settings: Settings) -> MailboxAccount | None:
    found = settings.mailbox
    if found is None:
        return None

    def password() -> str:
        """Read anew each time: a worker runs for months, and a secret that cannot be read stops nothing else."""
        try:
            return found.password.read(settings.folder)
        except Outside:
            return ""

    return MailboxAccount(
        host=found.host,
        username=found.username,
        password=password,
        port=found.port,
        security=found.security,
        folder=found.folder,
    )


def open_to_stop(config: Path, now: dt.datetime | None) -> tuple[Store, Clock]:
    """The store and the clock alone: the emergency stop must work while owed.toml is being edited, or the key is lost.

    Raises BadSettings when the file does not even tell which store it is.
    """
    settings, problems = load(config)
    if not settings.text or any(_hides_the_store(problem) for problem in problems):
        raise BadSettings(problems)
    store, clock = _open_store(settings), Clock(now)
    with store.write() as tx:
        organisations.declare(tx, settings.business.name, clock())
    return store, clock


def open_bare(config: Path, now: dt.datetime | None) -> tuple[Store, Clock]:
    """The store without a row or a table being written to it, for a backup to be restored into. Raises CommandError."""
    settings = read_settings(config)
    try:
        return Store(open_engine(settings.store_url), settings.business.id), Clock(now)
    except StoreError as error:
        raise Outside(str(error)) from error


def _hides_the_store(problem: Problem) -> bool:
    return problem.what.startswith(("not TOML", "store", "business.name", "business.id", "business: "))


def _open_store(settings: Settings) -> Store:
    return open_store(settings.store_url, settings.business.id)
