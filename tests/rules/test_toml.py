"""A TOML file is read with the place of everything in it, and all that is wrong is told at once."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.money import Money
from receivables.problems import Problem
from rules.table import Table, did_you_mean
from rules.toml import parse


def read(text: str) -> tuple[Table, list[Problem]]:
    document, problems = parse(text, "owed.toml")
    return document.root(problems), problems


def told(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems]


def test_every_type_is_read_as_written() -> None:
    table, problems = read(
        """
        name = "Harbour"
        days = 3
        rate = 2.50
        open = true
        from = 2026-01-31
        until = "2026-02-28"
        start = "08:30"
        stop = 18:00:00
        least = "5.00 GBP"
        mode = "live"
        tags = ["vip", "new"]
        """
    )
    assert table.take_text("name") == "Harbour"
    assert table.take_int("days") == 3
    assert table.take_decimal("rate") == Decimal("2.50")
    assert table.take_flag("open") is True
    assert table.take_date("from") == dt.date(2026, 1, 31)
    assert table.take_date("until") == dt.date(2026, 2, 28)
    assert table.take_time("start") == dt.time(8, 30)
    assert table.take_time("stop") == dt.time(18, 0)
    assert table.take_money("least") == Money(500, "GBP")
    assert table.take_choice("mode", ("off", "live")) == "live"
    assert table.take_list_of_text("tags") == ("vip", "new")
    table.finish()
    assert problems == []


def test_absent_keys_have_their_defaults() -> None:
    table, problems = read("")
    assert table.take_text("name", "none") == "none"
    assert table.take_int("days", None) is None
    assert table.take_list_of_text("tags", ("a",)) == ("a",)
    assert list(table.take_table("store")) == []
    assert table.take_tables("connection") == []
    table.finish()
    assert problems == []


def test_every_wrong_value_is_told_with_its_place_and_none_is_raised() -> None:
    table, problems = read(
        'name = 1\ndays = "x"\nopen = 1\nfrom = "31.1.2026"\nstart = "25:00"\nleast = 5.00\nmost = "5.001 GBP"\n'
        'mode = "lve"\ntags = ["a", 2]\nlist = "a"\nstore = 1\nconnection = {}\n'
    )
    table.take_text("name")
    table.take_int("days")
    table.take_flag("open")
    table.take_date("from")
    table.take_time("start")
    table.take_money("least")
    table.take_money("most")
    assert table.take_choice("mode", ("off", "live"), "off") == "off"
    assert table.take_list_of_text("tags") == ("a",)
    table.take_list_of_text("list")
    table.take_table("store")
    table.take_tables("connection")
    table.finish()
    assert told(problems) == [
        "owed.toml:1:8: name: expected text in quotes, found 1",
        'owed.toml:2:8: days: expected a whole number, found "x"',
        "owed.toml:3:8: open: expected true or false, found 1",
        'owed.toml:4:8: from: expected a day such as 2026-01-31, found "31.1.2026"',
        'owed.toml:5:9: start: expected a time of day such as "08:30", found "25:00"',
        'owed.toml:6:9: least: expected money such as "12.50 GBP", found 5.00',
        "owed.toml:7:8: most: 5.001 has more digits than GBP has",
        "owed.toml:8:8: mode: expected one of off, live, found \"lve\" (did you mean 'live'?)",
        "owed.toml:9:14: tags.2: expected text in quotes, found 2",
        'owed.toml:10:8: list: expected a list of texts, found "a" (write list = ["a"])',
        "owed.toml:11:9: store: expected a table [store], found 1",
        "owed.toml:12:14: connection: expected tables [[connection]], found a table (with double brackets)",
    ]


def test_places_inside_arrays_of_tables_count_from_one() -> None:
    table, problems = read(
        '[[policy]]\nname = "a"\n[[policy.step]]\n[[policy.step]]\nafter = "x"\n[[policy]]\nnme = "b"\n'
    )
    first, second = table.take_tables("policy")
    first.take_text("name")
    for step in first.take_tables("step"):
        step.take_int("after", 0)
    second.take_text("name")
    second.finish()
    assert told(problems) == [
        'owed.toml:5:9: policy.1.step.2.after: expected a whole number, found "x"',
        "owed.toml:6:1: policy.2.name: is missing (is 'nme' meant to be 'name'?)",
        "owed.toml:7:1: policy.2.nme: unknown key (did you mean 'name'?)",
    ]


def test_an_unknown_key_without_a_near_word_names_what_is_known() -> None:
    table, problems = read("zzz = 1\n")
    table.take_text("name", "")
    table.take_int("days", 0)
    table.finish()
    assert told(problems) == ["owed.toml:1:1: zzz: unknown key (known here: days, name)"]


def test_inline_tables_over_several_lines_keep_their_places() -> None:
    table, problems = read('when = {\n  country = { in = [\n    "GB",\n    7,\n  ] },\n}\n')
    table.take_table("when").take_table("country").take_list_of_text("in")
    assert told(problems) == ["owed.toml:4:5: when.country.in.2: expected text in quotes, found 7"]


def test_columns_count_characters_and_quoted_and_dotted_keys_are_found() -> None:
    table, problems = read('"größe é"."ü" = { "ä" = "é", x = 1 }\n')
    table.take_table("größe é").take_table("ü").take_text("x")
    assert told(problems) == ["owed.toml:1:34: größe é.ü.x: expected text in quotes, found 1"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a = \n", "owed.toml:1:5"),
        ("a = 1\nb = x\n", "owed.toml:2:5"),
        ("a = 1\na = 2\n", "owed.toml:2:6"),
        ("[a\n", "owed.toml:1:3"),
    ],
)
def test_what_is_not_toml_is_told_with_the_place_where_it_stops(text: str, where: str) -> None:
    document, problems = parse(text, "owed.toml")
    assert [problem.where for problem in problems] == [where]
    assert document.values == {}


def test_nesting_without_end_is_a_problem_not_a_crash() -> None:
    _, problems = parse("a = " + "[" * 5000 + "]" * 5000, "owed.toml")
    assert len(problems) == 1


def test_a_byte_order_mark_does_not_matter() -> None:
    table, problems = read("\ufeffname = 1\n")
    table.take_text("name")
    assert told(problems) == ["owed.toml:1:8: name: expected text in quotes, found 1"]


def test_a_word_that_resembles_nothing_gets_no_hint() -> None:
    assert did_you_mean("chanel", ["channel", "stage"]) == "did you mean 'channel'?"
    assert did_you_mean("zzz", ["channel"]) == ""


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    parse(text, "owed.toml")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('name = "standard\n', "(a text ends with its quote on the line on which it begins)"),
        ('when = { country = "GB" currency = "GBP" }', "(entries are parted by commas, and a bracket closes them)"),
        ('name = "C:\\Users"', "(a backslash in a text is written twice, or the text stands in single quotes)"),
    ],
)
def test_what_is_no_toml_says_how_to_mend_it(text: str, hint: str) -> None:
    (problem,) = read(text)[1]
    assert str(problem).endswith(hint)
