"""A ledger as the files that `owed match` reads, and what one run of it costs."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.match.world import World


def write(world: World, folder: Path) -> None:
    documents = (
        (one.id, one.source, one.number, one.customer_id, one.kind, one.issue_on, one.due_on, one.currency, one.open,
         one.purchase_order)
        for one in world.documents
    )  # fmt: skip
    payments = (
        (one.id, one.paid_on, one.amount, one.currency, one.payer_name, one.payer_account, one.reference, one.method)
        for one in world.payments
    )
    clients = (client.record for client in world.clients)
    customers = ((one.id, one.name, one.email, one.account) for one in clients)
    rates = ((day, currency, rate) for (day, currency), rate in world.rates.items())
    columns = "invoice_id,source,number,customer_id,kind,issue_date,due_date,currency,total,po_number"
    _write(folder / "invoices.csv", columns, documents)
    columns = "payment_id,date,amount,currency,payer_name,payer_account,reference,method"
    _write(folder / "payments.csv", columns, payments)
    _write(folder / "customers.csv", "customer_id,name,email,bank_account", customers)
    _write(folder / "fx.csv", "date,currency,usd", rates)


def _write(path: Path, columns: str, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split(","))
        writer.writerows(rows)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a whole process, from its start to the written file."""

    cpu_seconds: float
    peak_megabytes: float


def run_command(folder: Path) -> Cost:
    """`owed match` on the files in a folder; the links are in out.csv there."""
    names = ("invoices", "payments", "customers", "fx")
    options = [word for name in names for word in (f"--{name}", str(folder / f"{name}.csv"))]
    command = [sys.executable, "-m", "owed", "match", *options, "--out", str(folder / "out.csv")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
