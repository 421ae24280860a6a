"""Writes a plan's book into the Xero look-alike."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.company.moments import Moments
from sandbox.company.plan import Bill, Book, Credit, Debtor, Line, Person, Receipt
from sandbox.money import pounds_per
from sandbox.state import Record
from sandbox.world import new_code, new_guid
from sandbox.xero.books import Books

STATES = {"open": "AUTHORISED", "void": "VOIDED", "draft": "DRAFT", "submitted": "SUBMITTED", "deleted": "DELETED"}
ACCOUNTS = [
    ("090", "Business Bank Account", "BANK", "ASSET", "GBP"),
    ("091", "Stripe Clearing", "BANK", "ASSET", "GBP"),
    ("092", "Euro Account", "BANK", "ASSET", "EUR"),
    ("200", "Sales", "REVENUE", "REVENUE", None),
    ("404", "Bank Fees", "EXPENSE", "EXPENSE", None),
    ("440", "Bad Debts", "EXPENSE", "EXPENSE", None),
    ("610", "Accounts Receivable", "CURRENT", "ASSET", None),
    ("800", "Accounts Payable", "CURRLIAB", "LIABILITY", None),
]


class FillXero:
    """`ids` maps the keys of the plan to the ids that Xero gave."""

    def __init__(self, books: Books, moments: Moments) -> None:
        self.books = books
        self.moments = moments
        self.ids: dict[str, str] = {}
        self.charges: dict[tuple[str, int], str] = {}

    def settings(self, name: str, today: date) -> None:
        start = self.moments.milliseconds(today - timedelta(days=800))
        locked = (today.replace(day=1) - timedelta(days=550)).replace(day=1) - timedelta(days=1)
        self.books.world.set(
            "xero.organisation", tenant=new_guid(), name=name, currency="GBP", created=start, reminders=False,
            lock_date=locked.isoformat(),
        )  # fmt: skip
        for code, title, kind, group, currency in ACCOUNTS:
            record = {"id": new_guid(), "code": code, "name": title, "type": kind, "class": group, "updated": start}
            tax_type = "OUTPUT2" if code == "200" else "NONE"
            payments = code in ("440", "610")
            self.books.accounts.put({**record, "currency": currency, "tax_type": tax_type, "payments": payments})
        service = self.books.services.put({"id": new_guid(), "name": "Stripe", "type": "Stripe"})
        for order, (title, services) in enumerate((("Standard", []), ("Pay online", [service["id"]]))):
            theme = {"id": new_guid(), "name": title, "order": order, "services": services, "created": start}
            self.books.themes.put(theme)

    def book(self, book: Book) -> None:
        for debtor in book.debtors:
            self.contact(debtor)
        for bill in book.bills:
            self.invoice(bill)
        for credit in book.credits:
            self.credit(credit)

    def contact(self, debtor: Debtor, *, supplier: bool = False) -> str:
        identity = self.ids[debtor.key] = new_guid()
        persons = [
            {"first_name": one.first, "last_name": one.last, "email": one.email, "include": one.include}
            for one in debtor.others
        ]
        record: Record = {"id": identity, "name": debtor.name, "email": debtor.email, "phone": debtor.phone}
        record |= {"first_name": debtor.person.first, "last_name": debtor.person.last, "persons": persons}
        record |= {
            "status": "ACTIVE" if debtor.active else "ARCHIVED",
            "supplier": supplier,
            "currency": debtor.currency,
        }
        record |= {"terms": debtor.terms, "address": list(debtor.address)}
        record["updated"] = self.moments.milliseconds(self.moments.now.date() - timedelta(days=740))
        self.books.contacts.put(record)
        return identity

    def invoice(self, bill: Bill, kind: str = "ACCREC") -> Record:
        themes = list(self.books.themes)
        currency = bill.debtor.currency
        record: Record = {"id": new_guid(), "type": kind, "number": bill.number, "contact": self.ids[bill.debtor.key]}
        record |= {"date": bill.on.isoformat(), "due_date": bill.due.isoformat() if bill.due else None}
        record |= {"lines": [self._line(line) for line in bill.lines], "line_amounts": "Exclusive"}
        record |= {"currency": currency, "rate": rate(currency), "status": STATES[bill.state], "sent": bill.sent}
        record |= {
            "theme": themes[1 if bill.online else 0]["id"],
            "code": new_code(40),
            "reference": self._reference(bill),
        }
        record["updated"] = self.moments.milliseconds(bill.on)
        self.books.invoices.put(record)
        self.ids[bill.key] = record["id"]
        for place, receipt in enumerate(bill.receipts):
            if receipt.posted:
                self._payment(record, receipt, self.charges.get((bill.key, place)))
        if bill.credit:
            self._allocated_credit(bill, record)
        return record

    def _reference(self, bill: Bill) -> str:
        return f"PO {4000 + len(bill.key) * 13 + bill.lines[0].unit % 900}" if bill.lines[0].quantity > 1 else ""

    def _line(self, line: Line) -> Record:
        taxed = "OUTPUT2" if line.taxed else "NONE"
        shown: Record = {"id": new_guid(), "description": line.description, "account": "200", "tax_type": taxed}
        return {**shown, "quantity": float(line.quantity), "unit": line.unit, "amount": line.amount, "tax": line.tax}

    def _account(self, code: str) -> str:
        return next(str(one["id"]) for one in self.books.accounts if one["code"] == code)

    def _payment(self, invoice: Record, receipt: Receipt, charge: str | None) -> None:
        moment = self.moments.milliseconds(receipt.on)
        record: Record = {"id": new_guid(), "target": invoice["id"], "status": "AUTHORISED", "batch": receipt.batch}
        record |= {"amount": receipt.amount, "date": receipt.on.isoformat(), "rate": invoice["rate"], "updated": moment}
        record |= {"account": self._account("091" if charge else "090"), "reconciled": not charge}
        record["reference"] = receipt.reference if charge is None else posted_reference(charge)
        self.books.payments.put(record)
        self._moved(invoice, moment)

    def _moved(self, record: Record, moment: int) -> None:
        record["updated"] = max(record["updated"], moment)
        self.books.table_of(record).put(record)

    def _allocated_credit(self, bill: Bill, invoice: Record) -> None:
        on = bill.on + timedelta(days=3)
        note = self._credit_record(
            "credit_note", bill.debtor, min(on, self.moments.now.date()), bill.credit, "Price adjustment"
        )
        allocation = {"id": new_guid(), "source": note["id"], "invoice": invoice["id"], "amount": bill.credit}
        self.books.allocations.put({**allocation, "date": note["date"], "deleted": False})
        self._moved(invoice, note["updated"])

    def credit(self, credit: Credit) -> Record:
        record = self._credit_record(credit.kind, credit.debtor, credit.on, credit.amount, credit.reference)
        self.ids[credit.key] = record["id"]
        if credit.kind == "overpayment":
            self._receive(record)
        return record

    def _credit_record(self, kind: str, debtor: Debtor, on: date, amount: int, reference: str) -> Record:
        types = {
            "credit_note": "ACCRECCREDIT",
            "overpayment": "RECEIVE-OVERPAYMENT",
            "prepayment": "RECEIVE-PREPAYMENT",
        }
        line = self._line(Line(reference or kind, 1, amount, taxed=False))
        record: Record = {"id": new_guid(), "kind": kind, "type": types[kind], "contact": self.ids[debtor.key]}
        number = f"CN-{len(self.books.credits) + 1:04d}" if kind == "credit_note" else None
        record |= {"number": number, "date": on.isoformat(), "due_date": None, "lines": [line], "status": "AUTHORISED"}
        record |= {"line_amounts": "NoTax", "currency": debtor.currency, "rate": rate(debtor.currency), "sent": False}
        record |= {"reference": reference, "updated": self.moments.milliseconds(on)}
        return self.books.credits.put(record)

    def _receive(self, credit: Record) -> None:
        copied = (
            "contact",
            "date",
            "due_date",
            "lines",
            "currency",
            "rate",
            "reference",
            "line_amounts",
            "updated",
            "status",
        )
        record = {name: credit[name] for name in copied}
        record |= {"id": new_guid(), "type": credit["type"], "account": self._account("090"), "reconciled": True}
        self.books.bank_transactions.put({**record, "credit": credit["id"]})

    def transfer(self, amount: int, on: date) -> None:
        """Pounds out of the Stripe clearing account into the bank, or back when the amount is negative."""
        into, out_of = ("090", "091") if amount > 0 else ("091", "090")
        for kind, account, other in (("SPEND-TRANSFER", out_of, into), ("RECEIVE-TRANSFER", into, out_of)):
            line = self._line(Line("Transfer", 1, abs(amount), taxed=False)) | {"account": other}
            record: Record = {"id": new_guid(), "type": kind, "account": self._account(account), "contact": None}
            record |= {"date": on.isoformat(), "due_date": None, "lines": [line], "line_amounts": "NoTax"}
            record |= {"currency": "GBP", "rate": 1.0, "reference": "", "reconciled": True, "status": "AUTHORISED"}
            self.books.bank_transactions.put({**record, "updated": self.moments.milliseconds(on)})

    # -- what is not receivable, so that filters matter -------------------------------------------------------------

    def purchases(self, today: date) -> None:
        supplier = Debtor(
            "supplier", "Northern Timber Supplies plc", Person("Ada", "Holt", ""), "sales@northern-timber.example"
        )
        self.contact(supplier, supplier=True)
        for place in range(12):
            on = today - timedelta(days=9 + 20 * place)
            bill = Bill(
                f"purchase-{place}",
                supplier,
                f"NT{7700 + place}",
                on,
                on + timedelta(days=30),
                [Line("Oak boards", 4, 4500)],
            )
            if place > 3:
                bill.receipts.append(Receipt(on + timedelta(days=30), bill.total, "NT"))
            self.invoice(bill, "ACCPAY")

    def batches(self, today: date) -> None:
        """Payments of one customer on one day that came in as one deposit."""
        account = self._account("090")
        found = [
            one
            for one in self.books.payments
            if one["account"] == account and one["date"] > (today - timedelta(days=120)).isoformat()
        ]
        by_customer: dict[str, list[Record]] = {}
        for payment in found:
            target = self.books.invoices.get(payment["target"])
            if target is not None and target["type"] == "ACCREC" and target["currency"] == "GBP":
                by_customer.setdefault(target["contact"], []).append(payment)
        for members in [one for one in by_customer.values() if len(one) >= 2][:6]:
            batch = {
                "id": new_guid(),
                "account": account,
                "currency": "GBP",
                "reference": "Deposit",
                "status": "AUTHORISED",
            }
            on = max(one["date"] for one in members)
            for one in members:
                self.books.payments.put(one | {"batch": batch["id"], "date": on})
            moment = max(one["updated"] for one in members)
            self.books.batches.put({**batch, "date": on, "reconciled": True, "updated": moment})


def rate(currency: str) -> float:
    """Xero's CurrencyRate: foreign units for one home unit."""
    return round(float(1 / pounds_per(currency)), 6)


def posted_reference(charge: str) -> str:
    """A feed writes the charge's id into half of the payments; other bookkeepers type something or nothing."""
    return (charge, charge, "Stripe", "")[sum(charge.encode()) % 4]
