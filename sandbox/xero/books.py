"""The ledger of one Xero organisation. Balances are derived from payments and allocations, never stored."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.clock import milliseconds
from sandbox.state import Record, Table
from sandbox.world import World, new_guid
from sandbox.xero.events import Events

CREDIT_KINDS = ("credit_note", "overpayment", "prepayment")
EDITABLE = ("DRAFT", "SUBMITTED", "AUTHORISED")


class Books:
    """Amounts are minor units of the document's currency; dates are ISO days; `updated` is epoch milliseconds."""

    def __init__(self, world: World) -> None:
        self.world = world
        state = world.state
        self.accounts = state.table("xero.account")
        self.contacts = state.table("xero.contact", name=lambda record: [record["name"].lower()])
        self.invoices = state.table(
            "xero.invoice", contact=lambda r: [r["contact"]], number=lambda r: [f"{r['type']}/{r['number'] or ''}"]
        )
        self.credits = state.table(
            "xero.credit",
            kind=lambda r: [r["kind"]],
            contact=lambda r: [r["contact"]],
            number=lambda r: [r["number"] or ""],
        )
        self.payments = state.table("xero.payment", target=lambda r: [r["target"]], batch=lambda r: [r["batch"] or ""])
        self.allocations = state.table(
            "xero.allocation", invoice=lambda r: [r["invoice"]], source=lambda r: [r["source"]]
        )
        self.bank_transactions = state.table("xero.bank_transaction")
        self.batches = state.table("xero.batch")
        self.history = state.table("xero.history", target=lambda r: [r["target"]])
        self.themes = state.table("xero.theme")
        self.services = state.table("xero.service")
        self.tokens = state.table("xero.token")
        self.answers = state.table("xero.answer")
        self.events = Events(world)

    @property
    def organisation(self) -> Record:
        found = self.world.setting("xero.organisation")
        assert found is not None
        return found

    @property
    def locked_until(self) -> list[tuple[str, str]]:
        """The lock dates that are set, with their names."""
        names = {"lock_date": "period lock date", "year_lock_date": "end of year lock date"}
        return [(words, self.organisation[name]) for name, words in names.items() if self.organisation.get(name)]

    def now(self) -> int:
        return milliseconds(self.world.clock.now())

    def touch(self, *records: Record) -> None:
        """Moves UpdatedDateUTC, as every change of a document or of its children does, and tells of it."""
        for record in records:
            record["updated"] = self.now()
            table = self.table_of(record)
            new = record["id"] not in table
            table.put(record)
            self.events.document(record, self.status(record), new=new)

    def save_contact(self, record: Record) -> None:
        record["updated"] = self.now()
        new = record["id"] not in self.contacts
        self.contacts.put(record)
        self.events.contact(record, new=new)

    def table_of(self, record: Record) -> Table:
        return self.credits if record.get("kind") in CREDIT_KINDS else self.invoices

    # -- derived amounts --------------------------------------------------------------------------------------------

    def live_payments(self, document: Record) -> list[Record]:
        return [payment for payment in self.payments.by("target", document["id"]) if payment["status"] != "DELETED"]

    def allocations_to(self, invoice: Record) -> list[Record]:
        return [one for one in self.allocations.by("invoice", invoice["id"]) if not one["deleted"]]

    def allocations_of(self, credit: Record) -> list[Record]:
        return [one for one in self.allocations.by("source", credit["id"]) if not one["deleted"]]

    def paid(self, document: Record) -> int:
        return _sum(self.live_payments(document))

    def credited(self, invoice: Record) -> int:
        return _sum(self.allocations_to(invoice))

    def due(self, invoice: Record) -> int:
        if invoice["status"] in ("VOIDED", "DELETED"):
            return 0
        return total(invoice) - self.paid(invoice) - self.credited(invoice)

    def remaining(self, credit: Record) -> int:
        """RemainingCredit: what is neither allocated nor refunded."""
        if credit["status"] in ("VOIDED", "DELETED"):
            return 0
        return total(credit) - _sum(self.allocations_of(credit)) - self.paid(credit)

    def status(self, document: Record) -> str:
        """AUTHORISED documents with nothing left are PAID; Xero has no other way to become it."""
        if document["status"] != "AUTHORISED":
            return str(document["status"])
        left = self.remaining(document) if "kind" in document else self.due(document)
        return "PAID" if left == 0 else "AUTHORISED"

    def fully_paid_on(self, document: Record) -> str | None:
        if self.status(document) != "PAID":
            return None
        children = self.live_payments(document)
        children += self.allocations_of(document) if "kind" in document else self.allocations_to(document)
        return max((str(child["date"]) for child in children), default=str(document["date"]))

    # -- children ---------------------------------------------------------------------------------------------------

    def find_document(self, identity: str) -> Record | None:
        return self.invoices.get(identity) or self.credits.get(identity)

    def add_payment(self, target: Record, **fields: object) -> Record:
        """Records a payment on an invoice or a refund on a credit; the caller has checked the amount."""
        payment: Record = {
            "id": new_guid(),
            "target": target["id"],
            "status": "AUTHORISED",
            "reconciled": False,
            "batch": None,
            "reference": "",
            "rate": target["rate"],
            "updated": self.now(),
            **fields,
        }
        self.payments.put(payment)
        self.touch(target)
        return payment

    def delete_payment(self, payment: Record) -> None:
        payment["status"] = "DELETED"
        payment["updated"] = self.now()
        self.payments.put(payment)
        target = self.find_document(payment["target"])
        if target is not None:
            self.touch(target)

    def allocate(self, credit: Record, invoice: Record, amount: int, on: str) -> Record:
        record = {"id": new_guid(), "source": credit["id"], "invoice": invoice["id"], "amount": amount}
        allocation = self.allocations.put({**record, "date": on, "deleted": False})
        self.touch(credit, invoice)
        return allocation

    def note(self, target: str, change: str, details: str, user: str = "System Generated") -> Record:
        entry = {"id": new_guid(), "target": target, "change": change, "details": details, "user": user}
        return self.history.put({**entry, "at": self.now()})

    # -- contacts ---------------------------------------------------------------------------------------------------

    def receivable(self, contact: Record, today: str) -> tuple[int, int]:
        """(outstanding, overdue): raw sums over currencies, exactly as little use as Xero's own."""
        outstanding = overdue = 0
        for invoice in self.invoices.by("contact", contact["id"]):
            if invoice["type"] == "ACCREC" and invoice["status"] == "AUTHORISED":
                outstanding += self.due(invoice)
                overdue += self.due(invoice) if (invoice["due_date"] or today) < today else 0
        return outstanding, overdue


def blank_contact() -> Record:
    record: Record = {"id": new_guid(), "name": "", "first_name": "", "last_name": "", "email": "", "phone": ""}
    record |= {"status": "ACTIVE", "supplier": False, "currency": "GBP", "persons": [], "terms": None}
    return {**record, "address": ["", "", "", "United Kingdom"]}


def subtotal(document: Record) -> int:
    amount: int = sum(line["amount"] for line in document["lines"])
    return amount - tax(document) if document["line_amounts"] == "Inclusive" else amount


def tax(document: Record) -> int:
    return sum(line["tax"] for line in document["lines"])


def total(document: Record) -> int:
    """With the RoundingAmount that some documents have beside their lines."""
    return subtotal(document) + tax(document) + int(document.get("rounding", 0))


def _sum(records: Iterable[Record]) -> int:
    return sum(record["amount"] for record in records)
