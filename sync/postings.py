"""What became of the payments that owed posted, and whether anybody else posts the processor's money too. Pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from receivables.breaks import Break
from receivables.commands import RecordPayment
from receivables.facts import Payment
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.results import Sighting
from store.outbox import MAY_HAVE_LEFT, Effect


def posting_breaks(
    snapshot: Snapshot, sightings: Iterable[Sighting], effects: Iterable[Effect], live_at: dt.datetime | None
) -> Iterator[Break]:
    """`live_at`: what was booked for payments before go-live was the business's own way and proves nothing."""
    posted = [one for one in effects if isinstance(one.command, RecordPayment) and one.state in MAY_HAVE_LEFT]
    yield from _deleted(snapshot, posted)
    if live_at:
        yield from _by_others(snapshot, sightings, posted, snapshot.business.day_of(live_at))


def _deleted(snapshot: Snapshot, posted: Iterable[Effect]) -> Iterator[Break]:
    """Only what was read back since: a payment that was posted a moment ago is not pulled yet."""
    for effect in posted:
        command, state = effect.command, snapshot.connections.get(effect.connection)
        assert isinstance(command, RecordPayment)
        read_at = state.synced_at if state else None
        if effect.state != "sent" or not effect.reference or not snapshot.keeps_books(effect.connection):
            continue
        if effect.finished_at is None or read_at is None or read_at <= effect.finished_at:
            continue
        there = snapshot.payments.get((effect.connection, effect.reference))
        if there is None or there.status == "void":
            yield _gone(effect, command)


def _gone(effect: Effect, command: RecordPayment) -> Break:
    return Break(
        kind="deleted there",
        refs=(Ref(effect.connection, Payment.kind, effect.reference), command.source),
        amount=command.amount,
        since_on=command.paid_on,
        cause="owed recorded this payment in the books, and it is there no more",
        next_step="find out who deleted it and why; the money did come, so record it again or refund the customer",
        about=(command.invoice,),
    )


def _by_others(
    snapshot: Snapshot, sightings: Iterable[Sighting], posted: Iterable[Effect], live_on: dt.date
) -> Iterator[Break]:
    """The owner's answer that nobody else posts is contradicted by what the books show: then owed does not post."""
    ours = {effect.command.source for effect in posted if isinstance(effect.command, RecordPayment)}
    foreign: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    for sighting in sightings:
        payment = snapshot.payments[sighting.payment.connection, sighting.payment.id]
        state = snapshot.connections.get(sighting.in_books.connection)
        answered_no = state is not None and state.posted_by_others is False
        if answered_no and sighting.payment not in ours and payment.paid_on and payment.paid_on > live_on:
            foreign[sighting.in_books.connection, payment.currency].append(payment)
    for (connection, currency), payments in sorted(foreign.items()):
        yield _foreign(connection, currency, payments)


def _foreign(connection: str, currency: str, payments: list[Payment]) -> Break:
    return Break(
        kind="posted by others",
        refs=(Ref(connection, "posting", currency),),
        amount=Money(sum(one.amount for one in payments), currency),
        since_on=min(one.paid_on for one in payments if one.paid_on),
        cause=f"{len(payments)} payments since go-live were recorded in {connection} by somebody else: owed records none",
        next_step="set stripe_money_posted_by_others = true; accept this only if it will not happen again",
    )


def held_connections(breaks: Iterable[Break]) -> frozenset[str]:
    """Connections into which owed posts nothing, since somebody else does."""
    return frozenset(one.refs[0].connection for one in breaks if one.kind == "posted by others" and one.is_open)
