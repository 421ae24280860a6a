"""Who is the same debtor: customers of several systems, and children whose parent gets the bill."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Set

from receivables.facts import Customer
from receivables.local_facts import SameDebtor
from receivables.refs import Ref
from receivables.snapshot import Snapshot

_LEGAL_FORMS = frozenset(
    """ltd limited llp llc plc inc incorporated corp corporation co company gmbh ag kg ug mbh ohg bv nv sa sas sarl
    srl spa sl ab as oy aps pty the and""".split()
)
_WORD = re.compile(r"[^\W_]+")


def name_words(name: str) -> frozenset[str]:
    """A name without its legal form, case, order and punctuation."""
    words = frozenset(_WORD.findall(name.casefold()))
    return words - _LEGAL_FORMS or words


def alike(one: str, other: str) -> bool:
    """At least three of five words of both names are shared."""
    first, second = name_words(one), name_words(other)
    return bool(first and second) and len(first & second) / len(first | second) >= 0.6


#: Domains where anybody may have an address: sharing one says nothing.
_ANYBODYS = frozenset(
    """gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com gmx.de
    gmx.net web.de t-online.de proton.me protonmail.com btinternet.com orange.fr free.fr laposte.net""".split()
)


def emails(customer: Customer) -> frozenset[str]:
    return frozenset(contact.email.strip().casefold() for contact in customer.contacts if contact.email.strip())


def own_domains(customer: Customer) -> frozenset[str]:
    """Of its e-mail addresses, without those where anybody may have one."""
    return frozenset(domain for email in emails(customer) if (domain := email.rpartition("@")[2])) - _ANYBODYS


def debtors(snapshot: Snapshot) -> dict[Ref, str]:
    """Each customer's debtor key: the str() of the smallest reference in its group. Order of input does not matter.

    What a person refused is never joined, not by way of a third record either; what a person confirmed goes first.
    """
    customers = sorted(snapshot.customers.values(), key=lambda customer: customer.ref)
    confirmed, refused = spoken(snapshot)
    groups = _Groups([customer.ref for customer in customers], refused)
    for one, other in (*sorted(confirmed), *sorted(_same(customers, snapshot))):
        groups.join(one, other)
    return groups.leaders()


Pair = tuple[Ref, Ref]


def spoken(snapshot: Snapshot) -> tuple[set[Pair], set[Pair]]:
    """Pairs that a person confirmed, and refused, as one debtor; of two words about a pair the newer counts."""
    said: dict[Pair, bool] = {}
    for fact in sorted(snapshot.local, key=lambda fact: (str(fact.stated_at), fact.id)):
        if isinstance(fact, SameDebtor):
            one, other = sorted((Ref.parse(fact.subject), Ref.parse(fact.other)))
            said[one, other] = fact.same
    known = {customer.ref for customer in snapshot.customers.values()}
    there = {pair: same for pair, same in said.items() if known.issuperset(pair)}
    return {pair for pair, same in there.items() if same}, {pair for pair, same in there.items() if not same}


class _Groups:
    """Records joined step by step, but for those that must stay apart."""

    def __init__(self, refs: Iterable[Ref], apart: Iterable[Pair]) -> None:
        self._leader = {ref: ref for ref in refs}
        self._apart = list(apart)

    def join(self, one: Ref, other: Ref) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        if not any({self._find(here), self._find(there)} == {first, second} for here, there in self._apart):
            self._leader[second] = first

    def leaders(self) -> dict[Ref, str]:
        return {ref: str(self._find(ref)) for ref in self._leader}

    def _find(self, ref: Ref) -> Ref:
        while self._leader[ref] != ref:
            self._leader[ref] = self._leader[self._leader[ref]]
            ref = self._leader[ref]
        return ref


def _same(customers: list[Customer], snapshot: Snapshot) -> Iterable[tuple[Ref, Ref]]:
    """Pairs that are surely one debtor. A shared e-mail address alone is not enough: two firms may share a bookkeeper."""
    yield from _family(customers, snapshot)
    yield from _cross_references(customers)
    for group in _grouped(customers, emails).values():
        for position, one in enumerate(group):
            yield from ((one.ref, other.ref) for other in group[position + 1 :] if alike(one.name, other.name))
    for key in (_name_and_domain, _name_and_place):
        for group in _grouped(customers, key).values():
            yield from ((group[0].ref, other.ref) for other in group[1:])
    for group in _grouped(customers, lambda customer: {customer.tax_id.replace(" ", "").casefold()} - {""}).values():
        yield from ((group[0].ref, other.ref) for other in group[1:])


def _name_and_domain(customer: Customer) -> frozenset[str]:
    """The same name, but for its legal form, and an e-mail domain of their own."""
    name = " ".join(sorted(name_words(customer.name)))
    return frozenset(f"{name} @ {domain}" for domain in own_domains(customer) if name)


def _name_and_place(customer: Customer) -> frozenset[str]:
    """The same name, but for its legal form, and the same postal code."""
    name = " ".join(sorted(name_words(customer.name)))
    place = customer.postal_code.replace(" ", "").casefold()
    return frozenset([f"{name} in {place}"]) if name and place else frozenset()


def _family(customers: list[Customer], snapshot: Snapshot) -> Iterable[tuple[Ref, Ref]]:
    for customer in customers:
        for relative in (customer.merged_into, customer.parent_id if customer.billed_with_parent else ""):
            if relative and (customer.connection, relative) in snapshot.customers:
                yield customer.ref, Ref(customer.connection, "customer", relative)


def _cross_references(customers: list[Customer]) -> Iterable[tuple[Ref, Ref]]:
    """A record that names another system's id of the same customer in its metadata. Ids of one digit prove nothing."""
    by_id = defaultdict(list)
    for customer in customers:
        by_id[customer.id].append(customer)
    for customer in customers:
        for name, value in customer.metadata.items():
            if any(word in name.casefold() for word in ("customer", "contact", "xero", "quickbooks", "qbo")):
                found = [other for other in by_id.get(value, ()) if other.connection != customer.connection]
                if len(found) == 1 and (len(value) > 8 or alike(found[0].name, customer.name)):
                    yield customer.ref, found[0].ref


def _grouped(customers: list[Customer], keys: Callable[[Customer], Set[str]]) -> dict[str, list[Customer]]:
    groups: dict[str, list[Customer]] = defaultdict(list)
    for customer in customers:
        for key in sorted(keys(customer)):
            groups[key].append(customer)
    return {key: group for key, group in groups.items() if len(group) > 1}
