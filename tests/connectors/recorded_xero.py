"""The recorded cases of Xero: each verb and each refusal, towards a small organisation."""

import datetime as dt
from typing import Any

from connectors.protocol import Connector
from sandbox.serve import Sandbox
from tests.connectors import xero_commands as to
from tests.connectors.recording import (
    Case,
    Wants,
    counts,
    fails,
    pulls,
    pushes,
    reads_pdf,
    rereads,
    rereads_invoices,
)
from tests.connectors.xero_commands import Ids
from tests.connectors.xero_office import furnish
from tests.sandbox.worlds import Xero

LOCKED = dt.date(2026, 2, 15)


def _closed(sandbox: Sandbox) -> Ids:
    """The books are closed until the middle of February."""
    ids = furnish(sandbox)
    with sandbox.changes() as world:
        world.settings.put({**sandbox.xero.books.organisation, "lock_date": LOCKED.isoformat()})
    return ids


def _banked(sandbox: Sandbox) -> Ids:
    """A counter sale, and a processing fee out of the clearing account."""
    ids = furnish(sandbox)
    rows = [("RECEIVE", "090", 97.0, "counter sale"), ("SPEND", "091", 3.0, "fee")]
    made = [
        {
            "Type": kind,
            "Contact": {"ContactID": ids["customer"]},
            "BankAccount": {"Code": account},
            "Date": "2026-02-20",
            "Reference": words,
            "LineItems": [{"Description": words, "LineAmount": amount}],
        }
        for kind, account, amount, words in rows
    ]
    Xero(sandbox).call("PUT", "/BankTransactions", json={"BankTransactions": made})
    return ids


def _case(name: str, run: Wants, *faults: dict[str, Any]) -> Case:
    return Case("xero", name, run, furnish, faults)


def _checked(connector: Connector, ids: Ids) -> Any:
    health = connector.check()
    return [health.name, health.currency, health.timezone, str(health.locked_until), health.reminds_by_itself]


_THROTTLED = {"kind": "throttle", "problem": "day", "count": -1}
_EXPIRED = {"kind": "unauthorized", "detail": "TokenExpired: token expired at 03/02/2026 11:59:00", "count": -1}

CASES = (
    Case("xero", "check-organisation", _checked, _closed),
    *(_case(f"pull-{stream}-sweep", pulls(stream)) for stream in ("customers", "invoices", "credit_notes", "payments")),
    *(_case(f"pull-{stream}-sweep", pulls(stream)) for stream in ("overpayments", "prepayments", "batch_payments")),
    Case("xero", "pull-bank_transactions-sweep", pulls("bank_transactions"), _banked),
    _case("pull-invoices-throttled", fails(pulls("invoices")), _THROTTLED),
    _case("pull-invoices-token_expired", fails(pulls("invoices")), _EXPIRED),
    _case("pull-invoices-cut_off", fails(pulls("invoices")), {"kind": "truncated", "count": -1}),
    _case("census-invoices", counts("invoices")),
    _case("census-customers", counts("customers")),
    _case("reread-invoices-one_missing", rereads("invoices", "invoice", "draft", "missing")),
    _case("reread-customers", rereads("customers", "customer", "missing")),
    _case("reread-payments-one_by_one", rereads("payments", "payment", "missing")),
    _case("reread-batch_payments", rereads("batch_payments", "batch", "missing")),
    _case("read-invoices-one-missing", rereads_invoices),
    _case("read-pdf", reads_pdf),
    _case("push-invoice_email-sent", pushes(to.email)),
    _case("push-invoice_email-not_approved", pushes(lambda ids: to.email(ids, "submitted"))),
    _case("push-note", pushes(to.note)),
    _case("push-payment_link", pushes(to.link)),
    _case("push-fee-charged", pushes(to.fee)),
    Case("xero", "push-fee-locked", pushes(lambda ids: to.fee(ids, LOCKED)), _closed),
    _case("push-void-approved", pushes(to.void)),
    _case("push-void-draft", pushes(lambda ids: to.void(ids, "draft"))),
    _case("push-void-with_payments", pushes(lambda ids: to.void(ids, "partly"))),
    _case("push-payment-recorded", pushes(to.payment)),
    _case("push-payment-too_much", pushes(lambda ids: to.payment(ids, 99_999_999))),
    _case("push-payment-throttled", pushes(to.payment), {**_THROTTLED, "method": "PUT"}),
    _case("push-void_payment", pushes(to.void_payment)),
    _case("push-void_payment-in_batch", pushes(lambda ids: to.void_payment(ids, "batched_payment"))),
    _case("push-refund-credit_note", pushes(to.refund)),
    _case("push-refund-overpayment", pushes(lambda ids: to.refund(ids, "overpayment"))),
    _case("push-processing_fee", pushes(to.processing_fee)),
    _case("push-apply_credit", pushes(to.apply_credit)),
    _case("push-credit_invoice", pushes(to.credit)),
)
