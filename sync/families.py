"""Customers that reconciliation may ever look at together, so that the others need not be worked out with them.

Inside one set of books nothing crosses from one customer to another but by what is joined here: who may be the same
debtor, who shares an address, and what a payment, a credit note or a journal settles. As soon as money is seen at a
second place, everybody is one family: a payment there may be anybody's.
"""

from collections.abc import Iterable, Iterator, Mapping

from receivables.business import BOOKS, WRITE_ONLY, ConnectionState
from receivables.facts import (
    BalanceTransaction,
    BankLine,
    CreditNote,
    Customer,
    Fact,
    Invoice,
    JournalLine,
    Payment,
    PaymentLink,
    Payout,
    Refund,
)
from receivables.local_facts import BlockedAddress, BreakAnswer, LocalFact, SameDebtor
from receivables.open_items import addresses_in
from receivables.refs import Ref, RefError
from reconciliation.identity import emails, name_words, own_domains

#: Facts of books that say nothing about a debt.
_ASIDE = (Payout, BalanceTransaction, BankLine)

#: The family of what is nobody's: every family is worked out with it.
COMMON = ""

_EVERYBODY = "everybody"


class Families:
    """The family of each fact, of all the versions that there ever were."""

    def __init__(self, facts: Iterable[Fact], states: Mapping[str, ConnectionState]) -> None:
        self._leader: dict[str, str] = {}
        everything = list(facts)
        self.single = _is_single({one.connection for one in everything if not isinstance(one, LocalFact)}, states)
        for fact in everything if not self.single else ():
            first, *others = _names(fact) or [""]
            for other in others:
                self._join(first, other)

    def of(self, fact: Fact) -> str | None:
        """COMMON is for all; None means that the fact concerns no family."""
        if self.single:
            return _EVERYBODY
        if isinstance(fact, _ASIDE):
            return None
        names = _names(fact)
        if isinstance(fact, LocalFact):
            names = [name for name in names if name in self._leader]
        return self._find(names[0]) if names else COMMON

    def _join(self, one: str, other: str) -> None:
        first, second = self._find(one), self._find(other)
        self._leader[first] = second

    def _find(self, name: str) -> str:
        leader = self._leader.setdefault(name, name)
        while leader != name:
            self._leader[name] = self._leader[leader]
            name, leader = leader, self._leader[leader]
        return name


def _is_single(told: set[str], states: Mapping[str, ConnectionState]) -> bool:
    """Whether facts come from anywhere but one set of books."""
    read = {name for name in told if name not in states or states[name].platform not in WRITE_ONLY}
    return len(read) != 1 or any(name not in states or states[name].platform not in BOOKS for name in read)


def _names(fact: Fact) -> list[str]:
    """What the fact is called and what it is joined to, itself first."""
    return list(dict.fromkeys(_all_names(fact)))


def _all_names(fact: Fact) -> Iterator[str]:
    if isinstance(fact, LocalFact):
        yield from _of_statement(fact)
        return
    yield str(fact.ref)
    customer = getattr(fact, "customer_id", "")
    if customer:
        yield f"{fact.connection}:customer:{customer}"
    if isinstance(fact, Customer):
        yield from _of_customer(fact)
    else:
        yield from _of_document(fact)


def _of_document(fact: Fact) -> Iterator[str]:
    match fact:
        case Invoice():
            yield from (f"address {one.casefold()}" for one in addresses_in(f"{fact.email};{fact.copied}"))
            yield from (f"{fact.connection}:{one.source_kind}:{one.source_id}" for one in fact.allocations)
        case Payment() | CreditNote():
            for share in fact.allocations:
                yield f"{fact.connection}:invoice:{share.invoice_id}"
                yield f"{fact.connection}:{share.source_kind}:{share.source_id}"
            if isinstance(fact, Payment):
                yield from (f"{fact.connection}:other:{journal}" for journal, _ in fact.journals)
        case JournalLine():
            yield f"{fact.connection}:other:{fact.journal_id}"
        case Refund():
            yield from (f"{fact.connection}:payment:{one}" for one in (fact.payment_id,) if one)
            yield from (f"{fact.connection}:credit_note:{one}" for one in (fact.credit_note_id,) if one)
        case PaymentLink():
            yield fact.invoice


def _of_customer(customer: Customer) -> Iterator[str]:
    for relative in (customer.merged_into, customer.parent_id):
        if relative:
            yield f"{customer.connection}:customer:{relative}"
    yield from (f"address {one}" for one in emails(customer))
    for contact in customer.contacts:
        yield from (f"address {one.casefold()}" for one in addresses_in(contact.email))
    name = " ".join(sorted(name_words(customer.name)))
    yield from (f"name {name} @ {domain}" for domain in own_domains(customer))
    place = customer.postal_code.replace(" ", "").casefold()
    if place:
        yield f"name {name} in {place}"
    tax = customer.tax_id.replace(" ", "").casefold()
    if tax:
        yield f"tax {tax}"


def _of_statement(fact: LocalFact) -> Iterator[str]:
    if _is_reference(fact.subject):
        yield fact.subject
    match fact:
        case SameDebtor():
            yield fact.other
        case BreakAnswer():
            yield from map(str, fact.refs)
        case BlockedAddress():
            yield f"address {fact.address}"


def _is_reference(text: str) -> bool:
    try:
        Ref.parse(text)
    except RefError:
        return False
    return True
