"""Open items: every debt once, with what reduces it and what people said about it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from receivables.facts import Invoice, PaymentLink
from receivables.local_facts import Dispute, Hold, OptOut, Promise, Release
from receivables.open_items import Blocker, OpenItem
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.results import Match
from reconciliation.statements import Statements

_OWED = ("draft", "submitted", "open")


def assemble(
    snapshot: Snapshot,
    debtors: dict[Ref, str],
    mirrors: dict[Ref, Ref],
    matches: Sequence[Match],
    blockers: dict[Ref, list[Blocker]],
) -> list[OpenItem]:
    """An item for each document that is or may become a debt; mirrors go with the document they stand for."""
    statements = Statements(snapshot.local)
    links = _links(snapshot, mirrors)
    mirrored: dict[Ref, list[Ref]] = defaultdict(list)
    for mirror, owner in mirrors.items():
        mirrored[owner].append(mirror)
    received = _sums(match for match in matches if not match.pending and match.band != "propose")
    pending = _sums(match for match in matches if match.pending)
    items = []
    for _, invoice in sorted(snapshot.invoices.items()):
        ref = invoice.ref
        if invoice.status not in _OWED or ref in mirrors:
            continue
        customer = snapshot.customer_of(invoice)
        owner = customer.ref if customer else Ref(invoice.connection, "customer", invoice.customer_id)
        debtor = debtors.get(owner, str(owner))
        subjects = (str(ref), *map(str, mirrored[ref]), str(owner), debtor)
        items.append(
            OpenItem(
                invoice=invoice,
                platform=snapshot.platform(invoice.connection),
                debtor=debtor,
                customer=customer,
                mirrors=tuple(mirrored[ref]),
                matched=received.get(ref, 0),
                in_flight=pending.get(ref, 0),
                link=links.get(ref),
                dispute=statements.newest(Dispute, subjects),
                promise=statements.newest(Promise, subjects),
                hold=statements.newest(Hold, subjects),
                opt_outs=tuple(statements.every(OptOut, subjects)),
                release=statements.newest(Release, subjects),
                sent_elsewhere=statements.confirmed("sent_elsewhere", (str(ref), str(owner), debtor, "all")),
                blockers=tuple(blockers.get(ref, ())),
                read_at=snapshot.connections[invoice.connection].synced_at
                if invoice.connection in snapshot.connections
                else None,
            )
        )
    return items


def _sums(matches: Iterable[Match]) -> dict[Ref, int]:
    sums: dict[Ref, int] = defaultdict(int)
    for match in matches:
        sums[match.invoice] += match.amount
    return sums


def _links(snapshot: Snapshot, mirrors: dict[Ref, Ref]) -> dict[Ref, PaymentLink]:
    """The live link of each invoice: one that owed made, or the mirror's own payment page."""
    links = {}
    for mirror, owner in mirrors.items():
        invoice = snapshot.invoice(mirror)
        if invoice and invoice.pay_url and invoice.is_open:
            links[owner] = _as_link(invoice, owner)
    for _, link in sorted(snapshot.links.items()):
        if link.active and link.url and link.invoice.count(":") >= 2:
            links[Ref.parse(link.invoice)] = link
    return links


def _as_link(mirror: Invoice, owner: Ref) -> PaymentLink:
    return PaymentLink(
        connection=mirror.connection,
        id=mirror.id,
        url=mirror.pay_url,
        currency=mirror.currency,
        amount=mirror.open,
        invoice=str(owner),
    )
