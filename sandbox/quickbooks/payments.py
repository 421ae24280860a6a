"""Payments of QuickBooks: create, update, void, delete; a total of zero applies a credit memo."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.quickbooks.bodies import Bodies, Body
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.render import payment, stamp
from sandbox.state import Record


class Payments:
    def __init__(self, books: Books) -> None:
        self.books = books

    def post(self, call: Call) -> Answer:
        bodies = Bodies(self.books, call)
        body = bodies.json()
        bodies.known(body, "Payment")
        if body.get("Id") is None:
            return self._shown(call, self._create(bodies, body))
        record = bodies.current("Payment", body)
        if call.argument("operation") == "delete":
            return self._delete(call, record)
        if "void" in (call.argument("include"), call.argument("operation")):
            return self._shown(call, self._void(bodies, record))
        return self._shown(call, self._update(bodies, record, body))

    def _create(self, bodies: Bodies, body: Body) -> Record:
        customer = bodies.customer(body)
        currency = bodies.reference(body, "CurrencyRef") or customer["currency"]
        on = bodies.open_day(body, bodies.call.now.date().isoformat())
        total = bodies.amount(body, "TotalAmt", currency)
        lines = bodies.payment_lines(body, customer, currency, [])
        self._check_sum(bodies, total, lines)
        record: Record = {"customer": customer["id"], "currency": currency, "total": total, "lines": lines}
        record |= {"date": on, "voided": False}
        record |= {"reference": body.get("PaymentRefNum"), "note": body.get("PrivateNote")}
        record |= {"method": bodies.reference(body, "PaymentMethodRef")}
        record |= {"account": bodies.reference(body, "DepositToAccountRef") or "4"}
        kept = self.books.create("Payment", record)
        self.books.touch_links(kept)
        self._effect(bodies.call, "payment" if total else "credit_application", kept, amount=total, lines=lines)
        return kept

    def _check_sum(self, bodies: Bodies, total: int, lines: list[Record]) -> None:
        credit = sum(line["amount"] for line in lines if line["type"] == "CreditMemo")
        used = sum(line["amount"] for line in lines if line["type"] != "CreditMemo")
        if used > total + credit:
            raise bodies.faults.business("The lines apply more than the payment's total and its credits")

    def _update(self, bodies: Bodies, record: Record, body: Body) -> Record:
        """A body with Line replaces all lines; a full update also clears what it leaves out."""
        sparse = bool(body.get("sparse"))
        total = bodies.amount(body, "TotalAmt", record["currency"]) if "TotalAmt" in body else record["total"]
        lines = record["lines"]
        if "Line" in body or not sparse:
            customer = self.books["Customer"][record["customer"]]
            lines = bodies.payment_lines(body, customer, record["currency"], record["lines"])
        self._check_sum(bodies, total, lines)
        self.books.touch_links(record)
        record |= {"total": total, "lines": lines}
        for theirs, ours in (("PaymentRefNum", "reference"), ("PrivateNote", "note")):
            if theirs in body or not sparse:
                record[ours] = body.get(theirs)
        self.books.touch("Payment", record)
        self.books.touch_links(record)
        self._effect(bodies.call, "payment_update", record, amount=total, lines=lines)
        return record

    def _void(self, bodies: Bodies, record: Record) -> Record:
        """Money that was deposited has to be taken out of the deposit first."""
        if self.books.deposit_of(record) is not None:
            raise bodies.faults.business("This transaction has been deposited. Delete the deposit before you void it")
        self.books.touch_links(record)
        record |= {"total": 0, "lines": [], "voided": True, "note": voided_note(record)}
        self.books.touch("Payment", record, "Void")
        self._effect(bodies.call, "void", record)
        return record

    def _delete(self, call: Call, record: Record) -> Answer:
        self.books.touch_links(record)
        self.books.delete("Payment", record)
        self._effect(call, "delete", record)
        return json_answer(
            {"Payment": {"domain": "QBO", "status": "Deleted", "Id": record["id"]}, "time": stamp(call.now)}
        )

    def _shown(self, call: Call, record: Record) -> Answer:
        return json_answer({"Payment": payment(self.books, record), "time": stamp(call.now)})

    def _effect(self, call: Call, kind: str, record: Record, **detail: object) -> None:
        key = call.argument("requestid") or None
        self.books.world.effects.add("quickbooks", kind, f"Payment/{record['id']}", key=key, **detail)


def voided_note(record: Record) -> str:
    return f"Voided - {record['note']}" if record.get("note") else "Voided"
