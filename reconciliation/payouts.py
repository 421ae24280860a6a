"""Payouts of a processor: each is the sum of its parts, and arrives in the books as a deposit."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from receivables.breaks import Break
from receivables.facts import BalanceTransaction, Payout
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.bank import booked_lines
from reconciliation.results import Sighting

#: A deposit is dated at most so many days from the payout's arrival.
DEPOSIT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money that the books show at a bank, in minor units of its currency; below zero it went out."""

    ref: Ref
    currency: str
    amount: int
    on: dt.date | None


def paid_out(snapshot: Snapshot) -> list[Payout]:
    """What processors have sent to the bank, by the day of its arrival."""
    outside = [one for one in snapshot.payouts.values() if not snapshot.keeps_books(one.connection)]
    settled = [one for one in outside if one.status == "settled" and one.amount]
    return sorted(settled, key=lambda one: (str(one.arrives_on), one.ref))


def payout_breaks(snapshot: Snapshot, at_bank: Iterable[Sighting] = ()) -> Iterator[Break]:
    """Stripe's own invariant: the net of a payout's balance transactions, without the payout's own, is its amount.

    `at_bank` are lines of bank statements with what they are; a payout among them has arrived, booked or not.
    """
    parts = _parts(snapshot)
    outside = [one for _, one in sorted(snapshot.payouts.items()) if not snapshot.keeps_books(one.connection)]
    for payout in outside:
        yield from _sum_differs(payout, parts.get(payout.ref, []))
        if payout.status == "failed":
            yield _failed(payout)
    yield from _deposits(snapshot, frozenset(one.in_books for one in at_bank))


def _parts(snapshot: Snapshot) -> dict[Ref, list[BalanceTransaction]]:
    parts: dict[Ref, list[BalanceTransaction]] = defaultdict(list)
    for _, one in sorted(snapshot.balance_transactions.items()):
        if one.payout_id and one.source_id != one.payout_id:
            parts[Ref(one.connection, Payout.kind, one.payout_id)].append(one)
    return parts


def _sum_differs(payout: Payout, parts: Sequence[BalanceTransaction]) -> Iterator[Break]:
    """Of manual payouts, and of those not worked out yet, the processor does not tell the parts: nothing to compare."""
    if not parts:
        return
    foreign = sorted({one.currency for one in parts} - {payout.currency})
    total = sum(one.net for one in parts if one.currency == payout.currency)
    if total == payout.amount and not foreign:
        return
    also = f" and parts in {', '.join(foreign)}" if foreign else ""
    yield Break(
        kind="payout differs",
        refs=(payout.ref,),
        amount=Money(payout.amount - total, payout.currency),
        since_on=payout.arrives_on,
        cause=f"its {len(parts)} parts come to {Money(total, payout.currency)}{also}, it is of {_amount(payout)}",
        next_step="sync the processor in full; if it stays, compare with the payout's own report there",
    )


def _failed(payout: Payout) -> Break:
    return Break(
        kind="payout failed",
        refs=(payout.ref,),
        amount=_amount(payout),
        since_on=payout.arrives_on,
        cause="the bank did not take it: the money is back in the balance at the processor",
        next_step="check the bank account at the processor; if the books show a deposit of it, take that out",
    )


def deposits_in_books(snapshot: Snapshot) -> dict[Ref, Deposit]:
    """By payout, the deposit that the books show of it: net, or before the processor's fees."""
    booked, parts = _Deposits(snapshot), _parts(snapshot)
    found: dict[Ref, Deposit] = {}
    for payout in paid_out(snapshot):
        fees = sum(one.fee for one in parts.get(payout.ref, ()))
        deposit = booked.take(payout, payout.amount) or (booked.take_gross(payout, fees) if fees else None)
        if deposit:
            found[payout.ref] = deposit
    return found


def _deposits(snapshot: Snapshot, at_bank: frozenset[Ref]) -> Iterator[Break]:
    """A payout is looked for once it has had time to be booked, and not before the books show payouts at all."""
    booked, every = deposits_in_books(snapshot), paid_out(snapshot)
    for payout in every:
        if payout.ref in booked and booked[payout.ref].amount != payout.amount:
            yield _gross(payout, booked[payout.ref])
    missing = [one for one in every if one.ref not in booked]
    yield from _missing(snapshot, missing, [one for one in every if one.ref in booked], at_bank)


