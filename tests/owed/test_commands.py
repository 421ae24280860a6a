"""What is read and printed: tables for people, JSON for programs, explanations, rules, the journal."""

import json

import pytest
from typer.main import get_command

from owed.cli.application import application
from tests.owed.conftest import Desk, run

READING = ["status", "invoices", "customers", "reconcile", "breaks", "plan", "aging", "outbox list", "journal list"]


def test_every_command_explains_itself() -> None:
    names = list(get_command(application).commands)  # type: ignore[attr-defined]  # the root is a group
    assert len(names) >= 25
    for name in names:
        told = run(name, "--help")
        assert (told.code, f"owed {name}" in told.out) == (0, True)


def test_a_wrong_word_is_a_mistake_with_a_hint() -> None:
    told = run("frobnicate")
    assert (told.code, "No such command" in told.err, "owed --help" in told.err) == (2, True, True)
    assert run("status", "--frob").code == 2


@pytest.mark.parametrize("command", READING)
def test_reading_commands_print_json_and_nothing_else(desk: Desk, command: str) -> None:
    told = desk.owed(*command.split(), "--json")
    assert told.err == ""
    assert isinstance(json.loads(told.out), dict | list)


def test_invoices_are_listed_whole_and_by_due_date(desk: Desk) -> None:
    rows = desk.json("invoices")
    assert [row["number"] for row in rows] == ["B-100", "C-200", "A-100", "D-100", "C-100", "A-101"]
    assert rows[2]["open"] == {"amount": "1200.00", "currency": "GBP"}
    assert rows[2]["days_past_due"] == 17
    printed = desk.owed("invoices").out
    assert all(row["reference"] in printed for row in rows), "a reference is never folded: scripts and people copy it"
    assert "6 invoices" in printed
    assert len(desk.json("invoices", "--overdue")) == 5
    assert {"B-099", "A-101"} <= {row["number"] for row in desk.json("invoices", "--all")}


def test_names_are_printed_as_they_are(desk: Desk) -> None:
    assert "Cedar [Old] Works" in desk.owed("customers").out


def test_customers_show_the_largest_debt_first(desk: Desk) -> None:
    rows = desk.json("customers")
    assert [row["overdue"]["amount"] for row in rows] == ["1200.00", "500.00", "200.00", "90.00", "80.00"]
    assert rows[0]["name"] == "Acme Ltd"


def test_aging_adds_up(desk: Desk) -> None:
    aged = desk.json("aging")
    assert (aged["open_count"], aged["overdue_count"]) == (6, 5)
    buckets = aged["currencies"]["GBP"]["buckets"]
    assert [buckets[name]["total"]["amount"] for name in ("current", "1-30", "61-90")] == [
        "300.00",
        "1570.00",
        "500.00",
    ]
    assert aged["currencies"]["GBP"]["total"]["amount"] == "2370.00"


def test_a_past_day_is_rebuilt_and_says_so(desk: Desk) -> None:
    aged = desk.json("aging", "--now", "2026-11-02")
    assert (aged["on"], aged["basis"], aged["overdue_count"]) == ("2026-11-02", "documents", 3)
    assert "rebuilt" in desk.owed("aging", "--now", "2026-11-02").out


