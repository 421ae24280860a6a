"""What Xero records say, in our words. Pure. Field meanings: Xero's public OpenAPI description of its accounting API."""

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
    country_code,
    currency,
    flag,
    identifier,
    record,
    records,
    rounded,
    text,
)
from connectors.xero.dates import day, instant
from receivables.facts import (
    Allocation,
    Contact,
    CreditNote,
    Customer,
    Fact,
    Invoice,
    InvoiceStatus,
    Line,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
)

Facts = tuple[Fact, ...]

_INVOICE_STATUS: dict[str, InvoiceStatus] = {
    "DRAFT": "draft",
    "SUBMITTED": "submitted",
    "AUTHORISED": "open",
    "PAID": "paid",
    "VOIDED": "void",
    "DELETED": "deleted",
}
_PAYMENT_STATUS: dict[str, PaymentStatus] = {
    "AUTHORISED": "settled",
    "PAID": "settled",
    "VOIDED": "void",
    "DELETED": "void",
}
#: Kinds of Payment that concern receivables; those of bills are passed over.
_MONEY_IN = "ACCRECPAYMENT"
_MONEY_BACK = {"ARCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT"}


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


def _party(row: Record) -> str:
    found = record(row, "Contact")
    if not found:
        raise Unreadable("Contact is missing")
    return identifier(found, "ContactID")


def _rate(row: Record) -> str:
    """Xero states foreign units for one home unit; a fact states it the other way round."""
    found = row.get("CurrencyRate")
    if not isinstance(found, int | Decimal) or found <= 0 or found == 1:
        return ""
    return str((1 / Decimal(found)).quantize(Decimal("0.0000000001")).normalize())


def customer(row: Record, connection: str) -> Facts:
    address = _billing_address(row)
    return (
        Customer(
            connection=connection,
            id=identifier(row, "ContactID"),
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            name=text(row, "Name"),
            contacts=_contacts(row),
            active=text(row, "ContactStatus") in {"", "ACTIVE"},
            merged_into=text(row, "MergedToContactID"),
            company=True if text(row, "CompanyNumber") else None,
            tax_id=text(row, "TaxNumber"),
            country=country_code(text(address, "Country")),
            postal_code=text(address, "PostalCode"),
            address=_address(address),
            currency=text(row, "DefaultCurrency"),
            tags=tuple(text(group, "Name") for group in records(row, "ContactGroups") if text(group, "Name")),
        ),
    )


def _contacts(row: Record) -> tuple[Contact, ...]:
    """The contact's own address first, then the persons that Xero copies."""
    name = " ".join(filter(None, (text(row, "FirstName"), text(row, "LastName"))))
    first = Contact(email=text(row, "EmailAddress"), name=name, phone=_phone(row), primary=True)
    persons = [
        Contact(
            email=text(person, "EmailAddress"),
            name=" ".join(filter(None, (text(person, "FirstName"), text(person, "LastName")))),
            copied=flag(person, "IncludeInEmails"),
        )
        for person in records(row, "ContactPersons")
    ]
    return (*((first,) if first.email or first.name or first.phone else ()), *persons)


def _phone(row: Record) -> str:
    for found in sorted(records(row, "Phones"), key=lambda phone: text(phone, "PhoneType") != "DEFAULT"):
        parts = (text(found, name) for name in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber"))
        if text(found, "PhoneNumber"):
            return " ".join(part for part in parts if part)
    return ""


def _billing_address(row: Record) -> Record:
    """POBOX is the one Xero prints on invoices; STREET is where the contact is."""
    found = {text(address, "AddressType"): address for address in records(row, "Addresses")}
    postal = found.get("POBOX", {})
    return postal if _address(postal) else found.get("STREET", {})


def _address(found: Record) -> str:
    names = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "City", "Region", "PostalCode", "Country")
    return ", ".join(part for name in names if (part := text(found, name)))


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
            customer_id=_party(row),
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
            customer_id=_party(row),
            status=choice(row, "Status", _INVOICE_STATUS),
            currency=code,
            total=amount(row, "Total", code),
            open=amount_or_zero(row, "RemainingCredit", code),
            issue_on=day(row, "Date"),
            allocations=_allocated(row, "credit_note", number, code),
            reference=text(row, "Reference"),
        ),
    )


def _allocated(row: Record, kind: str, source_id: str, code: str) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(
            "credit_note" if kind == "credit_note" else "payment",
            source_id,
            identifier(record(share, "Invoice"), "InvoiceID"),
            amount(share, "Amount", code),
            day(share, "Date"),
        )
        for share in records(row, "Allocations")
        if not flag(share, "IsDeleted")
    )


def payment(row: Record, connection: str) -> Facts:
    """Money in on an invoice, or money given back out of a credit; payments of bills give no fact."""
    kind = identifier(row, "PaymentType")
    if kind == _MONEY_IN:
        return (_received(row, connection),)
    if kind in _MONEY_BACK:
        return (_given_back(row, connection),)
    if kind.startswith(("AP", "ACCPAY")):
        return ()
    raise Unreadable(f"PaymentType {kind!r} is unknown")


