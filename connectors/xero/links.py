"""The online page that Xero has for every approved invoice."""

from connectors.errors import Refused
from connectors.fields import records, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.xero.client import XeroClient, safe
from receivables.commands import CreatePaymentLink


def invoice_link(client: XeroClient, invoice_id: str) -> str:
    """The online page of an approved invoice, "" where it takes no money: that needs a payment service on its theme."""
    found = client.document("Invoices", invoice_id)
    theme = text(found, "BrandingThemeID")
    if text(found, "Status") != "AUTHORISED" or not theme or not client.theme_takes_payments(theme):
        return ""
    return _online_page(client, invoice_id)


def _online_page(client: XeroClient, invoice_id: str) -> str:
    pages = records(client.get(f"Invoices/{safe(invoice_id)}/OnlineInvoice"), "OnlineInvoices")
    return text(pages[0], "OnlineInvoiceUrl") if pages else ""


def push(client: XeroClient, command: CreatePaymentLink, _: Intent) -> Receipt:
    """An invoice that was read a moment ago is not read again only to see that it can be paid online."""
    known = command.invoice.id in client.payable
    url = _online_page(client, command.invoice.id) if known else invoice_link(client, command.invoice.id)
    if not url:
        raise Refused(f"online payment is not switched on for {command.invoice}")
    return Receipt(command.invoice.id, url)


def find(client: XeroClient, command: CreatePaymentLink, _: Intent) -> Finding:
    url = invoice_link(client, command.invoice.id)
    return Receipt(command.invoice.id, url) if url else "absent"
