"""Two years replayed day by day: 10,000 invoices of 2,000 customers, the books read every night."""

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import cpu
from receivables.business import Business, ConnectionState
from receivables.facts import Allocation, Contact, Customer, Fact, Invoice, Payment
from rules.loader import load
from rules.schema import Rulebook
from sync.backtest import backtest
from sync.past import Past, Version

ROOT = Path(__file__).resolve().parents[1]
START = dt.date(2024, 1, 1)
DAYS = 731
INVOICES, CUSTOMERS = 10_000, 2_000
#: Of a hundred invoices so many are never paid.
_UNPAID = 4
#: Whoever keeps the books enters a payment at most so many days after it came.
_MOST_LAG = 4


def starter() -> Rulebook:
    text = (ROOT / "rules" / "defaults" / "starter.toml").read_text(encoding="utf-8")
    book, problems = load(text, "starter.toml")
    assert not problems, problems
    return book


def _night(day: dt.date) -> dt.datetime:
    """The books are read at two in the morning after."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(2), dt.UTC)


def past() -> Past:
    chance = random.Random(1)
    first = _night(START - dt.timedelta(days=2))
    versions = [Version(first, None, _customer(number)) for number in range(CUSTOMERS)]
    for number in range(INVOICES):
        issue_on = START + dt.timedelta(days=chance.randrange(DAYS))
        late = None if chance.randrange(100) < _UNPAID else chance.randint(10, 90)
        versions += _life(number, issue_on, chance.randint(5_000, 900_000), late, chance.randint(0, _MOST_LAG))
    states = {"books": ConnectionState(name="books", platform="xero", reminds_by_itself=False)}
    business = Business(id="bench", name="Bench", timezone="Europe/London", country="GB", currency="GBP")
    return Past(business, states, versions, first)


def _customer(number: int) -> Fact:
    contact = Contact(email=f"ap@customer{number}.example", primary=True)
    return Customer(connection="books", id=f"c{number}", name=f"Customer {number}", country="GB", contacts=(contact,))


def _life(number: int, issue_on: dt.date, amount: int, paid_after: int | None, lag: int) -> Iterator[Version]:
    """An invoice as it was issued, and as it was once it was paid."""
    due_on = issue_on + dt.timedelta(days=30)
    usual = {
        "connection": "books",
        "id": f"i{number}",
        "number": f"INV-{number}",
        "customer_id": f"c{number % CUSTOMERS}",
    }
    fields = {**usual, "currency": "GBP", "total": amount, "issue_on": issue_on, "due_on": due_on, "sent": True}
    issued = Invoice(**fields, open=amount)  # type: ignore[arg-type]  # each of its field's type
    if paid_after is None:
        yield Version(_night(issue_on), None, issued)
        return
    paid_on = issue_on + dt.timedelta(days=paid_after)
    share = Allocation("payment", f"p{number}", issued.id, amount, paid_on)
    money = {"connection": "books", "id": f"p{number}", "customer_id": issued.customer_id, "currency": "GBP"}
    entered = _night(paid_on + dt.timedelta(days=lag))
    yield Version(_night(issue_on), entered, issued)
    yield Version(entered, None, Invoice(**fields, open=0, status="paid", paid_on=paid_on))  # type: ignore[arg-type]  # as above
    yield Version(entered, None, Payment(**money, amount=amount, paid_on=paid_on, allocations=(share,)))  # type: ignore[arg-type]  # as above


def run() -> Iterator[str]:
    known, book = past(), starter()
    end = START + dt.timedelta(days=DAYS - 1)
    now = dt.datetime.combine(end, dt.time(12), dt.UTC)
    seconds, (outcome,) = cpu(lambda: backtest(known, [book], START, end, now=now))
    assert outcome.messages > INVOICES / 2, outcome.messages
    yield (
        f"{INVOICES:,} invoices of {CUSTOMERS:,} customers, {DAYS} days, the starter's rules: "
        f"{seconds:.1f} CPU s, {outcome.messages:,} messages, {outcome.to_paid:,} to invoices already paid"
    )
