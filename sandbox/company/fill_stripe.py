"""Writes a plan's book, the card payments of the other books and the payouts into the Stripe look-alike."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta

from sandbox.company.moments import Moments
from sandbox.company.plan import Bill, Book, Credit, Debtor, Plan, Receipt
from sandbox.state import Record
from sandbox.stripe import funds, objects, sales
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.till import BANK, Till

RECENT = 30 * 86_400


class FillStripe:
    def __init__(self, ledger: Ledger, till: Till, invoices: Invoices, moments: Moments, chance: random.Random) -> None:
        self.ledger = ledger
        self.till = till
        self.invoices = invoices
        self.moments = moments
        self.chance = chance
        self.ids: dict[str, str] = {}
        self.charges: dict[tuple[str, int], str] = {}
        self.charged: dict[tuple[str, int], str] = {}

    def settings(self, name: str, today: date) -> None:
        start = self.moments.epoch(today - timedelta(days=800))
        self.ledger.world.set("stripe.account", account=sales.account("acct_1SandboxHarbourJoin", start, name))

    # -- own invoices -----------------------------------------------------------------------------------------------

    def book(self, book: Book) -> None:
        for debtor in book.debtors:
            self.customer(debtor)
        for bill in book.bills:
            self.invoice(bill)

    def customer(self, debtor: Debtor) -> str:
        created = self.moments.epoch(self.moments.now.date() - timedelta(days=740))
        identity = objects.new_id("cus")
        street, city, postcode, country = debtor.address
        address = {
            "line1": street,
            "city": city,
            "postal_code": postcode,
            "country": COUNTRIES.get(country),
            "line2": None,
            "state": None,
        }
        self.ledger.put(
            objects.customer(
                identity, created, name=debtor.name, email=debtor.email or None, currency=debtor.currency.lower(),
                phone=debtor.phone or None, address=address,
            )
        )  # fmt: skip
        self.ids[debtor.key] = identity
        return identity

    def invoice(self, bill: Bill, metadata: dict[str, str] | None = None) -> Record:
        created, currency = self.moments.epoch(bill.on), bill.debtor.currency.lower()
        identity = objects.new_id("in")
        lines = [
            objects.line_item(
                objects.new_id("il"), identity, amount=one.amount, currency=currency, description=one.description,
                quantity=one.quantity, at=created,
            )
            for one in bill.lines
        ]  # fmt: skip
        customer = self.ledger["customer"][self.ids[bill.debtor.key]]
        record = objects.invoice(
            identity, created, customer=customer, currency=currency, lines=lines, tax=sum(one.tax for one in bill.lines)
        )
        record |= {"due_date": noon(bill.due) if bill.due else None, "metadata": metadata or {}}
        if bill.state not in ("draft", "submitted"):
            record["number"] = bill.number
        self.ledger.put(record)
        self.ids[bill.key] = identity
        if bill.state not in ("draft", "submitted"):
            self._finalized(bill, record)
        return record

    def _finalized(self, bill: Bill, record: Record) -> None:
        created = int(record["created"])
        transitions = {**record["status_transitions"], "finalized_at": created}
        self.ledger.update(record, status="open", effective_at=created, status_transitions=transitions)
        if bill.credit:
            self._credit_note(bill, record)
        row = self.invoices.open_payment(record, created)
        if bill.state == "void":
            self.ledger.update(record, status="void", status_transitions={**transitions, "voided_at": created + 86_400})
            self.ledger.update(row, status="canceled")
        elif bill.total == 0:
            self.invoices.settle(row, 0, created)
        for place, receipt in enumerate(bill.receipts):
            self._pay(bill, record, place, receipt)
        open_rows = [one for one in self.ledger.payments_of(record) if one["status"] == "open"]
        if record["status"] == "open" and not open_rows:
            self.invoices.open_payment(record, self.moments.epoch(bill.receipts[-1].on))

    def _credit_note(self, bill: Bill, invoice: Record) -> None:
        created = self.moments.epoch(min(bill.on + timedelta(days=3), self.moments.now.date()))
        note = objects.credit_note(
            objects.new_id("cn"),
            created,
            invoice=invoice,
            amount=bill.credit,
            number=f"{bill.number}-CN-01",
            pre=bill.credit,
        )
        self.ledger.put(note)

    def _pay(self, bill: Bill, invoice: Record, place: int, receipt: Receipt) -> None:
        at = self.moments.epoch(receipt.on)
        row = next((one for one in self.ledger.payments_of(invoice) if one["status"] == "open"), None)
        if row is None:
            row = self.invoices.open_payment(invoice, at)
        intent = self.ledger["payment_intent"][row["payment"]["payment_intent"]]
        self.ledger.update(intent, amount=receipt.amount, receipt_email=invoice["customer_email"])
        charge = self.till.pay(intent, at=at)
        self.invoices.settle(row, receipt.amount, at)
        self.charged[(bill.key, place)] = charge["id"]

    # -- charges for the books --------------------------------------------------------------------------------------

    def card_payments(self, book: Book, platform: str) -> None:
        for bill in book.bills:
            for place, receipt in enumerate(bill.receipts):
                if receipt.charge:
                    self.charges[(bill.key, place)] = self._charge(bill, receipt, platform)

    def _charge(self, bill: Bill, receipt: Receipt, platform: str) -> str:
        at = self.moments.epoch(receipt.on)
        metadata = {"invoice_number": bill.number} if receipt.charge == "metadata" else {}
        described = {"description": f"Invoice {bill.number} {bill.debtor.name}", "metadata": f"{platform} invoice"}
        intent = self.till.intend(
            receipt.amount, bill.debtor.currency, at, metadata=metadata, receipt_email=bill.debtor.email or None,
            description=described.get(receipt.charge or "", "Card payment"),
        )  # fmt: skip
        return str(self.till.pay(intent, at=at)["id"])

    # -- refunds, disputes, bank debits -----------------------------------------------------------------------------

    def troubles(self, today: date) -> None:
        old = [one for one in self.ledger["charge"] if one["created"] < self.moments.epoch(today - timedelta(days=20))]
        chosen = self.chance.sample(old, 15)
        for place, charge in enumerate(chosen[:9]):
            amount = charge["amount"] if place % 3 else charge["amount"] // 2
            self.till.refund(charge, max(1, amount), "requested_by_customer", int(charge["created"]) + 5 * 86_400)
        statuses = ("needs_response", "under_review", "won", "lost", "lost", "warning_closed")
        for charge, status in zip(chosen[9:], statuses, strict=True):
            self._dispute(charge, status)

    def write_offs(self, today: date, count: int = 3) -> None:
        """The oldest open invoices are marked uncollectible: still owed, no longer hoped for."""
        still_open = [one for one in self.ledger["invoice"] if one["status"] == "open"]
        for invoice in sorted(still_open, key=lambda one: int(one["created"]))[:count]:
            at = self.moments.epoch(today - timedelta(days=15))
            transitions = {**invoice["status_transitions"], "marked_uncollectible_at": at}
            self.ledger.update(invoice, status="uncollectible", status_transitions=transitions)

    def _dispute(self, charge: Record, status: str) -> None:
        created = int(charge["created"]) + 9 * 86_400
        record = funds.dispute(
            objects.new_id("dp"), created, charge=charge, status=status, reason="product_not_received"
        )
        moves = [] if status == "warning_closed" else [-1]
        moves += [1] if status == "won" else []
        for sign in moves:
            taken = self.ledger["balance_transaction"][charge["balance_transaction"]]["amount"]
            fee = 2000 if sign < 0 else 0
            row = self.till.transaction(created, sign * taken, fee, "adjustment", record["id"], charge["currency"])
            record["balance_transactions"].append(self.ledger.shown(row))
        self.ledger.put(record)

    def bank_debits(self, count: int = 4) -> None:
        """Open invoices whose bank debit is on its way."""
        ready = [one for one in self.ledger["invoice"] if one["status"] == "open" and self.ledger.amount_remaining(one)]
        for invoice in self.chance.sample(ready, min(count, len(ready))):
            row = next(one for one in self.ledger.payments_of(invoice) if one["status"] == "open")
            intent = self.ledger["payment_intent"][row["payment"]["payment_intent"]]
            self.ledger.update(intent, amount=self.ledger.amount_remaining(invoice))
            self.till.pay(intent, BANK, at=self.moments.epoch(self.moments.now.date() - timedelta(days=2)))

    def credit(self, credit: Credit) -> None:
        """Customer credit: negative is in the customer's favour."""
        created, owner = self.moments.epoch(credit.on), self.ids[credit.debtor.key]
        record: Record = {
            "id": objects.new_id("cbtxn"),
            "object": "customer_balance_transaction",
            "amount": -credit.amount,
        }
        record |= {
            "created": created,
            "currency": credit.debtor.currency.lower(),
            "customer": owner,
            "type": "adjustment",
        }
        record |= {
            "credit_note": None,
            "description": credit.reference,
            "ending_balance": -credit.amount,
            "invoice": None,
        }
        self.ledger.put(
            {**record, "checkout_session": None, "livemode": False, "metadata": {}, "customer_account": None}
        )

    # -- payouts ----------------------------------------------------------------------------------------------------

    def payouts(self, today: date) -> None:
        """Every Monday what has become available goes to the bank; a payout is the sum of its members."""
        rows = sorted(self.ledger["balance_transaction"], key=lambda one: int(one["available_on"]))
        monday = datetime.fromtimestamp(rows[0]["available_on"], UTC).date() if rows else today
        monday += timedelta(days=7 - monday.weekday())
        place = 0
        while monday <= today:
            end = noon(monday)
            members = []
            while place < len(rows) and rows[place]["available_on"] < end:
                members.append(rows[place])
                place += 1
            if members:
                self._payout(members, monday, today)
            monday += timedelta(days=7)

    def _payout(self, members: list[Record], on: date, today: date) -> None:
        amount, created = sum(int(one["net"]) for one in members), noon(on)
        arrival = int(datetime.combine(on + timedelta(days=2), time(0), UTC).timestamp())
        status = "paid" if on + timedelta(days=2) <= today else "in_transit"
        payout = funds.payout(objects.new_id("po"), created, amount=amount, arrival=arrival, status=status)
        own = self.till.transaction(created, -amount, 0, "payout", payout["id"], "gbp")
        for one in (*members, own):
            self.ledger.update(one, _payout=payout["id"])
        self.ledger.update(own, available_on=created)
        self.ledger.put({**payout, "balance_transaction": own["id"]})

    # -- events -----------------------------------------------------------------------------------------------------

    def events(self) -> None:
        """The last 30 days as events, oldest first."""
        found: list[tuple[int, str, Record]] = []
        for kind, record in self._happened():
            for at, name in kind:
                if at > self.ledger.now() - RECENT:
                    found.append((at, name, record))
        for at, name, record in sorted(found, key=lambda row: row[0]):
            self.ledger.emit(name, record, at=at)

    def _happened(self) -> list[tuple[list[tuple[int, str]], Record]]:
        rows: list[tuple[list[tuple[int, str]], Record]] = []
        for invoice in self.ledger["invoice"]:
            moments = invoice["status_transitions"]
            named = [
                ("finalized_at", "invoice.finalized"),
                ("paid_at", "invoice.paid"),
                ("voided_at", "invoice.voided"),
                ("marked_uncollectible_at", "invoice.marked_uncollectible"),
            ]
            rows.append(
                (
                    [
                        (invoice["created"], "invoice.created"),
                        *[(moments[key], name) for key, name in named if moments[key]],
                    ],
                    invoice,
                )
            )
        for row in self.ledger["invoice_payment"]:
            paid = row["status_transitions"]["paid_at"]
            rows.append(([(paid, "invoice_payment.paid")] if paid else [], row))
        for table, name in CREATED.items():
            rows += [([(one["created"], name)], one) for one in self.ledger[table] if one.get("status") != "pending"]
        return rows


COUNTRIES = {"United Kingdom": "GB", "Ireland": "IE", "United States": "US"}
CREATED = {
    "charge": "charge.succeeded",
    "refund": "refund.created",
    "dispute": "charge.dispute.created",
    "credit_note": "credit_note.created",
    "payout": "payout.created",
}


def noon(day: date) -> int:
    return int(datetime.combine(day, time(12), UTC).timestamp())


def mirror_metadata(plan: Plan, bill: Bill) -> dict[str, str]:
    original = plan.mirrors.get(bill.key)
    return {"invoice_number": original.number} if original else {}
