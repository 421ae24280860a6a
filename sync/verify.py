"""Just before a send: read the invoices again, in as few calls as the platforms allow."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.errors import ConnectorError
from receivables.facts import Gone, Invoice
from receivables.refs import Ref
from store import ingest
from sync.connected import Connected
from sync.installation import Installation


@dataclass(slots=True)
class Recheck:
    """`in_flight` in minor units by invoice; `unread` names what could not be read again, and why."""

    in_flight: dict[Ref, int] = field(default_factory=dict)
    unread: dict[Ref, str] = field(default_factory=dict)
    gone: set[Ref] = field(default_factory=set)


def reread(
    installation: Installation, connected: Connected, refs: Iterable[Ref], links: Iterable[tuple[Ref, Ref]] = ()
) -> Recheck:
    """Save the newest state of these invoices; `links` are (invoice, live Stripe link) pairs to look at as well."""
    recheck = Recheck()
    by_connection: dict[str, list[str]] = defaultdict(list)
    for ref in sorted(set(refs)):
        by_connection[ref.connection].append(ref.id)
    for name, ids in by_connection.items():
        _read(installation, connected, name, ids, recheck)
    for invoice, link in links:
        _look_at_link(connected, invoice, link, recheck)
    return recheck


def _read(installation: Installation, connected: Connected, name: str, ids: list[str], recheck: Recheck) -> None:
    try:
        found = connected.to(name).read_invoices(ids)
    except ConnectorError as error:
        recheck.unread.update((Ref(name, Invoice.kind, identifier), str(error)) for identifier in ids)
        return
    now = installation.clock()
    with installation.store.write() as tx:
        for identifier in ids:
            ref = Ref(name, Invoice.kind, identifier)
            checked = found.get(identifier)
            if checked is None:
                recheck.unread[ref] = "the platform did not answer for it"
            elif checked.invoice is None:
                recheck.gone.add(ref)
                gone = Gone(connection=name, id=identifier, of_kind=Invoice.kind)
                ingest.save_rows(tx, name, "", now, [(b"", [gone])])
            else:
                ingest.state(tx, now, checked.invoice)
                recheck.in_flight[ref] = checked.in_flight


def _look_at_link(connected: Connected, invoice: Ref, link: Ref, recheck: Recheck) -> None:
    """A link may have been paid a moment ago: its sessions say so before the charge is pulled."""
    try:
        sessions = getattr(connected.to(link.connection), "sessions_of_link", None)
        if sessions:
            recheck.in_flight[invoice] = recheck.in_flight.get(invoice, 0) + sessions(link.id)
    except ConnectorError as error:
        recheck.unread[invoice] = str(error)
