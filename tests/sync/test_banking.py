"""A bank's statement is taken in once, however often it is read and however its files overlap."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.facts import BankLine
from reconciliation.matching.items import PaymentLine
from sync.banking import named

DAY = dt.date(2026, 3, 2)


def line(identifier: str, amount: int = 10_000, day: int = 0, **changes: Any) -> PaymentLine:
    standard: dict[str, Any] = {"currency": "GBP", "payer_name": "ACME", "reference": "INV-1"}
    return PaymentLine(identifier, DAY + dt.timedelta(day), amount, **{**standard, **changes})


def read(*files: Sequence[PaymentLine]) -> dict[str, BankLine]:
    """What is known after these files, one after the other."""
    known: dict[str, BankLine] = {}
    for lines in files:
        facts = named("bank", lines, known.values())
        assert len(facts) == len({one.id for one in facts}) == len(lines)
        known |= {one.id: one for one in facts}
    return known


def amounts(known: dict[str, BankLine]) -> list[int]:
    return sorted(one.amount for one in known.values())


def test_the_banks_own_id_is_the_lines() -> None:
    assert list(read([line("F1"), line("F2")])) == ["F1", "F2"]


def test_the_same_file_again_changes_nothing() -> None:
    file = [line("F1"), line("transaction#2"), line("transaction#3"), line("F4", day=1)]
    assert read(file, file) == read(file)


def test_a_text_that_the_bank_corrected_is_the_same_line() -> None:
    known = read([line("F1")], [line("F1", reference="INV-1 MARCH")])
    assert [one.reference for one in known.values()] == ["INV-1 MARCH"]


def test_files_that_overlap_add_what_is_new_though_their_rows_are_only_numbered() -> None:
    first = [line("1", 100, 0), line("2", 200, 1), line("3", 300, 2)]
    second = [line("1", 200, 1), line("2", 300, 2), line("3", 400, 3)]
    assert amounts(read(first, second)) == [100, 200, 300, 400]
    assert read(first, second) == read(first, second, first, second)


def test_an_id_that_stands_for_any_transaction_loses_none() -> None:
    assert amounts(read([line("NONREF", 100)], [line("NONREF", 200)], [line("NONREF", 300, 1)])) == [100, 200, 300]
    other = line("NONREF", 100, payer_name="BIRCH", reference="INV-2")
    assert amounts(read([line("NONREF", 100)], [other])) == [100, 100]


def test_an_id_given_twice_in_one_file_and_once_in_another() -> None:
    both = [line("A", 100), line("A#2", 200)]
    assert amounts(read(both, [line("A", 200)])) == [100, 200]
    assert amounts(read([line("A", 100)], both)) == [100, 200]


def test_two_alike_in_one_file_are_two_and_stay_two() -> None:
    pair = [line("F1"), line("F2")]
    assert amounts(read([line("F1")], pair, pair)) == [10_000, 10_000]
    unnamed = [line("transaction#1"), line("transaction#2")]
    assert amounts(read(unnamed[:1], unnamed, unnamed)) == [10_000, 10_000]


days = st.lists(st.lists(st.sampled_from([100, 200, 300]), max_size=3), min_size=2, max_size=6)


@pytest.mark.parametrize("name", ["{row}", "transaction#{row}", "NONREF#{row}"])
@given(month=days, cut=st.data())
def test_any_two_exports_of_whole_days_are_the_account_once(
    name: str, month: list[list[int]], cut: st.DataObject
) -> None:
    """Whatever the ids are: rows numbered anew in each file, or none at all."""
    end = cut.draw(st.integers(1, len(month)))
    start = cut.draw(st.integers(0, end))

    def file(first: int, last: int) -> list[PaymentLine]:
        found = [(amount, day) for day in range(first, last) for amount in month[day]]
        return [line(name.format(row=row), amount, day) for row, (amount, day) in enumerate(found, start=1)]

    known = read(file(0, end), file(start, len(month)), file(0, end))
    assert amounts(known) == sorted(amount for day in month for amount in day)
