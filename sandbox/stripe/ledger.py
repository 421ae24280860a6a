"""Stripe's objects of one account and what follows from them: amounts, states, events."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from sandbox.clock import epoch
from sandbox.state import Index, Record, Table
from sandbox.stripe import objects, webhooks
from sandbox.world import World

TABLES = {
    "customer": "cus", "invoice": "in", "invoice_payment": "inpay", "credit_note": "cn", "charge": "ch",
    "payment_intent": "pi", "refund": "re", "payout": "po", "balance_transaction": "txn", "dispute": "dp",
    "event": "evt", "payment_link": "plink", "checkout.session": "cs", "price": "price", "product": "prod",
    "customer_balance_transaction": "cbtxn", "payment_record": "prec", "invoiceitem": "ii",
}  # fmt: skip
LINES_INLINE = 10
# The origin of events that no call of ours caused.
NO_REQUEST: Record = {"id": None, "idempotency_key": None}


class Ledger:
    """All amounts are integers in minor units, all times epoch seconds by the sandbox's clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tables: dict[str, Table] = {}
        indexes = {
            "credit_note": ("invoice",),
            "refund": ("charge",),
            "charge": ("payment_intent",),
            "checkout.session": ("payment_link", "payment_intent"),
            "balance_transaction": ("_payout", "source"),
            "dispute": ("charge",),
            "customer_balance_transaction": ("customer",),
            "invoice": ("customer",),
        }
        for name in TABLES:
            if name != "invoice_payment":
                self.tables[name] = world.state.table(f"stripe.{name}", **_indexes(indexes.get(name, ())))
        self.tables["invoice_payment"] = world.state.table(
            "stripe.invoice_payment",
            invoice=lambda record: [record["invoice"]],
            intent=lambda record: [record["payment"].get("payment_intent") or ""],
        )
        self.answers = world.state.table("stripe.answer")
        self.request: Record = dict(NO_REQUEST)

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def now(self) -> int:
        return epoch(self.world.clock.now())

    def find(self, identity: str) -> Record | None:
        """Any object by its id, whatever its kind."""
        prefix = identity.rpartition("_")[0]
        for name, known in TABLES.items():
            if prefix == known or prefix.startswith(f"{known}_"):
                return self.tables[name].get(identity)
        return None

    def put(self, record: Record) -> Record:
        return self.tables[record["object"]].put(record)

    # -- derived amounts --------------------------------------------------------------------------------------------

    def payments_of(self, invoice: Record) -> list[Record]:
        return self.tables["invoice_payment"].by("invoice", invoice["id"])

    def credit_notes_of(self, invoice: Record) -> list[Record]:
        return [one for one in self.tables["credit_note"].by("invoice", invoice["id"]) if one["status"] == "issued"]

    def amount_due(self, invoice: Record) -> int:
        pre = _sum(self.credit_notes_of(invoice), "pre_payment_amount")
        return max(0, int(invoice["total"]) + int(invoice["starting_balance"]) - pre)

    def amount_paid(self, invoice: Record) -> int:
        paid = [one for one in self.payments_of(invoice) if one["status"] == "paid"]
        return _sum(paid, "amount_paid") + int(invoice["_out_of_band"])

    def amount_remaining(self, invoice: Record) -> int:
        return max(0, self.amount_due(invoice) - self.amount_paid(invoice))

    def refunded(self, charge: Record) -> int:
        alive = ("succeeded", "pending", "requires_action")
        return _sum(
            (one for one in self.tables["refund"].by("charge", charge["id"]) if one["status"] in alive), "amount"
        )

    def balance(self, customer: Record) -> int:
        """Negative is credit."""
        return _sum(self.tables["customer_balance_transaction"].by("customer", customer["id"]), "amount")

    # -- what is shown ----------------------------------------------------------------------------------------------

    def shown(self, record: Record) -> Record:
        """The object as the API shows it, unexpanded."""
        if record.get("_deleted"):
            return {"id": record["id"], "object": record["object"], "deleted": True}
        visible = {name: copy.copy(value) for name, value in record.items() if not name.startswith("_")}
        derive = {
            "invoice": self._invoice,
            "charge": self._charge,
            "customer": lambda one: {"balance": self.balance(one)},
            "balance_transaction": self._balance_transaction,
        }.get(record["object"])
        if record["object"] == "payment_link":
            visible.pop("created")  # a payment link tells no date
            visible["url"] = f"{self.world.address['stripe']}/pay/{record['_code']}"
        return {**visible, **(derive(record) if derive else {})}

    def _invoice(self, record: Record) -> Record:
        notes, due, paid = self.credit_notes_of(record), self.amount_due(record), self.amount_paid(record)
        final = record["status"] != "draft"
        page = f"{self.world.address['stripe']}/i/{record['_code']}"
        return {
            "amount_due": due,
            "amount_overpaid": max(0, paid - due),
            "amount_paid": paid,
            "amount_remaining": max(0, due - paid),
            "hosted_invoice_url": page if final else None,
            "invoice_pdf": f"{page}/pdf" if final else None,
            "lines": self.lines(record, LINES_INLINE),
            "post_payment_credit_notes_amount": _sum(notes, "post_payment_amount"),
            "pre_payment_credit_notes_amount": _sum(notes, "pre_payment_amount"),
        }

    def lines(self, invoice: Record, most: int) -> Record:
        data, url = invoice["_lines"], f"/v1/invoices/{invoice['id']}/lines"
        return {
            "object": "list",
            "data": data[:most],
            "has_more": len(data) > most,
            "url": url,
        }

    def _charge(self, record: Record) -> Record:
        refunded = self.refunded(record)
        disputed = bool(self.tables["dispute"].by("charge", record["id"]))
        return {"amount_refunded": refunded, "refunded": refunded >= record["amount"], "disputed": disputed}

    def _balance_transaction(self, record: Record) -> Record:
        return {"status": "available" if record["available_on"] <= self.now() else "pending"}

    # -- events -----------------------------------------------------------------------------------------------------

    def emit(self, kind: str, record: Record, previous: Record | None = None, at: int | None = None) -> Record:
        """Writes an event with the object as it is now, in the API version that the account has for its events."""
        kept = self.world.setting("stripe.events")
        written = objects.event(
            objects.new_id("evt"),
            self.now() if at is None else at,
            kind=kind,
            shown=self.shown(record),
            previous=previous,
            request=dict(self.request),
            version=str(kept["version"]) if kept else objects.EVENT_VERSION,
        )
        webhooks.tell(self.world, written)
        return self.put(written)

    def update(self, record: Record, **changes: object) -> Record:
        """Changes fields of an object and returns their previous values."""
        previous = {name: record.get(name) for name in changes if not name.startswith("_")}
        record |= changes
        self.put(record)
        return previous


def _indexes(names: Iterable[str]) -> dict[str, Index]:
    def reader(name: str) -> Index:
        return lambda record: [str(record.get(name) or "")]

    return {name: reader(name) for name in names}


def _sum(records: Iterable[Record], name: str) -> int:
    return sum(int(record[name] or 0) for record in records)
