"""Xero's bank transactions: transfers, money received without an invoice, money spent."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Forbidden
from connectors.fields import Unreadable
from connectors.protocol import Page
from connectors.xero.translate import STREAMS
from receivables.facts import BankLine, Fact
from tests.connectors.loopback import Asked, Reply, loopback
from tests.connectors.xero_office import Office, opened
from tests.connectors.xero_world import connector
from tests.sandbox.worlds import Xero


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as found:
        yield found


def facts(pages: Iterator[Page]) -> list[Fact]:
    return [fact for page in pages for row in page.rows for fact in row.facts]


def written(**changes: Any) -> dict[str, Any]:
    standard = {
        "BankTransactionID": "b-1",
        "Type": "RECEIVE",
        "Status": "AUTHORISED",
        "BankAccount": {"AccountID": "acc-1", "Code": "090"},
        "Contact": {"ContactID": "c-1", "Name": "Acme Ltd"},
        "Date": "/Date(1767312000000+0000)/",
        "Reference": "counter sale",
        "CurrencyCode": "GBP",
        "Total": Decimal("97.00"),
        "UpdatedDateUTC": "/Date(1767312000000+0000)/",
    }
    return {**standard, **changes}


def read(**changes: Any) -> BankLine:
    (found,) = STREAMS["bank_transactions"].translate(written(**changes), "books")
    assert isinstance(found, BankLine)
    return found


def test_money_received_without_an_invoice() -> None:
    found = read()
    assert (found.amount, found.currency, found.account, found.status) == (9_700, "GBP", "090", "settled")
    assert (found.payer_name, found.reference, found.booked_on) == ("Acme Ltd", "counter sale", dt.date(2026, 1, 2))


def test_of_money_spent_only_day_and_amount_are_kept() -> None:
    found = read(Type="SPEND")
    assert (found.amount, found.payer_name, found.reference) == (-9_700, "", "")


def test_a_transfer_has_no_contact_and_may_leave_its_currency_to_its_account() -> None:
    account = {"AccountID": "acc-1", "CurrencyCode": "EUR"}
    found = read(Type="SPEND-TRANSFER", Contact=None, CurrencyCode=None, Reference=None, BankAccount=account)
    assert (found.amount, found.currency, found.account) == (-9_700, "EUR", "acc-1")


@pytest.mark.parametrize("kind", ["OVERPAYMENT", "PREPAYMENT"])
def test_over_and_prepayments_are_read_in_their_own_lists_and_not_twice(kind: str) -> None:
    for way in ("RECEIVE", "SPEND"):
        assert STREAMS["bank_transactions"].translate(written(Type=f"{way}-{kind}"), "books") == ()


@pytest.mark.parametrize("status", ["DELETED", "VOIDED"])
def test_what_was_taken_back_counts_no_more(status: str) -> None:
    assert read(Status=status).status == "void"


@pytest.mark.parametrize(
    ("field", "value"), [("Type", "BARTER"), ("Status", "PENDING"), ("BankAccount", None), ("Total", "97.00")]
)
def test_values_that_nobody_documented_are_told_by_name(field: str, value: object) -> None:
    with pytest.raises(Unreadable, match=field):
        read(**{field: value})


def test_what_changed_is_read_and_nothing_else(office: Office) -> None:
    """The over- and prepayments of the organisation are no bank lines."""
    xero = office.connect()
    pages = list(xero.pull("bank_transactions", ""))
    assert facts(iter(pages)) == []
    line = {"Description": "Sale", "LineAmount": 30.0}
    received = {"Type": "RECEIVE", "Contact": {"Name": "Walk-in"}, "BankAccount": {"Code": "090"}, "LineItems": [line]}
    Xero(office.sandbox).call("PUT", "/BankTransactions", json={"BankTransactions": [received]})
    (found,) = facts(xero.pull("bank_transactions", pages[-1].cursor))
    assert isinstance(found, BankLine)
    assert (found.amount, found.payer_name, found.account) == (3_000, "Walk-in", "090")


def test_without_the_scope_everything_else_is_still_read(office: Office) -> None:
    """A consent that was given before the scope was asked for."""
    with office.sandbox.changes():
        for token in office.sandbox.xero.tokens.table:
            token["scope"] = "offline_access accounting.invoices accounting.contacts"
    (page,) = office.connect().pull("bank_transactions", "kept")
    assert (list(page.rows), page.cursor, page.complete) == ([], "kept", False)
    assert facts(office.connect().pull("invoices", ""))


def test_no_access_to_what_always_has_to_be_open_is_no_empty_list() -> None:
    def refuse(_: Asked) -> Reply:
        return Reply('{"Title":"Forbidden","Status":403,"Detail":"AuthenticationUnsuccessful"}', 403)

    with loopback(refuse) as server, pytest.raises(Forbidden):
        list(connector(server).pull("payments", ""))
