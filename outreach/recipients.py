"""Who gets a message: the person who got the invoice, else the customer's accounts department or main contact."""

from collections.abc import Collection, Iterable

import msgspec

from outreach.plain import plain
from receivables.business import Business
from receivables.facts import Contact
from receivables.open_items import OpenItem, addresses_in

#: A step may be for every contact; else it is for a role in the admin's own words.
EVERYBODY = "all"

_ACCOUNTS = ("account", "payable", "billing", "finance", "buchhaltung", "comptab", "factur", "contab")


class Recipients(msgspec.Struct, frozen=True):
    """`name` is the person in `to`, when there is one person and the name is known."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    name: str = ""


class _Addresses:
    """Addresses in their order, each once, whatever its letters' case."""

    def __init__(self, refused: Collection[str], own: Collection[str]) -> None:
        self._refused, self._own = refused, own
        self.found: dict[str, str] = {}

    def add(self, field: str) -> bool:
        """The addresses of a platform's field; False when none of them may be written to."""
        good = [one for one in addresses_in(field) if self._may(one.casefold())]
        for one in good:
            self.found.setdefault(one.casefold(), one)
        return bool(good)

    def bounced(self, address: str) -> bool:
        return address.casefold() in self._refused

    def _may(self, address: str) -> bool:
        return not self.bounced(address) and address.rpartition("@")[2] not in self._own


def recipients_of(items: Iterable[OpenItem], business: Business, to: str = "", cc: Iterable[str] = ()) -> Recipients:
    """Addresses of the business itself and those that bounced are left out; each stands once, in `to` or else in `cc`.

    `to` is "billing" (the usual one), "all", or a role such as "escalation": where nobody has that role, the usual one
    gets it. `cc` are roles too, or addresses, which may be the business's own; contacts whom the platform copies in are
    always copied, and are written to where nobody else is known.
    """
    items, cc = list(items), list(cc)
    refused = {address for item in items for address in item.blocked}
    own = {domain.casefold() for domain in business.domains}
    written, copied, asked = _Addresses(refused, own), _Addresses(refused, own), _Addresses(refused, ())
    for item in items:
        _write_to(item, to, written)
        copied.add(item.invoice.copied)
        for contact in _contacts(item):
            if contact.copied or any(_has_role(contact, role) for role in cc):
                (copied if contact.copied else asked).add(contact.email)
    if not written.found:
        written, copied = copied, _Addresses(refused, own)
    for address in cc:
        asked.add(address)
    also = {key: one for key, one in {**copied.found, **asked.found}.items() if key not in written.found}
    return Recipients(tuple(written.found.values()), tuple(also.values()), _name(items, list(written.found)))


def _contacts(item: OpenItem) -> tuple[Contact, ...]:
    return item.customer.contacts if item.customer else ()


def _write_to(item: OpenItem, role: str, written: _Addresses) -> None:
    if role == EVERYBODY:
        for field in (item.invoice.email, *(one.email for one in _contacts(item) if not one.copied)):
            written.add(field)
        return
    asked = [one for one in _contacts(item) if _has_role(one, role or "billing")]
    if any([written.add(one.email) for one in asked]):  # noqa: C419 - all of them, not the first
        return
    written.add(item.invoice.email)
    if all(written.bounced(address) for address in addresses_in(item.invoice.email)):
        _write_to_main(item, written)


def _write_to_main(item: OpenItem, written: _Addresses) -> None:
    """The contact whose task it is: accounts, then the main one, then any that is not just copied in."""
    usual = (one for one in _contacts(item) if not one.stated and not one.copied)
    for contact in sorted(usual, key=_rank):
        if written.add(contact.email):
            return


def _has_role(contact: Contact, role: str) -> bool:
    return bool(role) and role.casefold() == contact.role.casefold()


def _rank(contact: Contact) -> tuple[bool, bool]:
    accounts = any(word in contact.role.casefold() for word in _ACCOUNTS)
    return not accounts, not contact.primary


def _name(items: Iterable[OpenItem], written: list[str]) -> str:
    """The name that the first contact with the only address goes by."""
    contacts = (contact for item in items if item.customer for contact in item.customer.contacts)
    named = (one.name for one in contacts if written[:1] and written[0] in map(str.casefold, addresses_in(one.email)))
    return plain(next(named, ""), 80) if len(written) == 1 else ""
