"""Evaluating a rulebook, beside the same conditions written by hand as one Python function."""

import datetime as dt
import random
from collections.abc import Iterator

from benchmarks.timing import beside, cpu
from receivables.business import Business, ConnectionState
from receivables.facts import Contact, Customer, Invoice
from receivables.history import History
from receivables.open_items import OpenItem
from rules.evaluate import evaluate
from rules.loader import load
from rules.schema import Rulebook

NOW = dt.datetime(2026, 3, 4, 10, tzinfo=dt.UTC)
DEBTORS, INVOICES = 20_000, 5
POLICIES, STEPS = 10, 8


def rulebook() -> Rulebook:
    parts = []
    for number in range(POLICIES):
        when = f'amount_due = {{ gte = "{5000 - 500 * number}.00 GBP" }}, country = {{ in = ["GB", "IE"] }}'
        parts.append(f'[[policy]]\nname = "p{number}"\n' + (f"when = {{ {when} }}\n" if number < POLICIES - 1 else ""))
        for step in range(STEPS):
            timing = f"days_before_due = {9 - step}" if step < 2 else f"days_after_due = {(step - 1) * 7}"
            parts.append(f'[[policy.step]]\nname = "s{step}"\n{timing}\n')
    book, problems = load("\n".join(parts), "bench.toml")
    assert not problems, problems
    return book


def items() -> list[OpenItem]:
    chance = random.Random(1)
    made = []
    for debtor in range(DEBTORS):
        contacts = (Contact(email=f"a{debtor}@x.example", primary=True),)
        country = chance.choice(["GB", "DE", "IE", "FR"])
        customer = Customer(connection="books", id=str(debtor), name=f"C {debtor}", country=country, contacts=contacts)
        for number in range(INVOICES):
            due = NOW.date() - dt.timedelta(days=chance.randint(-40, 60))
            invoice = Invoice(
                connection="books",
                id=f"{debtor}-{number}",
                number=f"INV-{debtor}-{number}",
                customer_id=customer.id,
                currency="GBP",
                total=1_000_000,
                open=chance.randint(100, 900_000),
                due_on=due,
                sent=True,
            )
            made.append(
                OpenItem(
                    invoice=invoice, platform="xero", debtor=f"books:customer:{debtor}", customer=customer, read_at=NOW
                )
            )
    return made


def by_hand(made: list[OpenItem]) -> int:
    """The conditions alone: no guards, steps, history or reasons."""
    hits = 0
    for item in made:
        customer = item.customer
        for number in range(POLICIES):
            least = (5000 - 500 * number) * 100
            last = number == POLICIES - 1
            if last or (item.demandable >= least and customer and customer.country in ("GB", "IE")):
                hits += 1
                break
    return hits


def run() -> Iterator[str]:
    made, book = items(), rulebook()
    business = Business(id="bench", name="Bench", timezone="Europe/London", country="GB")
    states = {"books": ConnectionState(name="books", platform="xero", synced_at=NOW, reminds_by_itself=False)}
    reference, _ = cpu(lambda: by_hand(made))
    seconds, found = cpu(lambda: evaluate(book, made, business, states, History(), NOW))
    assert sum(len(one.invoices) for one in found) == len(made)
    what = f"{len(made):,} items, {POLICIES} policies of {STEPS} steps, decisions with reasons"
    yield beside(what, seconds, len(made), "the conditions alone, by hand", reference)
