"""How the invented customers pay."""

from __future__ import annotations

import random
from datetime import date, timedelta

from sandbox.company.plan import Bill, Receipt

# (share of customers, mean days after the due date, spread)
HABITS = {"prompt": (0.46, -3, 5), "late": (0.32, 14, 9), "very_late": (0.16, 50, 22), "never": (0.06, 150, 70)}


def choose(chance: random.Random) -> str:
    return chance.choices(list(HABITS), [share for share, _, _ in HABITS.values()])[0]


def pay_day(chance: random.Random, bill: Bill) -> date | None:
    """The day on which the customer pays, or None: some never do."""
    _, mean, spread = HABITS[bill.debtor.habit]
    if bill.debtor.habit == "never" and chance.random() < 0.35:
        return None
    due = bill.due or bill.on + timedelta(days=30)
    return max(bill.on + timedelta(days=1), due + timedelta(days=round(chance.gauss(mean, spread))))


def settle(chance: random.Random, bill: Bill, today: date) -> None:
    """Adds what has been paid or credited by today."""
    day = pay_day(chance, bill)
    if bill.total == 0 or bill.state != "open" or day is None or day > today:
        return
    kind = chance.random()
    if kind < 0.03:
        bill.credit = bill.total // 10
    part = bill.left * chance.randint(30, 70) // 100
    if kind > 0.95:
        bill.receipts.append(Receipt(day, part))
        day += timedelta(days=chance.randint(15, 60))
    if day <= today and not 0.97 < kind < 0.98:
        bill.receipts.append(Receipt(day, bill.left))
    for receipt in bill.receipts:
        receipt.reference = chance.choice([bill.number, f"BACS {bill.number}", bill.debtor.name[:18].upper(), ""])
