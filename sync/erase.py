"""Erasing a customer's personal data: who is meant, what stands in the way, and doing it in one transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from receivables.facts import BankLine, Contact, Customer, Fact, Invoice, Payment
from receivables.local_facts import OptOut, SameDebtor
from receivables.money import Money
from receivables.open_items import addresses_in
from receivables.refs import LOCAL, Ref
from receivables.snapshot import Snapshot
from store import archive, erase, erased, ingest, outbox
from store.engine import Transaction
from store.erase import Words
from store.outbox import OPEN_STATES, Effect
from sync.assess import Assessment
from sync.installation import Installation

#: Effects that have not begun to leave; the others need an answer first.
_CANCELLABLE = ("planned", "approved")


@dataclass(frozen=True, slots=True)
class Person:
    """A debtor with everything that is about it. `customers` are its records in all systems."""

    customers: tuple[Ref, ...]
    debtors: frozenset[str]
    records: frozenset[Ref]
    effects: tuple[Effect, ...]
    words: Words
    #: What is still open: money owed by or to it, and money on its way.
    open: tuple[str, ...]

    @property
    def unsettled(self) -> tuple[Effect, ...]:
        """Nobody knows yet whether these were sent."""
        return tuple(one for one in self.effects if one.state in OPEN_STATES and one.state not in _CANCELLABLE)

    @property
    def subjects(self) -> frozenset[str]:
        return frozenset({*map(str, self.records), *self.debtors})


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased. `versions` counts every version of every record."""

    versions: int
    statements: int
    effects: int
    entries: int
    received: int


def find_person(installation: Installation, seen: Assessment, customer: Customer) -> Person:
    """`customer` in every system, with what is linked to it now or was before."""
    debtors = seen.reconciliation.debtors
    key = debtors.get(customer.ref, str(customer.ref))
    own = tuple(sorted({customer.ref, *(ref for ref, debtor in debtors.items() if debtor == key)}))
    with installation.store.read() as tx:
        records = _also_linked(seen, erase.linked(tx, own))
        told = list(erase.versions(tx, records))
        words = Words(_words(told) - _words_of_others(installation, seen, own))
        keys = frozenset({key, *map(str, own)})
        names = {str(ref) for ref in records} | keys
        effects = tuple(one for one in outbox.listed(tx) if _concerns(one, names, words))
    return Person(own, keys, frozenset(records), effects, words, tuple(_open(seen, own, key)))


def _also_linked(seen: Assessment, records: set[Ref]) -> set[Ref]:
    """Payments and lines of statements that were matched with theirs, though they name no customer; and pay links."""
    found = set(records)
    matched = seen.reconciliation
    found.update(mirror for mirror, owner in matched.mirrors.items() if owner in records or mirror in records)
    found.update(one.payment for one in matched.matches if one.invoice in found)
    for one in (*matched.sightings, *matched.banked):
        if one.payment in found or one.in_books in found:
            found.update(ref for ref in (one.payment, one.in_books) if ref.kind in (Payment.kind, BankLine.kind))
    found.update(link.ref for link in seen.snapshot.links.values() if link.invoice in {str(ref) for ref in found})
    return found


def _words(facts: Iterable[Fact]) -> set[str]:
    found: set[str] = set()
    for fact in facts:
        if isinstance(fact, Customer):
            found.update((fact.name, fact.tax_id, fact.address, *_of_contacts(fact.contacts)))
        elif isinstance(fact, Payment):
            found.update((fact.payer_name, fact.payer_email, fact.payer_account))
        elif isinstance(fact, BankLine):
            found.update((fact.payer_name, fact.payer_account))
        elif isinstance(fact, Invoice):
            found.update((*addresses_in(fact.email), *addresses_in(fact.copied)))
    return found


def _of_contacts(contacts: Iterable[Contact]) -> Iterator[str]:
    for contact in contacts:
        yield from (contact.name, contact.phone, *addresses_in(contact.email))


def _words_of_others(installation: Installation, seen: Assessment, own: Iterable[Ref]) -> set[str]:
    """A bookkeeper's address that several customers share names each of them; and our own names nobody."""
    mine = set(own)
    others = [one for one in seen.snapshot.customers.values() if one.ref not in mine]
    sender = installation.sender
    ours = (installation.business.name, sender.address, sender.reply_to, *installation.sending.own_addresses)
    return _words(others) | set(ours) | {address for field in ours for address in addresses_in(field)}