class _Deposits:
    """Deposits in the books, each of which is one payout at most."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._free: dict[tuple[str, int], list[Deposit]] = defaultdict(list)
        for one in _booked(snapshot):
            self._free[one.currency, one.amount].append(one)

    def take(self, payout: Payout, amount: int) -> Deposit | None:
        """The nearest by day; of those equally near the first by reference."""
        near = [one for one in self._free.get((payout.currency, amount), ()) if _days(one, payout) <= DEPOSIT_DAYS]
        if not near:
            return None
        best = min(near, key=lambda one: (_days(one, payout), one.ref))
        self._free[payout.currency, amount].remove(best)
        return best

    def take_gross(self, payout: Payout, fees: int) -> Deposit | None:
        """A deposit before fees, and the fees that were taken off it as money spent, where the books show them."""
        deposit = self.take(payout, payout.amount + fees)
        spent = self.take(payout, -fees) if deposit else None
        return replace(deposit, amount=deposit.amount + spent.amount) if deposit and spent else deposit


def _booked(snapshot: Snapshot) -> Iterator[Deposit]:
    """Deposits, and transfers or money received and spent that the books keep as a line of a bank account."""
    for _, one in sorted(snapshot.payouts.items()):
        if snapshot.keeps_books(one.connection) and one.status == "settled":
            yield Deposit(one.ref, one.currency, one.amount, one.arrives_on)
    for line in booked_lines(snapshot).values():
        yield Deposit(line.ref, line.currency, line.amount, line.booked_on)


def _days(one: Deposit, payout: Payout) -> int:
    if one.on is None or payout.arrives_on is None:
        return DEPOSIT_DAYS + 1
    return abs((one.on - payout.arrives_on).days)


def _missing(
    snapshot: Snapshot, missing: Iterable[Payout], found: Sequence[Payout], at_bank: frozenset[Ref]
) -> Iterator[Break]:
    """Payouts from before the first that was found are no break: the books did not show them then. Where the books show
    none at all, the bank's own statement is proof enough."""
    first: dict[tuple[str, str], str] = {}
    for one in found:
        day = str(one.arrives_on)
        first[one.connection, one.currency] = min(day, first.get((one.connection, one.currency), day))
    never: dict[tuple[str, str], list[Payout]] = defaultdict(list)
    for payout in missing:
        group = (payout.connection, payout.currency)
        if payout.arrives_on is None or (snapshot.today - payout.arrives_on).days <= DEPOSIT_DAYS:
            continue
        if group not in first and payout.ref not in at_bank:
            never[group].append(payout)
        elif group in first and str(payout.arrives_on) >= first[group]:
            yield _not_booked(payout, arrived=payout.ref in at_bank)
    yield from (_not_seen(payouts) for _, payouts in sorted(never.items()))


def _not_booked(payout: Payout, *, arrived: bool) -> Break:
    back = payout.amount < 0
    also = "; the bank's statement shows that it arrived" if arrived else ""
    look = "" if arrived else "look in the bank; then "
    return Break(
        kind="deposit missing",
        refs=(payout.ref,),
        amount=_amount(payout),
        since_on=payout.arrives_on,
        cause=f"the books show no {'withdrawal' if back else 'deposit'} of {_amount(payout)} within {DEPOSIT_DAYS} days{also}",
        next_step=f"{look}record it there {'out of' if back else 'as a transfer from'} the clearing account",
    )


def _not_seen(payouts: Sequence[Payout]) -> Break:
    """One break for all: books that are kept without deposits, or where owed cannot see them, would show hundreds."""
    first = payouts[0]
    return Break(
        kind="deposits not seen",
        refs=(Ref(first.connection, Payout.kind, f"all in {first.currency}"),),
        amount=Money(sum(one.amount for one in payouts), first.currency),
        since_on=min(one.arrives_on for one in payouts if one.arrives_on),
        cause=f"none of {len(payouts)} payouts stands in the books as a deposit of its amount",
        next_step="record payouts as deposits out of the clearing account, or accept this if they are kept otherwise",
    )


def _gross(payout: Payout, deposit: Deposit) -> Break:
    return Break(
        kind="deposit differs",
        refs=(payout.ref, deposit.ref),
        amount=Money(payout.amount - deposit.amount, payout.currency),
        since_on=deposit.on,
        cause=f"{_amount(payout)} arrived; the books show {Money(deposit.amount, deposit.currency)}, which is before the processor's fees",
        next_step="record the fees as an expense out of the clearing account, and correct the deposit",
    )


def _amount(payout: Payout) -> Money:
    return Money(payout.amount, payout.currency)
