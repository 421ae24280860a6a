"""Reading single fields: what is taken, what is refused, and what the complaint says."""

import datetime as dt
from decimal import Decimal

import pytest

from connectors import fields
from connectors.fields import Record, Unreadable, decode_record, read_row
from receivables.facts import Customer, Fact
from receivables.money import MoneyError


def test_decimals_are_exact_to_the_last_digit() -> None:
    row = decode_record(b'{"Total": 1234567890123.45, "Rate": 1.23456789012345678}')
    assert row["Total"] == Decimal("1234567890123.45")
    assert row["Rate"] == Decimal("1.23456789012345678")


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [("12.50", "GBP", 1250), ("0.1", "USD", 10), ("-3.07", "EUR", -307), ("500", "JPY", 500), ("1.234", "BHD", 1234)],
)
def test_amounts_become_minor_units_of_their_currency(written: str, currency: str, minor: int) -> None:
    assert fields.amount(decode_record(f'{{"Total": {written}}}'.encode()), "Total", currency) == minor


@pytest.mark.parametrize(
    "written", ['"12.50"', "null", "true", "[]", "{}", '""', "1e15", "10000000000000000", "-1e400"]
)
def test_what_is_no_number_is_no_amount(written: str) -> None:
    with pytest.raises(Unreadable, match="Total"):
        fields.amount(decode_record(f'{{"Total": {written}}}'.encode()), "Total", "GBP")


def test_more_digits_than_the_currency_has_are_refused() -> None:
    with pytest.raises(MoneyError, match="more digits"):
        fields.amount({"Total": Decimal("0.005")}, "Total", "GBP")


def test_a_line_with_four_decimals_is_rounded_half_up() -> None:
    assert fields.rounded({"LineAmount": Decimal("10.125")}, "LineAmount", "GBP") == 1013


@pytest.mark.parametrize("code", ["XXX", "gold", "EU"])
def test_currencies_that_do_not_exist_are_refused(code: str) -> None:
    with pytest.raises(MoneyError, match="currency"):
        fields.currency({"CurrencyCode": code}, "CurrencyCode")


def test_lower_case_currencies_are_taken() -> None:
    assert fields.currency({"currency": "usd"}, "currency") == "USD"


def test_null_is_absent_for_text_records_and_lists() -> None:
    row: Record = {"Name": None, "Address": None, "Lines": None}
    assert fields.text(row, "Name") == ""
    assert fields.record(row, "Address") == {}
    assert fields.records(row, "Lines") == []


def test_null_items_of_a_list_are_passed_over() -> None:
    assert fields.records({"Lines": [None, {"Amount": 1}]}, "Lines") == [{"Amount": 1}]


def test_text_of_another_type_is_refused_with_its_name() -> None:
    with pytest.raises(Unreadable, match="Name is 5; expected text"):
        fields.text({"Name": 5}, "Name")


@pytest.mark.parametrize(("written", "meant"), [(True, True), ("false", False), ("True", True), (None, False)])
def test_booleans_may_be_written_as_text(written: object, meant: bool) -> None:
    assert fields.flag({"IsReconciled": written}, "IsReconciled") is meant


def test_a_number_is_no_boolean() -> None:
    with pytest.raises(Unreadable):
        fields.flag({"IsReconciled": 1}, "IsReconciled")


def test_nul_characters_are_dropped_because_databases_refuse_them() -> None:
    assert fields.text({"Name": "Har\0bour"}, "Name") == "Harbour"


def test_instants_are_told_in_utc() -> None:
    row: Record = {"At": "2020-09-29T06:02:35.438-07:00"}
    assert fields.instant(row, "At") == dt.datetime(2020, 9, 29, 13, 2, 35, 438000, tzinfo=dt.UTC)


def test_days_are_cut_off_not_converted() -> None:
    assert fields.day({"DueDate": "2026-03-31T23:59:59"}, "DueDate") == dt.date(2026, 3, 31)


def test_an_impossible_day_is_refused() -> None:
    with pytest.raises(Unreadable, match="DueDate"):
        fields.day({"DueDate": "2026-02-30"}, "DueDate")


@pytest.mark.parametrize(
    ("written", "code"), [("GB", "GB"), ("de", "DE"), ("United States", "US"), ("germany", "DE"), ("Narnia", "")]
)
def test_countries_by_code_or_english_name(written: str, code: str) -> None:
    assert fields.country_code(written) == code


def _named(row: Record) -> tuple[Fact, ...]:
    return (Customer(connection="books", id=fields.identifier(row, "Id"), name=fields.text(row, "Name")),)


def test_a_row_that_can_be_read_carries_its_own_bytes() -> None:
    row = read_row(b'{"Id":"7", "Name":"Ruiz"}', "books:customer", "Id", _named)
    assert row.raw == b'{"Id":"7", "Name":"Ruiz"}'
    assert [fact.id for fact in row.facts] == ["7"]
    assert row.problem is None


@pytest.mark.parametrize(
    ("raw", "where", "what"),
    [
        (b'{"Id":"7","Name":5}', "books:customer:7", "Name is 5"),
        (b'{"Name":"x"}', "books:customer:?", "Id is missing"),
        (b"null", "books:customer:?", "expected a record"),
        (b'{"Id":"7"', "books:customer:?", "not JSON"),
        (b'{"Id":"7","Name":"\\ud83d"}', "books:customer:?", "not JSON"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_problem_and_keeps_its_bytes(raw: bytes, where: str, what: str) -> None:
    row = read_row(raw, "books:customer", "Id", _named)
    assert row.facts == ()
    assert row.raw == raw
    assert row.problem is not None
    assert row.problem.where == where
    assert what in row.problem.what
