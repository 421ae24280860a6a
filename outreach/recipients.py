"""Who gets a message: the person who got the invoice, else the customer's accounts department or main contact."""

from collections.abc import Iterable

import msgspec

from outreach.plain import plain
from receivables.business import Business
from receivables.facts import Contact, Customer
from receivables.open_items import OpenItem, addresses_in

_ACCOUNTS = ("account", "payable", "billing", "finance", "buchhaltung", "comptab", "factur", "contab")


class Recipients(msgspec.Struct, frozen=True):
    """`name` is the person in `to`, when there is one person and the name is known."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    name: str = ""


def recipients_of(items: Iterable[OpenItem], business: Business) -> Recipients:
    """Addresses of the business itself are left out; each address stands once, in `to` or else in `cc`."""
    own = {domain.casefold() for domain in business.domains}
    to: dict[str, str] = {}
    cc: dict[str, str] = {}
    names: dict[str, str] = {}
    for item in items:
        customer = item.customer
        for address in addresses_in(item.invoice.email) or _main(customer):
            to.setdefault(address.casefold(), address)
        for contact in customer.contacts if customer else ():
            for address in addresses_in(contact.email):
                names.setdefault(address.casefold(), contact.name)
                if contact.copied:
                    cc.setdefault(address.casefold(), address)
    to = {key: address for key, address in to.items() if key.rpartition("@")[2] not in own}
    cc = {key: address for key, address in cc.items() if key.rpartition("@")[2] not in own and key not in to}
    if not to:
        to, cc = cc, {}
    name = names.get(next(iter(to)), "") if len(to) == 1 else ""
    return Recipients(tuple(to.values()), tuple(cc.values()), plain(name, 80))


def _main(customer: Customer | None) -> tuple[str, ...]:
    """The addresses of the contact whose task it is: accounts, then the main one, then any that is not just copied in."""
    contacts = [contact for contact in (customer.contacts if customer else ()) if addresses_in(contact.email)]
    return addresses_in(min(contacts, key=_rank).email) if contacts else ()


def _rank(contact: Contact) -> tuple[bool, bool, bool]:
    accounts = any(word in contact.role.casefold() for word in _ACCOUNTS)
    return contact.copied, not accounts, not contact.primary
