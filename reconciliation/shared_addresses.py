"""One e-mail address, two debtors: a demand could reach somebody whom it does not concern."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from receivables.local_facts import LocalFact, SameDebtor
from receivables.open_items import Blocker, OpenItem


def with_shared_addresses(items: Iterable[OpenItem], local: Iterable[LocalFact]) -> list[OpenItem]:
    """Items whose first address is that of another debtor too are blocked, until somebody has said that the two are
    one debtor (then they are chased together) or are not (then both may be written to)."""
    everything = list(items)
    owners: dict[str, dict[str, OpenItem]] = defaultdict(dict)
    for item in everything:
        if item.invoice.is_open and item.addresses:
            owners[item.addresses[0].casefold()].setdefault(item.debtor, item)
    shared = {address: debtors for address, debtors in owners.items() if len(debtors) > 1}
    if not shared:
        return everything
    apart = {frozenset((one.subject, one.other)) for one in local if isinstance(one, SameDebtor) and not one.same}
    return [_blocked(item, shared, apart) for item in everything]


def _blocked(item: OpenItem, shared: dict[str, dict[str, OpenItem]], apart: set[frozenset[str]]) -> OpenItem:
    address = item.addresses[0].casefold() if item.addresses else ""
    others = [
        _name(other)
        for debtor, other in sorted(shared.get(address, {}).items())
        if debtor != item.debtor and frozenset((_record(other), _record(item))) not in apart
    ]
    if not others:
        return item
    text = f"{address} is also the address of {', '.join(others)}: owed customers confirm or refuse says whether they are one"
    return msgspec.structs.replace(item, blockers=(*item.blockers, Blocker("shared_address", text)))


def _record(item: OpenItem) -> str:
    return str(item.customer.ref) if item.customer else item.debtor


def _name(item: OpenItem) -> str:
    return item.customer.name if item.customer and item.customer.name else item.debtor
