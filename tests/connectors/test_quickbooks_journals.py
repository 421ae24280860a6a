"""Journal entries: which lines change what customers owe, and what becomes of lines that are no longer there."""

import datetime as dt
import json
from typing import Any

from connectors.protocol import Page, Standing
from receivables.facts import Gone, JournalLine
from tests.connectors.loopback import Asked, Loopback, Reply, loopback
from tests.connectors.quickbooks_world import TIME, connector

DEBTORS, BAD_DEBTS = "84", "90"
SINCE = json.dumps({"since": "2026-03-02T03:00:00-08:00"})


def line(number: str, side: str, account: str, amount: float = 150, customer: str = "5") -> dict[str, Any]:
    detail: dict[str, Any] = {"PostingType": side, "AccountRef": {"value": account}}
    if customer:
        detail["Entity"] = {"Type": "Customer", "EntityRef": {"value": customer}}
    return {"Id": number, "Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


def entry(number: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    head = {"Id": number, "SyncToken": "2", "DocNumber": "JE-1", "TxnDate": "2026-02-01", "PrivateNote": "Write-off"}
    return head | {"CurrencyRef": {"value": "USD"}, "Line": list(lines)} | fields


WRITE_OFF = (line("0", "Debit", BAD_DEBTS), line("1", "Credit", DEBTORS))


class Ledger:
    """Shows its journal entries to queries and to change data, and one receivables account."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries = list(entries)

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/cdc"):
            blocks = [{"JournalEntry": self.entries}]
            return Reply(json.dumps({"CDCResponse": [{"QueryResponse": blocks}], "time": TIME}))
        shown = {"Account": [{"Id": DEBTORS}]} if b"Account" in asked.body else {"JournalEntry": self.entries}
        return Reply(json.dumps({"QueryResponse": shown, "time": TIME}))


def facts(pages: list[Page]) -> list[Any]:
    assert not any(row.problem for page in pages for row in page.rows)
    return [fact for page in pages for row in page.rows for fact in row.facts]


def pull(server: Loopback, cursor: str = "") -> list[Page]:
    return list(connector(server).pull("journal_lines", cursor))


def test_a_credit_on_the_receivables_account_takes_off_what_the_customer_owes() -> None:
    with loopback(Ledger(entry("12", *WRITE_OFF))) as server:
        (found,) = facts(pull(server))
    assert found == JournalLine(
        connection="books",
        id="12-1",
        version="2",
        journal_id="12",
        number="JE-1",
        customer_id="5",
        currency="USD",
        amount=-15000,
        posted_on=dt.date(2026, 2, 1),
        memo="Write-off",
    )


def test_a_debit_on_the_receivables_account_adds_to_it() -> None:
    with loopback(Ledger(entry("12", line("0", "Debit", DEBTORS, 10.5), line("1", "Credit", "1", 10.5)))) as server:
        assert [fact.amount for fact in facts(pull(server))] == [1050]


def test_trap_a_customers_name_on_another_account_is_a_note_for_reports() -> None:
    """Intuit's own example names a customer on a line of expenses; counted in, it would undo the receivables line."""
    with loopback(Ledger(entry("12", *WRITE_OFF), entry("13", line("0", "Debit", BAD_DEBTS)))) as server:
        assert [fact.id for fact in facts(pull(server))] == ["12-1"]


def test_entries_without_customers_are_not_kept_at_all() -> None:
    wages = entry("13", line("0", "Debit", "60", customer=""), line("1", "Credit", "35", customer=""))
    with loopback(Ledger(wages)) as server:
        assert [row for page in pull(server) for row in page.rows] == []


def test_an_entry_that_loses_a_line_says_so() -> None:
    ledger = Ledger(entry("12", *WRITE_OFF, line("2", "Credit", DEBTORS, customer="6")))
    with loopback(ledger) as server:
        (first,) = pull(server)
        ledger.entries = [entry("12", *WRITE_OFF)]
        (second,) = pull(server, first.cursor)
        told = facts([second])
        assert [(fact.kind, fact.id) for fact in told] == [("journal_line", "12-1"), ("gone", "12-2")]
        assert facts(pull(server, second.cursor))[1:] == [], "and says it once"


def test_a_deleted_entry_takes_all_its_lines_with_it() -> None:
    ledger = Ledger(entry("12", *WRITE_OFF), entry("13", *WRITE_OFF))
    with loopback(ledger) as server:
        (first,) = pull(server)
        ledger.entries = [{"domain": "QBO", "status": "Deleted", "Id": "12", "MetaData": {}}]
        (second,) = pull(server, first.cursor)
        assert facts([second]) == [Gone(connection="books", id="12-1", of_kind="journal_line")]


def test_an_entry_that_cannot_be_read_keeps_what_was_told_of_it() -> None:
    ledger = Ledger(entry("12", *WRITE_OFF))
    with loopback(ledger) as server:
        (first,) = pull(server)
        odd = line("1", "Sideways", DEBTORS)
        ledger.entries = [entry("12", odd)]
        (second,) = pull(server, first.cursor)
        (row,) = second.rows
        assert row.problem is not None
        assert "PostingType 'Sideways' is unknown" in row.problem.what
        ledger.entries = [{"status": "Deleted", "Id": "12"}]
        assert [fact.id for fact in facts(pull(server, second.cursor))] == ["12-1"]


def test_the_accounts_are_asked_for_once_a_pull_and_only_when_an_entry_changed() -> None:
    ledger = Ledger()
    with loopback(ledger) as server:
        pull(server, SINCE)
        assert len(server.asked) == 1
        ledger.entries = [entry("12", *WRITE_OFF)]
        pull(server, SINCE)
        assert [asked.path.rpartition("/")[2] for asked in server.asked[1:]] == ["cdc", "query"]
        assert b"AccountType = 'Accounts Receivable' AND Active IN (true, false)" in server.asked[2].body


def test_a_census_counts_lines_not_entries() -> None:
    with loopback(Ledger(entry("12", *WRITE_OFF), entry("13", line("0", "Debit", BAD_DEBTS)))) as server:
        assert list(connector(server).census("journal_lines")) == [[Standing("12-1", "2")]]


def test_lines_are_read_again_by_their_own_ids_or_by_their_entrys() -> None:
    with loopback(Ledger(entry("12", *WRITE_OFF))) as server:
        books = connector(server)
        told = facts(list(books.reread("journal_lines", ["12-1", "12-2", "13-0"])))
        assert [(fact.kind, fact.id) for fact in told] == [
            ("journal_line", "12-1"),
            ("gone", "12-2"),
            ("gone", "13-0"),
        ]
        assert [fact.id for fact in facts(list(books.reread("journal_lines", ["12"])))] == ["12-1"]
        assert b"Id IN ('12', '13')" in server.asked[0].body
