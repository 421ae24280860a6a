"""Evaluating a rulebook: decisions with reasons over a growing book, and its conditions alone beside compiled CEL."""

import datetime as dt
import random
from collections.abc import Iterator

import cel

from benchmarks import backtest
from benchmarks.timing import cpu
from receivables.business import Business, ConnectionState
from receivables.facts import Contact, Customer, Invoice
from receivables.history import History
from receivables.open_items import OpenItem
from rules.evaluate import evaluate
from rules.loader import load
from rules.schema import Rulebook

NOW = dt.datetime(2026, 3, 4, 10, tzinfo=dt.UTC)
TODAY = NOW.date()
PER_DEBTOR = 5
POLICIES, STEPS = 10, 8
SIZES = (10_000, 100_000, 1_000_000)
COMPARED = 100_000


def _least(number: int) -> int:
    """Major units of GBP that an invoice must reach for a policy."""
    return 5000 - 500 * number


def rulebook() -> Rulebook:
    """Nine policies with six conditions each, and one for all the rest."""
    parts = []
    for number in range(POLICIES):
        parts.append(f'[[policy]]\nname = "p{number}"\n' + (_when(number) if number < POLICIES - 1 else ""))
        for step in range(STEPS):
            timing = f"days_before_due = {9 - step}" if step < 2 else f"days_after_due = {(step - 1) * 7}"
            parts.append(f'[[policy.step]]\nname = "s{step}"\n{timing}\n')
    book, problems = load("\n".join(parts), "bench.toml")
    assert not problems, problems
    return book


def _when(number: int) -> str:
    return (
        "[policy.when]\n"
        f'amount_due = {{ gte = "{_least(number)}.00 GBP" }}\ncountry = ["GB", "IE"]\nplatform = "xero"\n'
        'days_past_due = { gte = -30 }\nlanguage = { ne = "fr" }\ntags = { none_of = ["no-reminders"] }\n'
    )


def _expression(number: int) -> str:
    """The same in CEL; amounts are minor units."""
    return (
        f'currency == "GBP" && amount >= {_least(number) * 100} && country in ["GB", "IE"] && platform == "xero"'
        ' && days >= -30 && language != "fr" && !("no-reminders" in tags)'
    )


def items(count: int) -> list[OpenItem]:
    chance = random.Random(1)
    made = []
    for debtor in range(count // PER_DEBTOR):
        customer = Customer(
            connection="books",
            id=str(debtor),
            name=f"C {debtor}",
            country=chance.choice(["GB", "DE", "IE", "FR"]),
            language=chance.choice(["en", "en", "de", "fr"]),
            tags=("builder", "no-reminders") if chance.random() < 0.1 else ("builder",),
            contacts=(Contact(email=f"a{debtor}@x.example", primary=True),),
        )
        made += [_item(customer, f"{debtor}-{number}", chance) for number in range(PER_DEBTOR)]
    return made


def _item(customer: Customer, identifier: str, chance: random.Random) -> OpenItem:
    invoice = Invoice(
        connection="books",
        id=identifier,
        number=f"INV-{identifier}",
        customer_id=customer.id,
        currency="GBP",
        total=1_000_000,
        open=chance.randint(100, 900_000),
        due_on=TODAY - dt.timedelta(days=chance.randint(-40, 60)),
        sent=True,
    )
    return OpenItem(invoice=invoice, platform="xero", debtor=str(customer.ref), customer=customer, read_at=NOW)


def by_conditions(book: Rulebook, made: list[OpenItem]) -> int:
    """Every condition of every item: how many hold."""
    tests = [policy.when.test for policy in book.policies[:-1]]
    return sum(test(item, TODAY) for item in made for test in tests)


def by_cel(made: list[OpenItem]) -> int:
    """The same by programs that were compiled before; one context an item."""
    programs = [cel.compile(_expression(number)) for number in range(POLICIES - 1)]
    hits = 0
    for item in made:
        customer, late = item.customer, item.days_past_due(TODAY)
        assert customer is not None
        context = cel.Context(
            variables={
                "currency": item.invoice.currency,
                "amount": item.demandable,
                "country": customer.country,
                "platform": item.platform,
                "days": late,
                "language": customer.language,
                "tags": list(customer.tags),
            }
        )
        hits += sum(program.execute(context) for program in programs)
    return hits


def decided(book: Rulebook, made: list[OpenItem]) -> float:
    """CPU seconds for all decisions, with their reasons."""
    business = Business(id="bench", name="Bench", timezone="Europe/London", country="GB")
    states = {"books": ConnectionState(name="books", platform="xero", synced_at=NOW, reminds_by_itself=False)}
    seconds, found = cpu(lambda: evaluate(book, made, business, states, History(), NOW))
    assert sum(len(one.invoices) for one in found) == len(made)
    return seconds


def run() -> Iterator[str]:
    book = rulebook()
    for size in SIZES:
        seconds = decided(book, items(size))
        what = f"{size:,} open invoices of {size // PER_DEBTOR:,} customers, {POLICIES} policies of {STEPS} steps"
        yield f"{what}: {seconds:.2f} CPU s, {size / seconds:,.0f} decided a second"
    made = items(COMPARED)
    ours, hits = cpu(lambda: by_conditions(book, made))
    theirs, same = cpu(lambda: by_cel(made))
    assert hits == same, (hits, same)
    count = COMPARED * (POLICIES - 1)
    yield (
        f"the conditions alone, {count:,} of six parts, {hits:,} hold: {ours:.2f} CPU s, {count / ours:,.0f}/s; "
        f"compiled CEL, the same hits: {theirs:.2f} CPU s, {count / theirs:,.0f}/s; {theirs / ours:.1f} times as fast"
    )
    yield from backtest.run()
