"""What a person may call a thing by: its reference, an invoice number, a platform's id, a customer's name."""

from collections.abc import Sequence

from owed.errors import Mistake
from receivables.facts import Customer, Invoice
from receivables.refs import Ref, RefError
from receivables.snapshot import Snapshot
from sync.assess import Assessment


def find(seen: Assessment, word: str) -> Invoice | Customer:
    """The one invoice or customer that `word` means. Raises Mistake when there is none, or more than one.

    An invoice and its mirrors are one, the one that owns the balance; so are a debtor's customers in several systems.
    A full reference is taken at its word.
    """
    referred = _by_reference(seen.snapshot, word)
    if referred:
        return referred
    found = _by_name(seen.snapshot, word)
    if not found:
        raise Mistake(f"{word}: no invoice or customer of this reference, number, id or name")
    meant = {_identity(seen, one) for one in found}
    if len(meant) > 1:
        listed = ", ".join(str(one.ref) for one in found[:5])
        raise Mistake(f"{word} is ambiguous: {listed}{' …' if len(found) > 5 else ''}")
    return min(found, key=lambda one: (str(one.ref) not in meant, one.ref))


def subjects_of(seen: Assessment, word: str) -> list[str]:
    """References that a statement about `word` is about: an invoice, or the debtor's customers in all systems."""
    subject = find(seen, word)
    if isinstance(subject, Invoice):
        return [str(subject.ref)]
    debtors = seen.reconciliation.debtors
    own = debtors.get(subject.ref)
    return [str(ref) for ref in sorted({subject.ref, *(ref for ref, debtor in debtors.items() if debtor == own)})]


def _identity(seen: Assessment, one: Invoice | Customer) -> str:
    if isinstance(one, Invoice):
        return str(seen.reconciliation.mirrors.get(one.ref, one.ref))
    return seen.reconciliation.debtors.get(one.ref, str(one.ref))


def _by_reference(snapshot: Snapshot, word: str) -> Invoice | Customer | None:
    try:
        ref = Ref.parse(word)
    except RefError:
        return None
    key = (ref.connection, ref.id)
    if ref.kind == Invoice.kind:
        return snapshot.invoices.get(key)
    return snapshot.customers.get(key) if ref.kind == Customer.kind else None


def _by_name(snapshot: Snapshot, word: str) -> Sequence[Invoice | Customer]:
    plain = word.strip().casefold()
    if not plain:
        return []
    invoices, customers = snapshot.invoices.values(), snapshot.customers.values()
    return (
        [one for one in invoices if plain == one.number.casefold()]
        or [one for one in customers if plain == one.name.strip().casefold()]
        or [*(one for one in invoices if word == one.id), *(one for one in customers if word == one.id)]
    )
