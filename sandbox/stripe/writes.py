"""Customers, refunds and credit notes of Stripe."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.state import Record
from sandbox.stripe import errors, objects
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import Form, decode, integer, metadata
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.till import Till

CUSTOMER_FIELDS = ("name", "email", "description", "phone")


class Writes:
    def __init__(self, ledger: Ledger, till: Till) -> None:
        self.ledger = ledger
        self.till = till

    # -- customers --------------------------------------------------------------------------------------------------

    def create_customer(self, call: Call) -> Answer:
        form, now = decode(call.form()), self.ledger.now()
        record = objects.customer(objects.new_id("cus"), now, name="", email=None, currency="gbp")
        record |= self._customer_fields(record, form)
        self.ledger.put(record)
        self.ledger.emit("customer.created", record)
        self._effect(call, "customer", record)
        return self._shown(record, form)

    def update_customer(self, call: Call) -> Answer:
        record, form = self._wanted("customer", call.params["id"]), decode(call.form())
        previous = self.ledger.update(record, **self._customer_fields(record, form))
        self.ledger.emit("customer.updated", record, previous)
        self._effect(call, "customer_update", record)
        return self._shown(record, form)

    def delete_customer(self, call: Call) -> Answer:
        """A stub remains for reads by id; lists forget the customer."""
        record = self._wanted("customer", call.params["id"])
        self.ledger.emit("customer.deleted", record)
        self.ledger.update(record, _deleted=True)
        self._effect(call, "delete", record)
        return json_answer(self.ledger.shown(record))

    def _customer_fields(self, record: Record, form: Form) -> Record:
        for name in form:
            if name not in (*CUSTOMER_FIELDS, "metadata", "expand"):
                raise errors.unknown_parameter(name)
        changes = {name: form[name] or None for name in CUSTOMER_FIELDS if name in form}
        return changes | ({"metadata": metadata(record["metadata"], form["metadata"])} if "metadata" in form else {})

    # -- refunds ----------------------------------------------------------------------------------------------------

    def create_refund(self, call: Call) -> Answer:
        form = decode(call.form())
        charge = self._refundable(form)
        left = charge["amount"] - self.ledger.refunded(charge)
        amount = integer(form["amount"], "amount") if "amount" in form else left
        if left == 0:
            raise errors.refused(
                400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
            )
        if not 0 < amount <= left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise errors.invalid("amount", message, code="amount_too_large")
        record = self.till.refund(charge, amount, form.get("reason"))
        record["metadata"] = metadata({}, form["metadata"]) if "metadata" in form else {}
        self.ledger.put(record)
        self._effect(call, "refund", record, amount=amount, charge=charge["id"])
        return self._shown(record, form)

    def _refundable(self, form: Form) -> Record:
        if "charge" in form:
            return self._wanted("charge", str(form["charge"]), "charge")
        if "payment_intent" not in form:
            raise errors.refused(400, "One of the following params should be provided: charge or payment_intent.")
        intent = self._wanted("payment_intent", str(form["payment_intent"]), "payment_intent")
        if intent["status"] != "succeeded":
            raise errors.refused(400, "This PaymentIntent does not have a successful charge to refund.")
        return self.ledger["charge"][intent["latest_charge"]]

    # -- credit notes -----------------------------------------------------------------------------------------------

    def create_credit_note(self, call: Call) -> Answer:
        """`amount` only. What is more than the invoice's remaining amount needs refund, credit or out-of-band."""
        form = decode(call.form())
        invoice = self._wanted("invoice", str(form.get("invoice", "")), "invoice")
        if invoice["status"] not in ("open", "paid", "uncollectible"):
            raise errors.refused(
                400, "You can only create credit notes for finalized invoices.", code="invoice_not_open"
            )
        amount = integer(form.get("amount"), "amount")
        left = int(invoice["total"]) - sum(one["amount"] for one in self.ledger.credit_notes_of(invoice))
        if not 0 < amount <= left:
            raise errors.invalid("amount", "The credit note is larger than the invoice", code="amount_too_large")
        pre = min(amount, self.ledger.amount_remaining(invoice))
        self._check_split(form, amount - pre)
        record = self._credit_note(invoice, form, amount, pre)
        self._effect(call, "credit_note", record, amount=amount, invoice=invoice["id"])
        return self._shown(record, form)

    def _check_split(self, form: Form, post: int) -> None:
        parts = [
            integer(form[name], name)
            for name in ("refund_amount", "credit_amount", "out_of_band_amount")
            if name in form
        ]
        if sum(parts) != post:
            message = f"The sum of refund_amount, credit_amount and out_of_band_amount must equal {post}"
            raise errors.invalid("amount", message, code="parameter_invalid")

    def _credit_note(self, invoice: Record, form: Form, amount: int, pre: int) -> Record:
        number = f"{invoice['number']}-CN-{len(self.ledger.credit_notes_of(invoice)) + 1:02d}"
        now = self.ledger.now()
        record = objects.credit_note(objects.new_id("cn"), now, invoice=invoice, amount=amount, number=number, pre=pre)
        record |= {"reason": form.get("reason"), "memo": form.get("memo")}
        record["metadata"] = metadata({}, form["metadata"]) if "metadata" in form else {}
        if "out_of_band_amount" in form:
            record["out_of_band_amount"] = integer(form["out_of_band_amount"], "out_of_band_amount")
        self.ledger.put(record)
        self.ledger.emit("credit_note.created", record)
        if self.ledger.amount_remaining(invoice) == 0 and invoice["status"] == "open":
            transitions = {**invoice["status_transitions"], "paid_at": now}
            self.ledger.update(invoice, status="paid", status_transitions=transitions)
            self.ledger.emit("invoice.paid", invoice)
        else:
            self.ledger.put(invoice)
        self.ledger.emit("invoice.updated", invoice)
        return record

    # -- shared -----------------------------------------------------------------------------------------------------

    def _wanted(self, kind: str, identity: str, param: str = "id") -> Record:
        found = self.ledger[kind].get(identity)
        if found is None:
            raise errors.missing(kind, identity, param, 404 if param == "id" else 400)
        return found

    def _shown(self, record: Record, form: Form) -> Answer:
        return json_answer(Expander(self.ledger).expand(self.ledger.shown(record), form.get("expand")))

    def _effect(self, call: Call, kind: str, record: Record, **detail: object) -> None:
        key = call.header("idempotency-key") or None
        self.ledger.world.effects.add("stripe", kind, record["id"], key=key, **detail)
