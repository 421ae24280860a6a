"""Where our own sum of a customer's debt is not the platform's, the platform's aged receivables are asked as a third word."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from connectors.errors import ConnectorError
from connectors.registry import manifest_of
from receivables.local_facts import AgedReceivables
from receivables.refs import LOCAL, Ref
from reconciliation.balances import disagreeing_customers
from store import ingest
from sync.assess import Assessment
from sync.connected import Connected
from sync.installation import Installation

#: Each customer is a call of its own, and platforms count calls.
_CALLS_A_DAY = 20
_DAY = dt.timedelta(days=1)


def ask(installation: Installation, seen: Assessment) -> int:
    """How many customers were asked about. A platform that does not answer is left in peace until the next round."""
    now, connected = installation.clock(), Connected(installation, urgent=False)
    asked = {one.subject: one.stated_at for one in seen.snapshot.local if isinstance(one, AgedReceivables)}
    recent = {subject for subject, at in asked.items() if at and now - at < _DAY}
    silent: set[str] = set()
    count = 0
    for customer in disagreeing_customers(seen.snapshot):
        if str(customer) in recent or customer.connection in silent or not _tells(installation, customer.connection):
            continue
        if len(recent) + count >= _CALLS_A_DAY:
            break
        try:
            due = connected.to(customer.connection).aged_receivables(customer.id)
        except ConnectorError:
            silent.add(customer.connection)
            continue
        _remember(installation, customer, due, now)
        count += 1
    return count


def _tells(installation: Installation, connection: str) -> bool:
    endpoint = installation.endpoints.get(connection)
    return endpoint is not None and manifest_of(endpoint.platform).aged_receivables


def _remember(installation: Installation, customer: Ref, due: Mapping[str, Decimal], now: dt.datetime) -> None:
    fact = AgedReceivables(
        connection=LOCAL,
        id=f"aged/{customer}",
        subject=str(customer),
        due=tuple((invoice, f"{amount:f}") for invoice, amount in sorted(due.items())),
        stated_by=installation.endpoints[customer.connection].platform,
        stated_at=now,
    )
    with installation.store.write() as tx:
        ingest.state(tx, now, fact)
