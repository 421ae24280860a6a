"""A ledger from a CSV file behind the look-alikes."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from sandbox.ledger import LedgerErrors, read_ledger, snake
from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, QuickBooks, Stripe, Xero

HEADER = "invoice_number,customer_id,invoice_date,due_date,invoice_amount,settled_date,paid_amount,paid_on,currency,platform,customer_name"
AS_OF = date(2026, 3, 31)


def ledger(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "ledger.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.mark.parametrize("header", ["customerID", "CustomerId", "customer id", "customer_id", "Customer-ID"])
def test_headers_fit_however_they_are_written(header: str) -> None:
    assert snake(header) == "customer_id"


def test_the_day_decides_what_is_open(tmp_path: Path) -> None:
    path = ledger(
        tmp_path,
        "A1,c1,2026-01-01,2026-01-31,100.00,2026-03-31,,,GBP,xero,",
        "A2,c1,2026-01-01,2026-01-31,100.00,2026-04-01,,,GBP,xero,",
        "A3,c1,2026-04-01,2026-05-01,100.00,,,,GBP,xero,",
        "A4,c1,2026-03-01,2026-03-31,100.00,,30.50,2026-03-10,GBP,xero,",
    )
    plan = read_ledger(path, AS_OF)
    assert [(one.number, one.left) for one in plan.xero.bills] == [("A1", 0), ("A2", 10_000), ("A4", 6_950)]


def test_customers_without_a_platform_are_dealt_in_thirds(tmp_path: Path) -> None:
    lines = [f"N{place},c{place:02d},1/2/2026,2/1/2026,5" for place in range(9)]
    plan = read_ledger(
        ledger(tmp_path, *lines, header="invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount"), AS_OF
    )
    assert [len(book.debtors) for book in (plan.quickbooks, plan.stripe, plan.xero)] == [3, 3, 3]
    assert plan.quickbooks.bills[0].debtor.currency == "USD"


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = ledger(
        tmp_path,
        "A1,c1,yesterday,2026-01-31,100.00,,,,GBP,xero,",
        "A1,c1,2026-01-01,2026-01-31,1.234,,,,GBP,sage,",
        "A3,c1,2026-01-01,2026-01-31,5,,6,,GBP,xero,",
        ",c1,2026-01-01,2026-01-31,-5,,,,pounds,xero,",
    )
    with pytest.raises(LedgerErrors) as raised:
        read_ledger(path, AS_OF)
    places = [line.removeprefix(f"{path}:").split(": ")[0] for line in raised.value.lines]
    assert places == [
        "2:invoice_date", "3:invoice_amount", "3:platform", "3:invoice_number", "4:paid_amount",
        "5:currency", "5:invoice_amount", "5:invoice_number",
    ]  # fmt: skip


def test_a_real_history_loads_in_seconds(tmp_path: Path) -> None:
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "ibm-late-payments.csv"
    if not path.is_file():
        pytest.skip("the history is not beside this checkout")
    with Sandbox(tmp_path / "s", ledger=path, as_of=date(2013, 6, 30)) as sandbox:
        told = Control(sandbox).get("/truth.json")["open"]
    assert sum(len(rows) for rows in told.values()) == 84


def test_a_missing_column_is_a_user_mistake(tmp_path: Path) -> None:
    path = ledger(tmp_path, "1,2", header="invoice_number,customer_id")
    run = subprocess.run(
        [sys.executable, "-m", "sandbox", "--folder", str(tmp_path / "s"), "--ledger", str(path), "--as-of", "2026-03-31"],
        capture_output=True, text=True, timeout=30, check=False, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.splitlines()[0] == f"{path}:1:invoice_date: this column is required and missing"
    assert "Traceback" not in run.stderr


def test_the_platforms_show_the_ledger(tmp_path: Path) -> None:
    path = ledger(
        tmp_path,
        "X1,c1,2026-03-01,2026-03-31,100.00,,40,2026-03-05,GBP,xero,Acme Ltd",
        "Q1,c2,2026-03-01,2026-03-31,200.00,,,,USD,quickbooks,Baker & Sons",
        "S1,c3,2026-03-01,2026-03-31,1500,2026-03-20,,,JPY,stripe,Chiba KK",
    )
    with Sandbox(tmp_path / "s", ledger=path, as_of=AS_OF) as sandbox:
        assert sandbox.clock.now().date() == AS_OF
        found = Xero(sandbox).get("/Invoices", page=1)["Invoices"][0]
        assert (found["InvoiceNumber"], found["AmountDue"], found["CurrencyCode"]) == ("X1", 60.0, "GBP")
        owed = QuickBooks(sandbox).query("SELECT * FROM Invoice")["Invoice"][0]
        assert (owed["Balance"], owed["CurrencyRef"]["value"], owed["CustomerRef"]["name"]) == (
            200.0,
            "USD",
            "Baker & Sons",
        )
        settled = Stripe(sandbox).get("/invoices")["data"][0]
        assert (settled["status"], settled["total"], settled["currency"], settled["number"]) == (
            "paid",
            1_500,
            "jpy",
            "S1",
        )
        truth = Control(sandbox).get("/truth.json")
        assert [len(truth["open"][name]) for name in ("xero", "quickbooks", "stripe")] == [1, 1, 0]
