"""A bank's statement beside the books: a line that they have already is no new money, and is matched to nothing."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from receivables.facts import Payment
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation import bank
from reconciliation.counterparts import Counterpart, counterparts, telling_words
from reconciliation.open_book import OpenBook
from reconciliation.payers import Payers
from reconciliation.policy import MatchPolicy
from reconciliation.results import Sighting
from reconciliation.sightings import stated_anywhere

#: Banks between payer and payee keep at most so much of a transfer: one part in so many.
_CHARGE = 20

#: A name so like another customer's is that customer's.
_LIKE_ANOTHER = 0.25
#: What a stranger paid is only taken for a customer's payment that was booked as near as that: a weekend, and a day.
_STRANGERS_DAYS = 3

_STATED, _SAME_PAYER, _NOTHING_AGAINST, _AGAINST = 3, 2, 1, 0
_WORDS = {_STATED: "the same reference", _SAME_PAYER: "the same payer", _NOTHING_AGAINST: "nothing else fits"}


@dataclass(frozen=True, slots=True)
class _Line:
    """What a line of the statement says of itself. `debtors` are its payer and those whose documents it states; `perhaps`
    are those whom the payer's name may mean, each with its likeness."""

    payment: Payment
    words: frozenset[str]
    stated: frozenset[Ref]
    debtors: frozenset[str]
    perhaps: Mapping[str, float]

    @property
    def is_strangers(self) -> bool:
        """It has a name that says nothing to us: somebody may pay for a customer, or it is other money."""
        return bool(self.payment.payer_name) and not self.debtors and not self.perhaps

    @property
    def on(self) -> dt.date:
        assert self.payment.paid_on is not None
        return self.payment.paid_on


