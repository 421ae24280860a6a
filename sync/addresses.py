"""Addresses that bounced, and a person's word that one of them can be reached again."""

import msgspec

from receivables.local_facts import BlockedAddress
from receivables.open_items import blocked_addresses
from receivables.refs import LOCAL
from store import ingest, journal, snapshots
from store.engine import Transaction
from sync.installation import Installation


def blocked_now(installation: Installation) -> list[BlockedAddress]:
    """The longest blocked first."""
    with installation.store.read() as tx:
        found = blocked_addresses(snapshots.all_stated(tx, BlockedAddress))
    return sorted(found.values(), key=lambda one: (one.blocked_on, one.address))


def block(tx: Transaction, installation: Installation, debtor: str, address: str, why: str) -> None:
    """Nobody writes to `address` any more until a person takes it back or names another."""
    now = installation.clock()
    fact = BlockedAddress(
        connection=LOCAL,
        id=f"blocked/{address.casefold()}",
        subject=debtor,
        reason=why,
        stated_by="mail server",
        stated_at=now,
        address=address.casefold(),
        blocked_on=installation.business.day_of(now),
    )
    ingest.state(tx, now, fact)
    journal.append(tx, now, "address blocked", debtor, fact, "mail server")


def lift_block(installation: Installation, address: str, actor: str, reason: str = "") -> bool:
    """False when the address is not blocked."""
    now = installation.clock()
    with installation.store.write() as tx:
        found = blocked_addresses(snapshots.all_stated(tx, BlockedAddress)).get(address.strip().casefold())
        if found is None:
            return False
        lifted = msgspec.structs.replace(found, lifted_at=now, stated_by=actor, reason=reason or found.reason)
        ingest.state(tx, now, lifted)
        journal.append(tx, now, "address unblocked", found.subject, lifted, actor)
    return True
