"""The online invoice that a customer sees, and pays when its theme has a payment service."""

from __future__ import annotations

from sandbox.calls import Answer, Call, html_answer
from sandbox.money import display
from sandbox.pages import document_page, plain_page
from sandbox.state import Record
from sandbox.xero.books import Books


class Hosted:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.pending = books.world.state.table("xero.pending")
        books.world.when_settled.append(self.settled)

    def _find(self, code: str) -> Record | None:
        return next((one for one in self.books.invoices if one["code"] == code), None)

    def payable(self, record: Record) -> int:
        """What the page asks for: nothing when paid, void or without a payment service."""
        theme = self.books.themes.get(record["theme"]) or {}
        if record["status"] != "AUTHORISED" or not theme.get("services"):
            return 0
        return max(0, self.books.due(record) - self._in_flight(record))

    def _in_flight(self, record: Record) -> int:
        return sum(one["amount"] for one in self.pending if one["invoice"] == record["id"])

    def show(self, call: Call) -> Answer:
        record = self._find(call.params["code"])
        if record is None:
            return plain_page("Invoice not found", 404)
        asked, seller = self.payable(record), self.books.organisation["name"]
        due = display(self.books.due(record), record["currency"])
        return html_answer(document_page(seller, f"Invoice {record['number']}", f"Amount due {due}", payable=asked > 0))

    def pay(self, call: Call) -> Answer:
        record = self._find(call.params["code"])
        if record is None:
            return plain_page("Invoice not found", 404)
        form = dict(call.form())
        asked = self.payable(record)
        amount = int(form.get("amount") or asked)
        if not 0 < amount <= asked:
            return plain_page("This invoice cannot be paid online", 409)
        return self._charge(record, amount, form.get("method", "card"))

    def _charge(self, record: Record, amount: int, method: str) -> Answer:
        """The payment service is the company's Stripe account: a charge there, a payment here."""
        world = self.books.world
        email = self.books.contacts[record["contact"]]["email"]
        text = f"Payment for invoice {record['number']}"
        charge = world.charge(
            amount,
            record["currency"],
            text,
            email,
            method,
            {"platform": "xero", "id": record["id"], "number": record["number"]},
        )
        if charge["status"] == "succeeded":
            self._post(record, amount, charge["id"])
        else:
            self.pending.put({"id": charge["id"], "invoice": record["id"], "amount": amount})
        return plain_page(
            "Thank you. Your payment has been received." if charge["paid"] else "Your payment is pending."
        )

    def _post(self, record: Record, amount: int, reference: str) -> None:
        account = next(one for one in self.books.accounts if one["code"] == "091")
        on = self.books.world.clock.now().date().isoformat()
        self.books.add_payment(record, date=on, amount=amount, account=account["id"], reference=reference)
        self.books.world.effects.add("xero", "customer_payment", record["id"], amount=amount)

    def settled(self, charge: str) -> None:
        """A bank debit has come in at Stripe."""
        waiting = self.pending.get(charge)
        if waiting is not None:
            self.pending.remove(charge)
            self._post(self.books.invoices[waiting["invoice"]], waiting["amount"], charge)
