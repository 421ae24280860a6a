"""Money coming in and going back: payment intents, charges, balance transactions, refunds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from sandbox.money import in_pounds, pounds_per
from sandbox.state import Record
from sandbox.stripe import funds, objects
from sandbox.stripe.ledger import Ledger

BANK = "us_bank_account"


def fee_of(pounds: int) -> int:
    """1.5 % and 20 p, in pence."""
    return int((Decimal(pounds) * Decimal("0.015")).quantize(Decimal(1), rounding=ROUND_HALF_UP)) + 20


class Till:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def intend(self, amount: int, currency: str, at: int | None = None, **fields: object) -> Record:
        created = self.ledger.now() if at is None else at
        record = funds.payment_intent(objects.new_id("pi"), created, amount=amount, currency=currency.lower(), **fields)
        return self.ledger.put(record)

    def pay(self, intent: Record, method: str = "card", at: int | None = None) -> Record:
        """A customer pays an intent: at once by card, later by bank debit. Returns the charge.

        `at` is for the seed: no events are written then."""
        created = self.ledger.now() if at is None else at
        pending = method == BANK
        details = funds.bank_details() if pending else funds.card_details()
        charge = funds.charge(
            objects.new_id("ch"), created, amount=intent["amount"], currency=intent["currency"], intent=intent["id"],
            customer=intent["customer"], description=intent["description"], metadata=dict(intent["metadata"]),
            receipt_email=intent["receipt_email"], payment_method_details=details,
            status="pending" if pending else "succeeded", paid=not pending,
        )  # fmt: skip
        charge["payment_method"] = intent["payment_method"] = objects.new_id("pm")
        intent |= {"latest_charge": charge["id"], "payment_method_types": [details["type"]]}
        self.ledger.put(charge)
        if pending:
            intent["status"] = "processing"
            self.ledger.put(intent)
            self._emit(at, ("payment_intent.processing", intent), ("charge.pending", charge))
        else:
            self.succeed(intent, charge, at)
        return charge

    def succeed(self, intent: Record, charge: Record, at: int | None = None) -> None:
        created = self.ledger.now() if at is None else at
        charge |= {"status": "succeeded", "paid": True, "balance_transaction": self._settle(charge, created)["id"]}
        self.ledger.put(charge)
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        self.ledger.put(intent)
        self._emit(at, ("charge.succeeded", charge), ("payment_intent.succeeded", intent))

    def _settle(self, charge: Record, created: int) -> Record:
        pounds = in_pounds(charge["amount"], charge["currency"])
        kind = "payment" if charge["payment_method_details"]["type"] == BANK else "charge"
        return self.transaction(created, pounds, fee_of(pounds), kind, charge["id"], charge["currency"])

    def transaction(self, created: int, pounds: int, fee: int, kind: str, source: str, currency: str) -> Record:
        rate = None if currency == "gbp" else float(pounds_per(currency))
        identity = objects.new_id("txn")
        return self.ledger.put(
            funds.balance_transaction(identity, created, amount=pounds, fee=fee, kind=kind, source=source, rate=rate)
        )

    def refund(self, charge: Record, amount: int, reason: str | None, at: int | None = None) -> Record:
        """Gives money back; the invoice that the charge paid stays as it is, as at the vendor."""
        created = self.ledger.now() if at is None else at
        record = funds.refund(objects.new_id("re"), created, amount=amount, charge=charge, reason=reason)
        pounds = -in_pounds(amount, charge["currency"])
        record["balance_transaction"] = self.transaction(
            created, pounds, 0, "refund", record["id"], charge["currency"]
        )["id"]
        self.ledger.put(record)
        self.ledger.put(charge)
        self._emit(at, ("refund.created", record), ("charge.refunded", charge))
        return record

    def _emit(self, at: int | None, *events: tuple[str, Record]) -> None:
        if at is None:
            for kind, record in events:
                self.ledger.emit(kind, record)
