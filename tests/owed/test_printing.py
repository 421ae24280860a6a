"""Tables and lines: whole references, no markup, nothing that steers a terminal."""

import pytest

from owed.cli.printing import say, table, visible

REFERENCE = "books:customer:453fdaa4-4931-4fcc-9699-5d5106032943"
CAUSE = "money seen at the processor and nowhere in the books " * 4


def a_table() -> None:
    table("", ["about", "amount", "cause"], [[REFERENCE, "12.50 GBP", CAUSE]], numbers=["amount"], prose=["cause"])


def test_a_pipe_gets_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    a_table()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].split() == [REFERENCE, "12.50", "GBP", *CAUSE.split()]


def test_a_narrow_terminal_folds_prose_and_never_a_reference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    a_table()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 4
    assert REFERENCE in lines[1]
    assert "12.50 GBP" in lines[1]


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;paid\x07Acme", " ]0;paid Acme"),
        ("Acme\rPaid", "Acme Paid"),
        ("Acme \u202edtL", "Acme  dtL"),
        ("\x9b31mAcme", " 31mAcme"),
        ("[red]Acme[/red] \\[x] :smile:", "[red]Acme[/red] \\[x] :smile:"),
    ],
)
def test_a_customer_s_name_does_not_steer_the_terminal(
    hostile: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert visible(hostile) == shown
    say(hostile)
    table("", ["name"], [[hostile]])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [shown.strip(), "name", shown.strip()]


def test_numbers_stand_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    table("sums", ["what", "amount"], [["a", "5.00 GBP"], ["b", "1,005.00 GBP"]], numbers=["amount"])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "sums",
        "what        amount",
        "a         5.00 GBP",
        "b     1,005.00 GBP",
    ]


def test_nothing_to_show_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    table("messages", ["to"], [])
    table("", ["to"], [])
    assert capsys.readouterr().out == "messages: none\nnone\n"
