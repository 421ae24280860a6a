"""Xero's report of one contact's aged receivables. Pure. Its shape: Xero's public OpenAPI description, ReportWithRows."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from connectors.errors import Malformed
from connectors.fields import Record, records, text

#: What the columns are called, and the attribute of a cell that names its invoice.
_DUE, _INVOICE = "Due", "invoiceID"


def due_by_invoice(answer: Record) -> dict[str, Decimal]:
    """What the report says is due, by the invoice's id; in the currency that the report is in, which it does not name.

    Raises Malformed.
    """
    report = next(iter(records(answer, "Reports")), {})
    rows = records(report, "Rows")
    header = next((_cells(row) for row in rows if text(row, "RowType") == "Header"), [])
    names = [text(cell, "Value") for cell in header]
    if _DUE not in names:
        raise Malformed("the report of aged receivables has no column of what is due")
    place = names.index(_DUE)
    return {invoice: _amount(cells[place]) for invoice, cells in _invoices(rows) if len(cells) > place}


def _invoices(rows: list[Record]) -> Iterator[tuple[str, list[Record]]]:
    for section in rows:
        for row in records(section, "Rows"):
            cells = _cells(row)
            attributes = [one for cell in cells[:1] for one in records(cell, "Attributes")]
            invoice = next((text(one, "Value") for one in attributes if text(one, "Id") == _INVOICE), "")
            if invoice:
                yield invoice, cells


def _cells(row: Record) -> list[Record]:
    return records(row, "Cells")


def _amount(cell: Record) -> Decimal:
    try:
        return Decimal(text(cell, "Value") or "0")
    except InvalidOperation:
        raise Malformed("the report of aged receivables has an amount that is none") from None
