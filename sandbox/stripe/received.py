"""Payments beside the pay pages: payment records of money received elsewhere, and attaching payments to invoices."""

from __future__ import annotations

from typing import Any

from sandbox.calls import Answer, Call, json_answer
from sandbox.state import Record
from sandbox.stripe import entries, errors, objects
from sandbox.stripe.balances import Balances
from sandbox.stripe.billing import known
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import Form, integer, metadata
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.ledger import Ledger

REPORT_FIELDS = (
    "amount_requested", "customer_details", "customer_presence", "description", "expand", "failed", "guaranteed",
    "initiated_at", "metadata", "outcome", "payment_method_details", "processor_details", "shipping_details",
)  # fmt: skip


class Received:
    def __init__(self, ledger: Ledger, invoices: Invoices) -> None:
        self.ledger = ledger
        self.invoices = invoices

    # -- payment records --------------------------------------------------------------------------------------------

    def report(self, call: Call) -> Answer:
        form = known(call, REPORT_FIELDS)
        for name in ("amount_requested", "initiated_at", "payment_method_details"):
            if name not in form:
                raise errors.required(name)
        outcome = form.get("outcome")
        if outcome not in ("guaranteed", "failed", None):
            raise errors.invalid("outcome", f"Invalid outcome: {outcome}", code="parameter_invalid")
        if outcome and f"{outcome}_at" not in _inner(form, outcome):
            raise errors.required(f"{outcome}[{outcome}_at]")
        record = self._record(form, outcome == "guaranteed")
        self.ledger.put(record)
        self._effect(call, "payment_record", record, amount=record["amount"]["value"])
        return self._shown(record, form)

    def _record(self, form: Form, guaranteed: bool) -> Record:
        wanted = _inner(form, "amount_requested")
        value = integer(wanted.get("value"), "amount_requested[value]")
        if value <= 0:
            raise errors.invalid("amount_requested[value]", "This value must be greater than 0")
        currency, processor = str(wanted.get("currency", "")).lower(), _inner(form, "processor_details")
        integer(form["initiated_at"], "initiated_at")
        return entries.payment_record(
            self.ledger.now(),
            value=value,
            currency=currency,
            guaranteed=guaranteed,
            customer=_inner(form, "customer_details").get("customer"),
            method=_inner(form, "payment_method_details"),
            reference=_inner(processor, "custom").get("payment_reference"),
            metadata=metadata({}, form["metadata"]) if "metadata" in form else {},
        )

    # -- attaching --------------------------------------------------------------------------------------------------

    def attach(self, call: Call) -> Answer:
        """What is already here is credited at once; what is more than the invoice needs becomes the customer's."""
        form = known(call, ("payment_intent", "payment_record", "expand"))
        invoice = self.ledger["invoice"].get(call.params["id"])
        if invoice is None:
            raise errors.missing("invoice", call.params["id"])
        if invoice["status"] not in ("open", "uncollectible"):
            raise errors.refused(400, "Payments can only be attached to an open invoice.", code="invoice_not_open")
        kinds = [name for name in ("payment_intent", "payment_record") if name in form]
        if len(kinds) != 1:
            raise errors.refused(400, "Exactly one of payment_intent and payment_record is needed.")
        source = self.ledger[kinds[0]].get(str(form[kinds[0]]))
        if source is None:
            raise errors.missing(kinds[0], str(form[kinds[0]]), kinds[0], 400)
        self._credit(call, invoice, source)
        return self._shown(invoice, form)

    def _credit(self, call: Call, invoice: Record, source: Record) -> None:
        amount, currency = self._amount(source)
        if currency != invoice["currency"]:
            raise errors.refused(400, "The payment has another currency than the invoice.", code="parameter_invalid")
        earlier = [one for one in self.ledger["invoice_payment"] if source["id"] in one["payment"].values()]
        amount -= sum(int(one["amount_paid"] or 0) for one in earlier)
        if amount <= 0 or any(one["invoice"] == invoice["id"] for one in earlier):
            raise errors.refused(400, f"{source['id']} is already attached to an invoice.", code="parameter_invalid")
        over = amount - self.ledger.amount_remaining(invoice)
        row = objects.invoice_payment(
            objects.new_id("inpay"), self.ledger.now(), invoice, source["id"], amount, default=False
        )
        row["payment"] = {source["object"]: source["id"], "type": source["object"]}
        self.ledger.put(row)
        if source["object"] == "payment_record" or source["status"] == "succeeded":
            self.invoices.settle(row, amount)
            if invoice["status"] == "paid":
                self.invoices.cancel_open(invoice)
            owner = self.ledger["customer"].get(invoice["customer"] or "")
            if over > 0 and owner is not None:
                Balances(self.ledger).book(owner, -over, "invoice_overpaid", invoice)
        self._effect(call, "attach_payment", invoice, amount=amount, source=source["id"])

    def _amount(self, source: Record) -> tuple[int, str]:
        if source["object"] == "payment_record":
            return int(source["amount_guaranteed"]["value"]), str(source["amount_guaranteed"]["currency"])
        return int(source["amount"]), str(source["currency"])

    # -- shared -----------------------------------------------------------------------------------------------------

    def _shown(self, record: Record, form: Form) -> Answer:
        return json_answer(Expander(self.ledger).expand(self.ledger.shown(record), form.get("expand")))

    def _effect(self, call: Call, kind: str, record: Record, **detail: object) -> None:
        key = call.header("idempotency-key") or None
        self.ledger.world.effects.add("stripe", kind, record["id"], key=key, **detail)


def _inner(form: Form, name: str) -> dict[str, Any]:
    found = form.get(name)
    return found if isinstance(found, dict) else {}
