"""What a person may call a thing by: its reference, an invoice number, a platform's id, a customer's name."""

from owed.errors import Mistake
from receivables.facts import Customer, Invoice
from receivables.refs import Ref, RefError
from receivables.snapshot import Snapshot


def find(snapshot: Snapshot, word: str) -> Invoice | Customer:
    """The one invoice or customer that `word` means. Raises Mistake when there is none, or more than one."""
    found = _by_reference(snapshot, word) or _by_name(snapshot, word)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Mistake(f"{word}: no invoice or customer of this reference, number, id or name")
    listed = ", ".join(str(one.ref) for one in found[:5])
    raise Mistake(f"{word} is ambiguous: {listed}{' …' if len(found) > 5 else ''}")


def _by_reference(snapshot: Snapshot, word: str) -> list[Invoice | Customer]:
    try:
        ref = Ref.parse(word)
    except RefError:
        return []
    key = (ref.connection, ref.id)
    fact: Invoice | Customer | None = snapshot.invoices.get(key) if ref.kind == Invoice.kind else None
    fact = fact or (snapshot.customers.get(key) if ref.kind == Customer.kind else None)
    return [fact] if fact else []


def _by_name(snapshot: Snapshot, word: str) -> list[Invoice | Customer]:
    plain = word.casefold()
    numbered: list[Invoice | Customer] = [one for one in snapshot.invoices.values() if plain == one.number.casefold()]
    if numbered:
        return numbered
    named: list[Invoice | Customer] = [one for one in snapshot.customers.values() if plain == one.name.casefold()]
    if named:
        return named
    ids: list[Invoice | Customer] = [one for one in snapshot.invoices.values() if word == one.id]
    return ids + [one for one in snapshot.customers.values() if word == one.id]
