"""What happens at Stripe without a call of ours: banks refuse, card holders dispute, money is paid out.

`POST /deeds/{name}` with {"id": …} does one of them; the answer is the object that changed.
"""

from __future__ import annotations

from sandbox.calls import Answer, Call, Refused, json_answer
from sandbox.state import Record
from sandbox.stripe import funds, objects
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.till import Till

DISPUTE_FEE = 2_000


class Deeds:
    def __init__(self, ledger: Ledger, till: Till) -> None:
        self.ledger = ledger
        self.till = till
        self.known = {
            "pay_out": self.pay_out,
            "reconcile_payout": self.reconcile_payout,
            "pay_payout": self.pay_payout,
            "fail_payout": self.fail_payout,
            "fail_refund": self.fail_refund,
            "fail_debit": self.fail_debit,
            "dispute": self.dispute,
            "win_dispute": self.win_dispute,
            "lose_dispute": self.lose_dispute,
        }

    def do(self, call: Call) -> Answer:
        if call.params["name"] not in self.known:
            raise Refused(json_answer({"error": f"known are {', '.join(self.known)}"}, 404))
        body = call.json()
        return json_answer(self.ledger.shown(self.known[call.params["name"]](str(body.get("id", "")))))

    def _wanted(self, kind: str, identity: str) -> Record:
        found = self.ledger[kind].get(identity)
        if found is None:
            raise Refused(json_answer({"error": f"no such {kind}: {identity}"}, 404))
        return found

    # -- payouts ----------------------------------------------------------------------------------------------------

    def pay_out(self, _: str) -> Record:
        """Everything that is in no payout yet goes to the bank; what it is made of is told a little later."""
        members = [one for one in self.ledger["balance_transaction"] if one["_payout"] is None]
        amount, now = sum(int(one["net"]) for one in members), self.ledger.now()
        arrival = (now // 86_400 + 2) * 86_400
        record = funds.payout(objects.new_id("po"), now, amount=amount, arrival=arrival, status="in_transit")
        own = self.till.transaction(now, -amount, 0, "payout", record["id"], "gbp")
        for one in (*members, own):
            self.ledger.update(one, _payout=record["id"])
        record |= {"balance_transaction": own["id"], "reconciliation_status": "in_progress"}
        self.ledger.put(record)
        self.ledger.emit("payout.created", record)
        return record

    def reconcile_payout(self, identity: str) -> Record:
        return self._change("payout", identity, "payout.reconciliation_completed", reconciliation_status="completed")

    def pay_payout(self, identity: str) -> Record:
        return self._change("payout", identity, "payout.paid", status="paid")

    def fail_payout(self, identity: str) -> Record:
        """Up to five business days after it was paid: the money is back in the balance."""
        record = self._wanted("payout", identity)
        back = self.till.transaction(self.ledger.now(), record["amount"], 0, "payout_failure", identity, "gbp")
        told = {"failure_code": "account_closed", "failure_message": "The bank account has been closed."}
        changes = {"status": "failed", "failure_balance_transaction": back["id"], **told}
        return self._change("payout", identity, "payout.failed", **changes)

    # -- refunds and debits -----------------------------------------------------------------------------------------

    def fail_refund(self, identity: str) -> Record:
        """The customer's bank would not take it: the money is back in the balance, and the charge less refunded."""
        record = self._wanted("refund", identity)
        charge = self.ledger["charge"][record["charge"]]
        pounds = -int(self.ledger["balance_transaction"][record["balance_transaction"]]["amount"])
        back = self.till.transaction(self.ledger.now(), pounds, 0, "refund_failure", identity, record["currency"])
        changes = {"status": "failed", "failure_balance_transaction": back["id"]}
        self._change("refund", identity, "refund.failed", **changes, failure_reason="lost_or_stolen_card")
        self.ledger.put(charge)
        self.ledger.emit("charge.updated", charge)
        return record

    def fail_debit(self, identity: str) -> Record:
        """A bank debit on its way comes back unpaid."""
        charge = self._wanted("charge", identity)
        intent = self.ledger["payment_intent"][charge["payment_intent"]]
        self.ledger.update(intent, status="requires_payment_method")
        self.ledger.emit("payment_intent.payment_failed", intent)
        told = {"failure_code": "insufficient_funds", "failure_message": "The account has insufficient funds."}
        return self._change("charge", identity, "charge.failed", status="failed", paid=False, **told)

    # -- disputes ---------------------------------------------------------------------------------------------------

    def dispute(self, identity: str) -> Record:
        charge, now = self._wanted("charge", identity), self.ledger.now()
        record = funds.dispute(
            objects.new_id("dp"), now, charge=charge, status="needs_response", reason="product_not_received"
        )
        self._move(record, charge, -1, DISPUTE_FEE)
        self.ledger.put(charge)
        self.ledger.emit("charge.dispute.created", record)
        self.ledger.emit("charge.dispute.funds_withdrawn", record)
        return record

    def win_dispute(self, identity: str) -> Record:
        record = self._wanted("dispute", identity)
        self._move(record, self.ledger["charge"][record["charge"]], 1, 0)
        self.ledger.emit("charge.dispute.funds_reinstated", record)
        return self._change("dispute", identity, "charge.dispute.closed", status="won")

    def lose_dispute(self, identity: str) -> Record:
        return self._change("dispute", identity, "charge.dispute.closed", status="lost")

    def _move(self, dispute: Record, charge: Record, sign: int, fee: int) -> None:
        taken = int(self.ledger["balance_transaction"][charge["balance_transaction"]]["amount"])
        now = self.ledger.now()
        row = self.till.transaction(now, sign * taken, fee, "adjustment", dispute["id"], charge["currency"])
        dispute["balance_transactions"] = [*dispute["balance_transactions"], self.ledger.shown(row)]
        self.ledger.put(dispute)

    def _change(self, kind: str, identity: str, event: str, **changes: object) -> Record:
        record = self._wanted(kind, identity)
        previous = self.ledger.update(record, **changes)
        self.ledger.emit(event, record, previous)
        return record
