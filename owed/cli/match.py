"""owed match: payments from a file matched to invoices from a file; nothing has to be connected."""

import csv
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from owed.bank_files import read_payments
from owed.bank_files.ledger_csv import read_customers, read_invoices, read_rates
from owed.cli.printing import console, say
from owed.errors import BadSettings, Mistake
from receivables.problems import Problem
from reconciliation.matching.engine import match as match_payments
from reconciliation.matching.items import CustomerRecord, OpenDocument, PaymentLine, Rates
from reconciliation.matching.results import Conclusion

COLUMNS = ("payment_id", "invoice_id", "amount", "band", "confidence", "reason")
_BANDS = ("all", "auto")
#: Payments between two steps of the progress bar.
_TOLD_EVERY = 100


def register(application: typer.Typer) -> None:
    application.command("match")(match)


def match(
    invoices: Annotated[Path, typer.Option(help="CSV of open invoices and credit notes; columns: docs/matching.md.")],
    payments: Annotated[Path, typer.Option(help="Payments: CSV, or a bank statement.")],
    out: Annotated[Path, typer.Option(help="Where the CSV of links is written.")],
    customers: Annotated[Path | None, typer.Option(help="CSV of customers: names and bank accounts.")] = None,
    fx: Annotated[Path | None, typer.Option(help="CSV of rates: date,currency,usd.")] = None,
    band: Annotated[str, typer.Option(help="all, or auto: only what is sure enough to be applied.")] = "all",
) -> None:
    """Match payments to invoices, each link with its reason and confidence. Reads and writes files, nothing else."""
    if band not in _BANDS:
        raise Mistake(f"--band {band}: expected one of {', '.join(_BANDS)}")
    _can_be_written(out, [invoices, payments, customers, fx])
    with _without_searching_cycles():
        documents, lines, known, rates = _read(invoices, payments, customers, fx)
        found = _with_progress(documents, lines, known, rates)
    shown = [one for one in found if one.links and (band == "all" or one.band == band)]
    _write(out, found, band)
    sure = sum(one.band == "auto" for one in shown)
    say(
        f"{len(found):,} payments: {sure:,} matched, {len(shown) - sure:,} proposed, {len(found) - len(shown):,} without"
    )


def _can_be_written(out: Path, read: list[Path | None]) -> None:
    """Before any work. Raises Mistake."""
    if any(one and one.resolve() == out.resolve() for one in read):
        raise Mistake(f"--out {out}: that is a file to be read; name another one")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise Mistake(f"--out {out}: name a file in a folder that is there")


@contextmanager
def _without_searching_cycles() -> Iterator[None]:
    """The work makes none, and Python's search for them among so many objects would take a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _read(
    invoices: Path, payments: Path, customers: Path | None, fx: Path | None
) -> tuple[list[OpenDocument], list[PaymentLine], list[CustomerRecord], Rates]:
    """All files; raises BadSettings with every problem of all of them."""
    documents, problems = read_invoices(invoices)
    lines, more = read_payments(payments)
    problems += more
    known: list[CustomerRecord] = []
    rates: Rates = {}
    if customers:
        known, more = read_customers(customers)
        problems += more
    if fx:
        rates, more = read_rates(fx)
        problems += more
    if problems:
        raise BadSettings(_in_order(problems))
    return [one for one in documents if one.open], lines, known, rates


def _in_order(problems: list[Problem]) -> list[Problem]:
    """As they were found: file by file, from the top."""
    return list(dict.fromkeys(problems))


def _with_progress(
    documents: list[OpenDocument], lines: list[PaymentLine], known: list[CustomerRecord], rates: Rates
) -> list[Conclusion]:
    shown = console(stderr=True)
    bar = Progress(
        TextColumn("matching"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=shown,
        transient=True,
        disable=not shown.is_terminal,
    )
    with bar:
        task = bar.add_task("matching", total=len(lines))

        def tell(done: int) -> None:
            if done % _TOLD_EVERY == 0:
                bar.update(task, completed=done)

        return match_payments(documents, lines, known, rates, progress=tell if shown.is_terminal else None)


def _write(out: Path, found: list[Conclusion], band: str) -> None:
    """One row a link; a payment without one has a row with an empty invoice_id."""
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(row for one in found for row in _rows(one, band))


def _rows(one: Conclusion, band: str) -> list[tuple[str, str, int, str, str, str]]:
    confidence = f"{one.confidence:.4f}"
    if one.links and band in ("all", one.band):
        return [(one.payment, link.document, link.amount, one.band, confidence, one.reason) for link in one.links]
    reason = f"not sure enough: {one.reason}" if one.links else one.reason
    return [(one.payment, "", 0, "none", confidence, reason)]
