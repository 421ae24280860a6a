"""Making invoices: a draft, then items on it."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.state import Record
from sandbox.stripe import entries, errors, objects
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import Form, boolean, decode, integer, metadata
from sandbox.stripe.ledger import Ledger

INVOICE_FIELDS = (
    "customer", "customer_account", "currency", "auto_advance", "collection_method", "description", "discounts",
    "due_date", "days_until_due", "effective_at", "footer", "metadata", "pending_invoice_items_behavior", "expand",
)  # fmt: skip
ITEM_FIELDS = (
    "customer", "customer_account", "invoice", "amount", "currency", "description", "discountable", "metadata",
    "tax_rates", "quantity", "expand",
)  # fmt: skip


class Billing:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def create_invoice(self, call: Call) -> Answer:
        """Waiting items are left out, as is the vendor's default."""
        form = known(call, INVOICE_FIELDS)
        owner = self._owner(form)
        currency = str(form.get("currency") or owner["currency"]).lower()
        record = objects.invoice(
            objects.new_id("in"), self.ledger.now(), customer=owner, currency=currency, lines=[]
        ) | self._terms(form)
        if "customer_account" in form:
            record |= {"customer": None, "customer_account": owner["id"]}
        self.ledger.put(record)
        self.ledger.emit("invoice.created", record)
        self._effect(call, "invoice", record)
        return self._shown(record, form)

    def draft(self, owner: Record, amount: int, currency: str) -> Record:
        """A draft of one line, as somebody would make it in the dashboard: it is due in 30 days."""
        now, identity = self.ledger.now(), objects.new_id("in")
        line = objects.line_item(
            objects.new_id("il"), identity, amount=amount, currency=currency, description="Work", quantity=1, at=now
        )
        record = objects.invoice(identity, now, customer=owner, currency=currency, lines=[line])
        self.ledger.put({**record, "due_date": now + 30 * 86_400})
        self.ledger.emit("invoice.created", self.ledger["invoice"][identity])
        return self.ledger["invoice"][identity]

    def _owner(self, form: Form) -> Record:
        """A customer, or an account of the newer kind (Accounts v2), of which the sandbox keeps no more than the id."""
        if "customer_account" in form:
            account = {"id": str(form["customer_account"]), "email": "account@buyer.example", "name": "Account"}
            return account | {"currency": "gbp"}
        if "customer" not in form:
            raise errors.required("customer")
        found = self.ledger["customer"].get(str(form["customer"]))
        if found is None or found.get("_deleted"):
            raise errors.missing("customer", str(form["customer"]), "customer", 400)
        return found

    def _terms(self, form: Form) -> Record:
        terms: Record = {
            "auto_advance": boolean(form.get("auto_advance", "false")),
            "collection_method": form.get("collection_method", "charge_automatically"),
            "description": form.get("description") or None,
            "footer": form.get("footer") or None,
            "metadata": metadata({}, form["metadata"]) if "metadata" in form else {},
        }
        if "days_until_due" in form:
            terms["due_date"] = self.ledger.now() + 86_400 * integer(form["days_until_due"], "days_until_due")
        for name in ("due_date", "effective_at"):
            if name in form:
                terms[name] = integer(form[name], name)
        if terms["collection_method"] == "send_invoice" and not terms.get("due_date"):
            raise errors.required("days_until_due")
        if terms["collection_method"] != "send_invoice" and terms.get("due_date"):
            message = "You can only specify due_date when collection_method is send_invoice."
            raise errors.invalid("due_date", message, code="parameter_invalid")
        return terms

    def create_item(self, call: Call) -> Answer:
        form = known(call, ITEM_FIELDS)
        owner = self._owner(form)
        invoice = self.ledger["invoice"].get(str(form.get("invoice", "")))
        if invoice is None:
            raise errors.missing("invoice", str(form.get("invoice", "")), "invoice", 400)
        if invoice["status"] != "draft":
            message = "The invoice is no longer editable: you can only add invoice items to draft invoices."
            raise errors.invalid("invoice", message, code="invoice_not_editable")
        if owner["id"] not in (invoice["customer"], invoice["customer_account"]):
            raise errors.invalid("customer", "The invoice belongs to another customer.", code="parameter_invalid")
        amount, currency = integer(form.get("amount"), "amount"), str(form.get("currency", invoice["currency"])).lower()
        if currency != invoice["currency"]:
            raise errors.invalid("currency", "The invoice has another currency.", code="parameter_invalid")
        item = entries.invoice_item(self.ledger.now(), owner=owner["id"], amount=amount, invoice=invoice, form=form)
        self._add(invoice, item)
        self._effect(call, "invoice_item", invoice, amount=amount)
        return self._shown(self.ledger.put(item), form)

    def _add(self, invoice: Record, item: Record) -> None:
        line = objects.line_item(
            objects.new_id("il"), invoice["id"], amount=item["amount"], currency=item["currency"],
            description=item["description"], quantity=1, at=item["date"],
        )  # fmt: skip
        line["parent"]["invoice_item_details"]["invoice_item"] = item["id"]
        lines = [*invoice["_lines"], {**line, "metadata": item["metadata"]}]
        total = sum(one["amount"] for one in lines)
        sums = dict.fromkeys(("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total)
        previous = self.ledger.update(invoice, _lines=lines, **sums)
        self.ledger.emit("invoice.updated", invoice, previous)

    def _shown(self, record: Record, form: Form) -> Answer:
        return json_answer(Expander(self.ledger).expand(self.ledger.shown(record), form.get("expand")))

    def _effect(self, call: Call, kind: str, record: Record, **detail: object) -> None:
        key = call.header("idempotency-key") or None
        self.ledger.world.effects.add("stripe", kind, record["id"], key=key, **detail)


def known(call: Call, fields: tuple[str, ...]) -> Form:
    """The form; a field that the vendor does not know is refused."""
    form = decode(call.form())
    for name in form:
        if name not in fields:
            raise errors.unknown_parameter(name)
    return form
