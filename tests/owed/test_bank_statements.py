"""owed reconcile --bank: a bank's statement beside connected books."""

from typing import Any

import pytest

from tests.owed.conftest import Desk
from tests.owed.test_bank_files import BAI2, CAMT, MT940, OFX
from tests.owed.test_breaks import held, journal, the

_COLUMNS = "payment_id,date,amount,currency,payer_name,payer_account,reference"


def statement(desk: Desk, *rows: str, name: str = "march.csv") -> str:
    path = desk.folder / name
    path.write_text("\n".join([_COLUMNS, *rows]) + "\n")
    return str(path)


def reconciled(desk: Desk, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.json("reconcile", *options)
    return found


PAID = "F1,2026-11-16,120000,GBP,ACME LTD,,A-100"
KNOWN = "F2,2026-10-02,5000,GBP,BROOK AND SONS,,B-099"


def test_what_the_books_have_adds_nothing_and_what_they_lack_is_matched(desk: Desk) -> None:
    found = reconciled(desk, "--bank", statement(desk, PAID, KNOWN))
    assert [one["payment"]["id"] for one in found["bank_lines"]] == ["F2"]
    (match,) = found["matches"]
    assert (match["payment"]["id"], match["amount"]["amount"], match["band"]) == ("F1", "1200.00", "auto")
    assert desk.json("explain", "A-100")["demandable"]["amount"] == "0.00"
    told = desk.owed("reconcile").out
    assert "1 lines of bank statements are in the books, or payouts" in told


def test_a_statement_that_is_read_again_is_known_already(desk: Desk) -> None:
    first = statement(desk, PAID, KNOWN)
    desk.owed("reconcile", "--bank", first)
    longer = statement(desk, KNOWN, PAID, "F3,2026-11-17,777,GBP,ZETA,,gift", name="april.csv")
    again = desk.owed("reconcile", "--bank", first, "--bank", longer)
    assert "march.csv: 0 new lines, 0 changed, 2 known already" in again.err
    assert "april.csv: 1 new lines, 0 changed, 2 known already" in again.err
    assert len(reconciled(desk)["matches"]) == 1
    assert [event for event, _ in journal(desk)].count("bank statement read") == 2


@pytest.mark.parametrize(("text", "lines"), [(OFX, 2), (CAMT, 4), (MT940, 2), (BAI2, 2)])
def test_a_statement_of_every_format_is_kept(desk: Desk, text: str, lines: int) -> None:
    path = desk.folder / "statement.txt"
    path.write_text(text)
    assert f"{lines} new lines" in desk.owed("reconcile", "--bank", str(path)).err
    assert f"0 new lines, 0 changed, {lines} known" in desk.owed("reconcile", "--bank", str(path)).err


def test_a_refused_line_releases_its_invoice(desk: Desk) -> None:
    desk.go_live()
    desk.owed("reconcile", "--bank", statement(desk, "F1,2026-11-16,120000,GBP,,,"))
    assert held(desk, "A-100")
    desk.owed("breaks", "refuse", the(desk, "proposed match"))
    assert not held(desk, "A-100")


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        (["F1,yesterday,120000,GBP,,,"], (), "march.csv:2:2: date: 'yesterday' is not a day"),
        ([PAID], ("--account", "books"), "that is a connection"),
        ([PAID], ("--account", "local"), "expected small letters"),
        ([PAID], ("--account", "My bank"), "expected small letters"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    desk: Desk, rows: list[str], options: tuple[str, ...], says: str
) -> None:
    good = statement(desk, PAID, name="good.csv")
    told = desk.owed("reconcile", "--bank", good, "--bank", statement(desk, *rows), *options, code=2)
    assert says in told.err
    assert reconciled(desk)["bank_lines"] == reconciled(desk)["matches"] == []


def test_a_confirmed_payer_is_known_from_then_on(desk: Desk) -> None:
    """The parent company pays: proposed, accepted, and the next time its name is enough."""
    desk.owed("reconcile", "--bank", statement(desk, "F1,2026-11-02,30000,GBP,NORTHERN HOLDINGS,,"))
    proposed = the(desk, "proposed match")
    desk.owed("breaks", "accept", proposed)
    found = reconciled(
        desk, "--bank", statement(desk, "F2,2026-11-16,120000,GBP,Northern Holdings Ltd,,", name="2.csv")
    )
    (again,) = [one for one in found["matches"] if one["payment"]["id"] == "F2"]
    assert again["band"] == "auto"
    assert "a person confirmed that this payer pays for the customer" in again["evidence"]
