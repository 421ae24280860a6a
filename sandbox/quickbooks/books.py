"""The ledger of one QuickBooks company. Balances come from the lines of payments, never from a stored figure."""

from __future__ import annotations

from sandbox.clock import milliseconds
from sandbox.quickbooks.events import Events
from sandbox.state import Record, Table
from sandbox.world import World

ENTITIES = (
    "Customer", "Invoice", "Payment", "CreditMemo", "RefundReceipt", "Deposit",
    "SalesReceipt", "JournalEntry", "Purchase", "Item", "Account", "Term", "Vendor", "Attachable",
)  # fmt: skip
NAMED = ("Customer", "Item", "Account", "Term", "Vendor")


def links(record: Record) -> list[str]:
    """What a payment's (or deposit's) lines point at: "Invoice/12"."""
    return [f"{line['type']}/{line['to']}" for line in record["lines"] if line.get("to")]


class Books:
    """Amounts are minor units of the document's currency; `created` and `updated` are epoch milliseconds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tables: dict[str, Table] = {}
        for entity in ENTITIES:
            self.tables[entity] = self._table(entity)
        self.deleted = world.state.table("qbo.deleted")
        self.tokens = world.state.table("qbo.token")
        self.answers = world.state.table("qbo.answer")
        self.events = Events(world)

    def _table(self, entity: str) -> Table:
        state, name = self.world.state, f"qbo.{entity}"
        if entity in ("Payment", "Deposit"):
            return state.table(name, link=links, customer=lambda r: [r.get("customer") or ""])
        if entity == "Customer":
            return state.table(name, parent=lambda r: [r["parent"] or ""], name=lambda r: [r["name"].lower()])
        return state.table(name, customer=lambda r: [r.get("customer") or ""], number=lambda r: [r.get("number") or ""])

    def __getitem__(self, entity: str) -> Table:
        return self.tables[entity]

    @property
    def company(self) -> Record:
        found = self.world.setting("qbo.company")
        assert found is not None
        return found

    def now(self) -> int:
        return milliseconds(self.world.clock.now())

    def next_id(self, entity: str) -> str:
        """Ids are numbers of their own in every entity, and never used again."""
        kept = self.world.setting(f"qbo.next.{entity}")
        number = 1 + int(kept["number"] if kept else max((int(one["id"]) for one in self.tables[entity]), default=0))
        self.world.set(f"qbo.next.{entity}", number=number)
        return str(number)

    def create(self, entity: str, record: Record) -> Record:
        moment = self.now()
        record = {"id": self.next_id(entity), **record, "token": 0, "created": moment, "updated": moment}
        self.tables[entity].put(record)
        self.events.tell(entity, record["id"], "Create")
        return record

    def touch(self, entity: str, record: Record, operation: str = "Update") -> None:
        """Every change, of a document or of what is linked to it, moves SyncToken and LastUpdatedTime."""
        record["token"] += 1
        record["updated"] = self.now()
        self.tables[entity].put(record)
        if operation:
            self.events.tell(entity, record["id"], operation)

    def delete(self, entity: str, record: Record) -> None:
        self.tables[entity].remove(record["id"])
        self.deleted.put(
            {"id": f"{entity}/{record['id']}", "entity": entity, "of": record["id"], "updated": self.now()}
        )
        self.events.tell(entity, record["id"], "Delete")

    def merge(self, loser: Record, winner: Record) -> None:
        """Two customers become one: the loser vanishes, and its documents and jobs are the winner's from now on."""
        for entity in ("Invoice", "Payment", "CreditMemo", "RefundReceipt", "SalesReceipt"):
            for one in list(self.tables[entity].by("customer", loser["id"])):
                one["customer"] = winner["id"]
                self.touch(entity, one)
        for job in list(self.tables["Customer"].by("parent", loser["id"])):
            job["parent"] = winner["id"]
            self.touch("Customer", job)
        self.tables["Customer"].remove(loser["id"])
        gone = {"id": f"Customer/{loser['id']}", "entity": "Customer", "of": loser["id"], "updated": self.now()}
        self.deleted.put(gone)
        self.touch("Customer", winner, "")
        self.events.tell("Customer", winner["id"], "Merge", deleted=loser["id"])

    # -- derived amounts --------------------------------------------------------------------------------------------

    def linked(self, entity: str, identity: str) -> list[tuple[Record, Record]]:
        """(payment, line) of every line that is linked to this document."""
        wanted = f"{entity}/{identity}"
        payments = self.tables["Payment"].by("link", wanted)
        return [(one, line) for one in payments for line in one["lines"] if f"{line['type']}/{line['to']}" == wanted]

    def applied(self, entity: str, record: Record) -> int:
        return sum(int(line["amount"]) for _, line in self.linked(entity, record["id"]))

    def balance(self, invoice: Record) -> int:
        return total(invoice) - int(invoice.get("deposit", 0)) - self.applied("Invoice", invoice)

    def remaining_credit(self, memo: Record) -> int:
        return total(memo) - self.applied("CreditMemo", memo)

    def unapplied(self, payment: Record) -> int:
        """Money without a document; credits that the payment brings along count as money."""
        used = sum(int(line["amount"]) for line in payment["lines"] if line["type"] in ("Invoice", "JournalEntry"))
        credit = sum(int(line["amount"]) for line in payment["lines"] if line["type"] == "CreditMemo")
        return int(payment["total"]) + credit - used

    def customer_balance(self, customer: Record, *, with_jobs: bool = False) -> int:
        identity = customer["id"]
        owed = sum(self.balance(one) for one in self.tables["Invoice"].by("customer", identity))
        owed -= sum(self.unapplied(one) for one in self.tables["Payment"].by("customer", identity))
        owed -= sum(self.remaining_credit(one) for one in self.tables["CreditMemo"].by("customer", identity))
        owed += sum(self.journal_balance(one, identity) for one in self.tables["JournalEntry"])
        if with_jobs:
            children = self.tables["Customer"].by("parent", identity)
            owed += sum(self.customer_balance(child, with_jobs=True) for child in children)
        return owed

    def journal_balance(self, entry: Record, customer: str) -> int:
        """What an entry still changes for a customer: its lines on receivables, less what its payments brought along."""
        lines = [one for one in entry["lines"] if one["customer"] == customer]
        mine = [one for one in lines if self.tables["Account"][one["account"]]["type"] == "Accounts Receivable"]
        left = sum(int(one["amount"]) * (1 if one["side"] == "Debit" else -1) for one in mine)
        linked = self.linked("JournalEntry", entry["id"])
        used = sum(int(line["amount"]) for payment, line in linked if payment["customer"] == customer)
        return left + used if left < 0 else left - used

    def deposit_of(self, payment: Record) -> Record | None:
        return next(iter(self.tables["Deposit"].by("link", f"Payment/{payment['id']}")), None)

    # -- changes of links -------------------------------------------------------------------------------------------

    def touch_links(self, payment: Record) -> None:
        for line in payment["lines"]:
            linked = self.tables[line["type"]].get(line["to"]) if line["type"] in self.tables else None
            if linked is not None:
                self.touch(line["type"], linked)

    def unlink(self, entity: str, record: Record) -> None:
        """A document that is voided or deleted frees the money that was applied to it."""
        for payment, line in self.linked(entity, record["id"]):
            payment["lines"].remove(line)
            if payment["total"] == 0:  # the application of a credit memo falls apart: the credit is free again
                self.touch_links(payment)
                payment["lines"] = []
            self.touch("Payment", payment)


def total(document: Record) -> int:
    """TotalAmt, including tax; discounts subtract."""
    if document.get("voided"):
        return 0
    amounts = [int(line["amount"]) * (-1 if line["kind"] == "discount" else 1) for line in document["lines"]]
    return sum(amounts) + int(document["tax"])
