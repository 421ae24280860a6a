"""Mirrors: an invoice of the processor that stands for one in the books is one document; the books own its balance."""

from collections import defaultdict

from receivables.facts import Invoice
from receivables.refs import Ref
from receivables.snapshot import Snapshot

#: Ids longer than this are made by a machine to be unique everywhere.
_LONG_ID = 20


def mirrors(snapshot: Snapshot) -> dict[Ref, Ref]:
    """Mirror -> the document in the books. Only what names its counterpart, in the same currency and total; what names
    it by a long id of the books' own is the same document with any total: one side was edited since."""
    named: dict[str, list[Invoice]] = defaultdict(list)
    outside: list[Invoice] = []
    for invoice in snapshot.invoices.values():
        if invoice.status == "deleted":
            continue
        if snapshot.keeps_books(invoice.connection):
            named[invoice.id].append(invoice)
            if invoice.number:
                named[invoice.number.casefold()].append(invoice)
        else:
            outside.append(invoice)
    found = {}
    for invoice in outside:
        owner = _owner(invoice, named)
        if owner:
            found[invoice.ref] = owner.ref
    return _one_to_one(found)


def _owner(invoice: Invoice, named: dict[str, list[Invoice]]) -> Invoice | None:
    names = [invoice.number, invoice.reference, *invoice.metadata.values()]
    fitting = {
        candidate.ref: candidate
        for name in names
        if name
        for candidate in named.get(name, named.get(name.casefold(), ()))
        if candidate.currency == invoice.currency and candidate.total == invoice.total
    }
    if not fitting:
        return _by_long_id(invoice, named)
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _by_long_id(invoice: Invoice, named: dict[str, list[Invoice]]) -> Invoice | None:
    """Numbers and short ids such as 1042 may stand for anything; an id of more than 20 characters for one thing."""
    long = {value for value in invoice.metadata.values() if len(value) > _LONG_ID}
    found = [one for value in sorted(long) for one in named.get(value, ()) if one.id == value]
    return found[0] if len(found) == 1 and found[0].currency == invoice.currency else None


def _one_to_one(found: dict[Ref, Ref]) -> dict[Ref, Ref]:
    """Two mirrors of one document are ambiguous: neither is taken."""
    claims: dict[Ref, int] = defaultdict(int)
    for owner in found.values():
        claims[owner] += 1
    return {mirror: owner for mirror, owner in sorted(found.items()) if claims[owner] == 1}