def _received(row: Record, connection: str) -> Payment:
    paid = record(row, "Invoice")
    code = currency(paid, "CurrencyCode") if paid.get("CurrencyCode") else currency(row, "CurrencyCode")
    number = identifier(row, "PaymentID")
    status = choice(row, "Status", _PAYMENT_STATUS)
    minor, on = amount(row, "Amount", code), day(row, "Date")
    share = Allocation("payment", number, identifier(paid, "InvoiceID"), minor, on)
    return Payment(
        connection=connection,
        id=number,
        version=text(row, "UpdatedDateUTC"),
        updated_at=instant(row, "UpdatedDateUTC"),
        customer_id=text(record(paid, "Contact"), "ContactID"),
        status=status,
        currency=code,
        amount=minor,
        paid_on=on,
        reference=text(row, "Reference"),
        account=text(record(row, "Account"), "Code") or text(record(row, "Account"), "AccountID"),
        group_id=text(row, "BatchPaymentID"),
        description=text(row, "Particulars"),
        allocations=(share,) if status == "settled" else (),
    )


def _given_back(row: Record, connection: str) -> Refund:
    """The document stands under its own name, or, for credit notes, under Invoice."""
    note = record(row, "CreditNote") or record(row, "Invoice")
    prepaid = record(row, "Overpayment") or record(row, "Prepayment")
    document = prepaid or note
    code = currency(document if document.get("CurrencyCode") else row, "CurrencyCode")
    from_credit = text(row, "PaymentType") == "ARCREDITPAYMENT"
    names = ("OverpaymentID", "PrepaymentID", "CreditNoteID", "InvoiceID", "ID")
    source = next((found for name in names if (found := text(document, name))), "")
    return Refund(
        connection=connection,
        id=identifier(row, "PaymentID"),
        version=text(row, "UpdatedDateUTC"),
        updated_at=instant(row, "UpdatedDateUTC"),
        customer_id=text(record(document, "Contact"), "ContactID"),
        payment_id="" if from_credit else source,
        credit_note_id=source if from_credit else "",
        status=choice(row, "Status", _PAYMENT_STATUS),
        currency=code,
        amount=amount(row, "Amount", code),
        refunded_on=day(row, "Date"),
        reason=text(row, "Reference"),
    )


def _prepaid(row: Record, connection: str, id_field: str, kinds: dict[str, bool]) -> Facts:
    """An over- or prepayment is money of the customer that settles nothing yet, or not everything."""
    if choice(row, "Type", kinds) is False:
        return ()
    code = currency(row, "CurrencyCode")
    number = identifier(row, id_field)
    return (
        Payment(
            connection=connection,
            id=number,
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            customer_id=_party(row),
            status=choice(row, "Status", _PAYMENT_STATUS),
            currency=code,
            amount=amount(row, "Total", code),
            unapplied=amount_or_zero(row, "RemainingCredit", code),
            refunded=sum(
                amount(paid, "Amount", code) for paid in records(row, "Payments") if text(paid, "Status") != "DELETED"
            ),
            paid_on=day(row, "Date"),
            reference=text(row, "Reference"),
            allocations=_allocated(row, "payment", number, code),
        ),
    )


def overpayment(row: Record, connection: str) -> Facts:
    kinds = {"RECEIVE-OVERPAYMENT": True, "AROVERPAYMENT": True, "SPEND-OVERPAYMENT": False, "APOVERPAYMENT": False}
    return _prepaid(row, connection, "OverpaymentID", kinds)


def prepayment(row: Record, connection: str) -> Facts:
    kinds = {"RECEIVE-PREPAYMENT": True, "ARPREPAYMENT": True, "SPEND-PREPAYMENT": False, "APPREPAYMENT": False}
    return _prepaid(row, connection, "PrepaymentID", kinds)


def batch_payment(row: Record, connection: str) -> Facts:
    """Payments of customers that reached the bank as one sum; batches of bills (PAYBATCH) give no fact."""
    if choice(row, "Type", {"RECBATCH": True, "PAYBATCH": False}) is False:
        return ()
    code = _batch_currency(row)
    return (
        Payout(
            connection=connection,
            id=identifier(row, "BatchPaymentID"),
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            status=choice(row, "Status", _PAYMENT_STATUS),
            currency=code,
            amount=amount(row, "TotalAmount", code),
            arrives_on=day(row, "Date"),
            payment_ids=tuple(identifier(paid, "PaymentID") for paid in records(row, "Payments")),
            reference=next((said for name in _BATCH_WORDS if (said := text(row, name))), ""),
        ),
    )


#: Where the words for the bank stand: in New Zealand, in the United Kingdom, elsewhere.
_BATCH_WORDS = ("Reference", "Narrative", "Details")


def _batch_currency(row: Record) -> str:
    """The bank account's; an answer that does not name it is in the currency of the invoices paid."""
    account = record(row, "Account")
    if text(account, "CurrencyCode"):
        return currency(account, "CurrencyCode")
    paid = next(iter(records(row, "Payments")), {})
    return currency(record(paid, "Invoice"), "CurrencyCode")


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
}
