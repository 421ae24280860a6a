"""The same document read from several systems: money is matched to one of them, the books' own before a processor's."""

from collections.abc import Sequence

from reconciliation.matching.items import CustomerRecord, OpenDocument
from reconciliation.matching.names import words_of

#: Systems that keep books, before all others.
_BOOKS = ("xero", "quickbooks", "qbo", "books")


def of_record(
    documents: Sequence[OpenDocument], customers: Sequence[CustomerRecord] = ()
) -> tuple[list[OpenDocument], dict[str, str]]:
    """Each document once, and for each mirror's id the id of the document that is kept.

    Mirrors have one number, kind, currency and amount, are of one customer, and come from different sources.
    """
    names = {one.id: words_of(one.name) for one in customers}
    first: dict[tuple[str, str, str, int], OpenDocument] = {}
    groups: dict[tuple[str, str, str, int], list[OpenDocument]] = {}
    kept: list[OpenDocument] = []
    mirrors: dict[str, str] = {}
    for one in documents:
        key = (one.number.casefold(), one.kind, one.currency, one.open)
        if not one.number or first.setdefault(key, one) is one:
            kept.append(one)
        else:
            groups.setdefault(key, [first[key]]).append(one)
    if groups:
        doubtful = {one.id for group in groups.values() for one in group}
        kept = [one for one in kept if one.id not in doubtful]
    for group in groups.values():
        kept += _once(group, names, mirrors)
    return kept, mirrors


def _once(group: list[OpenDocument], names: dict[str, tuple[str, ...]], mirrors: dict[str, str]) -> list[OpenDocument]:
    kept: list[OpenDocument] = []
    for one in sorted(group, key=_rank):
        original = next((other for other in kept if _same(one, other, names)), None)
        if original:
            mirrors[one.id] = original.id
        else:
            kept.append(one)
    return kept


def _rank(one: OpenDocument) -> tuple[int, str, str]:
    source = one.source.casefold()
    return (_BOOKS.index(source) if source in _BOOKS else len(_BOOKS), source, one.id)


def _same(one: OpenDocument, other: OpenDocument, names: dict[str, tuple[str, ...]]) -> bool:
    if one.source.casefold() == other.source.casefold():
        return False
    if one.customer_id == other.customer_id:
        return True
    name = names.get(one.customer_id)
    return bool(name) and name == names.get(other.customer_id)
