"""Customers who may be one debtor, and are not surely so: proposed to a person with the evidence, never joined unasked."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from receivables.facts import Customer
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.identity import alike, emails, name_words, own_domains, spoken

#: What each piece of evidence is worth, of a hundred; the least that is worth a person's question.
_WEIGHTS = {
    "the same e-mail address": 45,
    "the same name": 40,
    "a similar name": 25,
    "the same e-mail domain": 20,
    "the same phone number": 25,
    "the same postal code": 15,
}
_WORTH_ASKING = 40

#: A key that more records share than this (a bookkeeper's address, a switchboard) says nothing.
_CROWD = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """`score` of a hundred; `margin` is how far the next best partner of either record lies behind."""

    one: Ref
    other: Ref
    score: int
    margin: int
    evidence: tuple[str, ...]


def proposals(snapshot: Snapshot, debtors: dict[Ref, str]) -> list[Proposal]:
    """Best first. Pairs that are one debtor already, or that a person answered, are left out."""
    confirmed, refused = spoken(snapshot)
    scored: dict[tuple[Ref, Ref], tuple[str, ...]] = {}
    for one, other in _candidates(snapshot):
        pair = (one.ref, other.ref)
        if debtors[one.ref] != debtors[other.ref] and pair not in confirmed and pair not in refused:
            evidence = tuple(_evidence(one, other))
            if _score(evidence) >= _WORTH_ASKING:
                scored[pair] = evidence
    scores = _scores_by_record(scored)
    found = [Proposal(*pair, _score(why), _margin(pair, _score(why), scores), why) for pair, why in scored.items()]
    return sorted(found, key=lambda one: (-one.score, -one.margin, one.one, one.other))


def _candidates(snapshot: Snapshot) -> Iterator[tuple[Customer, Customer]]:
    """Pairs that share something, each once, the smaller reference first."""
    groups: dict[str, list[Customer]] = defaultdict(list)
    for _, customer in sorted(snapshot.customers.items()):
        for key in _keys(customer) if not customer.merged_into else ():
            groups[key].append(customer)
    told: set[tuple[Ref, Ref]] = set()
    for group in groups.values():
        for one, other in combinations(group, 2) if len(group) <= _CROWD else ():
            first, second = sorted((one, other), key=lambda customer: customer.ref)
            if (first.ref, second.ref) not in told:
                told.add((first.ref, second.ref))
                yield first, second


def _keys(customer: Customer) -> set[str]:
    name = " ".join(sorted(name_words(customer.name)))
    return {
        *(f"email {one}" for one in emails(customer)),
        *(f"domain {one}" for one in own_domains(customer)),
        *(f"phone {one}" for one in _phones(customer)),
        *([f"name {name}"] if name else []),
    }


def _evidence(one: Customer, other: Customer) -> Iterator[str]:
    if emails(one) & emails(other):
        yield "the same e-mail address"
    elif own_domains(one) & own_domains(other):
        yield "the same e-mail domain"
    if name_words(one.name) and name_words(one.name) == name_words(other.name):
        yield "the same name"
    elif alike(one.name, other.name):
        yield "a similar name"
    if _phones(one) & _phones(other):
        yield "the same phone number"
    if _place(one) and _place(one) == _place(other):
        yield "the same postal code"


def _score(evidence: tuple[str, ...]) -> int:
    return min(100, sum(_WEIGHTS[why] for why in evidence))


def _scores_by_record(scored: dict[tuple[Ref, Ref], tuple[str, ...]]) -> dict[Ref, list[int]]:
    """The scores of each record with its partners, best first."""
    found: dict[Ref, list[int]] = defaultdict(list)
    for pair, why in scored.items():
        for ref in pair:
            found[ref].append(_score(why))
    return {ref: sorted(scores, reverse=True) for ref, scores in found.items()}


def _margin(pair: tuple[Ref, Ref], score: int, scores: dict[Ref, list[int]]) -> int:
    """To the best of the other partners that either record has."""
    others = [scores[ref][1] if scores[ref][0] == score else scores[ref][0] for ref in pair if len(scores[ref]) > 1]
    return score - max(others, default=0)


def _phones(customer: Customer) -> set[str]:
    """The last nine digits: with and without a country's prefix they are the same."""
    digits = (re.sub(r"\D", "", contact.phone) for contact in customer.contacts)
    return {found[-9:] for found in digits if len(found) >= 9}


def _place(customer: Customer) -> str:
    return customer.postal_code.replace(" ", "").casefold()
