"""Expenses of QuickBooks that are paid at once."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.quickbooks.bodies import Bodies, Body
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.render import purchase, stamp
from sandbox.quickbooks.taxes import is_inclusive, net, total_tax
from sandbox.state import Record

PAYMENT_TYPES = ("Cash", "Check", "CreditCard")


class Purchases:
    def __init__(self, books: Books) -> None:
        self.books = books

    def post(self, call: Call) -> Answer:
        bodies = Bodies(self.books, call)
        body = bodies.json()
        if body.get("PaymentType") not in PAYMENT_TYPES:
            raise bodies.faults.required("PaymentType")
        currency = bodies.reference(body, "CurrencyRef") or self.books.company["currency"]
        lines = [self._line(bodies, line, currency, body) for line in body.get("Line") or []]
        if not lines:
            raise bodies.faults.required("Line")
        record: Record = {"lines": lines, "currency": currency, "account": bodies.account(body, "AccountRef")}
        record |= {"tax": total_tax(body, lines, currency), "type": body["PaymentType"]}
        record |= {"date": bodies.open_day(body, call.now.date().isoformat()), "note": body.get("PrivateNote")}
        record |= {"number": body.get("DocNumber"), "vendor": self._vendor(bodies, body)}
        kept = self.books.create("Purchase", record)
        key = call.argument("requestid") or None
        self.books.world.effects.add("quickbooks", "purchase", f"Purchase/{kept['id']}", key=key)
        return json_answer({"Purchase": purchase(self.books, kept), "time": stamp(call.now)})

    def _line(self, bodies: Bodies, line: Body, currency: str, body: Body) -> Record:
        detail = line.get("AccountBasedExpenseLineDetail") or {}
        account, code = bodies.account(detail, "AccountRef"), bodies.reference(detail, "TaxCodeRef") or ""
        gross = bodies.amount(detail if "TaxInclusiveAmt" in detail else line,
                              "TaxInclusiveAmt" if "TaxInclusiveAmt" in detail else "Amount", currency)  # fmt: skip
        amount = net(gross, code) if is_inclusive(body) else bodies.amount(line, "Amount", currency)
        return {"kind": "expense", "amount": amount, "gross": gross, "account": account, "tax_code": code}

    def _vendor(self, bodies: Bodies, body: Body) -> str | None:
        party = body.get("EntityRef") or {}
        if not party:
            return None
        if str(party.get("value")) not in self.books["Vendor"]:
            raise bodies.faults.invalid_reference("Invalid Reference Id : Names element id not found")
        return str(party["value"])