@pytest.mark.parametrize("instant", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31T23:59:59-14:00", "1"])
def test_an_instant_that_is_none_is_a_mistake(desk: Desk, instant: str) -> None:
    told = desk.owed("aging", "--now", instant, code=2)
    assert told.err.startswith(f"--now {instant}: ")


def test_reconcile_and_breaks(desk: Desk) -> None:
    told = desk.json("reconcile")
    assert (told["settled_by_platform"], told["breaks"]) == (1, 0)
    assert desk.json("breaks") == []
    assert "unmatched payment" in desk.owed("breaks", "--kind", "nonsense", code=2).err


def test_explain_an_invoice_by_number_reference_and_id(desk: Desk) -> None:
    by_number = desk.json("explain", "a-100")
    assert by_number["demandable"] == {"amount": "1200.00", "currency": "GBP"}
    assert by_number["rules"]["decision"]["verdict"] in ("act", "hold", "suppress")
    assert desk.json("explain", by_number["invoice"]) == by_number
    assert desk.json("explain", by_number["invoice"].rpartition(":")[2]) == by_number
    assert "1,200.00 GBP may be demanded" in desk.owed("explain", "A-100").out


def test_explain_a_customer_means_all_open_invoices(desk: Desk) -> None:
    name = desk.json("customers")[0]["debtor"]
    assert [one["number"] for one in desk.json("explain", name)] == ["A-101", "A-100"]


def test_explain_a_settled_invoice(desk: Desk) -> None:
    assert desk.json("explain", "B-099")["rules"] is None
    assert "0.00 GBP may be demanded" in desk.owed("explain", "B-099").out


@pytest.mark.parametrize("word", ["Z-1", "books:invoice:none", "books:payment:1", "", " ", ":::"])
def test_explain_what_nobody_knows(desk: Desk, word: str) -> None:
    assert "no invoice or customer" in desk.owed("explain", word, code=2).err


def test_explain_what_two_debtors_are_called(desk: Desk) -> None:
    told = desk.owed("explain", "Acme Ltd", code=2).err
    assert "ambiguous" in told
    assert "ledger:customer:" in told


def test_status_tells_what_to_do_next(desk: Desk) -> None:
    told = desk.json("status")
    assert [one["name"] for one in told["connections"]] == ["books", "ledger", "cards", "mail"]
    assert all(one["connected"] for one in told["connections"])
    xero = told["connections"][0]
    assert 0 < xero["calls"]["day"]["used"] < xero["calls"]["day"]["limit"]
    assert set(told["connections"][1]["calls"]) == {"month"}, "QuickBooks meters reading by the month"
    assert (told["waiting_for_approval"], told["needs_person"], told["next"]) == (0, 0, ["owed golive"])
    assert "next: owed golive" in desk.owed("status").out
    desk.owed("disconnect", "cards")
    assert desk.json("status")["next"] == ["owed connect cards"]


def test_sync_reads_again_and_finds_nothing_new(desk: Desk) -> None:
    told = desk.json("sync")
    assert [one["connection"] for one in told] == ["books", "ledger", "cards", "mailbox"]
    assert "ok" in desk.owed("sync", "books").out
    assert desk.owed("sync", "bank", code=2).err.startswith("no connection named 'bank'")


def test_the_journal_is_listed_and_verified(desk: Desk) -> None:
    desk.owed("stop")
    entries = desk.json("journal", "list")
    assert entries[-1]["event"] == "stopped"
    assert [one["event"] for one in desk.json("journal", "list", "--subject", "mail")] == ["connected"]
    verdict = desk.json("journal", "verify")
    assert (verdict["entries"], verdict["fault"]) == (len(entries), "")
    assert verdict["head"] == entries[-1]["hash"]
    assert verdict["head"] in desk.owed("journal", "verify").out


def test_a_changed_journal_is_found(desk: Desk) -> None:
    with desk.installation.store.engine.begin() as connection:
        for name in ("journal_no_update", "journal_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE journal SET actor = 'nobody' WHERE number = 2")
    told = desk.owed("journal", "verify", code=1)
    assert told.err == "journal: entry 2 was changed after it was written\n"


def test_rules_check_warns_about_the_rules_of_another_file(desk: Desk) -> None:
    other = desk.folder / "new.toml"
    step = '[[policy.step]]\nname = "friendly"\ndays_after_due = 3\naction = "alert"\n'
    other.write_text('[[policy]]\nname = "abroad"\nwhen = { country = "FR" }\n' + step)
    warnings = desk.json("rules", "check", "--rules", str(other))["warnings"]
    assert [one["where"] for one in warnings if str(other) in one["where"]] == [f"{other}:3:8", f"{other}:1:1"]
    assert "no problems; 1 policy with 1 step\n" in desk.owed("rules", "check", "--rules", str(other)).out


def test_rules_check_names_the_policies(desk: Desk) -> None:
    told = desk.json("rules", "check")
    assert (told["policies"], told["problems"]) == (["standard"], [])
    assert "no problems; 1 policy with 5 steps" in desk.owed("rules", "check").out
    desk.settings('status = "active"', 'status = "actve"')
    shown = desk.owed("rules", "check", code=2).out
    assert "owed.toml:" in shown
    assert "did you mean 'active'?" in shown
    assert desk.json("rules", "check", code=2)["problems"][0]["hint"] == "did you mean 'active'?"


CASES = """
[[case]]
name = "a fortnight late"
on = 2026-11-18
amount = "100.00 GBP"
days_past_due = 14
customer = { country = "GB" }
expect = "act friendly"

[[case]]
name = "on hold"
on = 2026-11-18
amount = "100.00 GBP"
days_past_due = 14
hold_until = 2026-12-01
expect = "EXPECTED"
"""


def test_rules_test_runs_the_cases_of_the_file(desk: Desk) -> None:
    assert "no [[case]]" in desk.owed("rules", "test").out
    text = desk.config.read_text()
    desk.config.write_text(text + CASES.replace("EXPECTED", "hold"))
    assert "2 cases, 0 failed" in desk.owed("rules", "test").out
    desk.config.write_text(text + CASES.replace("EXPECTED", "act friendly"))
    told = desk.owed("rules", "test", code=1).out
    assert "FAILED on hold: expected act friendly, found hold" in told
    results = desk.json("rules", "test", code=1)
    assert [(one["name"], one["passed"]) for one in results] == [("a fortnight late", True), ("on hold", False)]
    desk.config.write_text(text + CASES.replace("EXPECTED", "act frendly"))
    assert "did you mean 'friendly'?" in desk.owed("rules", "test", code=2).err


def test_rules_diff_shows_what_another_file_would_change(desk: Desk) -> None:
    other = desk.folder / "new.toml"
    text = desk.config.read_text()
    other.write_text(text[text.index("[guards]") :].replace("days_after_due = 3\n", "days_after_due = 10\n"))
    desk.go_live()
    told = desk.json("rules", "diff", str(other))
    assert told["messages"] == {"standard/friendly": {"before": 4, "after": 3}}
    assert [one["before"]["verdict"] for one in told["changes"]] == ["act"]
    printed = desk.owed("rules", "diff", str(other)).out
    assert "1 debt is decided differently" in printed
    assert told["changes"][0]["invoice"] in printed
    assert desk.json("rules", "diff", str(desk.config))["changes"] == []
    assert "no such file" in desk.owed("rules", "diff", str(desk.folder / "none.toml"), code=2).err
    other.write_text("[[policy]]\nname = 5\n")
    assert desk.owed("rules", "diff", str(other), code=2).err.count(f"{other}:2:8: ") == 1


def test_a_step_s_words_can_be_read_before_anybody_gets_them(desk: Desk) -> None:
    before = len(desk.mails())
    assert "INV-1001" in desk.owed("rules", "preview", "friendly").out
    german = desk.json("rules", "preview", "standard/friendly", "--language", "de")
    assert german["language"] == "de"
    about = desk.json("rules", "preview", "final", "A-100")
    assert "A-100" in about["text"]
    assert about["to"] == ["ap@acme.example"]
    assert len(desk.mails()) == before
    assert "no such step" in desk.owed("rules", "preview", "frendly", code=2).err
    assert "expected one of en, de, fr, es" in desk.owed("rules", "preview", "friendly", "--language", "it", code=2).err
    assert "no invoice with anything open" in desk.owed("rules", "preview", "friendly", "B-099", code=2).err


def test_the_schema_and_the_words_are_printed(desk: Desk) -> None:
    schema = json.loads(run("rules", "schema").out)
    assert "policy" in schema["properties"]
    assert "`[[policy.step]]`" in run("rules", "reference").out


def test_a_message_is_explained_by_its_id(desk: Desk) -> None:
    desk.go_live()
    desk.owed("apply", "--yes")
    message = next(one for one in desk.effects("sent") if one.verb == "send_reminder")
    told = desk.json("explain", message.id[:8])
    explained = told if isinstance(told, list) else [told]
    assert {one["invoice"] for one in explained} == set(message.subjects)
