"""One money at two places: the books must show it once, with the amount that the customer paid, or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from receivables.breaks import Break, BreakKind
from receivables.facts import Payment
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.results import Sighting
from reconciliation.sightings import words_of


def sighting_breaks(snapshot: Snapshot, sightings: Iterable[Sighting]) -> Iterator[Break]:
    """Booked net of fees, with another amount, or twice; and what the books keep of a payment that failed."""
    naming = _naming(snapshot)
    for sighting in sightings:
        payment = snapshot.payments[sighting.payment.connection, sighting.payment.id]
        claimed = snapshot.payments[sighting.in_books.connection, sighting.in_books.id]
        booked = [claimed, *(one for one in _named(payment, naming) if one.ref != claimed.ref)]
        yield from _compared(payment, booked)
    for _, payment in sorted(snapshot.payments.items()):
        if payment.status == "failed" and not snapshot.keeps_books(payment.connection):
            yield from (_failed(payment, booked) for booked in _named(payment, naming))


def _naming(snapshot: Snapshot) -> dict[str, list[Payment]]:
    """Settled payments of the books by the machine-made words in their texts."""
    found: dict[str, list[Payment]] = defaultdict(list)
    for _, payment in sorted(snapshot.payments.items()):
        if snapshot.keeps_books(payment.connection) and payment.status == "settled" and payment.amount > 0:
            for word in words_of(payment):
                found[word].append(payment)
    return found


def _named(payment: Payment, naming: dict[str, list[Payment]]) -> list[Payment]:
    """The books' payments that name this one, in its own currency; each once."""
    words = [word for word in (payment.id, payment.group_id) if word]
    found = {one.ref: one for word in words for one in naming.get(word, ()) if one.currency == payment.currency}
    return list(found.values())


def _compared(payment: Payment, booked: list[Payment]) -> Iterator[Break]:
    """Several parts that add up to the payment are one posting, several wholes are a posting made twice. Of what is
    booked in part, the rest is matched like any other money."""
    total = sum(one.amount for one in booked)
    if total == payment.amount:
        return
    if len(booked) > 1 and all(one.amount == payment.amount for one in booked):
        yield from (_twice(payment, booked[0], again) for again in booked[1:])
    elif payment.fee and payment.amount - total == payment.fee:
        yield _different("fee", payment, booked, payment.fee)
    elif total > payment.amount:
        yield _different("amount differs", payment, booked, payment.amount - total)


def _twice(payment: Payment, first: Payment, again: Payment) -> Break:
    return Break(
        kind="duplicate payment",
        refs=(first.ref, again.ref),
        amount=Money(-again.amount, again.currency),
        since_on=again.paid_on,
        cause=f"the books have {payment.id} of {Money(payment.amount, payment.currency)} twice",
        next_step="delete the one that is not in a bank reconciliation; owed deletes nothing by itself",
    )


def _different(kind: BreakKind, payment: Payment, booked: list[Payment], missing: int) -> Break:
    paid, there = Money(payment.amount, payment.currency), sum(one.amount for one in booked)
    words = f"the customer paid {paid}, the books show {Money(there, payment.currency)}"
    if kind == "fee":
        cause, step = f"{words}: net of the fee", "record the payment gross, and the fee as an expense"
    else:
        cause, step = f"{words} for it", "correct the payment in the books; if it was edited there, ask why"
    return Break(
        kind=kind,
        refs=(payment.ref, booked[0].ref),
        amount=Money(missing, payment.currency),
        since_on=payment.paid_on,
        cause=cause,
        next_step=step,
        about=_settled_by(booked),
        holds=missing > 0,
    )


def _failed(payment: Payment, booked: Payment) -> Break:
    return Break(
        kind="payment failed",
        refs=(payment.ref, booked.ref),
        amount=Money(-booked.amount, booked.currency),
        since_on=payment.paid_on,
        cause="the processor says that this payment failed; the books still show it as received",
        next_step="delete the payment in the books, unless it is reconciled: then reverse it; the invoice is open again",
    )


def _settled_by(booked: Iterable[Payment]) -> tuple[Ref, ...]:
    found = {Ref(one.connection, "invoice", share.invoice_id): None for one in booked for share in one.allocations}
    return tuple(found)
