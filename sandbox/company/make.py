"""Makes the plan of the seeded company: the same seed and day give the same company."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from sandbox.company import habits
from sandbox.company.names import FIRST, PLACES, STREETS, SURNAMES, WORKS, company_names, domain, other_spelling
from sandbox.company.plan import Bill, Book, Credit, Debtor, Line, Person, Plan, Receipt

HISTORY_DAYS = 730
SIZES = {"xero": (150, 2000), "quickbooks": (120, 1500), "stripe": (50, 500)}
Number = Callable[[int], str]


class Maker:
    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(seed)
        self.today = today
        self.plan = Plan(today)

    def make(self) -> Plan:
        names = company_names(self.chance, sum(debtors for debtors, _ in SIZES.values()))
        numbers: dict[str, Number] = {
            "xero": lambda count: f"INV-{count:04d}",
            "quickbooks": lambda count: str(1000 + count),
            "stripe": lambda count: f"HJOIN-{count:04d}",
        }
        for platform, (debtors, bills) in SIZES.items():
            book: Book = getattr(self.plan, platform)
            book.debtors = [self.debtor(f"{platform}-{place}", names.pop()) for place in range(debtors)]
            if platform != "xero":
                self._overlap(book)
            book.debtors[-1].currency, book.debtors[-2].currency = "USD", "EUR"
            self._bills(book, platform, bills, numbers[platform])
        self._odd_customers()
        for book in (self.plan.xero, self.plan.quickbooks):
            self._credits(book)
            self._card_payments(book)
        self._mirrors()
        return self.plan

    # -- customers --------------------------------------------------------------------------------------------------

    def debtor(self, key: str, name: str) -> Debtor:
        chance, site = self.chance, domain(name)
        person = Person(chance.choice(FIRST), chance.choice(SURNAMES), "")
        person.email = f"{person.first.lower()}@{site}"
        currency = chance.choices(["GBP", "EUR", "USD"], [88, 8, 4])[0]
        country = {"GBP": "United Kingdom", "EUR": "Ireland", "USD": "United States"}[currency]
        street = f"{chance.randint(1, 180)} {chance.choice(STREETS)}"
        postcode = (
            f"{chance.choice('ABDEGLMNSY')}{chance.randint(1, 30)} {chance.randint(1, 9)}{chance.choice('ABDEFG')}X"
        )
        terms = chance.choices([14, 30, 45, 60], [25, 50, 10, 15])[0]
        return Debtor(
            key, name, person, f"accounts@{site}", currency, terms, habits.choose(chance), self._others(site),
            f"01632 960{chance.randint(100, 999)}", (street, chance.choice(PLACES), postcode, country),
        )  # fmt: skip

    def _others(self, site: str) -> list[Person]:
        count = self.chance.choices([0, 1, 2], [60, 30, 10])[0]
        names = self.chance.sample(FIRST, count)
        return [
            Person(one, self.chance.choice(SURNAMES), f"{one.lower()}@{site}", self.chance.random() < 0.6)
            for one in names
        ]

    def _overlap(self, book: Book) -> None:
        """A few customers that another system knows too, under a slightly different name."""
        known = (
            self.plan.xero.debtors
            if book is self.plan.quickbooks
            else [*self.plan.xero.debtors, *self.plan.quickbooks.debtors]
        )
        for place, twin in enumerate(self.chance.sample(known, 8)):
            ours = book.debtors[place]
            ours.name, ours.person = other_spelling(self.chance, twin.name), twin.person
            ours.email = twin.email if place % 2 else twin.person.email
            ours.address, ours.currency = twin.address, twin.currency
            self.plan.same.append((twin.key, ours.key))

    def _odd_customers(self) -> None:
        for book in (self.plan.xero, self.plan.quickbooks):
            book.debtors[20].email = ""
            book.debtors[31].email = book.debtors[32].email
            book.debtors[33].email = book.debtors[32].email
            owing = {bill.debtor.key for bill in book.bills if bill.left}
            for debtor in [one for one in book.debtors[60:] if one.key not in owing][:4]:
                debtor.active = False
            for place in (51, 52, 53):
                book.debtors[place].parent = book.debtors[50].key if book is self.plan.quickbooks else None
                book.debtors[place].currency = book.debtors[50].currency

    # -- bills ------------------------------------------------------------------------------------------------------

    def _bills(self, book: Book, platform: str, count: int, number: Number) -> None:
        weights = [self.chance.choice([1, 1, 2, 2, 3, 6]) for _ in book.debtors]
        days = sorted(self.chance.randint(0, HISTORY_DAYS - 1) for _ in range(count))
        for place, passed in enumerate(days, 1):
            debtor = self.chance.choices(book.debtors, weights)[0]
            on = self.today - timedelta(days=HISTORY_DAYS - 1 - passed)
            bill = Bill(
                f"{platform}-bill-{place}", debtor, number(place), on, on + timedelta(days=debtor.terms), self._lines()
            )
            self._vary(bill, platform)
            habits.settle(self.chance, bill, self.today)
            book.bills.append(bill)

    def _lines(self) -> list[Line]:
        count = self.chance.choices([1, 2, 3, 4, 14], [45, 30, 15, 9, 1])[0]
        works = self.chance.choices(WORKS, k=count)
        taxed = self.chance.random() < 0.9
        return [Line(work, self.chance.choice([1, 1, 1, 2, 3, 8]), self._price(), taxed) for work in works]

    def _price(self) -> int:
        return max(
            500, round(self.chance.lognormvariate(9.9, 0.8)) // 5 * 5 + self.chance.choice([0, 0, 0, 99, 50, 33])
        )

    def _vary(self, bill: Bill, platform: str) -> None:
        kind, age = self.chance.random(), (self.today - bill.on).days
        bill.online = self.chance.random() < 0.6
        bill.sent = self.chance.random() < 0.93
        if kind < 0.015:
            bill.state = "void"
        elif kind < 0.02:
            bill.lines = [Line("Snagging, free of charge", 1, 0, taxed=False)]
        elif kind < 0.023 and platform == "xero":
            bill.state, bill.sent = "deleted", False
        elif kind < 0.05 and age < 60:
            bill.state, bill.sent = ("draft" if platform != "xero" or kind < 0.04 else "submitted"), False
        elif kind > 0.99 and platform == "quickbooks":
            bill.due = None
        elif kind > 0.985:
            bill.disputed = True
        if platform == "quickbooks" and bill.state == "draft":
            bill.state = "open"  # QuickBooks has no drafts: such an invoice is one that was never sent

    # -- credits and card payments ----------------------------------------------------------------------------------

    def _credits(self, book: Book) -> None:
        for place in range(36):
            debtor = self.chance.choice(book.debtors)
            kind = ("credit_note", "overpayment", "prepayment")[place % 3]
            on = self.today - timedelta(days=self.chance.randint(3, 300))
            amount = self.chance.choice([500, 1250, 4000, 9999, 12000, 25000])
            book.credits.append(
                Credit(f"credit-{place}", debtor, kind, on, amount, f"{kind.replace('_', ' ')} {place + 1}")
            )

    def _card_payments(self, book: Book) -> None:
        """Card charges at Stripe for bills of the books: most are posted there, some are not yet."""
        year = self.today - timedelta(days=365)
        paid = [
            one
            for one in book.bills
            if one.state == "open" and one.left == 0 and len(one.receipts) == 1 and one.on > year
        ]
        for bill in self.chance.sample(paid, 55):
            bill.receipts[0].charge = self._hint()
        recent = self.today - timedelta(days=100)
        due = [
            one for one in book.bills if one.state == "open" and one.left > 0 and not one.receipts and one.on > recent
        ]
        for bill in self.chance.sample(due, 9):
            day = max(bill.on + timedelta(days=1), self.today - timedelta(days=self.chance.randint(1, 9)))
            bill.receipts.append(Receipt(min(day, self.today), bill.left, charge=self._hint(), posted=False))

    def _hint(self) -> str:
        return self.chance.choices(["metadata", "description", "amount"], [5, 3, 2])[0]

    def _mirrors(self) -> None:
        """Some Stripe invoices are copies of an invoice in the books, made to be paid online."""
        twins = {ours: theirs for theirs, ours in self.plan.same}
        book = [*self.plan.xero.bills, *self.plan.quickbooks.bills]
        mirrored: set[str] = set()
        for bill in self.plan.stripe.bills:
            theirs = twins.get(bill.debtor.key)
            same = [
                one for one in book if one.debtor.key == theirs and one.key not in mirrored and self._fits(one, bill)
            ]
            if same and len(self.plan.mirrors) < 30:
                original = min(same, key=lambda one: abs((one.on - bill.on).days))
                self._mirror(bill, original)
                mirrored.add(original.key)

    def _fits(self, original: Bill, bill: Bill) -> bool:
        return (
            original.state == "open"
            and bill.state == "open"
            and original.credit == 0
            and not any(one.charge for one in original.receipts)
        )

    def _mirror(self, bill: Bill, original: Bill) -> None:
        """Paid in the books means paid through the mirror: the receipt is one and the same money."""
        bill.lines, bill.on, bill.due, bill.debtor.currency = (
            original.lines,
            original.on,
            original.due,
            original.debtor.currency,
        )
        bill.receipts = [Receipt(one.on, one.amount) for one in original.receipts]
        bill.credit = 0
        self.plan.mirrors[bill.key] = original
