"""Payments from files: our own CSV, and bank statements told by what stands in them."""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from owed.text_files import read_utf8
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

Read = Callable[[str, str], tuple[list[PaymentLine], list[Problem]]]

#: Formats by name, and the module whose `read` takes (text, file name); a library is loaded when its format comes.
FORMATS = {"csv": "payments_csv", "ofx": "ofx", "camt053": "camt053", "mt940": "mt940", "bai2": "bai2"}


def read_payments(path: Path) -> tuple[list[PaymentLine], list[Problem]]:
    """The payments in a file, or all its problems."""
    text, problems = read_text(path)
    if problems:
        return [], problems
    module = import_module(f"owed.bank_files.{FORMATS[told_by(text, path.suffix)]}")
    read: Read = module.read
    return read(text, str(path))


def read_text(path: Path) -> tuple[str, list[Problem]]:
    """UTF-8, or for the statements of older banks Windows' western European."""
    text, problems = read_utf8(path)
    if problems and path.is_file():
        with suppress(OSError, UnicodeDecodeError):
            older = path.read_bytes().decode("cp1252")
            if told_by(older, path.suffix) != "csv":
                return older, []
    return text, problems


def told_by(text: str, suffix: str = "") -> str:
    """The format: ofx, camt053, mt940, bai2 or csv. What stands in the file goes before the end of its name."""
    head = text[:2000].lstrip("\ufeff \r\n\t")
    if head.startswith("OFXHEADER") or "<OFX>" in head.upper():
        return "ofx"
    if "camt.053" in head or "camt.052" in head:
        return "camt053"
    if head.startswith((":20:", "{1:")) or "\n:20:" in head:
        return "mt940"
    if head.startswith("01,") and "/" in head.partition("\n")[0]:
        return "bai2"
    return {".ofx": "ofx", ".qfx": "ofx", ".sta": "mt940", ".mt940": "mt940", ".bai": "bai2"}.get(suffix.lower(), "csv")
