"""owed invoices: one of them, and as PDF."""

from pathlib import Path

import pytest

from tests.owed.conftest import Desk


def a_number(desk: Desk, connection: str) -> str:
    rows = desk.json("invoices")
    return next(str(row["number"] or row["reference"]) for row in rows if row["reference"].startswith(f"{connection}:"))


@pytest.mark.parametrize("connection", ["books", "ledger", "cards"])
def test_an_invoice_as_its_customer_gets_it(desk: Desk, connection: str, tmp_path: Path) -> None:
    number = a_number(desk, connection)
    told = desk.owed("invoices", number, "--pdf", str(tmp_path / "invoice.pdf"))
    assert (tmp_path / "invoice.pdf").read_bytes().startswith(b"%PDF-")
    assert f"invoice {number}" in told.out


def test_one_invoice_alone(desk: Desk) -> None:
    number = a_number(desk, "books")
    assert [row["number"] for row in desk.json("invoices", number)] == [number]


def test_what_cannot_be_saved_is_said(desk: Desk, tmp_path: Path) -> None:
    number = a_number(desk, "books")
    assert "owed invoices NUMBER --pdf FILE" in desk.owed("invoices", "--pdf", "x.pdf", code=2).err
    nowhere = str(tmp_path / "nowhere" / "x.pdf")
    assert nowhere in desk.owed("invoices", number, "--pdf", nowhere, code=1).err
    assert desk.owed("invoices", "no such invoice", code=2).err
