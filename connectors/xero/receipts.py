"""What Xero's payments, over- and prepayments and batches say, in our words. Pure."""

from connectors.fields import (
    Record,
    Unreadable,
    amount,
    amount_or_zero,
    choice,
    currency,
    identifier,
    record,
    records,
    text,
)
from connectors.xero.dates import day, instant
from connectors.xero.parts import Facts, allocated, party
from receivables.facts import Allocation, Payment, PaymentStatus, Payout, Refund

_PAYMENT_STATUS: dict[str, PaymentStatus] = {
    "AUTHORISED": "settled",
    "PAID": "settled",
    "VOIDED": "void",
    "DELETED": "void",
}
#: Kinds of Payment that concern receivables; those of bills are passed over.
_MONEY_IN = "ACCRECPAYMENT"
_MONEY_BACK = {"ARCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT"}


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
            customer_id=party(row),
            status=choice(row, "Status", _PAYMENT_STATUS),
            currency=code,
            amount=amount(row, "Total", code),
            unapplied=amount_or_zero(row, "RemainingCredit", code),
            refunded=sum(
                amount(paid, "Amount", code) for paid in records(row, "Payments") if text(paid, "Status") != "DELETED"
            ),
            paid_on=day(row, "Date"),
            reference=text(row, "Reference"),
            allocations=allocated(row, "payment", number, code),
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
