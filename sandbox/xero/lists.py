"""GET of Xero's lists: filters, If-Modified-Since, order, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.calls import Answer, Call, json_answer
from sandbox.clock import milliseconds
from sandbox.state import Record
from sandbox.world import new_guid
from sandbox.xero import render
from sandbox.xero.books import Books
from sandbox.xero.errors import query_refused
from sandbox.xero.fields import check_names, lookup
from sandbox.xero.where import BadWhere, Parser, read_order

MOST_IN_A_PAGE = 1000
Shape = Callable[[Record], Record]


def envelope(call: Call, **payload: object) -> Answer:
    head = {
        "Id": new_guid(),
        "Status": "OK",
        "ProviderName": "Sandbox",
        "DateTimeUTC": f"/Date({milliseconds(call.now)})/",
    }
    return json_answer({**head, **payload})


class Lists:
    def __init__(self, books: Books) -> None:
        self.books = books

    # -- endpoints --------------------------------------------------------------------------------------------------

    def invoices(self, call: Call) -> Answer:
        summary, paged = call.argument("summaryOnly").lower() == "true", bool(call.argument("page"))

        def shape(record: Record) -> Record:
            return render.invoice(self.books, record, lines=paged and not summary, children=not summary)

        return self._list(call, "Invoices", "Invoice", self._wanted_invoices(call), shape)

    def credits(self, call: Call, kind: str, name: str) -> Answer:
        paged = bool(call.argument("page"))
        records: Iterable[Record] = self.books.credits.by("kind", kind)
        numbers = _split(call, "References") or _split(call, "InvoiceNumbers")
        if numbers:
            records = [one for one in records if one["reference"] in numbers or one["number"] in numbers]
        return self._list(call, name, "Credit", records, lambda record: render.credit(self.books, record, lines=paged))

    def payments(self, call: Call) -> Answer:
        return self._list(call, "Payments", "Payment", self.books.payments, lambda one: render.payment(self.books, one))

    def bank_transactions(self, call: Call) -> Answer:
        shape = lambda one: render.bank_transaction(self.books, one)  # noqa: E731 - one line says it
        return self._list(call, "BankTransactions", "BankTransaction", self.books.bank_transactions, shape)

    def batches(self, call: Call) -> Answer:
        found = self._selected(call, "Batch", self.books.batches)
        return envelope(call, BatchPayments=[render.batch(self.books, one) for one in found])

    def accounts(self, call: Call) -> Answer:
        found = self._selected(call, "Account", self.books.accounts)
        return envelope(call, Accounts=[render.account(one) for one in found])

    def contacts(self, call: Call) -> Answer:
        summary = call.argument("summaryOnly").lower() == "true"
        today = call.now.date().isoformat()
        paged = bool(call.argument("page"))

        def shape(one: Record) -> Record:
            return render.contact(self.books, one, today, summary=summary, merged=paged)

        return self._list(call, "Contacts", "Contact", self._wanted_contacts(call), shape)

    # -- filters ----------------------------------------------------------------------------------------------------

    def _wanted_invoices(self, call: Call) -> list[Record]:
        identities, numbers = _split(call, "IDs"), _split(call, "InvoiceNumbers")
        contacts, statuses = _split(call, "ContactIDs"), _split(call, "Statuses")
        term = call.argument("searchTerm").lower()
        return [
            one
            for one in self.books.invoices
            if (not identities or one["id"] in identities)
            and (not numbers or one["number"] in numbers)
            and (not contacts or one["contact"] in contacts)
            and (not statuses or self.books.status(one) in statuses)
            and (not term or term in f"{one['number']} {one['reference']}".lower())
        ]

    def _wanted_contacts(self, call: Call) -> list[Record]:
        identities, term = _split(call, "IDs"), call.argument("searchTerm").lower()
        archived = call.argument("includeArchived").lower() == "true"
        return [
            one
            for one in self.books.contacts
            if (archived or identities or one["status"] == "ACTIVE")
            and (not identities or one["id"] in identities)
            and (not term or term in f"{one['name']} {one['email']}".lower())
        ]

    def _selected(self, call: Call, kind: str, records: Iterable[Record]) -> list[Record]:
        self._refuse_slow(call)
        since = modified_since(call)
        found = [one for one in records if since is None or one["updated"] >= since]
        try:
            found = self._where(call.argument("where"), kind, found)
            return self._ordered(call.argument("order"), kind, found)
        except (BadWhere, TypeError, ValueError) as problem:
            raise query_refused(str(problem)) from problem

    def _refuse_slow(self, call: Call) -> None:
        """An organisation with very many records takes no free filter and no order."""
        if self.books.organisation.get("high_volume") and (call.argument("where") or call.argument("order")):
            raise query_refused(
                "Your request is not filtering records efficiently, given the extremely high volume of data"
            )

    def _where(self, text: str, kind: str, records: list[Record]) -> list[Record]:
        if not text.strip():
            return records
        parser = Parser(text)
        test = parser.parse()
        check_names(kind, parser.names)
        return [one for one in records if test(lookup(self.books, kind, one))]

    def _ordered(self, text: str, kind: str, records: list[Record]) -> list[Record]:
        order = read_order(text)
        check_names(kind, [name for name, _ in order])
        for name, descending in reversed(order):
            records = sorted(records, key=lambda one: _rank(lookup(self.books, kind, one)(name)), reverse=descending)
        return records

    def _list(self, call: Call, name: str, kind: str, records: Iterable[Record], shape: Shape) -> Answer:
        found = self._selected(call, kind, records)
        if not call.argument("page"):
            return envelope(call, **{name: [shape(one) for one in found]})
        number, size = page_and_size(call)
        shown = found[(number - 1) * size : number * size]
        pages = -(-len(found) // size)
        pagination = {"page": number, "pageSize": size, "pageCount": pages, "itemCount": len(found)}
        return envelope(call, pagination=pagination, **{name: [shape(one) for one in shown]})


def _rank(value: Any) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0


def _split(call: Call, name: str) -> set[str]:
    return {part.strip() for part in call.argument(name).split(",") if part.strip()}


def page_and_size(call: Call) -> tuple[int, int]:
    try:
        number, size = int(call.argument("page", "1")), int(call.argument("pageSize", "100"))
    except ValueError as problem:
        raise query_refused("page and pageSize are whole numbers") from problem
    return max(1, number), min(max(1, size), MOST_IN_A_PAGE)


def modified_since(call: Call) -> int | None:
    """Epoch milliseconds of If-Modified-Since, cut to whole seconds; a time without a zone is UTC."""
    text = call.header("if-modified-since").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _http_date(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return milliseconds(moment) // 1000 * 1000


def _http_date(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError as problem:
        raise query_refused(f"If-Modified-Since is no date: {text}") from problem
