"""What a company's books contain, before any platform's form: debtors, bills, receipts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass
class Person:
    first: str
    last: str
    email: str
    include: bool = True


@dataclass
class Debtor:
    key: str
    name: str
    person: Person
    email: str
    currency: str = "GBP"
    terms: int = 30
    habit: str = "prompt"
    others: list[Person] = field(default_factory=list)
    phone: str = ""
    address: tuple[str, str, str, str] = ("", "", "", "United Kingdom")
    active: bool = True
    parent: str | None = None


@dataclass
class Line:
    """`unit` in minor units; VAT of 20 % when taxed."""

    description: str
    quantity: int
    unit: int
    taxed: bool = True

    @property
    def amount(self) -> int:
        return self.quantity * self.unit

    @property
    def tax(self) -> int:
        return (self.amount + 2) // 5 if self.taxed else 0


@dataclass
class Receipt:
    """Money for a bill. `charge` is the hint a card charge at Stripe carries: metadata, description or amount."""

    on: date
    amount: int
    reference: str = ""
    charge: str | None = None
    posted: bool = True
    batch: str | None = None


@dataclass
class Bill:
    key: str
    debtor: Debtor
    number: str
    on: date
    due: date | None
    lines: list[Line]
    state: str = "open"
    sent: bool = True
    online: bool = False
    receipts: list[Receipt] = field(default_factory=list)
    credit: int = 0
    disputed: bool = False

    @property
    def total(self) -> int:
        return sum(line.amount + line.tax for line in self.lines)

    @property
    def left(self) -> int:
        return self.total - self.credit - sum(one.amount for one in self.receipts if one.posted)


@dataclass
class Credit:
    """Something in the customer's favour that is not applied: kind is credit_note, overpayment or prepayment."""

    key: str
    debtor: Debtor
    kind: str
    on: date
    amount: int
    reference: str = ""


@dataclass
class Book:
    """One platform's part of the company."""

    debtors: list[Debtor] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)


@dataclass
class Plan:
    today: date
    name: str = "Harbour Joinery Ltd"
    xero: Book = field(default_factory=Book)
    quickbooks: Book = field(default_factory=Book)
    stripe: Book = field(default_factory=Book)
    same: list[tuple[str, str]] = field(default_factory=list)
    mirrors: dict[str, Bill] = field(default_factory=dict)
