"""The recorded cases of Stripe: each verb and each refusal, towards a small account."""

from typing import Any

from connectors.protocol import Connector
from receivables.commands import WithdrawPaymentLink
from receivables.refs import Ref
from tests.connectors import stripe_commands as to
from tests.connectors.recording import NOW, Case, Wants, counts, fails, pulls, pushes, reads_pdf, rereads
from tests.connectors.recording import rereads_invoices as reads_invoices
from tests.connectors.stripe_commands import Ids
from tests.connectors.stripe_office import furnish


def _case(name: str, run: Wants, *faults: dict[str, Any]) -> Case:
    return Case("stripe", name, run, furnish, faults)


def _checked(connector: Connector, ids: Ids) -> Any:
    health = connector.check()
    return [health.account, health.name, health.currency, health.timezone, [one.what for one in health.problems]]


def _changes(connector: Connector, ids: Ids) -> Any:
    """Everything, and then the little that came after: within one second there is nothing new."""
    *_, last = connector.pull("refunds", "")
    return [len(page.rows) for page in connector.pull("refunds", last.cursor)]


def _withdrawn(connector: Connector, ids: Ids) -> Any:
    made = connector.push(to_intent(ids))
    wanted = WithdrawPaymentLink(
        connection="books", link=Ref("books", "payment_link", made.reference), invoice=to.link(ids).invoice
    )
    return pushes(lambda _: wanted)(connector, ids)


def to_intent(ids: Ids) -> Any:
    from connectors.protocol import Intent

    return Intent("cassette/link/1", to.link(ids), {}, NOW)


_STREAMS = ("customers", "invoices", "credit_notes", "payments", "refunds", "chargebacks", "payouts")
_THROTTLED = {"kind": "throttle", "reason": "global-rate", "count": -1}
_LOCKED = {"kind": "throttle", "reason": "lock_timeout", "method": "POST"}
_REVOKED = {"kind": "unauthorized", "count": -1}
_CUT_OFF = {"kind": "truncated", "path": "/v1/customers", "count": -1}
_FAILED = {"kind": "error", "status": 500, "method": "POST"}
_REFUSED_ATTACH = {"kind": "error", "status": 400, "method": "POST", "path": "/attach_payment"}

CASES = (
    _case("check-account", _checked),
    *(_case(f"pull-{stream}-sweep", pulls(stream)) for stream in _STREAMS),
    _case("pull-balance_transactions-sweep", pulls("balance_transactions")),
    _case("pull-payment_links-sweep", pulls("payment_links")),
    _case("pull-refunds-events", _changes),
    _case("pull-invoices-throttled", fails(pulls("invoices")), _THROTTLED),
    _case("pull-invoices-key_revoked", fails(pulls("invoices")), _REVOKED),
    _case("pull-customers-cut_off", fails(pulls("customers")), _CUT_OFF),
    _case("pull-invoices-gateway_failed", fails(pulls("invoices")), {"kind": "error", "body": "html", "count": -1}),
    _case("census-invoices", counts("invoices")),
    _case("census-payouts", counts("payouts")),
    _case("census-chargebacks", counts("chargebacks")),
    _case("reread-invoices-one_missing", rereads("invoices", "partly", "missing")),
    _case("reread-customers", rereads("customers", "in_credit", "missing")),
    _case("reread-payouts", rereads("payouts", "payout")),
    _case("reread-balance_transactions", rereads("balance_transactions", "movement", "missing")),
    _case("read-invoices-one-missing", reads_invoices),
    _case("read-pdf", reads_pdf),
    _case("push-invoice_email-sent", pushes(to.email)),
    _case("push-invoice_email-draft", pushes(lambda ids: to.email(ids, "draft"))),
    _case("push-note", pushes(to.note)),
    _case("push-note-locked", pushes(to.note), _LOCKED),
    _case("push-note-platform_failed", pushes(to.note), _FAILED),
    _case("push-payment_link-created", pushes(to.link)),
    _case("push-payment_link-withdrawn", _withdrawn),
    _case("push-checkout", pushes(to.checkout)),
    _case("push-void", pushes(to.void)),
    _case("push-void-paid", pushes(lambda ids: to.void(ids, "paid"))),
    _case("push-write_off", pushes(to.write_off)),
    _case("push-credit_invoice", pushes(to.credit)),
    _case("push-credit_invoice-too_much", pushes(lambda ids: to.credit(ids, 10_001))),
    _case("push-fee-charged", pushes(to.fee)),
    _case("push-payment-in_full", pushes(lambda ids: to.payment(ids, 6_000, "partly"))),
    _case("push-payment-in_part", pushes(lambda ids: to.payment(ids, 2_500))),
    _case("push-payment-too_much", pushes(lambda ids: to.payment(ids, 10_001))),
    _case("push-payment-not_attached", pushes(lambda ids: to.payment(ids, 2_500)), _REFUSED_ATTACH),
    _case("push-attach_payment", pushes(to.attach)),
    _case("push-attach_payment-refunded", pushes(lambda ids: to.attach(ids, "charge"))),
)
