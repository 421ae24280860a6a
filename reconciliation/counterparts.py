"""What the books, or a processor's payouts, show as one sum at the bank: each the counterpart of one line there."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from receivables.facts import BankLine, Invoice, Payment, Payout
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation import payouts
from reconciliation.bank import booked_lines, is_clearing

_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """`uses` are the records that stand for it: a sum and each of its parts are not both at the bank.

    `debtors` and `invoices` are whom and what the money is for, as the books say; empty where they say nothing.
    """

    ref: Ref
    currency: str
    amount: int
    on: dt.date | None
    uses: frozenset[Ref]
    words: frozenset[str] = frozenset()
    debtors: frozenset[str] = frozenset()
    invoices: frozenset[Ref] = frozenset()
    #: The name of the processor whose payout it is.
    processor: str = ""


def telling_words(*texts: str) -> frozenset[str]:
    """Words with a digit that are long enough to mean one thing: numbers of transfers, invoices, cheques."""
    words = (word.upper() for text in texts for word in _WORD.findall(text))
    return frozenset(word for word in words if len(word) >= 5 and any(letter.isdigit() for letter in word))


def counterparts(snapshot: Snapshot, debtors: Mapping[Ref, str], free: Iterable[Payment]) -> list[Counterpart]:
    """`free` are the payments of the books that are not a processor's. The likeliest form comes first: a deposit, a
    payment, several payments at once, a line that the books keep by itself, a payout that the books do not show."""
    at_bank = [one for one in free if not is_clearing(snapshot, one.connection, one.account)]
    known = {one.ref: one for one in at_bank}
    deposits = [one for _, one in sorted(snapshot.payouts.items()) if _is_deposit(snapshot, one)]
    deposited = {Ref(one.connection, Payment.kind, part) for one in deposits for part in one.payment_ids}
    single = [one for one in at_bank if one.ref not in deposited]
    return [
        *(_deposit(one, known, debtors, snapshot) for one in deposits),
        *(_sum([one], debtors, snapshot) for one in single),
        *_together(single, debtors, snapshot),
        *(_line(one) for one in booked_lines(snapshot).values() if one.amount > 0),
        *_payouts(snapshot),
    ]


def _is_deposit(snapshot: Snapshot, one: Payout) -> bool:
    return snapshot.keeps_books(one.connection) and one.status == "settled" and one.amount > 0


def _deposit(one: Payout, known: Mapping[Ref, Payment], debtors: Mapping[Ref, str], snapshot: Snapshot) -> Counterpart:
    refs = [Ref(one.connection, Payment.kind, part) for part in one.payment_ids]
    parts = [known[ref] for ref in refs if ref in known]
    return Counterpart(
        ref=one.ref,
        currency=one.currency,
        amount=one.amount,
        on=one.arrives_on,
        uses=frozenset([one.ref, *refs]),
        words=telling_words(one.reference, *(text for part in parts for text in (part.reference, part.description))),
        debtors=frozenset(_debtor(part, debtors, snapshot) for part in parts) - {""},
        invoices=frozenset(ref for part in parts for ref in _settled(part)),
    )


def _sum(parts: list[Payment], debtors: Mapping[Ref, str], snapshot: Snapshot) -> Counterpart:
    first = parts[0]
    return Counterpart(
        ref=first.ref,
        currency=first.currency,
        amount=sum(part.amount for part in parts),
        on=first.paid_on,
        uses=frozenset(part.ref for part in parts),
        words=telling_words(*(text for part in parts for text in (part.reference, part.description))),
        debtors=frozenset(_debtor(part, debtors, snapshot) for part in parts) - {""},
        invoices=frozenset(ref for part in parts for ref in _settled(part)),
    )


def _together(payments: Iterable[Payment], debtors: Mapping[Ref, str], snapshot: Snapshot) -> Iterator[Counterpart]:
    """One transfer that was booked as a payment for each of its invoices, and the rest as an overpayment: the same
    customer, day and currency."""
    groups: dict[tuple[str, ...], list[Payment]] = defaultdict(list)
    for one in payments:
        key = (one.connection, one.customer_id, str(one.paid_on), one.currency)
        groups[key].append(one)
    for _, parts in sorted(groups.items()):
        if len(parts) > 1 and parts[0].customer_id and parts[0].paid_on:
            yield _sum(parts, debtors, snapshot)


def _line(one: BankLine) -> Counterpart:
    words = telling_words(one.reference)
    return Counterpart(one.ref, one.currency, one.amount, one.booked_on, frozenset([one.ref]), words)


def _payouts(snapshot: Snapshot) -> Iterator[Counterpart]:
    """Those that the books show are found as the books' deposit."""
    booked = payouts.deposits_in_books(snapshot)
    for one in payouts.paid_out(snapshot):
        if one.ref not in booked and one.amount > 0:
            name = snapshot.platform(one.connection)
            uses = frozenset([one.ref])
            words = telling_words(one.reference, one.id)
            yield Counterpart(one.ref, one.currency, one.amount, one.arrives_on, uses, words, processor=name)


def _debtor(one: Payment, debtors: Mapping[Ref, str], snapshot: Snapshot) -> str:
    customer = snapshot.customer_of(one)
    return debtors.get(customer.ref, "") if customer else ""


def _settled(one: Payment) -> list[Ref]:
    return [Ref(one.connection, Invoice.kind, share.invoice_id) for share in one.allocations]