class Bank:
    """One line is one counterpart at most, and the other way round. Surer evidence goes first; among the equally sure
    both sides go by day, the earliest that is near first: so as many as possible find theirs."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy: MatchPolicy,
        payers: Payers,
        debtor_of: Mapping[Ref, str],
        documents: OpenBook,
        free: Iterable[Payment],
    ) -> None:
        self._days = policy.sighting_days
        self._debtor_of = debtor_of
        self._documents = documents
        self._lines = [_read(one, payers, debtor_of, documents) for one in bank.lines(snapshot) if one.paid_on]
        self._lines.sort(key=lambda line: (line.on, line.payment.ref))
        there = counterparts(snapshot, payers.debtors, free) if self._lines else []
        self._by_amount: dict[tuple[str, int], list[Counterpart]] = defaultdict(list)
        for one in sorted(there, key=_day):
            if one.on:
                self._by_amount[one.currency, one.amount].append(one)
        self._amounts = sorted(self._by_amount)
        self._used: set[Ref] = set()
        self._found: dict[Ref, Sighting] = {}

    def sightings(self) -> list[Sighting]:
        for evidence in (_STATED, _SAME_PAYER, _NOTHING_AGAINST):
            self._pass(evidence)
        self._less_charges()
        self._together()
        return [sighting for _, sighting in sorted(self._found.items())]

    def _pass(self, evidence: int) -> None:
        for line in self._waiting():
            for one in self._near(line, (line.payment.currency, line.payment.amount)):
                if self._is_free(one) and self._evidence(line, one) == evidence:
                    self._take(line, one, f"the same amount, near day, {_WORDS[evidence]}")
                    break

    def _less_charges(self) -> None:
        """What arrived is a little less than what the books show, and it states the very invoice or transfer."""
        for line in self._waiting():
            for one in self._a_little_more(line):
                if self._is_free(one) and self._evidence(line, one) == _STATED:
                    self._take(line, one, "the same reference, near day, less a bank's charge")
                    break

    def _near(self, line: _Line, key: tuple[str, int]) -> list[Counterpart]:
        """Those of one currency and amount that are at most so many days away, by day."""
        all_of_it, reach = self._by_amount.get(key, []), dt.timedelta(self._days)
        first = bisect_left(all_of_it, line.on - reach, key=_day)
        return all_of_it[first : bisect_right(all_of_it, line.on + reach, key=_day)]

    def _together(self) -> None:
        """Transfers of one payer on one day that the books show as one payment."""
        groups: dict[tuple[str, str, dt.date], list[_Line]] = defaultdict(list)
        for line in self._waiting():
            if payer := line.payment.payer_account or line.payment.payer_name:
                groups[payer, line.payment.currency, line.on].append(line)
        for parts in (found for _, found in sorted(groups.items()) if len(found) > 1):
            whole = _whole(parts)
            for one in self._near(whole, (whole.payment.currency, whole.payment.amount)):
                if self._is_free(one) and self._evidence(whole, one) >= _SAME_PAYER:
                    for part in parts:
                        self._take(part, one, "together the same amount, near day, the same payer")
                    break

    def _a_little_more(self, line: _Line) -> Iterator[Counterpart]:
        payment = line.payment
        most = payment.amount * _CHARGE // (_CHARGE - 1)
        first = bisect_right(self._amounts, (payment.currency, payment.amount))
        last = bisect_right(self._amounts, (payment.currency, most))
        for key in self._amounts[first:last]:
            yield from self._near(line, key)

    def _waiting(self) -> list[_Line]:
        return [line for line in self._lines if line.payment.ref not in self._found]

    def _is_free(self, one: Counterpart) -> bool:
        return self._used.isdisjoint(one.uses)

    def _take(self, line: _Line, one: Counterpart, evidence: str) -> None:
        self._used |= one.uses
        self._found[line.payment.ref] = Sighting(line.payment.ref, one.ref, evidence, line.payment.amount)

    def _evidence(self, line: _Line, one: Counterpart) -> int:
        if one.processor:
            return _of_processor(line, one)
        if line.stated & one.invoices or line.words & one.words:
            return _STATED
        if not one.debtors:
            return _AGAINST if self._may_pay_open(line) else _NOTHING_AGAINST
        if one.debtors & line.debtors or (not line.debtors and one.debtors & line.perhaps.keys()):
            return _SAME_PAYER
        if line.debtors or max(line.perhaps.values(), default=0.0) >= _LIKE_ANOTHER:
            return _AGAINST
        far = line.is_strangers and one.on and abs((line.on - one.on).days) > _STRANGERS_DAYS
        return _AGAINST if far else _NOTHING_AGAINST

    def _may_pay_open(self, line: _Line) -> bool:
        """It names an open invoice, or its payer has one of this amount: then a person looks, whatever the books call
        the money."""
        stated = any(self._documents.left.get(ref) for ref in line.stated)
        payment = line.payment
        whole = self._documents.of_amount(payment.currency, payment.amount)
        known = line.debtors | line.perhaps.keys()
        return stated or any(self._debtor_of.get(ref) in known for ref in whole)


def _of_processor(line: _Line, one: Counterpart) -> int:
    """A payout names its processor, or itself; money of a known payer, or of somebody who is named, is none."""
    text = f"{line.payment.payer_name} {line.payment.reference}".casefold()
    if one.processor in text or line.words & one.words:
        return _STATED
    return _AGAINST if line.debtors or line.stated or line.payment.payer_name else _NOTHING_AGAINST


def _read(payment: Payment, payers: Payers, debtor_of: Mapping[Ref, str], documents: OpenBook) -> _Line:
    stated = frozenset(stated_anywhere(payment, documents))
    named = {payers.debtor_of(payment), *(debtor_of.get(ref, "") for ref in stated)} - {""}
    return _Line(payment, telling_words(payment.reference), stated, frozenset(named), payers.like(payment.payer_name))


def _whole(parts: list[_Line]) -> _Line:
    first = parts[0]
    return replace(
        first,
        payment=msgspec.structs.replace(first.payment, amount=sum(part.payment.amount for part in parts)),
        words=frozenset().union(*(part.words for part in parts)),
        stated=frozenset().union(*(part.stated for part in parts)),
        debtors=frozenset().union(*(part.debtors for part in parts)),
    )


def _day(one: Counterpart) -> dt.date:
    return one.on or dt.date.min
