"""The recorded cases of QuickBooks: each verb and each refusal, towards a small company."""

import json
from typing import Any

from connectors.protocol import Connector
from connectors.quickbooks.manifest import MANIFEST
from sandbox.serve import Sandbox
from tests.connectors import quickbooks_company as to
from tests.connectors.quickbooks_company import Ids, furnish
from tests.connectors.recording import (
    NOW,
    Case,
    Wants,
    counts,
    fails,
    pulls,
    pushes,
    reads_pdf,
    rereads,
    rereads_invoices,
    told,
)


def _with(**settings: Any) -> Any:
    """The company with other settings."""

    def world(sandbox: Sandbox) -> Ids:
        ids = furnish(sandbox)
        with sandbox.changes() as changed:
            changed.settings.put({**sandbox.quickbooks.books.company, **settings})
        return ids

    return world


def _after_a_day(sandbox: Sandbox) -> Ids:
    """A customer was merged, an invoice deleted and a journal entry lost a line, since the last look."""
    ids = furnish(sandbox)
    sandbox.clock.advance(60)
    books = sandbox.quickbooks.books
    with sandbox.changes():
        loser = books["Customer"][ids["customer"]]
        winner = books.create("Customer", {**loser, "id": books.next_id("Customer"), "name": "Acme Group"})
        books.merge(loser, winner)
        books.delete("Invoice", books["Invoice"][ids["invoice"]])
        books.delete("JournalEntry", next(iter(books["JournalEntry"])))
    return ids | {"since": NOW.isoformat(), "entry": ids["line"].partition("-")[0]}


def _changes(connector: Connector, ids: Ids) -> Any:
    """All streams by one change data call."""
    held = {"since": ids["since"], "home": "GBP", "told": {ids["entry"]: [ids["line"]]}}
    cursor = json.dumps(held)
    pages = [page for stream in MANIFEST.streams for page in connector.pull(stream, cursor)]
    return [told(fact) for page in pages for row in page.rows for fact in row.facts]


def _checked(connector: Connector, ids: Ids) -> Any:
    health = connector.check()
    return [health.account, health.name, health.currency, health.timezone, str(health.locked_until)]


def _case(name: str, run: Wants, *faults: dict[str, Any]) -> Case:
    return Case("quickbooks", name, run, furnish, faults)


_CLOSED = _with(book_close="2026-03-31")
_THROTTLED = {"kind": "throttle", "count": -1}
_EXPIRED = {"kind": "unauthorized", "count": -1}
_STALE = {"kind": "error", "status": 400, "code": "5010", "method": "POST"}

CASES = (
    Case("quickbooks", "check-company", _checked, _with(book_close="2026-01-31")),
    *(_case(f"pull-{stream}-sweep", pulls(stream)) for stream in MANIFEST.streams),
    Case("quickbooks", "pull-changes", _changes, _after_a_day),
    _case("pull-invoices-throttled", fails(pulls("invoices")), _THROTTLED),
    _case("pull-invoices-throttled_by_the_gateway", fails(pulls("invoices")), _THROTTLED | {"flavour": "lower"}),
    _case("pull-invoices-token_expired", fails(pulls("invoices")), _EXPIRED),
    _case("pull-invoices-cut_off", fails(pulls("invoices")), {"kind": "truncated", "count": -1}),
    _case("pull-invoices-xml_fault", fails(pulls("invoices")), {"kind": "error", "flavour": "xml", "count": -1}),
    *(_case(f"census-{stream}", counts(stream)) for stream in MANIFEST.censuses),
    _case("reread-customers", rereads("customers", "customer", "missing")),
    _case("reread-invoices-one_missing", rereads("invoices", "invoice", "other", "missing")),
    _case("reread-payments-one_is_a_receipt", rereads("payments", "payment", "receipt")),
    _case("reread-sales_receipts", rereads("sales_receipts", "receipt", "missing")),
    _case("reread-journal_lines-one_lost", rereads("journal_lines", "line", "lost_line")),
    _case("read-invoices-one-missing", rereads_invoices),
    _case("read-pdf", reads_pdf),
    _case("push-invoice_email-sent", pushes(to.email)),
    _case("push-note", pushes(to.note)),
    _case("push-memo", pushes(to.memo)),
    _case("push-memo-too_long", pushes(lambda ids: to.memo(ids, "x" * 1001))),
    _case("push-memo-stale_once", pushes(to.memo), _STALE),
    _case("push-memo-stale_twice", pushes(to.memo), _STALE | {"count": 2}),
    _case("push-payment_link", pushes(to.link)),
    _case("push-void", pushes(to.void)),
    _case("push-void-with_payments", pushes(lambda ids: to.void(ids, "other"))),
    _case("push-void_payment", pushes(to.void_payment)),
    _case("push-void_payment-deposited", pushes(lambda ids: to.void_payment(ids, "banked"))),
    _case("push-payment-recorded", pushes(to.payment)),
    _case("push-payment-too_much", pushes(lambda ids: to.payment(ids, 99_999_999))),
    _case("push-payment-throttled", pushes(to.payment), _THROTTLED | {"method": "POST"}),
    Case("quickbooks", "push-payment-locked", pushes(to.payment), _CLOSED),
    _case("push-apply_credit", pushes(to.apply_credit)),
    _case("push-credit_invoice", pushes(to.credit)),
    _case("push-credit_invoice-too_much", pushes(lambda ids: to.credit(ids, 99_999))),
    Case("quickbooks", "push-credit_invoice-applied_by_itself", pushes(to.credit), _with(auto_apply_credit=True)),
    _case("push-fee-charged", pushes(to.fee)),
    _case("push-refund", pushes(to.refund)),
    _case("push-processing_fee", pushes(to.processing_fee)),
)
