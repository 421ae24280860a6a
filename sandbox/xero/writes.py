"""PUT, POST and DELETE at Xero's accounting API, one method per kind of change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sandbox.calls import Answer, Call
from sandbox.money import minor
from sandbox.state import Record
from sandbox.world import new_guid
from sandbox.xero import render
from sandbox.xero.books import Books, blank_contact, total
from sandbox.xero.errors import invalid, missing, validation
from sandbox.xero.lists import envelope

Element = dict[str, Any]
Apply = Callable[[], Record]


class Invalid(Exception):
    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


def day_of(element: Element, name: str, default: str) -> str:
    """The ISO day of a date field that may carry a time, as Xero accepts both."""
    text = str(element.get(name) or default)
    if text.startswith("/Date("):
        return datetime.fromtimestamp(int(text[6:].split("+")[0].rstrip(")/")) / 1000, UTC).date().isoformat()
    return text[:10]


def day_words(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d-%b-%Y")


def amount_of(element: Element, currency: str) -> int:
    try:
        amount = minor(element.get("Amount"), currency)
    except ValueError as problem:
        raise Invalid("The Amount field is required.") from problem
    if amount <= 0:
        raise Invalid("The payment amount must be greater than 0")
    return amount


class Bulk:
    """Elements of one PUT or POST: checked one by one, refused together or each for itself."""

    def __init__(self, books: Books, call: Call, name: str) -> None:
        self.books = books
        self.call = call
        self.name = name
        self.key = call.header("idempotency-key") or None

    def elements(self) -> list[Element]:
        try:
            body = self.call.json()
        except ValueError as problem:
            raise invalid("The request body is no JSON") from problem
        found = body.get(self.name, body) if isinstance(body, dict) else body
        return list(found) if isinstance(found, list) else [found]

    def run(self, prepare: Callable[[Element], Apply], *, single: bool = False) -> Answer:
        """`prepare` checks an element and returns what applies it, or raises Invalid."""
        summarize = single or self.call.argument("summarizeErrors").lower() == "true"
        elements = self.elements()
        if summarize:
            refused = [self._refused(one, problem) for one in elements if (problem := _problem(prepare, one))]
            if refused:
                return validation(refused)
        return envelope(self.call, **{self.name: [self._one(element, prepare) for element in elements]})

    def _one(self, element: Element, prepare: Callable[[Element], Apply]) -> Record:
        try:
            shown = prepare(element)()
        except Invalid as problem:
            return self._refused(element, problem)
        return {**shown, "StatusAttributeString": "OK"}

    def _refused(self, element: Element, problem: Invalid) -> Record:
        errors = [{"Message": message} for message in problem.messages]
        flags = {"HasErrors": True, "HasValidationErrors": True, "StatusAttributeString": "ERROR"}
        return {**element, **flags, "ValidationErrors": errors}


def _problem(prepare: Callable[[Element], Apply], element: Element) -> Invalid | None:
    try:
        prepare(element)
    except Invalid as problem:
        return problem
    return None


class Writes:
    def __init__(self, books: Books) -> None:
        self.books = books

    # -- payments ---------------------------------------------------------------------------------------------------

    def payments(self, call: Call) -> Answer:
        bulk = Bulk(self.books, call, "Payments")
        return bulk.run(lambda element: self._payment(bulk, element))

    def _payment(self, bulk: Bulk, element: Element) -> Apply:
        target = self._payment_target(element)
        account = self.account(element.get("Account") or {})
        amount = amount_of(element, target["currency"])
        on = day_of(element, "Date", bulk.call.now.date().isoformat())
        left = self.books.remaining(target) if "kind" in target else self.books.due(target)
        if amount > left:
            raise Invalid("Payment amount exceeds the amount outstanding on this document")
        self.check_open(on)

        def apply() -> Record:
            reference, reconciled = str(element.get("Reference") or ""), bool(element.get("IsReconciled"))
            payment = self.books.add_payment(
                target, date=on, amount=amount, account=account["id"], reference=reference, reconciled=reconciled
            )
            self.effect("payment", target["id"], bulk.key, amount=amount, payment=payment["id"])
            shown = render.payment(self.books, payment)
            if "kind" not in target:
                shown["Invoice"] = render.invoice(self.books, target)
            return shown

        return apply

    def _payment_target(self, element: Element) -> Record:
        for name in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
            wanted = element.get(name)
            if not wanted:
                continue
            identity = wanted.get(f"{name}ID")
            target = self.books.find_document(str(identity)) if identity else self._by_number(wanted, name)
            if target is not None and target["status"] == "AUTHORISED":
                return target
            raise Invalid(f"{name} not of valid status for creating payments")
        raise Invalid("You must specify an Invoice, CreditNote, Overpayment or Prepayment for this payment")

    def _by_number(self, wanted: Element, name: str) -> Record | None:
        number = str(wanted.get(f"{name}Number", ""))
        if name == "Invoice":
            return next(iter(self.books.invoices.by("number", f"ACCREC/{number}")), None)
        return next(iter(self.books.credits.by("number", number)), None) if number else None

    def account(self, wanted: Element) -> Record:
        for account in self.books.accounts:
            if account["id"] == wanted.get("AccountID") or account["code"] == wanted.get("Code"):
                if account["type"] == "BANK" or account["payments"]:
                    return account
                raise Invalid("Account is not a bank account and payments to it are not enabled")
        raise Invalid("A valid payment account is required")

    def delete_payment(self, call: Call) -> Answer:
        payment = self.books.payments.get(call.params["id"])
        if payment is None:
            raise missing()
        element = Bulk(self.books, call, "Payments").elements()[0]
        if element.get("Status") != "DELETED":
            raise invalid("Payments can only be deleted, not changed", PaymentID=payment["id"])
        if payment["status"] == "DELETED" or payment["batch"] or payment["reconciled"]:
            raise invalid("This payment cannot be deleted: deleted, reconciled or in a batch", PaymentID=payment["id"])
        try:
            self.check_open(payment["date"])
        except Invalid as problem:
            raise invalid(*problem.messages, PaymentID=payment["id"]) from problem
        self.books.delete_payment(payment)
        self.effect("payment_deleted", payment["id"], call.header("idempotency-key") or None)
        return envelope(call, Payments=[render.payment(self.books, payment)])

    # -- credits ----------------------------------------------------------------------------------------------------

    def credit_notes(self, call: Call) -> Answer:
        bulk = Bulk(self.books, call, "CreditNotes")
        return bulk.run(lambda element: self._credit_note(bulk, element))

    def _credit_note(self, bulk: Bulk, element: Element) -> Apply:
        contact, currency = self.contact_of(element), str(element.get("CurrencyCode") or "GBP")
        on = day_of(element, "Date", bulk.call.now.date().isoformat())
        lines = self.lines_of(element, currency)
        if element.get("Type") not in ("ACCRECCREDIT", "ACCPAYCREDIT"):
            raise Invalid("Type is not valid")
        if element.get("Status") == "AUTHORISED":
            self.check_open(on)
        number = str(element.get("CreditNoteNumber") or self._next_number("CN-", len(self.books.credits)))

        def apply() -> Record:
            record: Record = {"id": new_guid(), "kind": "credit_note", "type": element["Type"], "number": number}
            record |= {"contact": self.kept(contact)["id"], "date": on, "due_date": None, "lines": lines}
            record["currency"] = currency
            record |= {"line_amounts": element.get("LineAmountTypes", "Exclusive"), "rate": 1.0, "sent": False}
            record |= {"status": element.get("Status", "DRAFT"), "reference": str(element.get("Reference") or "")}
            self.books.touch(record)
            self.effect("credit_note", record["id"], bulk.key, amount=total(record))
            return render.credit(self.books, record)

        return apply

    def allocations(self, call: Call) -> Answer:
        credit = self.books.credits.get(call.params["id"])
        if credit is None:
            raise missing()
        bulk = Bulk(self.books, call, "Allocations")
        return bulk.run(lambda element: self._allocation(bulk, credit, element))

    def _allocation(self, bulk: Bulk, credit: Record, element: Element) -> Apply:
        invoice = self.books.invoices.get(str((element.get("Invoice") or {}).get("InvoiceID")))
        if invoice is None or invoice["status"] != "AUTHORISED":
            raise Invalid("Invoice not of valid status for allocation")
        amount = amount_of(element, invoice["currency"])
        if credit["status"] != "AUTHORISED" or amount > self.books.remaining(credit):
            raise Invalid("Amount exceeds the remaining credit")
        if amount > self.books.due(invoice):
            raise Invalid("Amount exceeds the amount outstanding on the invoice")
        if credit["contact"] != invoice["contact"] or credit["currency"] != invoice["currency"]:
            raise Invalid("The credit and the invoice must have the same contact and currency")
        on = day_of(element, "Date", bulk.call.now.date().isoformat())
        self.check_open(on)

        def apply() -> Record:
            record = self.books.allocate(credit, invoice, amount, on)
            self.effect("allocation", invoice["id"], bulk.key, amount=amount, source=credit["id"])
            return render.allocation(self.books, record)

        return apply

    def delete_allocation(self, call: Call) -> Answer:
        allocation = self.books.allocations.get(call.params["allocation"])
        if allocation is None or allocation["source"] != call.params["id"]:
            raise missing()
        allocation["deleted"] = True
        self.books.allocations.put(allocation)
        self.books.touch(self.books.credits[allocation["source"]], self.books.invoices[allocation["invoice"]])
        self.effect("allocation_deleted", allocation["invoice"], None)
        return envelope(call, AllocationID=allocation["id"], IsDeleted=True)

    # -- shared checks ----------------------------------------------------------------------------------------------

    def contact_of(self, element: Element) -> Record:
        """By id or name; a name that nobody has makes a new contact, which `kept` puts into the books."""
        wanted = element.get("Contact") or {}
        name = str(wanted.get("Name", ""))
        found = self.books.contacts.get(str(wanted.get("ContactID", "")))
        found = found or next(iter(self.books.contacts.by("name", name.lower())), None)
        if found is None and (wanted.get("ContactID") or not name):
            raise Invalid("The Contact field is required: no contact has this ContactID")
        return found or blank_contact() | {"name": name}

    def kept(self, contact: Record) -> Record:
        if contact["id"] not in self.books.contacts:
            self.books.save_contact(contact)
        return contact

    def check_open(self, on: str) -> None:
        """Nothing may be dated on or before a lock date."""
        words = [
            f"The document date cannot be before the {name}, currently set at {day_words(day)}"
            for name, day in self.books.locked_until
            if on <= day
        ]
        if words:
            raise Invalid(*words)

    def lines_of(self, element: Element, currency: str) -> list[Record]:
        lines = [self._line(line, currency) for line in element.get("LineItems") or []]
        if not lines:
            raise Invalid("One or more line items must be specified")
        return lines

    def _line(self, line: Element, currency: str) -> Record:
        try:
            unit = minor(line.get("UnitAmount", line.get("LineAmount", 0)), currency)
            quantity = float(line.get("Quantity", 1))
            amount = minor(line["LineAmount"], currency) if "LineAmount" in line else round(unit * quantity)
            taxed = minor(line.get("TaxAmount", 0), currency)
        except (ValueError, TypeError) as problem:
            raise Invalid("A line item has an amount that is no number") from problem
        shown = {"id": line.get("LineItemID") or new_guid(), "description": str(line.get("Description", ""))}
        shown |= {"account": str(line.get("AccountCode", "200")), "tax_type": str(line.get("TaxType", "NONE"))}
        return {**shown, "quantity": quantity, "unit": unit, "amount": amount, "tax": taxed}

    def _next_number(self, prefix: str, count: int) -> str:
        return f"{prefix}{count + 1:04d}"

    def effect(self, kind: str, target: str, key: str | None, **detail: object) -> None:
        self.books.world.effects.add("xero", kind, target, key=key, **detail)