def _concerns(effect: Effect, names: set[str], words: Words) -> bool:
    if effect.debtor in names or names.intersection(effect.subjects):
        return True
    return words.are_in(msgspec.json.encode(effect.command).decode())


def _open(seen: Assessment, own: Iterable[Ref], key: str) -> Iterator[str]:
    for item in seen.items:
        if item.debtor == key and item.invoice.is_open:
            yield f"invoice {item.invoice.number or item.invoice.id}: {item.invoice.balance} is open"
    mine = {(ref.connection, ref.id) for ref in own}
    for payment in seen.snapshot.payments.values():
        if (payment.connection, payment.customer_id) in mine:
            yield from _open_of(payment, seen.snapshot)
    for note in seen.snapshot.credit_notes.values():
        if (note.connection, note.customer_id) in mine and note.status == "open" and note.open > 0:
            yield f"credit note {note.number or note.id}: {Money(note.open, note.currency)} is open"


def _open_of(payment: Payment, snapshot: Snapshot) -> Iterator[str]:
    """Money that is on its way, that we still hold for the customer, or that its bank may take back."""
    if payment.status == "pending":
        yield f"payment {payment.id}: {Money(payment.amount, payment.currency)} is on its way"
    elif payment.status == "settled" and payment.unapplied > 0 and snapshot.keeps_books(payment.connection):
        yield f"payment {payment.id}: {Money(payment.unapplied, payment.currency)} of it settles no invoice"
    for back in snapshot.chargebacks.values():
        taken = (back.connection, back.payment_id) == (payment.connection, payment.id)
        if taken and back.status in ("inquiry", "open"):
            yield f"chargeback {back.id}: {Money(back.amount, back.currency)} is not decided"


def erase_person(installation: Installation, person: Person, actor: str, reason: str) -> Erased:
    """All of it, or nothing. Nobody writes to them afterwards, whatever the rules say. The caller has asked.

    The freed space is given up by `store.erase.compact`.
    """
    now = installation.clock()
    with installation.store.write() as tx:
        for effect in person.effects:
            if effect.state in _CANCELLABLE:
                outbox.cancel(tx, now, effect, "the customer's data was erased", actor)
        left = [one for effect in person.effects if (one := outbox.get(tx, effect.id))]
        received = _empty_archive(tx, person.words)
        versions = erase.facts(tx, person.records)
        statements = erase.statements(tx, person.subjects, person.words)
        erase.decisions(tx, person.subjects)
        erase.breaks(tx, person.records, person.words)
        effects = erase.effects(tx, left)
        erase.texts(tx, person.words)
        about = person.subjects | {one.id for one in left} | {one.intent for one in left}
        told = {"customers": sorted(erased.digest_of(tx, ref) for ref in person.customers), "reason": reason}
        entries = erase.journal_bodies(tx, now, about, person.words, told, actor)
        _remember(tx, installation, person, actor)
    return Erased(versions, statements, effects, entries, received)


def _empty_archive(tx: Transaction, words: Words) -> int:
    """Older and doubled records that no fact names any more are found by what stands in them."""
    found = [digest for digest, body in archive.stored(tx) if words.are_in(body.decode("utf-8", "replace"))]
    archive.empty(tx, found)
    return len(found)


def _remember(tx: Transaction, installation: Installation, person: Person, actor: str) -> None:
    """What the platforms send again stays without words; the records stay one debtor; and nobody writes to them."""
    now = installation.clock()
    nameless = (ref for ref in person.records if ref.kind not in (Customer.kind, Invoice.kind))
    erased.remember(tx, [*person.customers, *nameless], now)
    stated: dict[str, Any] = {"connection": LOCAL, "reason": "data erased", "stated_by": actor, "stated_at": now}
    for ref in person.customers:
        ingest.state(tx, now, OptOut(id=f"erased/{ref}", subject=str(ref), **stated))
    first, *others = person.customers
    for other in others:
        same = SameDebtor(id=f"same/{first}/{other}", subject=str(first), other=str(other), **stated)
        ingest.state(tx, now, same)
