"""What Xero's lists hold, in our words. Pure. Field meanings: Xero's public OpenAPI description of its accounting API.

Invoices and credit notes are read here, contacts in `customers`, money in `receipts`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.fields import (
    Record,
    Unreadable,
    amount,
    amount_or_none,
    amount_or_zero,
    choice,
    currency,
    flag,
    identifier,
    record,
    records,
    rounded,
    text,
)
from connectors.xero.bank import WANTED, bank_line
from connectors.xero.customers import customer
from connectors.xero.dates import day, instant
from connectors.xero.parts import Facts, allocated, party
from connectors.xero.receipts import batch_payment, overpayment, payment, prepayment
from receivables.facts import Allocation, CreditNote, Invoice, InvoiceStatus, Line

_INVOICE_STATUS: dict[str, InvoiceStatus] = {
    "DRAFT": "draft",
    "SUBMITTED": "submitted",
    "AUTHORISED": "open",
    "PAID": "paid",
    "VOIDED": "void",
    "DELETED": "deleted",
}


@dataclass(frozen=True, slots=True)
class Stream:
    """A list of Xero and what its records become. `query` narrows the list at Xero.

    `paged` False for the one that Xero gives whole; `by_ids` where many can be asked for by their ids in one call.
    """

    entity: str
    kind: str
    id_field: str
    translate: Callable[[Record, str], Facts]
    query: dict[str, str] = field(default_factory=dict)
    paged: bool = True
    by_ids: bool = False
    #: Needs a scope that older consents do not have; without it there is nothing to see, and the rest is read all the same.
    may_be_closed: bool = False


def _rate(row: Record) -> str:
    """Xero states foreign units for one home unit; a fact states it the other way round."""
    found = row.get("CurrencyRate")
    if not isinstance(found, int | Decimal) or found <= 0 or found == 1:
        return ""
    return str((1 / Decimal(found)).quantize(Decimal("0.0000000001")).normalize())


def invoice(row: Record, connection: str) -> Facts:
    """Bills (ACCPAY) are not receivables and give no fact."""
    if choice(row, "Type", {"ACCREC": True, "ACCPAY": False}) is False:
        return ()
    code = currency(row, "CurrencyCode")
    status = choice(row, "Status", _INVOICE_STATUS)
    owed = amount_or_none(row, "AmountDue", code)
    if owed is None and status not in {"void", "deleted"}:
        raise Unreadable("AmountDue is missing")
    number = identifier(row, "InvoiceID")
    return (
        Invoice(
            connection=connection,
            id=number,
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            number=text(row, "InvoiceNumber"),
            customer_id=party(row),
            status=status,
            currency=code,
            total=amount(row, "Total", code),
            open=owed or 0,
            tax=amount_or_zero(row, "TotalTax", code),
            issue_on=day(row, "Date"),
            due_on=day(row, "DueDate"),
            paid_on=day(row, "FullyPaidOnDate"),
            lines=_lines(row, code),
            allocations=_settled_by(row, number, code),
            reference=text(row, "Reference"),
            sent=flag(row, "SentToContact"),
            email=text(record(row, "Contact"), "EmailAddress"),
            online_payment=status == "open" and bool(records(row, "InvoicePaymentServices")),
            exchange_rate=_rate(row),
        ),
    )


def _lines(row: Record, code: str) -> tuple[Line, ...]:
    return tuple(
        Line(
            description=text(line, "Description"),
            quantity="1" if line.get("Quantity") is None else str(line["Quantity"]),
            amount=rounded(line, "LineAmount", code),
            tax=None if line.get("TaxAmount") is None else rounded(line, "TaxAmount", code),
        )
        for line in records(row, "LineItems")
    )


def _settled_by(row: Record, invoice_id: str, code: str) -> tuple[Allocation, ...]:
    """Payments with their amount; credits with AppliedAmount, because their Total may settle other invoices too."""
    shares = [
        Allocation(
            "payment", identifier(paid, "PaymentID"), invoice_id, amount(paid, "Amount", code), day(paid, "Date")
        )
        for paid in records(row, "Payments")
        if text(paid, "Status") != "DELETED"
    ]
    for name, kind in (("CreditNotes", "credit_note"), ("Overpayments", "payment"), ("Prepayments", "payment")):
        for given in records(row, name):
            applied = amount_or_zero(given, "AppliedAmount", code)
            if applied:
                source = identifier(given, name[:-1] + "ID")
                shares.append(
                    Allocation(
                        "credit_note" if kind == "credit_note" else "payment",
                        source,
                        invoice_id,
                        applied,
                        day(given, "Date"),
                    )
                )
    return tuple(shares)


def credit_note(row: Record, connection: str) -> Facts:
    if choice(row, "Type", {"ACCRECCREDIT": True, "ACCPAYCREDIT": False}) is False:
        return ()
    code = currency(row, "CurrencyCode")
    number = identifier(row, "CreditNoteID")
    return (
        CreditNote(
            connection=connection,
            id=number,
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            number=text(row, "CreditNoteNumber"),
            customer_id=party(row),
            status=choice(row, "Status", _INVOICE_STATUS),
            currency=code,
            total=amount(row, "Total", code),
            open=amount_or_zero(row, "RemainingCredit", code),
            issue_on=day(row, "Date"),
            allocations=allocated(row, "credit_note", number, code),
            reference=text(row, "Reference"),
        ),
    )


_ARCHIVED = {"includeArchived": "true"}

#: In the order in which they are pulled.
STREAMS: dict[str, Stream] = {
    "customers": Stream("Contacts", "customer", "ContactID", customer, _ARCHIVED, by_ids=True),
    "invoices": Stream(
        "Invoices", "invoice", "InvoiceID", invoice, _ARCHIVED | {"where": 'Type=="ACCREC"'}, by_ids=True
    ),
    "credit_notes": Stream(
        "CreditNotes", "credit_note", "CreditNoteID", credit_note, {"where": 'Type=="ACCRECCREDIT"'}
    ),
    "payments": Stream("Payments", "payment", "PaymentID", payment),
    "overpayments": Stream("Overpayments", "payment", "OverpaymentID", overpayment),
    "prepayments": Stream("Prepayments", "payment", "PrepaymentID", prepayment),
    "batch_payments": Stream("BatchPayments", "payout", "BatchPaymentID", batch_payment, paged=False),
    "bank_transactions": Stream(
        "BankTransactions", "bank_line", "BankTransactionID", bank_line, {"where": WANTED}, may_be_closed=True
    ),
}
