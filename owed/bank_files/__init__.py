"""Payments from files: our own CSV, and bank statements told by what stands in them."""

from collections.abc import Callable
from pathlib import Path

from owed.bank_files import payments_csv
from owed.text_files import read_utf8
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

Read = Callable[[str, str], tuple[list[PaymentLine], list[Problem]]]

#: Formats by name: a reader of (text, file name). A bank format is added here and in `told_by` alone.
READERS: dict[str, Read] = {"csv": payments_csv.read}


def read_payments(path: Path) -> tuple[list[PaymentLine], list[Problem]]:
    """The payments in a file, or all its problems."""
    text, problems = read_utf8(path)
    if problems:
        return [], problems
    form = told_by(text, path.suffix)
    reader = READERS.get(form)
    if reader is None:
        hint = f"it can read {', '.join(sorted(READERS))}: export the statement in one of these"
        return [], [Problem(str(path), f"{form.upper()} statements are not read by this version of owed", hint)]
    return reader(text, str(path))


def told_by(text: str, suffix: str = "") -> str:
    """The format: ofx, camt053, mt940, bai2 or csv. What stands in the file goes before the end of its name."""
    head = text[:2000].lstrip("\ufeff \r\n\t")
    if head.startswith("OFXHEADER") or "<OFX>" in head.upper():
        return "ofx"
    if "camt.053" in head:
        return "camt053"
    if head.startswith((":20:", "{1:")) or "\n:20:" in head:
        return "mt940"
    if head.startswith("01,") and "/" in head.partition("\n")[0]:
        return "bai2"
    return {".ofx": "ofx", ".qfx": "ofx", ".sta": "mt940", ".mt940": "mt940", ".bai": "bai2"}.get(suffix.lower(), "csv")
