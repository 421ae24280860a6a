"""One document in two systems: what the two say about it must agree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from receivables.breaks import Break
from receivables.facts import Invoice
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.results import Match


def mirror_breaks(
    snapshot: Snapshot, mirrors: dict[Ref, Ref], matches: Iterable[Match], returned: Mapping[Ref, int]
) -> Iterator[Break]:
    """What was matched to the document counts as received there, as it is posted or waits for that. `returned`, by
    document in minor units, was given back to who paid the mirror: a break of its own."""
    received: dict[Ref, int] = defaultdict(int)
    for match in matches:
        received[match.invoice] += match.amount
    for mirror_ref, owner_ref in mirrors.items():
        mirror, owner = snapshot.invoice(mirror_ref), snapshot.invoice(owner_ref)
        if mirror is None or owner is None or mirror.status in ("void", "draft"):
            continue
        left = owner.open - received[owner_ref]
        found = _compared(mirror, owner, left - min(returned.get(owner_ref, 0), max(left, 0)))
        if found:
            yield found


def _compared(mirror: Invoice, owner: Invoice, left: int) -> Break | None:
    if owner.status in ("void", "deleted"):
        return _deleted(mirror, owner) if mirror.is_open else None
    if mirror.total != owner.total:
        return _edited(mirror, owner)
    return _balances(mirror, owner, mirror.open - left) if mirror.open != left else None


def _deleted(mirror: Invoice, owner: Invoice) -> Break:
    return Break(
        kind="deleted there",
        refs=(owner.ref, mirror.ref),
        amount=Money(-mirror.open, owner.currency),
        since_on=mirror.issue_on,
        cause=f"the books cancelled {owner.number or owner.id}; its mirror still asks for {mirror.balance}",
        next_step="void the mirror, or nobody can be sure that it is not paid",
    )


def _edited(mirror: Invoice, owner: Invoice) -> Break:
    """The books own the balance; reminders wait, since the customer may hold either of the two papers."""
    totals = f"{Money(owner.total, owner.currency)}, its mirror for {Money(mirror.total, mirror.currency)}"
    return Break(
        kind="edited there",
        refs=(owner.ref, mirror.ref),
        amount=Money(mirror.total - owner.total, owner.currency),
        since_on=owner.issue_on,
        cause=f"the books' invoice is for {totals}: one was changed after the other was made",
        next_step="correct the side that is wrong, or make the mirror anew",
        holds=True,
    )


def _balances(mirror: Invoice, owner: Invoice, difference: int) -> Break:
    return Break(
        kind="paid elsewhere" if not (mirror.open and owner.open) else "mirror differs",
        refs=(owner.ref, mirror.ref),
        amount=Money(difference, owner.currency),
        since_on=owner.issue_on,
        cause=f"the books say {owner.balance} open, its mirror says {mirror.balance}",
        next_step="record the missing payment on the side that still shows a balance",
        holds=difference < 0,
    )
