"""E-mails and pay pages of an invoice, which QuickBooks makes by itself."""

from connectors.errors import Refused
from connectors.fields import Record, instant_of, record, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.writing import fresh, made, receipt, request_id
from receivables.commands import CreatePaymentLink, SendInvoiceEmail


def before_sending(client: QuickBooksClient, command: SendInvoiceEmail) -> dict[str, str]:
    return _delivery(fresh(client, "Invoice", command.invoice.id))


def send(client: QuickBooksClient, command: SendInvoiceEmail, intent: Intent) -> Receipt:
    found = made(client.send_invoice(command.invoice.id, command.to, request_id(intent.key)), "Invoice")
    return receipt(found, **_delivery(found))


def find_sent(client: QuickBooksClient, command: SendInvoiceEmail, intent: Intent) -> Finding:
    """A newer delivery time is a sent e-mail; the same one is none. Without times only the first sending can be told."""
    now, before = _delivery(fresh(client, "Invoice", command.invoice.id)), intent.before
    earlier, later = before.get("delivery_time", ""), now["delivery_time"]
    sent = Receipt(command.invoice.id, detail=now)
    if later and later != earlier:
        return sent if not earlier or instant_of(later) > instant_of(earlier) else "unknown"
    if later or now["email_status"] != "EmailSent":
        return "absent"
    return sent if before.get("email_status") not in {None, "EmailSent"} else "unknown"


def _delivery(invoice: Record) -> dict[str, str]:
    return {
        "email_status": text(invoice, "EmailStatus"),
        "delivery_time": text(record(invoice, "DeliveryInfo"), "DeliveryTime"),
    }


def invoice_link(client: QuickBooksClient, invoice_id: str) -> str:
    """ "" where QuickBooks Payments is not switched on for the invoice, or nobody's address is on it."""
    return text(fresh(client, "Invoice", invoice_id, include="invoiceLink"), "InvoiceLink")


def link(client: QuickBooksClient, command: CreatePaymentLink, _: Intent) -> Receipt:
    url = invoice_link(client, command.invoice.id)
    if not url:
        raise Refused(f"online payment is not switched on for {command.invoice}")
    return Receipt(command.invoice.id, url)


def find_link(client: QuickBooksClient, command: CreatePaymentLink, _: Intent) -> Finding:
    url = invoice_link(client, command.invoice.id)
    return Receipt(command.invoice.id, url) if url else "absent"
