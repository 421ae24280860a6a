"""The PDFs that go with a message: read just before it leaves, and never while the mail server waits for it."""

import re

from connectors.errors import ConnectorError, Forbidden, Refused, Throttled, Unauthorised, Unreachable
from connectors.protocol import Attachment
from receivables.commands import AnyCommand, SendReminder
from receivables.facts import Invoice
from receivables.refs import Ref
from store import snapshots
from sync.connected import Connected
from sync.installation import Installation

#: Bytes of all PDFs together; many mail servers take ten million, and a PDF grows by a third on its way.
MOST_BYTES = 8_000_000


def attachments(installation: Installation, connected: Connected, command: AnyCommand) -> tuple[Attachment, ...]:
    """The PDF of each invoice that the message promises, in its order.

    Raises ConnectorError: one that passes when a PDF cannot be had now, Refused when it never can, or when they are
    too large together. The message does not leave without them.
    """
    wanted = command.attach if isinstance(command, SendReminder) else ()
    found: dict[str, bytes] = {}
    for ref in wanted:
        name = _name(installation, ref)
        found[name if name not in found else f"{name.removesuffix('.pdf')}-{len(found) + 1}.pdf"] = _read(
            connected, ref
        )
    size = sum(map(len, found.values()))
    if size > MOST_BYTES:
        raise Refused(
            f"the {len(found)} PDFs have {size:,} bytes together, more than the {MOST_BYTES:,} that an e-mail may carry"
        )
    return tuple(Attachment(name, content) for name, content in found.items())


def _read(connected: Connected, ref: Ref) -> bytes:
    try:
        content = connected.to(ref.connection).read_pdf(ref.id)
    except Throttled as error:
        raise Throttled(f"the PDF of {ref}: {error}", retry_at=error.retry_at) from None
    except (Refused, Unauthorised, Forbidden) as error:
        raise type(error)(f"the PDF of {ref}: {error}") from None
    except ConnectorError as error:  # reading again does no harm, whatever has happened
        raise Unreachable(f"the PDF of {ref} cannot be read now: {error}") from None
    if not content.startswith(b"%PDF-"):
        raise Unreachable(f"the PDF of {ref} cannot be read now: what came is no PDF")
    return content


def _name(installation: Installation, ref: Ref) -> str:
    """`invoice-INV-1.pdf`, with nothing in it that means something to a file system."""
    with installation.store.read() as tx:
        known = snapshots.versions(tx, Invoice.kind, ref.connection, ref.id)
    invoice = known[-1][1] if known else None
    number = invoice.number if isinstance(invoice, Invoice) else ""
    safe = re.sub(r"[^A-Za-z0-9]+", "-", number or ref.id).strip("-")[:60]
    return f"invoice-{safe or 'unnumbered'}.pdf"
