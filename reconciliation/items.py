"""Open items: every debt once, with what reduces it and what people said about it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from receivables.facts import Invoice, PaymentLink
from receivables.local_facts import Dispute, Hold, OptOut, PaymentPlan, Promise, Release
from receivables.open_items import Blocker, OpenItem, blocked_addresses
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.habits import habits_of, newest_receipts, settled_on
from reconciliation.results import Match
from reconciliation.statements import Statements

_OWED = ("draft", "submitted", "open")
#: A debt that was settled so many days ago is still told of: rules may thank for it.
_TOLD_FOR = dt.timedelta(days=7)


def assemble(
    snapshot: Snapshot,
    debtors: dict[Ref, str],
    mirrors: dict[Ref, Ref],
    matches: Sequence[Match],
    blockers: dict[Ref, list[Blocker]],
) -> list[OpenItem]:
    """An item for each document that is or may become a debt; mirrors go with the document they stand for."""
    statements = Statements(snapshot.local)
    blocked = blocked_addresses(snapshot.local)
    links = live_links(snapshot, mirrors)
    mirrored: dict[Ref, list[Ref]] = defaultdict(list)
    for mirror, owner in mirrors.items():
        mirrored[owner].append(mirror)
    received = _sums(match for match in matches if not match.pending and match.band != "propose")
    pending = _sums(match for match in matches if match.pending)
    today, receipts = snapshot.today, newest_receipts(snapshot)
    habits = habits_of(snapshot, debtors, receipts)
    items = []
    for _, invoice in sorted(snapshot.invoices.items()):
        ref = invoice.ref
        if ref in mirrors or not _is_told(invoice, settled_on(invoice, receipts), today):
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
                resolved=statements.resolved(subjects),
                promise=statements.newest(Promise, subjects),
                hold=statements.newest(Hold, subjects),
                plan=statements.newest(PaymentPlan, subjects),
                receipt=receipts.get(ref),
                habit=habits.get(debtor),
                opt_outs=tuple(statements.every(OptOut, subjects)),
                release=statements.newest(Release, subjects),
                sent_elsewhere=statements.confirmed("sent_elsewhere", (str(ref), str(owner), debtor, "all")),
                blockers=tuple(blockers.get(ref, ())),
                blocked=blocked,
                read_at=snapshot.connections[invoice.connection].synced_at
                if invoice.connection in snapshot.connections
                else None,
            )
        )
    return items


def _is_told(invoice: Invoice, settled: dt.date | None, today: dt.date) -> bool:
    return invoice.status in _OWED or (settled is not None and settled >= today - _TOLD_FOR)


def _sums(matches: Iterable[Match]) -> dict[Ref, int]:
    sums: dict[Ref, int] = defaultdict(int)
    for match in matches:
        sums[match.invoice] += match.amount
    return sums


def live_links(snapshot: Snapshot, mirrors: dict[Ref, Ref]) -> dict[Ref, PaymentLink]:
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
