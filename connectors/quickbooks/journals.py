"""What a journal entry says about what customers owe. Pure.

Only lines on a receivables account change that; on other accounts a customer's name is a note for reports. A deletion
names the entry alone, and an edit drops lines without a word, so which lines were told is remembered in the cursor.
"""

from collections.abc import Mapping, Sequence

from connectors.fields import Record, amount, choice, code_or_number, day, identifier, instant, record, records, text
from connectors.protocol import Row
from connectors.quickbooks.identity import id_of
from connectors.quickbooks.translate import Realm, currency_of, reference
from receivables.facts import Fact, Gone, JournalLine

_SIGNS = {"Debit": 1, "Credit": -1}

#: Entry -> ids of its lines that were told.
Told = Mapping[str, Sequence[str]]


def journal_lines(row: Record, realm: Realm) -> tuple[JournalLine, ...]:
    """A debit adds to what is owed, a credit takes off."""
    found = [(line, record(line, "JournalEntryLineDetail")) for line in records(row, "Line")]
    mine = [(line, detail) for line, detail in found if reference(detail, "AccountRef") in realm.receivable]
    return tuple(_line(row, line, detail, realm) for line, detail in mine)


def _line(row: Record, line: Record, detail: Record, realm: Realm) -> JournalLine:
    code = currency_of(row, realm)
    entry = identifier(row, "Id")
    party = record(detail, "Entity")
    return JournalLine(
        connection=realm.connection,
        id=f"{entry}-{_line_id(line)}",
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        journal_id=entry,
        number=text(row, "DocNumber"),
        customer_id=reference(party, "EntityRef") if text(party, "Type") == "Customer" else "",
        currency=code,
        amount=choice(detail, "PostingType", _SIGNS) * amount(line, "Amount", code),
        posted_on=day(row, "TxnDate"),
        memo=text(line, "Description") or text(row, "PrivateNote"),
    )


def _line_id(line: Record) -> str:
    return code_or_number(line, "Id") or identifier(line, "Id")


def entry_of(identifier: str) -> str:
    """The entry that a line belongs to; an entry's own id stays as it is."""
    return identifier.partition("-")[0]


def without_lost_lines(rows: Sequence[Row], told: Told, connection: str) -> tuple[list[Row], dict[str, list[str]]]:
    """The rows with those lines gone that were told before and are there no more; and what is told now.

    Entries that say nothing about customers are left out: a company's wages are none of our business.
    """
    now = {entry: list(lines) for entry, lines in told.items()}
    kept: list[Row] = []
    for row in rows:
        if row.problem:
            kept.append(row)
            continue
        entry = id_of(row.raw)
        lines = [fact for fact in row.facts if isinstance(fact, JournalLine)]
        shown = [line.id for line in lines]
        facts: list[Fact] = [*lines, *_gone(connection, [one for one in now.pop(entry, []) if one not in shown])]
        if shown:
            now[entry] = shown
        if facts:
            kept.append(Row(row.raw, tuple(facts)))
    return kept, now


def _gone(connection: str, ids: Sequence[str]) -> list[Gone]:
    return [Gone(connection=connection, id=name, of_kind=JournalLine.kind) for name in ids]
