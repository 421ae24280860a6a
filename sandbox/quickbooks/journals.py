"""Journal entries of QuickBooks: create, update (all lines anew), delete."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.quickbooks.bodies import Bodies, Body
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.render import journal_entry, stamp
from sandbox.state import Record

SIDES = ("Debit", "Credit")


class Journals:
    def __init__(self, books: Books) -> None:
        self.books = books

    def post(self, call: Call) -> Answer:
        bodies = Bodies(self.books, call)
        body = bodies.json()
        record = self.books["JournalEntry"].get(str(body["Id"])) if body.get("Id") is not None else None
        if body.get("Id") is None:
            record = self._create(bodies, body)
        else:
            record = bodies.current("JournalEntry", body)
            if call.argument("operation") == "delete":
                self.books.delete("JournalEntry", record)
                gone = {"domain": "QBO", "status": "Deleted", "Id": record["id"]}
                return json_answer({"JournalEntry": gone, "time": stamp(call.now)})
            record["lines"] = self._lines(bodies, body, record["currency"])
            self.books.touch("JournalEntry", record)
        return json_answer({"JournalEntry": journal_entry(self.books, record), "time": stamp(call.now)})

    def _create(self, bodies: Bodies, body: Body) -> Record:
        currency = bodies.reference(body, "CurrencyRef") or self.books.company["currency"]
        on = bodies.open_day(body, bodies.call.now.date().isoformat())
        record: Record = {"lines": self._lines(bodies, body, currency), "date": on, "currency": currency}
        record |= {"number": str(body.get("DocNumber") or ""), "note": body.get("PrivateNote") or ""}
        kept = self.books.create("JournalEntry", record)
        key = bodies.call.argument("requestid") or None
        self.books.world.effects.add("quickbooks", "journal_entry", f"JournalEntry/{kept['id']}", key=key)
        return kept

    def _lines(self, bodies: Bodies, body: Body, currency: str) -> list[Record]:
        lines = [self._line(bodies, line, currency) for line in body.get("Line") or []]
        debit, credit = (sum(one["amount"] for one in lines if one["side"] == side) for side in SIDES)
        if not lines or debit != credit:
            raise bodies.faults.business("The total of debits must equal the total of credits")
        places = [int(one["place"]) for one in lines if one["place"]]
        for line in lines:
            if not line["place"]:
                places.append(max(places, default=-1) + 1)
                line["place"] = str(places[-1])
        return lines

    def _line(self, bodies: Bodies, line: Body, currency: str) -> Record:
        detail = line.get("JournalEntryLineDetail") or {}
        account = bodies.reference(detail, "AccountRef") or ""
        if detail.get("PostingType") not in SIDES or account not in self.books["Account"]:
            raise bodies.faults.invalid_reference("Invalid Reference Id : Accounts element id not found or no side")
        party = detail.get("Entity") or {}
        customer = bodies.reference(party, "EntityRef") if party.get("Type") == "Customer" else None
        if self.books["Account"][account]["type"] == "Accounts Receivable" and customer is None:
            raise bodies.faults.business("When you use Accounts Receivable, you must choose a customer")
        shown: Record = {"side": detail["PostingType"], "account": account, "customer": customer}
        shown |= {"amount": bodies.amount(line, "Amount", currency), "description": str(line.get("Description", ""))}
        return {**shown, "place": str(line.get("Id") or "")}
