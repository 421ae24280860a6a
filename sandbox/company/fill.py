"""Fills the three platforms from a plan and notes the truth that tests hold answers against."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.company.fill_quickbooks import FillQuickBooks
from sandbox.company.fill_stripe import FillStripe, mirror_metadata
from sandbox.company.fill_xero import FillXero
from sandbox.company.moments import Moments
from sandbox.company.plan import Bill, Book, Credit, Plan
from sandbox.quickbooks.door import QuickBooksDoor
from sandbox.stripe.door import StripeDoor
from sandbox.world import World
from sandbox.xero.door import XeroDoor

#: One payout in so many is not booked.
FORGOTTEN = 20


@dataclass
class Platforms:
    world: World
    xero: XeroDoor
    quickbooks: QuickBooksDoor
    stripe: StripeDoor


class Fill:
    def __init__(self, platforms: Platforms, seed: int) -> None:
        self.world = platforms.world
        moments = Moments(self.world.clock.now())
        stripe = platforms.stripe
        self.moments = moments
        self.xero = FillXero(platforms.xero.books, moments)
        self.quickbooks = FillQuickBooks(platforms.quickbooks.books, moments)
        self.stripe = FillStripe(stripe.ledger, stripe.till, stripe.invoices, moments, random.Random(seed))

    def settings(self, plan: Plan) -> None:
        for one in (self.xero, self.quickbooks, self.stripe):
            one.settings(plan.name, plan.today)

    def books(self, plan: Plan) -> None:
        """Stripe first: the books' payments name its charges."""
        for debtor in plan.stripe.debtors:
            self.stripe.customer(debtor)
        for bill in plan.stripe.bills:
            self.stripe.invoice(bill, mirror_metadata(plan, bill))
        self.stripe.card_payments(plan.xero, "xero")
        self.stripe.card_payments(plan.quickbooks, "quickbooks")
        self._share_charges(plan)
        self.xero.book(plan.xero)
        self.quickbooks.book(plan.quickbooks)
        self._note_truth(plan)

    def _share_charges(self, plan: Plan) -> None:
        charges = dict(self.stripe.charges)
        for key, original in plan.mirrors.items():
            for (bill, place), charge in self.stripe.charged.items():
                if bill == key:
                    charges[(original.key, place)] = charge
        self.xero.charges = self.quickbooks.charges = charges

    def extras(self, plan: Plan) -> None:
        """What only the seeded company has."""
        self.xero.purchases(plan.today)
        self.xero.batches(plan.today)
        self.quickbooks.others(plan.quickbooks, plan.today)
        self.stripe.troubles(plan.today)
        self.stripe.write_offs(plan.today)
        self.stripe.payouts(plan.today)
        self.stripe.bank_debits()
        for place, debtor in enumerate(plan.stripe.debtors[10:13]):
            self.stripe.credit(Credit(f"stripe-credit-{place}", debtor, "balance", plan.today, 2500, "Goodwill"))
        self._book_payouts()

    def _book_payouts(self) -> None:
        """The bookkeeper of Xero records payouts as transfers out of the clearing account, and forgets one now and then."""
        arrived = [one for one in self.stripe.ledger["payout"] if one["status"] == "paid"]
        for place, payout in enumerate(sorted(arrived, key=lambda one: (one["arrival_date"], one["id"]))):
            if place % FORGOTTEN != FORGOTTEN - 1:
                self.xero.transfer(payout["amount"], datetime.fromtimestamp(payout["arrival_date"], UTC).date())
                self.world.truth.put({"id": f"booked/{payout['id']}", "kind": "payout", "payout": payout["id"]})

    def finish(self) -> None:
        self.stripe.events()

    # -- the truth --------------------------------------------------------------------------------------------------

    def _note_truth(self, plan: Plan) -> None:
        owners = {"xero": (plan.xero, self.xero.ids), "quickbooks": (plan.quickbooks, self.quickbooks.ids)}
        for platform, (book, ids) in owners.items():
            self._note_charges(platform, book, ids)
        by_key = {bill.key: ("xero", bill) for bill in plan.xero.bills}
        by_key |= {bill.key: ("quickbooks", bill) for bill in plan.quickbooks.bills}
        for key, original in plan.mirrors.items():
            self._note_mirror(key, *by_key[original.key])
        for first, second in plan.same:
            names = [self._customer(first), self._customer(second)]
            self.world.truth.put({"id": f"same/{first}/{second}", "kind": "same", "customers": names})

    def _customer(self, key: str) -> dict[str, str]:
        platform = key.split("-")[0]
        ids = {"xero": self.xero.ids, "quickbooks": self.quickbooks.ids, "stripe": self.stripe.ids}[platform]
        return {"platform": platform, "id": ids[key]}

    def _note_charges(self, platform: str, book: Book, ids: dict[str, str]) -> None:
        for bill in book.bills:
            for place, receipt in enumerate(bill.receipts):
                charge = self.stripe.charges.get((bill.key, place))
                if charge:
                    pays = {"platform": platform, "id": ids[bill.key], "number": bill.number}
                    self.world.truth.put({"id": charge, "kind": "charge", "pays": pays, "posted": receipt.posted})

    def _note_mirror(self, key: str, platform: str, original: Bill) -> None:
        ids = (self.xero if platform == "xero" else self.quickbooks).ids
        pays = {"platform": platform, "id": ids[original.key], "number": original.number}
        own = self.stripe.ids[key]
        self.world.truth.put({"id": f"mirror/{own}", "kind": "mirror", "stripe": own, "of": pays})
        for (bill, _), charge in self.stripe.charged.items():
            if bill == key:
                self.world.truth.put({"id": charge, "kind": "charge", "pays": pays, "posted": True})
