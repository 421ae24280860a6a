"""A one-step rulebook on a real payment history sends what a script of thirty lines counts by itself."""

import csv
import datetime as dt
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "ibm-late-payments.csv"
AFTER_DUE = 5
START, END = dt.date(2012, 1, 1), dt.date(2013, 12, 31)
RULES = f"""
[[policy]]
name = "one"
[[policy.step]]
name = "first"
days_after_due = {AFTER_DUE}
"""

#: By customer: (number, issue, due, settled).
Debts = dict[str, list[tuple[str, dt.date, dt.date, dt.date]]]


def read(path: Path) -> Debts:
    found: Debts = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            issued, due, settled = (
                dt.datetime.strptime(row[name], "%m/%d/%Y").date()  # noqa: DTZ007  # a calendar day has no zone
                for name in ("InvoiceDate", "DueDate", "SettledDate")
            )
            found[row["customerID"]].append((row["invoiceNumber"], issued, due, settled))
    return found


def counted(debts: Debts) -> list[tuple[dt.date, str, tuple[str, ...]]]:
    """Each weekday, each customer: one message about all that is five days overdue, open and not yet told of; three
    days between two messages. More than sixty days overdue on the first day is backlog. Three a week and ten a month
    are never reached with three days between."""
    sent = []
    for customer, invoices in debts.items():
        told: set[str] = set()
        last = dt.date.min
        for number in range((END - START).days + 1):
            day = START + dt.timedelta(days=number)
            if day.weekday() > 4 or (day - last).days < 3:
                continue
            ready = [
                name
                for name, issued, due, settled in invoices
                if issued <= day < settled
                and (day - due).days >= AFTER_DUE
                and (START - due).days <= 60
                and name not in told
            ]
            if ready:
                told.update(ready)
                last = day
                sent.append((day, customer, tuple(sorted(ready))))
    return sorted(sent)


def replayed(folder: Path, *options: str) -> Any:
    (folder / "rules.toml").write_text(RULES)
    command = [sys.executable, "-m", "owed", "backtest", "--rules", "rules.toml", "--ledger", str(REAL), "--json"]
    period = ("--from", str(START), "--to", str(END))
    done = subprocess.run([*command, *period, *options], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.skipif(not REAL.exists(), reason="the real payment history is not beside this checkout")
def test_the_real_history_of_2466_invoices(tmp_path: Path) -> None:
    debts = read(REAL)
    wanted = counted(debts)
    assert len(wanted) > 300, "every fifth invoice was paid more than five days late"
    (found,) = replayed(tmp_path)["rulebooks"]
    sent = sorted(
        (
            dt.date.fromisoformat(one["on"]),
            one["debtor"].removeprefix("ledger:customer:"),
            tuple(sorted(one["numbers"])),
        )
        for one in found["sent"]
    )
    assert sent == wanted
    assert found["messages"] == found["steps"]["one/first"] == len(wanted)
    assert found["to_already_paid"] == 0, "a history by its dates has no lag"
    settled = {name: paid for invoices in debts.values() for name, _, _, paid in invoices}
    waits = [(settled[name] - day).days for day, _, names in wanted for name in names]
    assert found["invoices"] == found["paid_after_a_message"] == len(waits)
    assert found["days_to_payment"] == round(sum(waits) / len(waits), 1)
