"""owed match: files in, a file out; nothing is connected, and a mistake writes nothing."""

import csv
from pathlib import Path

import pytest

from tests.owed.conftest import Told, run

INVOICES = """invoice_id,source,number,customer_id,kind,issue_date,due_date,currency,total,po_number
i1,xero,INV-0101,C100,invoice,2026-02-01,2026-03-03,GBP,50010,
i2,stripe,INV-0101,C100,invoice,2026-02-01,2026-03-03,GBP,50010,
i3,xero,INV-0102,C200,invoice,2026-02-01,2026-03-03,GBP,20013,PO77
i4,xero,CN-1,C200,credit_note,2026-02-01,2026-03-03,GBP,1000,
"""
PAYMENTS = """payment_id,date,amount,currency,payer_name,payer_account,reference,method
p1,2026-03-05,50010,GBP,ACME,,INV 0101,bank_transfer
p2,2026-03-06,20013,GBP,R Kumar,,,bank_transfer
p3,2026-03-07,-500,GBP,BANK,,fee,bank_transfer
"""
CUSTOMERS = "customer_id,name,email,bank_account\nC100,Acme Ltd,,\nC200,Birch Foods Ltd,,GB22\n"
RATES = "date,currency,usd\n2026-03-05,GBP,1.27\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("invoices", INVOICES), ("payments", PAYMENTS), ("customers", CUSTOMERS), ("fx", RATES)):
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def matched(folder: Path, *more: str) -> Told:
    names = ("invoices", "payments", "customers", "fx")
    options = [word for name in names for word in (f"--{name}", str(folder / f"{name}.csv"))]
    return run("match", *options, "--out", str(folder / "out.csv"), *more)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open() as file:
        return list(csv.DictReader(file))


def test_one_row_a_link_and_one_for_a_payment_without(folder: Path) -> None:
    told = matched(folder)
    assert told.code == 0, told.err
    found = rows(folder)
    assert list(found[0]) == ["payment_id", "invoice_id", "amount", "band", "confidence", "reason"]
    assert [(row["payment_id"], row["invoice_id"], row["amount"], row["band"]) for row in found] == [
        ("p1", "i1", "50010", "auto"),
        ("p2", "i3", "20013", "propose"),
        ("p3", "", "0", "none"),
    ]
    assert "the payment states INV-0101" in found[0]["reason"]
    assert "3 payments: 1 matched, 1 proposed, 1 without" in told.out


def test_band_auto_writes_only_what_is_applied(folder: Path) -> None:
    matched(folder, "--band", "auto")
    assert [(row["payment_id"], row["invoice_id"]) for row in rows(folder)] == [("p1", "i1"), ("p2", ""), ("p3", "")]


def test_the_order_of_the_rows_changes_nothing(folder: Path) -> None:
    matched(folder)
    first = (folder / "out.csv").read_bytes()
    for name in ("invoices", "payments", "customers"):
        head, *lines = (folder / f"{name}.csv").read_text().splitlines()
        (folder / f"{name}.csv").write_text("\n".join([head, *reversed(lines)]) + "\n")
    matched(folder)
    assert (folder / "out.csv").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "invoices",
            "GBP,20013",
            "GBX,20013",
            "invoices.csv:4:8: currency: 'GBX' is not a currency (write the ISO 4217",
        ),
        ("invoices", "GBP,20013", "GBP,-20013", "invoices.csv:4:9: total: an invoice cannot be -20013 (what is owed"),
        ("invoices", "GBP,20013", "GBP,200.13", "invoices.csv:4:9: total: '200.13' is not a whole number (write minor"),
        ("invoices", "i3,", "i1,", "invoices.csv:4:1: invoice_id: 'i1' stands here a second time (every row needs"),
        (
            "invoices",
            "2026-02-01,2026-03-03,GBP,20013",
            "2026-02-30,2026-03-03,GBP,20013",
            "invoices.csv:4:6: issue_date: ",
        ),
        ("invoices", ",total,", ",totals,", "invoices.csv:1:1: total: the column is missing (the first line names"),
        ("invoices", "credit_note", "creditnote", "invoices.csv:5:5: kind: 'creditnote' is not a kind of document"),
        (
            "payments",
            "2026-03-06",
            "6.3.2026",
            "payments.csv:3:2: date: '6.3.2026' is not a day (write it as 2026-01-31)",
        ),
        ("payments", "2026-03-06", "", "payments.csv:3:2: date: '' is not a day"),
        ("payments", "p2,", "p2,,", "payments.csv:3:9: 9 cells where 8 columns are named (quote commas in cells)"),
        ("customers", "C200,Birch", "C100,Birch", "customers.csv:3:1: customer_id: 'C100' stands here a second time"),
        ("fx", "1.27", "much", "fx.csv:2:3: usd: 'much' is not a rate"),
    ],
)
def test_a_mistake_has_its_place_and_a_hint_and_nothing_is_written(
    folder: Path, name: str, old: str, new: str, told: str
) -> None:
    path = folder / f"{name}.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    found = matched(folder)
    assert (found.code, told in found.err) == (2, True), found.err
    assert not (folder / "out.csv").exists()


