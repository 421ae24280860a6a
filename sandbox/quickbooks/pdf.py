"""An invoice as PDF: one page with its number, its total and what is open."""

from __future__ import annotations

from sandbox.money import display
from sandbox.quickbooks.books import Books, total
from sandbox.state import Record


def invoice_pdf(books: Books, record: Record) -> bytes:
    words = [
        books.company["name"],
        f"Invoice {record['number'] or record['id']}",
        f"Total {display(total(record), record['currency'])}",
        f"Balance due {display(books.balance(record), record['currency'])}",
    ]
    return document(words)


def document(words: list[str]) -> bytes:
    """A valid file of one page in a built-in font."""
    shown = " T* ".join(f"({plain(one)}) Tj" for one in words)
    text = f"BT /F1 14 Tf 18 TL 72 720 Td {shown} ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources 6 0 R >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Font << /F1 4 0 R >> >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start, count = len(body), len(parts) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


def plain(text: str) -> str:
    """Text between parentheses, in the letters that the font has."""
    known = text.encode("ascii", "replace").decode()
    return known.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
