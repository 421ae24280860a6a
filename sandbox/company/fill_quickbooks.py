"""Writes a plan's book into the QuickBooks look-alike."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.company.fill_xero import posted_reference
from sandbox.company.moments import Moments
from sandbox.company.plan import Bill, Book, Credit, Debtor, Line, Receipt
from sandbox.quickbooks.bodies import TAX_CODE
from sandbox.quickbooks.books import Books
from sandbox.state import Record
from sandbox.world import new_code

ACCOUNTS = [
    ("1", "Sales", "Revenue", "Income", "SalesOfProductIncome"),
    ("4", "Undeposited Funds", "Asset", "Other Current Asset", "UndepositedFunds"),
    ("35", "Current Account", "Asset", "Bank", "Checking"),
    ("84", "Debtors", "Asset", "Accounts Receivable", "AccountsReceivable"),
    ("86", "Discounts given", "Revenue", "Income", "DiscountsRefundsGiven"),
    ("90", "Bad debts", "Expense", "Expense", "BadDebts"),
    ("91", "Merchant fees", "Expense", "Expense", "BankCharges"),
]
TERMS = {14: "1", 30: "3", 45: "4", 60: "5"}


class FillQuickBooks:
    def __init__(self, books: Books, moments: Moments) -> None:
        self.books = books
        self.moments = moments
        self.ids: dict[str, str] = {}
        self.charges: dict[tuple[str, int], str] = {}

    def settings(self, name: str, today: date) -> None:
        start = self.moments.milliseconds(today - timedelta(days=800))
        self.books.world.set(
            "qbo.company", realm="9130350000000017", name=name, currency="GBP", created=start,
            email="accounts@harbour-joinery.example",
        )  # fmt: skip
        for identity, title, group, kind, subtype in ACCOUNTS:
            shown: Record = {"name": title, "classification": group, "type": kind, "subtype": subtype, "active": True}
            self._put("Account", identity, shown, start)
        for place, title in enumerate(("Joinery", "Fitting", "Delivery"), 1):
            self._put("Item", str(place), {"name": title, "account": "1", "active": True}, start)
        self._put("Vendor", "1", {"name": "Stripe", "active": True}, start)
        for days, identity in TERMS.items():
            self._put("Term", identity, {"name": f"Net {days}", "days": days, "active": True}, start)

    def _put(self, entity: str, identity: str, record: Record, moment: int) -> Record:
        record = {"id": identity, **record, "token": 0, "created": moment, "updated": moment}
        return self.books[entity].put(record)

    def _add(self, entity: str, record: Record, on: date) -> Record:
        return self._put(entity, self.books.next_id(entity), record, self.moments.milliseconds(on))

    def book(self, book: Book) -> None:
        for debtor in book.debtors:
            self.customer(debtor)
        for bill in book.bills:
            self.invoice(bill)
        money = [(one.on, bill, place) for bill in book.bills for place, one in enumerate(bill.receipts) if one.posted]
        for _, bill, place in sorted(money, key=lambda row: (row[0], row[1].key)):
            self.payment(bill, bill.receipts[place], self.charges.get((bill.key, place)))
        for bill in book.bills:
            if bill.credit:
                self._credit_applied(bill)
        for credit in book.credits:
            self.credit(credit)

    def customer(self, debtor: Debtor) -> str:
        names = {
            "name": debtor.name,
            "company": debtor.name,
            "given": debtor.person.first,
            "family": debtor.person.last,
        }
        record: Record = {**names, "email": addresses(debtor), "phone": debtor.phone, "active": debtor.active}
        record |= {"parent": self.ids.get(debtor.parent or ""), "currency": debtor.currency}
        record |= {"terms": TERMS.get(debtor.terms), "address": list(debtor.address)}
        kept = self._add("Customer", record, self.moments.now.date() - timedelta(days=740))
        self.ids[debtor.key] = kept["id"]
        return str(kept["id"])

    def _lines(self, lines: list[Line]) -> list[Record]:
        shown = []
        for line in lines:
            record: Record = {
                "kind": "item",
                "amount": line.amount,
                "unit": line.unit,
                "quantity": line.quantity,
                "item": "1",
            }
            shown.append({**record, "description": line.description, "tax_code": TAX_CODE if line.taxed else "No VAT"})
        return shown

    def invoice(self, bill: Bill) -> Record:
        record: Record = {
            "customer": self.ids[bill.debtor.key],
            "currency": bill.debtor.currency,
            "number": bill.number,
        }
        record |= {"date": bill.on.isoformat(), "due_date": bill.due.isoformat() if bill.due else None}
        record |= {"lines": self._lines(bill.lines), "tax": sum(line.tax for line in bill.lines), "deposit": 0}
        record |= {
            "online": bill.online,
            "code": new_code(32),
            "terms": TERMS.get(bill.debtor.terms),
            "memo": "Thank you for your business.",
        }
        record |= {"note": None, "voided": False, "bill_email": bill.debtor.email or None}
        record |= {"email_status": "EmailSent" if bill.sent else "NotSet"}
        kept = self._add("Invoice", record, bill.on)
        kept["delivered"] = kept["created"] if bill.sent else None
        self.ids[bill.key] = kept["id"]
        if bill.state == "void":
            self._void(kept)
        return kept

    def _void(self, record: Record) -> None:
        record |= {"voided": True, "note": "Voided", "token": 1}
        for line in record["lines"]:
            line |= {"amount": 0, "unit": 0}
        self.books["Invoice"].put(record)

    def payment(self, bill: Bill, receipt: Receipt, charge: str | None) -> Record:
        reference = receipt.reference[:21] if charge is None else posted_reference(charge)[:21] or None
        line = {"amount": receipt.amount, "type": "Invoice", "to": self.ids[bill.key]}
        kept = self._payment(bill.debtor, receipt.on, receipt.amount, [line], reference)
        if charge and posted_reference(charge) == charge:
            kept["note"] = charge  # PaymentRefNum holds 21 characters, an id of a charge has 27
        self._moved("Invoice", self.ids[bill.key], kept["updated"])
        return kept

    def _payment(self, debtor: Debtor, on: date, total: int, lines: list[Record], reference: str | None) -> Record:
        record: Record = {"customer": self.ids[debtor.key], "currency": debtor.currency, "total": total, "lines": lines}
        record |= {
            "date": on.isoformat(),
            "reference": reference,
            "note": None,
            "method": None,
            "account": "4",
            "voided": False,
        }
        return self._add("Payment", record, on)

    def _moved(self, entity: str, identity: str, moment: int) -> None:
        record = self.books[entity][identity]
        record |= {"token": record["token"] + 1, "updated": max(record["updated"], moment)}
        self.books[entity].put(record)

    # -- credits ----------------------------------------------------------------------------------------------------

    def _memo(self, debtor: Debtor, on: date, amount: int, note: str) -> Record:
        lines = self._lines([Line(note, 1, amount, taxed=False)])
        record: Record = {"customer": self.ids[debtor.key], "currency": debtor.currency, "lines": lines, "tax": 0}
        number = f"CM-{len(self.books['CreditMemo']) + 1:04d}"
        record |= {
            "number": number,
            "date": on.isoformat(),
            "note": note,
            "voided": False,
            "bill_email": addresses(debtor) or None,
        }
        return self._add("CreditMemo", record, on)

    def _credit_applied(self, bill: Bill) -> None:
        """A payment of zero that joins a credit memo and the invoice."""
        on = min(bill.on + timedelta(days=3), self.moments.now.date())
        memo = self._memo(bill.debtor, on, bill.credit, "Price adjustment")
        lines = [{"amount": bill.credit, "type": "Invoice", "to": self.ids[bill.key]}]
        lines.append({"amount": bill.credit, "type": "CreditMemo", "to": memo["id"]})
        joined = self._payment(bill.debtor, on, 0, lines, None)
        self._moved("Invoice", self.ids[bill.key], joined["updated"])
        self._moved("CreditMemo", memo["id"], joined["updated"])

    def credit(self, credit: Credit) -> Record:
        if credit.kind == "credit_note":
            kept = self._memo(credit.debtor, credit.on, credit.amount, credit.reference)
        else:
            kept = self._payment(credit.debtor, credit.on, credit.amount, [], credit.reference[:21])
        self.ids[credit.key] = kept["id"]
        return kept

    # -- other documents --------------------------------------------------------------------------------------------

    def others(self, book: Book, today: date) -> None:
        """Deposits of payments, refund and sales receipts, a write-off by journal entry."""
        recent = [
            one for one in self.books["Payment"] if one["total"] and one["currency"] == "GBP" and not one["note"]
        ][-60:-20]
        for place in range(0, len(recent), 8):
            self._deposit(recent[place : place + 8])
        for place, debtor in enumerate([one for one in book.debtors if one.currency == "GBP"][:6]):
            on = today - timedelta(days=20 + 31 * place)
            entity = "RefundReceipt" if place % 2 else "SalesReceipt"
            record: Record = {
                "customer": self.ids[debtor.key],
                "currency": "GBP",
                "lines": self._lines([Line("Offcuts", 1, 3500, taxed=False)]),
            }
            record |= {
                "tax": 0,
                "number": f"{entity[0]}R-{place + 1}",
                "date": on.isoformat(),
                "account": "35",
                "note": None,
            }
            self._add(entity, {**record, "voided": False, "bill_email": debtor.email}, on)
        self._write_off(book, today)

    def _deposit(self, payments: list[Record]) -> None:
        lines: list[Record] = [{"amount": one["total"], "type": "Payment", "to": one["id"]} for one in payments]
        fee = sum(int(one["total"]) for one in payments) // 70
        lines.append({"amount": -fee, "type": "Fee", "to": None, "account": "91", "description": "Card fees"})
        on = max(date.fromisoformat(one["date"]) for one in payments)
        record: Record = {
            "lines": lines,
            "date": on.isoformat(),
            "currency": "GBP",
            "account": "35",
            "note": "Card takings",
            "number": "",
        }
        self._add("Deposit", record, on)

    def _write_off(self, book: Book, today: date) -> None:
        """Bad debt: a journal entry credits the customer, a payment of zero would apply it; here it stays open."""
        debtor = next(one for one in book.debtors if one.habit == "never" and one.currency == "GBP")
        on = today - timedelta(days=45)
        sides = [("Debit", "90", None), ("Credit", "84", self.ids[debtor.key])]
        lines = [
            {"side": side, "account": account, "customer": customer, "amount": 15000, "description": "Bad debt"}
            for side, account, customer in sides
        ]
        self._add(
            "JournalEntry",
            {"lines": lines, "date": on.isoformat(), "currency": "GBP", "number": "JE-1", "note": "Write-off"},
            on,
        )


def addresses(debtor: Debtor) -> str:
    """Further addresses stand in the same field, parted by commas, as QuickBooks keeps them."""
    others = [one.email for one in debtor.others if one.include]
    return ", ".join([debtor.email, *others]) if debtor.email else ""
