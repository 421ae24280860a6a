"""Which debts must not be demanded because a break about them is open."""

from collections import defaultdict
from collections.abc import Iterable

from receivables.breaks import Break
from receivables.facts import Customer, Invoice
from receivables.open_items import Blocker
from receivables.refs import Ref


def blockers(breaks: Iterable[Break], invoices_of: dict[Ref, list[Ref]]) -> dict[Ref, list[Blocker]]:
    """By invoice. A break that names no invoice but a customer holds all `invoices_of` that customer."""
    found: dict[Ref, list[Blocker]] = defaultdict(list)
    for one in breaks:
        if not one.still_holds:
            continue
        blocker = Blocker(one.kind.replace(" ", "_"), _text(one))
        for ref in _invoices(one, invoices_of):
            if blocker not in found[ref]:
                found[ref].append(blocker)
    return found


def _text(one: Break) -> str:
    if one.choice:
        return f"{one.cause}; {one.answered_by or 'a person'} said that the {one.choice}"
    return f"{one.cause}; it waits for: owed breaks accept {one.short_key}"


def _invoices(one: Break, invoices_of: dict[Ref, list[Ref]]) -> list[Ref]:
    named = [ref for ref in (*one.refs, *one.about) if ref.kind == Invoice.kind]
    return named or [ref for owner in one.refs if owner.kind == Customer.kind for ref in invoices_of.get(owner, ())]
