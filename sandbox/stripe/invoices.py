"""Invoices of Stripe: their states, payments on them, and the writes on them."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.money import display
from sandbox.state import Record
from sandbox.stripe import errors, objects
from sandbox.stripe.balances import Balances
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import Form, boolean, decode, integer, metadata
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.till import Till

FROZEN = ("currency", "customer", "collection_method")
WRITABLE = ("metadata", "description", "footer", "due_date", "auto_advance", "expand", "custom_fields")


class Invoices:
    def __init__(self, ledger: Ledger, till: Till) -> None:
        self.ledger = ledger
        self.till = till

    # -- states -----------------------------------------------------------------------------------------------------

    def finalize(self, invoice: Record, at: int | None = None) -> None:
        now = self.ledger.now() if at is None else at
        owner = str(invoice["customer"] or invoice["customer_account"])
        number = invoice["number"] or f"{owner[-6:].upper()}-{len(self.ledger['invoice']) + 1:04d}"
        transitions = {**invoice["status_transitions"], "finalized_at": now}
        changes = {"number": number, "effective_at": invoice["effective_at"] or now, "status_transitions": transitions}
        self.ledger.update(invoice, status="open", **changes)
        if at is None:
            Balances(self.ledger).apply(invoice)
            self.ledger.emit("invoice.finalized", invoice, {"status": "draft"})
        if self.ledger.amount_due(invoice):
            self.open_payment(invoice, now)
        else:
            self._close_if_paid(invoice, now, quiet=at is not None)

    def open_payment(self, invoice: Record, now: int) -> Record:
        """The default payment: a placeholder until somebody pays."""
        due = self.ledger.amount_due(invoice)
        fields = {"customer": invoice["customer"], "description": f"Payment for Invoice {invoice['number']}"}
        intent = self.till.intend(due, invoice["currency"], now, **fields)
        record = objects.invoice_payment(objects.new_id("inpay"), now, invoice, intent["id"], due, default=True)
        return self.ledger.put(record)

    def settle(self, row: Record, amount: int, at: int | None = None) -> None:
        """A payment on an invoice has succeeded; the invoice is paid when nothing remains."""
        now = self.ledger.now() if at is None else at
        invoice = self.ledger["invoice"][row["invoice"]]
        transitions = {**row["status_transitions"], "paid_at": now}
        self.ledger.update(row, status="paid", amount_paid=amount, status_transitions=transitions)
        if at is None:
            self.ledger.emit("invoice_payment.paid", row)
        self._close_if_paid(invoice, now, quiet=at is not None)

    def _close_if_paid(self, invoice: Record, now: int, *, quiet: bool) -> None:
        remaining = self.ledger.amount_remaining(invoice)
        if remaining == 0 and invoice["status"] in ("open", "uncollectible"):
            transitions = {**invoice["status_transitions"], "paid_at": now}
            before = self.ledger.update(invoice, status="paid", attempted=True, status_transitions=transitions)
            if not quiet:
                self.ledger.emit("invoice.updated", invoice, {"status": before["status"]})
                self.ledger.emit("invoice.paid", invoice)
                self.ledger.emit("invoice.payment_succeeded", invoice)
        elif not quiet:
            self.ledger.put(invoice)
            self.ledger.emit("invoice.updated", invoice)

    def cancel_open(self, invoice: Record) -> None:
        now = self.ledger.now()
        for row in self.ledger.payments_of(invoice):
            if row["status"] == "open":
                transitions = {**row["status_transitions"], "canceled_at": now}
                self.ledger.update(row, status="canceled", status_transitions=transitions)
                intent = self.ledger["payment_intent"].get(row["payment"].get("payment_intent", ""))
                if intent is not None and intent["status"] == "requires_payment_method":
                    self.ledger.update(intent, status="canceled", canceled_at=now)

    # -- endpoints --------------------------------------------------------------------------------------------------

    def send(self, call: Call) -> Answer:
        """In test mode the vendor mails nothing; the sandbox shows the mail that live mode would send."""
        invoice = self._wanted(call)
        if invoice["status"] == "draft":
            self.finalize(invoice)
        if invoice["status"] not in ("open", "uncollectible"):
            raise errors.refused(400, "You can only manually send an invoice if it is open.", code="invoice_not_open")
        if invoice["collection_method"] != "send_invoice" or not invoice["customer_email"]:
            raise errors.refused(
                400, "The invoice must have send_invoice and its customer an email.", code="email_invalid"
            )
        shown = self.ledger.shown(invoice)
        due = display(shown["amount_remaining"], invoice["currency"])
        self.ledger.world.mailbox.platform_mail(
            "stripe",
            to=[invoice["customer_email"]],
            subject=f"Invoice {invoice['number']} from {invoice['account_name']}",
            text=f"Amount due: {due}\nPay this invoice: {shown['hosted_invoice_url']}",
            invoice={"id": invoice["id"], "number": invoice["number"]},
        )
        self.ledger.emit("invoice.sent", invoice)
        self._effect(call, "email", invoice, to=[invoice["customer_email"]])
        return self._shown(invoice, decode(call.form()))

    def update(self, call: Call) -> Answer:
        invoice, form = self._wanted(call), decode(call.form())
        for name in form:
            if name not in (*WRITABLE, *FROZEN):
                raise errors.unknown_parameter(name)
        changes = self._changes(invoice, form)
        previous = self.ledger.update(invoice, **changes)
        if any(previous[name] != value for name, value in changes.items()):
            self.ledger.emit("invoice.updated", invoice, previous)
        self._effect(call, "metadata" if set(form) <= {"metadata", "expand"} else "invoice_update", invoice)
        return self._shown(invoice, form)

    def _changes(self, invoice: Record, form: Form) -> Record:
        changes: Record = {}
        if "metadata" in form:
            changes["metadata"] = metadata(invoice["metadata"], form["metadata"])
        if "due_date" in form:
            changes["due_date"] = integer(form["due_date"], "due_date")
        frozen = [name for name in ("description", "footer", *FROZEN) if name in form]
        if frozen and invoice["status"] != "draft":
            message = f"Finalized invoices can't be updated in this way: {frozen[0]}"
            raise errors.invalid(frozen[0], message, code="invoice_not_editable")
        return changes | {name: form[name] or None for name in ("description", "footer") if name in form}

    def pay(self, call: Call) -> Answer:
        """Only paid_out_of_band: the sandbox keeps no saved cards."""
        invoice, form = self._wanted(call), decode(call.form())
        if invoice["status"] not in ("open", "uncollectible"):
            raise errors.refused(400, "Invoice is not open and cannot be paid", code="invoice_not_open")
        if not boolean(form.get("paid_out_of_band")):
            raise errors.refused(402, "The customer has no payment method.", kind="card_error", code="missing")
        remaining = self.ledger.amount_remaining(invoice)
        self.cancel_open(invoice)
        self.ledger.update(invoice, _out_of_band=invoice["_out_of_band"] + remaining)
        self._close_if_paid(invoice, self.ledger.now(), quiet=False)
        self._effect(call, "payment", invoice, amount=remaining)
        return self._shown(invoice, form)

    def void(self, call: Call) -> Answer:
        return self._end(call, "void", "voided_at", "invoice.voided", ("open", "uncollectible"))

    def mark_uncollectible(self, call: Call) -> Answer:
        return self._end(call, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible", ("open",))

    def finalize_invoice(self, call: Call) -> Answer:
        invoice = self._wanted(call)
        if invoice["status"] != "draft":
            raise errors.refused(400, "This invoice is already finalized", code="invoice_not_editable")
        self.finalize(invoice)
        self._effect(call, "finalize", invoice)
        return self._shown(invoice, decode(call.form()))

    def delete(self, call: Call) -> Answer:
        """Only drafts can be deleted; what is final can be voided."""
        invoice = self._wanted(call)
        if invoice["status"] != "draft":
            raise errors.refused(400, "You can only delete draft invoices.", code="invoice_not_editable")
        self.ledger.emit("invoice.deleted", invoice)
        self.ledger["invoice"].remove(invoice["id"])
        self._effect(call, "delete", invoice)
        return json_answer({"id": invoice["id"], "object": "invoice", "deleted": True})

    def _end(self, call: Call, status: str, moment: str, event: str, allowed: tuple[str, ...]) -> Answer:
        invoice = self._wanted(call)
        if invoice["status"] not in allowed:
            message = f"You can't change an invoice that is {invoice['status']} to {status}."
            raise errors.refused(400, message, code="invoice_not_editable")
        if status == "void":
            self.cancel_open(invoice)
        transitions = {**invoice["status_transitions"], moment: self.ledger.now()}
        before = self.ledger.update(invoice, status=status, status_transitions=transitions)
        self.ledger.emit("invoice.updated", invoice, {"status": before["status"]})
        self.ledger.emit(event, invoice)
        self._effect(call, "void" if status == "void" else "write_off", invoice)
        return self._shown(invoice, decode(call.form()))

    def _wanted(self, call: Call) -> Record:
        found = self.ledger["invoice"].get(call.params["id"])
        if found is None:
            raise errors.missing("invoice", call.params["id"])
        return found

    def _shown(self, invoice: Record, form: Form) -> Answer:
        return json_answer(Expander(self.ledger).expand(self.ledger.shown(invoice), form.get("expand")))

    def _effect(self, call: Call, kind: str, invoice: Record, **detail: object) -> None:
        key = call.header("idempotency-key") or None
        self.ledger.world.effects.add("stripe", kind, invoice["id"], key=key, **detail)
