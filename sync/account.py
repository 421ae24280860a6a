"""The account of a debtor, from the documents that own the balances and what settled them. No line is made up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from outreach.evidence import Account, Line, Statement, in_order
from outreach.evidence_words import Description, Phrase
from receivables.facts import Allocation, Customer, Invoice
from receivables.money import Money
from receivables.open_items import OpenItem
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from sync.loose_credit import loose_credit

#: Not yet owed.
_NOT_ISSUED = frozenset({"draft", "submitted"})
#: Owed no more, and never to be paid.
_TAKEN_BACK: Mapping[str, Phrase] = {"void": "invoice_void", "deleted": "invoice_deleted"}


def statement_of(
    snapshot: Snapshot,
    invoices: Iterable[Invoice],
    debtor: str,
    about: Description,
    customers: Iterable[Customer] = (),
    items: Iterable[OpenItem] = (),
) -> Statement:
    """`invoices` are counted once each: the documents that own their balance. Of `customers`, where the account is a
    whole debtor's, the credit that settles no invoice belongs to it too. `items` say what may be demanded."""
    issued = [one for one in invoices if one.status not in _NOT_ISSUED]
    settled, credit, debts = _settled(snapshot, issued), list(loose_credit(snapshot, customers)), list(items)
    currencies = sorted({one.currency for one in issued} | {line.amount.currency for line in credit})
    accounts = []
    for currency in currencies:
        mine = [one for one in issued if one.currency == currency]
        movements = [line for one in mine for line in _movements(one, settled[one.ref], snapshot)]
        loose = [line for line in credit if line.amount.currency == currency]
        accounts.append(_account(currency, mine, movements, loose, debts))
    return Statement(snapshot.business.name, debtor, about, snapshot.today, tuple(accounts))


def _settled(snapshot: Snapshot, invoices: Iterable[Invoice]) -> dict[Ref, list[tuple[str, Allocation]]]:
    found: dict[Ref, list[tuple[str, Allocation]]] = {one.ref: [] for one in invoices}
    for connection, share in snapshot.allocations():
        ref = Ref(connection, Invoice.kind, share.invoice_id)
        if ref in found:
            found[ref].append((connection, share))
    return found


def _movements(invoice: Invoice, shares: Iterable[tuple[str, Allocation]], snapshot: Snapshot) -> Iterator[Line]:
    yield from _of_invoice(invoice)
    yield from (_of_share(connection, share, invoice, snapshot) for connection, share in shares)


def _account(
    currency: str, invoices: Sequence[Invoice], movements: list[Line], credit: list[Line], items: Iterable[OpenItem]
) -> Account:
    owed = sum(one.open for one in invoices if one.is_open)
    here = {one.ref for one in invoices}
    demanded = [item.demandable for item in items if item.invoice.ref in here and item.invoice.is_open]
    return Account(
        currency,
        in_order([*movements, *credit]),
        Money(owed, currency),
        credit=Money(-sum(line.amount.minor for line in credit), currency),
        demandable=Money(sum(demanded), currency) if demanded else None,
    )


def _of_invoice(invoice: Invoice) -> Iterator[Line]:
    number, currency, ref = invoice.number or invoice.id, invoice.currency, str(invoice.ref)
    if invoice.status in _TAKEN_BACK:
        yield Line(invoice.issue_on, Description(_TAKEN_BACK[invoice.status], number), Money(0, currency), ref)
        return
    yield Line(invoice.issue_on, Description("invoice", number), Money(invoice.total, currency), ref)
    if invoice.adjustments:
        yield Line(invoice.issue_on, Description("deducted", number), Money(-invoice.adjustments, currency), ref)
    if invoice.status == "uncollectible" and invoice.open:
        yield Line(None, Description("written_off", number), Money(-invoice.open, currency), ref)


def _of_share(connection: str, share: Allocation, invoice: Invoice, snapshot: Snapshot) -> Line:
    """The day is that of the money; where that is not told, the day on which it was allocated."""
    payment = snapshot.payments.get((connection, share.source_id))
    note = snapshot.credit_notes.get((connection, share.source_id))
    number = invoice.number or invoice.id
    what, on = Description("settled", number), None
    if share.source_kind == "payment":
        what, on = Description("payment", number), payment.paid_on if payment else None
    elif share.source_kind == "credit_note" and note:
        what, on = Description("credit_note", number, note.number or note.id), note.issue_on
    elif share.source_kind == "credit_note":
        what = Description("unknown_credit_note", number)
    less = Money(-share.amount, invoice.currency)
    return Line(on or share.on, what, less, f"{connection}:{share.source_kind}:{share.source_id}")
