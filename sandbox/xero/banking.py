"""Money at the bank: receive and spend money, over- and prepayments that are born from it, batch payments."""

from __future__ import annotations

from sandbox.calls import Answer, Call
from sandbox.state import Record
from sandbox.world import new_guid
from sandbox.xero import render
from sandbox.xero.books import Books, total
from sandbox.xero.errors import invalid, missing
from sandbox.xero.lists import envelope
from sandbox.xero.writes import Apply, Bulk, Element, Invalid, Writes, amount_of, day_of

#: The credit that a receipt of this type gives birth to.
BIRTHS = {"RECEIVE-OVERPAYMENT": "overpayment", "RECEIVE-PREPAYMENT": "prepayment"}
TYPES = ("RECEIVE", "SPEND", *BIRTHS)


class Banking:
    def __init__(self, books: Books, writes: Writes) -> None:
        self.books = books
        self.writes = writes

    # -- bank transactions --------------------------------------------------------------------------------------------

    def put(self, call: Call) -> Answer:
        bulk = Bulk(self.books, call, "BankTransactions")
        return bulk.run(lambda element: self._transaction(bulk, element))

    def _transaction(self, bulk: Bulk, element: Element) -> Apply:
        contact, kind = self.writes.contact_of(element), str(element.get("Type"))
        if kind not in TYPES:
            raise Invalid("Type is not valid")
        account = self.writes.account(element.get("BankAccount") or {})
        currency = str(element.get("CurrencyCode") or account.get("currency") or "GBP")
        on = day_of(element, "Date", bulk.call.now.date().isoformat())
        lines = self.writes.lines_of(element, currency)
        self.writes.check_open(on)

        def apply() -> Record:
            shared: Record = {"contact": self.writes.kept(contact)["id"], "type": kind, "date": on, "lines": lines}
            shared |= {"currency": currency, "rate": 1.0, "reference": str(element.get("Reference") or "")}
            record = self._enter({**shared, "status": "AUTHORISED", "due_date": None}, account)
            self.writes.effect("bank_transaction", record["id"], bulk.key, amount=total(record))
            return render.bank_transaction(self.books, record)

        return apply

    def _enter(self, shared: Record, account: Record) -> Record:
        record = {**shared, "id": new_guid(), "account": account["id"], "line_amounts": "NoTax", "reconciled": False}
        record["updated"] = self.books.now()
        if shared["type"] in BIRTHS:
            record["credit"] = new_guid()
            born = {"id": record["credit"], "kind": BIRTHS[shared["type"]], "number": None, "sent": False}
            self.books.touch({**shared, **born, "line_amounts": "NoTax"})
        return self.books.bank_transactions.put(record)

    # -- batch payments -------------------------------------------------------------------------------------------------

    def get_batch(self, call: Call) -> Answer:
        return envelope(call, BatchPayments=[render.batch(self.books, self._batch(call.params["id"]))])

    def put_batches(self, call: Call) -> Answer:
        bulk = Bulk(self.books, call, "BatchPayments")
        return bulk.run(lambda element: self._new_batch(bulk, element))

    def _new_batch(self, bulk: Bulk, element: Element) -> Apply:
        account = self.writes.account(element.get("Account") or {})
        on = day_of(element, "Date", bulk.call.now.date().isoformat())
        self.writes.check_open(on)
        members = [self._member(one) for one in element.get("Payments") or []]
        if not members:
            raise Invalid("A batch payment needs payments")

        def apply() -> Record:
            kind = "PAYBATCH" if members[0][0].get("type") == "ACCPAY" else "RECBATCH"
            batch: Record = {"id": new_guid(), "account": account["id"], "type": kind, "status": "AUTHORISED"}
            batch |= {"currency": members[0][0]["currency"], "reference": str(element.get("Reference") or "")}
            batch |= {"date": on, "reconciled": False, "updated": self.books.now()}
            self.books.batches.put(batch)
            for target, amount in members:
                self.books.add_payment(target, date=on, amount=amount, account=account["id"], batch=batch["id"])
            self.writes.effect("batch_payment", batch["id"], bulk.key, amount=sum(amount for _, amount in members))
            return render.batch(self.books, batch)

        return apply

    def _member(self, element: Element) -> tuple[Record, int]:
        target = self.books.invoices.get(str((element.get("Invoice") or {}).get("InvoiceID")))
        if target is None or target["status"] != "AUTHORISED":
            raise Invalid("Invoice not of valid status for creating payments")
        amount = amount_of(element, target["currency"])
        if amount > self.books.due(target):
            raise Invalid("Payment amount exceeds the amount outstanding on this document")
        return target, amount

    def delete_batch(self, call: Call) -> Answer:
        """The only change there is: a batch is deleted as a whole, and its payments with it."""
        element = Bulk(self.books, call, "BatchPayments").elements()[0]
        batch = self._batch(call.params.get("id") or str(element.get("BatchPaymentID")))
        if element.get("Status") != "DELETED" or batch["status"] == "DELETED" or batch["reconciled"]:
            raise invalid("The batch payment cannot be changed: deleted, or reconciled", BatchPaymentID=batch["id"])
        members = self.books.payments.by("batch", batch["id"])
        batch |= {"status": "DELETED", "total": sum(one["amount"] for one in members), "updated": self.books.now()}
        self.books.batches.put(batch)
        for one in list(members):
            self.books.delete_payment(one)
        self.writes.effect("batch_payment_deleted", batch["id"], call.header("idempotency-key") or None)
        return envelope(call, BatchPayments=[render.batch(self.books, batch)])

    def _batch(self, identity: str) -> Record:
        found = self.books.batches.get(identity)
        if found is None:
            raise missing()
        return found
