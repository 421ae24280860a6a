"""owed backtest: on the store, on a ledger's CSV, and with what a person gets wrong."""

from pathlib import Path

import pytest

from tests.owed.conftest import Desk, Told, run

ONE_STEP = """
[[policy]]
name = "one"
[[policy.step]]
name = "first"
days_after_due = 5
"""
LEDGER = """\
invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,SettledDate,Disputed,countryCode
A-1,acme,1/5/2026,2/4/2026,1200.50,2/20/2026,No,391
A-2,acme,1/6/2026,2/5/2026,80.00,2/5/2026,No,391
B-1,brook,2026-01-07,2026-02-06,"1,000.00",,Yes,GB
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text(ONE_STEP)
    (tmp_path / "ledger.csv").write_text(LEDGER)
    return tmp_path


def on_ledger(*options: str) -> Told:
    return run("backtest", "--ledger", "ledger.csv", "--rules", "rules.toml", *options)


PERIOD = ("--from", "2026-01-01", "--to", "2026-03-01")


def test_a_ledger_needs_nothing_but_rules(folder: Path) -> None:
    """A-2 was paid in time. The 9th of February 2026 is a Monday."""
    told = on_ledger(*PERIOD, "--json").json
    assert (told["from"], told["to"], told["known_since"]) == ("2026-01-01", "2026-03-01", None)
    (found,) = told["rulebooks"]
    sent = [(one["on"], one["numbers"], one["demand"]["amount"], one["disputed"]) for one in found["sent"]]
    assert sent == [
        ("2026-02-09", ["A-1"], "1200.50", []),
        ("2026-02-11", ["B-1"], "1000.00", ["ledger:invoice:B-1"]),
    ]
    assert (found["messages"], found["to_already_paid"], found["to_disputed"]) == (2, 0, 1)
    assert (found["paid_after_a_message"], found["days_to_payment"]) == (1, 11.0)
    assert found["steps"] == {"one/first": 2}


def test_two_rulebooks_stand_side_by_side(folder: Path) -> None:
    (folder / "later.toml").write_text(ONE_STEP.replace("= 5", "= 17"))
    printed = on_ledger(*PERIOD, "--against", "later.toml").out
    lines = [line.split() for line in printed.splitlines()]
    assert ["messages", "2", "1"] in lines
    assert ["invoices", "reached", "2", "1"] in lines
    assert "1000.00 USD" in printed.replace(",", "")
    both = on_ledger(*PERIOD, "--against", "later.toml", "--json").json["rulebooks"]
    assert [(one["rules"], one["messages"]) for one in both] == [("rules.toml", 2), ("later.toml", 1)]


def test_without_a_terminal_there_is_no_progress_bar(folder: Path) -> None:
    assert on_ledger(*PERIOD).err == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "2026-02-30", "--to", "2026-03-01"), "--from 2026-02-30: not a day"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "--to 2026-03-01: lies before --from 2026-03-02"),
        (("--from", "2026-03-02", "--to", "2199-03-01"), "--to 2199-03-01: has not come yet"),
        (("--from", "1990-03-02", "--to", "2010-03-01"), "--from 1990-03-02: at most ten years at once"),
        ((*PERIOD, "--with-history"), "--with-history: a ledger tells of no messages"),
        ((*PERIOD, "--against", "nowhere.toml"), "nowhere.toml: there is no such file"),
        ((*PERIOD, "--config", "nowhere.toml"), "nowhere.toml: there is no such file"),
    ],
)
def test_a_mistake_is_one_line(folder: Path, options: tuple[str, ...], said: str) -> None:
    told = on_ledger(*options)
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert said in told.err


def test_the_days_are_needed(folder: Path) -> None:
    assert on_ledger("--from", "2026-01-01").code == 2


def test_rules_are_needed_where_there_is_no_owed_toml(folder: Path) -> None:
    told = run("backtest", "--ledger", "ledger.csv", *PERIOD)
    assert (told.code, told.err) == (2, "--rules FILE is needed: there is no owed.toml here\n")


def test_every_mistake_of_a_ledger_is_told_with_its_place(folder: Path) -> None:
    (folder / "ledger.csv").write_text(
        "invoice_number,customer_id,invoice_date,due_date,invoice_amount,paid_amount,currency\n"
        "A-1,,2026-01-05,soon,12.505,,GBP\n"
        "A-1,acme,13/45/2026,2026-01-05,10.00,11.00,QQQ\n"
        "A-2,acme,2026-01-05,2026-01-05,-4,,\n"
    )
    told = on_ledger(*PERIOD)
    assert told.code == 2
    wrong = [
        "2:2: customer_id: it is empty",
        "2:4: due_date: 'soon' is not a day",
        "2:5: invoice_amount: '12.505' is not an amount",
        "3:1: invoice_number: 'A-1' stands here a second time",
        "3:3: invoice_date: '2026-13-45' is not a day",
        "3:7: currency: 'QQQ' is not a currency",
        "4:5: invoice_amount: '-4' is not an amount",
    ]
    assert all(f"ledger.csv:{line}" in told.err for line in wrong), told.err
    (folder / "ledger.csv").write_text("invoice_number,customer_id\n")
    assert "due_date: the column is missing" in on_ledger(*PERIOD).err


def test_days_before_the_first_sync_are_rebuilt_from_documents(desk: Desk) -> None:
    """What the owner answered at go-live, that all invoices were sent, counts on those days as well."""
    desk.go_live()
    rules = desk.folder / "rules.toml"
    rules.write_text(ONE_STEP)
    period = ("--from", "2026-10-01", "--to", "2026-11-18")
    told = desk.json("backtest", "--rules", str(rules), *period)
    (found,) = told["rulebooks"]
    sent = {number: one["on"] for one in found["sent"] for number in one["numbers"]}
    assert sent["A-100"] == "2026-11-06", "due on the 1st of November"
    assert sent["C-200"] == "2026-11-03", "due on Thursday, 29 October"
    assert "A-101" not in sent, "it is not yet due"
    assert {one["basis"] for one in found["sent"] if one["on"] < "2026-11-18"} == {"documents"}
    printed = desk.owed("backtest", "--rules", str(rules), *period).out
    assert "rebuilt from the dates on documents" in printed
    assert "A-100" in printed


def test_nothing_is_written_and_nothing_leaves(desk: Desk) -> None:
    desk.go_live()
    before = len(desk.effects())
    desk.json("backtest", "--from", "2026-10-01", "--to", "2026-11-18")
    assert len(desk.effects()) == before


def test_messages_that_left_count_only_where_they_are_asked_for(desk: Desk) -> None:
    desk.go_live()
    desk.owed("apply", "--yes")
    sent = {ref for effect in desk.effects("sent") if effect.decision for ref in map(str, effect.decision.invoices)}
    assert sent, "something left on that morning"
    today = ("--from", "2026-11-18", "--to", "2026-11-18")
    later = desk.now.replace(hour=18).isoformat()
    alone, beside = (
        desk.json("backtest", *today, "--now", later, *options)["rulebooks"][0]["messages"]
        for options in ((), ("--with-history",))
    )
    assert alone > beside


def test_before_the_first_sync_there_is_no_past(desk: Desk) -> None:
    empty = "sqlite:///" + str(desk.folder / "empty.db")
    desk.settings(r'url = "[^"]*"', f'url = "{empty}"')
    told = desk.owed("backtest", *PERIOD, code=2)
    assert told.err.startswith("there is no past yet: owed sync reads it")
