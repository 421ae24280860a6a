"""Persons whom the admin has named in owed.toml, beside those whom the platforms know."""

from collections.abc import Iterable, Mapping

import msgspec

from receivables.facts import Contact
from receivables.open_items import OpenItem


def with_contacts(items: Iterable[OpenItem], contacts: Mapping[str, tuple[Contact, ...]]) -> tuple[OpenItem, ...]:
    """Each customer with the persons whom the admin has named. Only now: who is whom is not decided by their addresses."""
    if not contacts:
        return tuple(items)
    return tuple(_with(item, contacts) for item in items)


def _with(item: OpenItem, contacts: Mapping[str, tuple[Contact, ...]]) -> OpenItem:
    customer = item.customer
    if customer is None:
        return item
    named = (one for name in dict.fromkeys((str(customer.ref), item.debtor)) for one in contacts.get(name, ()))
    more = msgspec.structs.replace(customer, contacts=(*customer.contacts, *named))
    return msgspec.structs.replace(item, customer=more) if more != customer else item
