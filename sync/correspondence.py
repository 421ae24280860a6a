"""Whose message is it? Mail that came back, put beside what was sent and whom we know."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from connectors.email.message import name_of
from receivables.commands import AnyCommand, SendReminder
from receivables.facts import Contact
from receivables.open_items import addresses_in
from receivables.refs import Ref
from store import organisations, outbox
from store.outbox import Effect
from sync.assess import MESSAGES, REDIRECTED, Assessment, assess
from sync.installation import Installation

#: What a customer writes this long after our last message is no answer to it, unless it names it.
_ANSWERS_WITHIN = dt.timedelta(days=60)
#: The clocks of mail servers are not ours.
_SKEW = dt.timedelta(days=1)
#: Tries that a restored store may not know of: a message was seldom tried again so often since its backup was made.
_LOST_TRIES = 20


class Correspondence:
    """Our messages and the debtors' addresses, looked up once for a round."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        with installation.store.read() as tx:
            ours = [one for one in outbox.listed(tx) if one.verb in MESSAGES]
            was_restored = organisations.standing(tx).review_until is not None
        left = [one for one in ours if one.state in outbox.MAY_HAVE_LEFT or one.attempt]
        lost = _LOST_TRIES if was_restored else 0
        self._by_name = {name_of(key): one for one in (ours if lost else left) for key in _keys(one, lost)}
        self._ours = [one for one in left if not one.intent.endswith(REDIRECTED)]
        sender = installation.sender
        fields = (sender.address, sender.reply_to, *installation.sending.own_addresses)
        self._own = {_bare(field) for field in fields if field}
        self._domains = {domain.casefold() for domain in installation.business.domains}

    def is_own(self, address: str) -> bool:
        """Of the business itself: its staff, or the copy that it keeps of what it sends."""
        return address in self._own or address.rpartition("@")[2] in self._domains

    def named(self, names: Iterable[str]) -> Effect | None:
        """The message of ours that one of these Message-IDs belongs to, the first that is known."""
        parts = (name.strip("<>").partition("@")[0] for name in names)
        return next((self._by_name[part] for part in parts if part in self._by_name), None)

    def is_rehearsal(self, effect: Effect) -> bool:
        """It went to the owner instead of the debtor."""
        return effect.intent.endswith(REDIRECTED)

    def newest_to(self, address: str, at: dt.datetime) -> Effect | None:
        """Our own last message to an address, not long before `at`."""
        found = (one for one in reversed(self._before(at)) if address in recipients(one.command))
        return next(found, None)

    def from_sender(self, address: str, at: dt.datetime) -> list[Effect]:
        """Our last message to each debtor that a sender belongs to; none to whom nobody wrote lately."""
        newest = {
            debtor: one for one in self._before(at) for debtor in self._debtors_of(one) & self._debtors_at[address]
        }
        return list({one.id: one for one in newest.values()}.values())

    def customers_of(self, effect: Effect) -> list[str]:
        """References of the debtor's customer records in all systems: a word about the customer is about each."""
        mine = self._debtors_of(effect)
        found = (str(ref) for ref, debtor in self._seen.reconciliation.debtors.items() if debtor in mine)
        return sorted({effect.debtor, *mine, *found} - {""})

    @cached_property
    def _seen(self) -> Assessment:
        """Only asked for when somebody has written."""
        return assess(self._installation, decide=False)

    def _before(self, at: dt.datetime) -> list[Effect]:
        """Oldest first."""
        dated = ((one.started_at or one.planned_at, one) for one in self._ours)
        near = [(sent, one) for sent, one in dated if at - _ANSWERS_WITHIN <= sent <= at + _SKEW]
        return [one for _, one in sorted(near, key=lambda pair: (pair[0], pair[1].id))]

    def _debtors_of(self, effect: Effect) -> set[str]:
        """Who owes now what the message was about: customers may have been merged since."""
        snapshot, debtors = self._seen.snapshot, self._seen.reconciliation.debtors
        invoices = (snapshot.invoice(Ref.parse(subject)) for subject in effect.subjects)
        owners = (snapshot.customer_of(one) for one in invoices if one)
        return {debtors.get(one.ref, str(one.ref)) for one in owners if one} or {effect.debtor}

    @cached_property
    def _debtors_at(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        snapshot, debtors = self._seen.snapshot, self._seen.reconciliation.debtors
        for customer in snapshot.customers.values():
            for address in _addresses(customer.contacts):
                found[address].add(debtors.get(customer.ref, str(customer.ref)))
        for item in self._seen.items:
            for address in item.known_addresses:
                found[address.casefold()].add(item.debtor)
        return found


def _keys(effect: Effect, lost: int) -> set[str]:
    """Of every try: one that nobody was sure of, and that was made again, may have arrived after all. So may a try
    that was made after the backup from which this store was restored: up to `lost` of them."""
    return {effect.key, effect.id, *(f"{effect.id}.{number}" for number in range(1, effect.attempt + lost))}


def recipients(command: AnyCommand) -> set[str]:
    """Whom our own words went to: bare addresses in small letters."""
    return {_bare(one) for one in (*command.to, *command.cc)} if isinstance(command, SendReminder) else set()


def _bare(field: str) -> str:
    return field.rpartition("<")[2].rstrip("> ").strip().casefold()


def _addresses(contacts: Iterable[Contact]) -> Iterable[str]:
    return (address.casefold() for contact in contacts for address in addresses_in(contact.email))
