"""Xero's report of aged receivables: one call for each contact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sandbox.calls import Answer, Call
from sandbox.clock import milliseconds
from sandbox.money import exponent
from sandbox.state import Record
from sandbox.xero.books import Books, total
from sandbox.xero.errors import invalid, missing
from sandbox.xero.lists import envelope

HEADER = ("Date", "Number", "Due Date", "", "Total", "Paid", "Credited", "Due")


class Reports:
    def __init__(self, books: Books) -> None:
        self.books = books

    def aged_receivables(self, call: Call) -> Answer:
        contact = self.books.contacts.get(call.argument("contactId"))
        if contact is None:
            raise missing() if call.argument("contactId") else invalid("contactId is required")
        day = call.argument("date") or call.now.date().isoformat()
        title = "Aged Receivables By Contact"
        report = {
            "ReportName": title,
            "ReportType": "AgedReceivablesByContact",
            "ReportTitles": ["Invoices", contact["name"], f"To {day}", f"Showing payments to {day}"],
            "ReportDate": date.fromisoformat(day).strftime("%d %B %Y"),
            "UpdatedDateUTC": f"/Date({milliseconds(call.now)})/",
            "Fields": [],
            "Rows": self._rows(contact["id"], day),
        }
        return envelope(call, Reports=[report])

    def _rows(self, contact: str, day: str) -> list[Record]:
        shown = [
            one
            for one in self.books.invoices.by("contact", contact)
            if one["type"] == "ACCREC" and one["status"] == "AUTHORISED" and one["date"] <= day and self.books.due(one)
        ]
        sums = [sum(figures) for figures in zip(*map(self._figures, shown), strict=True)] or [0, 0, 0, 0]
        told = [plain(figure, "GBP") for figure in sums]
        rows = [*(self._row(one, day) for one in shown), _row("SummaryRow", ["Total", "", "", "", *told])]
        closing = _row("SummaryRow", ["Closing Balance", "", "", "", *told])
        header = {"RowType": "Header", "Cells": [{"Value": name} for name in HEADER]}
        return [header, _section(rows), _section([closing])]

    def _figures(self, invoice: Record) -> tuple[int, int, int, int]:
        return total(invoice), self.books.paid(invoice), self.books.credited(invoice), self.books.due(invoice)

    def _row(self, invoice: Record, day: str) -> Record:
        late = (date.fromisoformat(day) - date.fromisoformat(invoice["due_date"] or day)).days
        words = [f"{invoice['date']}T00:00:00", invoice["number"], f"{invoice['due_date'] or ''}T00:00:00"]
        amounts = [plain(figure, invoice["currency"]) for figure in self._figures(invoice)]
        row = _row("Row", [*words, f"{late} days overdue" if late > 0 else "", *amounts])
        for cell in row["Cells"]:
            cell["Attributes"] = [{"Value": invoice["id"], "Id": "invoiceID"}]
        return row


def _row(kind: str, values: list[str]) -> Record:
    return {"RowType": kind, "Cells": [{"Value": value} for value in values]}


def _section(rows: list[Record]) -> Record:
    return {"RowType": "Section", "Title": "", "Rows": rows}


def plain(amount: int, currency: str) -> str:
    places = exponent(currency)
    return f"{Decimal(amount).scaleb(-places):.{places}f}"
