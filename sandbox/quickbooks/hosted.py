"""The page behind InvoiceLink: QuickBooks Payments takes the money and books the payment itself."""

from __future__ import annotations

from sandbox.calls import Answer, Call, html_answer
from sandbox.money import display
from sandbox.pages import document_page, plain_page
from sandbox.quickbooks.books import Books
from sandbox.state import Record
from sandbox.world import new_code


class Hosted:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.pending = books.world.state.table("qbo.pending")
        books.world.settlers.append(self.settle)

    def _find(self, code: str) -> Record | None:
        return next((one for one in self.books["Invoice"] if one["code"] == code), None)

    def payable(self, record: Record) -> int:
        waiting = sum(one["amount"] for one in self.pending if one["invoice"] == record["id"])
        return max(0, self.books.balance(record) - waiting) if record["online"] else 0

    def show(self, call: Call) -> Answer:
        record = self._find(call.params["code"])
        if record is None:
            return plain_page("Invoice not found", 404)
        due, seller = display(self.books.balance(record), record["currency"]), self.books.company["name"]
        title = f"Invoice {record['number'] or record['id']}"
        return html_answer(document_page(seller, title, f"Balance due {due}", payable=self.payable(record) > 0))

    def pay(self, call: Call) -> Answer:
        record = self._find(call.params["code"])
        if record is None:
            return plain_page("Invoice not found", 404)
        form = dict(call.form())
        asked = self.payable(record)
        amount = int(form.get("amount") or asked)
        if not 0 < amount <= asked:
            return plain_page("This invoice cannot be paid online", 409)
        if form.get("method", "card") == "us_bank_account":
            self.pending.put({"id": new_code(16), "invoice": record["id"], "amount": amount})
            return plain_page("Your payment is pending.")
        self._post(record, amount)
        return plain_page("Thank you. Your payment has been received.")

    def _post(self, record: Record, amount: int) -> None:
        line = {"amount": amount, "type": "Invoice", "to": record["id"]}
        fields: Record = {
            "customer": record["customer"],
            "currency": record["currency"],
            "total": amount,
            "lines": [line],
        }
        fields |= {
            "date": self.books.world.clock.now().date().isoformat(),
            "voided": False,
            "account": "4",
            "method": "2",
        }
        fields |= {"reference": f"QBP{new_code(9).upper()}", "note": "Paid online"}
        kept = self.books.create("Payment", fields)
        self.books.touch_links(kept)
        self.books.world.effects.add("quickbooks", "customer_payment", f"Invoice/{record['id']}", amount=amount)

    def settle(self) -> int:
        """All pending bank debits come in, as far as the invoices are still open. Returns how many did."""
        waiting = list(self.pending)
        for one in waiting:
            self.pending.remove(one["id"])
            record = self.books["Invoice"].get(one["invoice"])
            if record is not None and self.books.balance(record) >= one["amount"]:
                self._post(record, one["amount"])
        return len(waiting)