def test_all_mistakes_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "invoices.csv").write_text(INVOICES.replace("GBP", "GBX"))
    (folder / "payments.csv").write_text(PAYMENTS.replace("2026-03-0", "2026-13-0"))
    found = matched(folder)
    assert found.code == 2
    assert len(found.err.splitlines()) == 4 + 3


def test_an_unclosed_quote_swallows_no_payment(folder: Path) -> None:
    (folder / "payments.csv").write_text(PAYMENTS.replace("INV 0101,bank_transfer", 'INV 0101,"bank_transfer'))
    found = matched(folder)
    assert (found.code, "payments.csv:2:1: the row cannot be read" in found.err) == (2, True), found.err
    assert not (folder / "out.csv").exists()


def test_a_quote_in_the_wrong_place_hides_no_other_mistake(folder: Path) -> None:
    text = PAYMENTS.replace("R Kumar", '"R" Kumar').replace("2026-03-07", "7 March")
    (folder / "payments.csv").write_text(text)
    found = matched(folder)
    assert [line.partition("payments.csv:")[2][:4] for line in found.err.splitlines()] == ["3:1:", "4:2:"]


def test_lines_that_end_as_an_old_mac_ends_them(folder: Path) -> None:
    (folder / "payments.csv").write_bytes(PAYMENTS.replace("\n", "\r").encode())
    assert matched(folder).code == 0
    assert len(rows(folder)) == 3


def test_an_empty_file_and_a_column_named_twice_are_told(folder: Path) -> None:
    (folder / "payments.csv").write_text("")
    (folder / "customers.csv").write_text("customer_id,name,name\nC100,Acme,Akme\n")
    found = matched(folder)
    assert "payments.csv:1:1: the file is empty (the first line names the columns" in found.err
    assert "customers.csv:1:2: name: two columns have this name" in found.err
    assert len(found.err.splitlines()) == 2


def test_two_rates_on_one_day_are_not_chosen_from(folder: Path) -> None:
    (folder / "fx.csv").write_text(RATES + "2026-03-05,GBP,1.27\n2026-03-05,GBP,1.72\n")
    found = matched(folder)
    assert (found.code, "fx.csv:4:3: usd: GBP has another rate on this day above" in found.err) == (2, True)


def test_the_files_that_are_read_are_never_written(folder: Path) -> None:
    told = matched(folder, "--out", str(folder / "payments.csv"))
    assert (told.code, "that is a file to be read" in told.err) == (2, True)
    assert (folder / "payments.csv").read_text() == PAYMENTS


def test_a_folder_that_is_not_there_is_told_before_the_work(folder: Path) -> None:
    told = matched(folder, "--out", str(folder / "none" / "out.csv"))
    assert (told.code, "name a file in a folder that is there" in told.err) == (2, True)


def test_a_missing_file_and_an_unknown_band_are_mistakes(folder: Path) -> None:
    (folder / "fx.csv").unlink()
    assert "there is no such file" in matched(folder).err
    assert matched(folder, "--band", "sure").code == 2
