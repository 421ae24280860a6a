"""What QuickBooks records say, in our words. Pure.

Field meanings: Intuit's public type definitions (Finance.xsd, IntuitNamesTypes.xsd) and its API reference. There is
no status field: an invoice is void when its total is 0 and its private note says so, which is how Intuit marks it.
"""

from dataclasses import dataclass

from connectors.fields import (
    Record,
    Unreadable,
    amount,
    amount_or_none,
    amount_or_zero,
    code_or_number,
    country_code,
    currency,
    day,
    flag,
    identifier,
    instant,
    record,
    records,
    rounded,
    text,
)
from connectors.quickbooks.applied import allocations, journals
from receivables.facts import (
    Contact,
    CreditNote,
    Customer,
    Invoice,
    InvoiceStatus,
    Line,
    Payment,
    Payout,
    Refund,
)
from receivables.money import exponent

#: Longest PaymentRefNum.
REFERENCE_LENGTH = 21
#: Before the id of a sales receipt that is told as a payment.
SALES_RECEIPT = "salesreceipt-"
#: What a deposit may hold that is told as a payment, with the beginning of its id.
_BANKED = {"Payment": "", "SalesReceipt": SALES_RECEIPT}


@dataclass(frozen=True, slots=True)
class Realm:
    """What a record means depends on where it stands. `home` is the company's currency, for records that name none."""

    connection: str
    home: str = ""
    #: Ids of the accounts that hold what customers owe.
    receivable: frozenset[str] = frozenset()


def currency_of(row: Record, realm: Realm) -> str:
    """The company's own currency where multicurrency is off and records name none."""
    reference = record(row, "CurrencyRef")
    if reference.get("value"):
        return currency(reference, "value")
    if not realm.home:
        raise Unreadable("CurrencyRef is missing and the company's home currency is not known")
    exponent(realm.home)
    return realm.home


def reference(row: Record, name: str) -> str:
    return code_or_number(record(row, name), "value")


def _owner(row: Record) -> str:
    found = reference(row, "CustomerRef")
    if not found:
        raise Unreadable("CustomerRef is missing")
    return found


def is_void(row: Record) -> bool:
    """QuickBooks keeps what is void with a total of zero and says so in the private note, which people can edit."""
    if row.get("status") == "Voided":
        return True
    return row.get("TotalAmt") == 0 and "voided" in text(row, "PrivateNote").lower()


def _rate(row: Record) -> str:
    found = row.get("ExchangeRate")
    return "" if found is None or found == 1 else str(found)


def customer(row: Record, realm: Realm) -> Customer:
    address = record(row, "BillAddr")
    code = currency(record(row, "CurrencyRef"), "value") if record(row, "CurrencyRef").get("value") else realm.home
    tags = record(row, "CustomerTypeRef")
    return Customer(
        connection=realm.connection,
        id=identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        name=text(row, "DisplayName") or text(row, "FullyQualifiedName"),
        contacts=_contacts(row),
        active=flag(row, "Active") if row.get("Active") is not None else True,
        parent_id=reference(row, "ParentRef"),
        billed_with_parent=flag(row, "BillWithParent"),
        company=True if text(row, "CompanyName") else None,
        tax_id=text(row, "PrimaryTaxIdentifier"),
        country=country_code(text(address, "Country")),
        postal_code=text(address, "PostalCode"),
        address=_address(address),
        currency=code,
        tags=(text(tags, "name"),) if text(tags, "name") else (),
        balance=amount_or_none(row, "Balance", code) if code else None,
    )


def _contacts(row: Record) -> tuple[Contact, ...]:
    """QuickBooks keeps one address field; several addresses stand in it with commas between."""
    name = " ".join(filter(None, (text(row, "GivenName"), text(row, "FamilyName"))))
    phone = text(record(row, "PrimaryPhone"), "FreeFormNumber")
    addresses = [part.strip() for part in text(record(row, "PrimaryEmailAddr"), "Address").split(",") if part.strip()]
    return tuple(
        Contact(email=email, name=name, phone=phone, primary=index == 0) for index, email in enumerate(addresses)
    ) or ((Contact(name=name, phone=phone, primary=True),) if name or phone else ())


def _address(found: Record) -> str:
    names = ("Line1", "Line2", "Line3", "Line4", "Line5", "City", "CountrySubDivisionCode", "PostalCode", "Country")
    return ", ".join(part for name in names if (part := text(found, name)))


def invoice(row: Record, realm: Realm) -> Invoice:
    code = currency_of(row, realm)
    total = amount(row, "TotalAmt", code)
    balance = amount(row, "Balance", code)
    return Invoice(
        connection=realm.connection,
        id=identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        number=text(row, "DocNumber"),
        customer_id=_owner(row),
        status=_invoice_status(row, balance),
        currency=code,
        total=total,
        open=balance,
        tax=amount_or_zero(record(row, "TxnTaxDetail"), "TotalTax", code),
        issue_on=day(row, "TxnDate"),
        due_on=day(row, "DueDate"),
        lines=_lines(records(row, "Line"), code),
        adjustments=amount_or_zero(row, "Deposit", code),
        reference=text(row, "PaymentRefNum"),
        purchase_order=_purchase_order(row),
        memo=text(record(row, "CustomerMemo"), "value"),
        sent=_was_sent(row),
        email=text(record(row, "BillEmail"), "Address"),
        copied=text(record(row, "BillEmailCc"), "Address"),
        online_payment=_pays_online(row) and balance > 0,
        pay_url=text(row, "InvoiceLink"),
        exchange_rate=_rate(row),
    )


def _invoice_status(row: Record, balance: int) -> InvoiceStatus:
    if is_void(row):
        return "void"
    return "open" if balance > 0 else "paid"


def _was_sent(row: Record) -> bool | None:
    """None where the record does not say, or says a word that nobody knows; it may have been printed or handed over."""
    if text(row, "EmailStatus") == "EmailSent" or text(record(row, "DeliveryInfo"), "DeliveryTime"):
        return True
    if text(row, "EInvoiceStatus") in {"Sent", "Viewed", "Paid"}:
        return True
    return False if text(row, "EmailStatus") in {"NotSet", "NeedToSend"} else None


def _pays_online(row: Record) -> bool:
    names = ("AllowOnlineCreditCardPayment", "AllowOnlineACHPayment", "AllowOnlinePayment")
    return any(flag(row, name) for name in names) and bool(text(record(row, "BillEmail"), "Address"))


def _purchase_order(row: Record) -> str:
    """Companies keep it in a custom field of their own naming."""
    for found in records(row, "CustomField"):
        name = text(found, "Name").lower().replace(".", "").replace(" ", "")
        if name.startswith(("po", "purchaseorder")) and found.get("StringValue") is not None:
            return text(found, "StringValue")
    return text(row, "PONumber")


def _lines(found: list[Record], code: str) -> tuple[Line, ...]:
    """Subtotals are left out, bundles opened, discounts turned negative (their amount is what they take off)."""
    lines: list[Line] = []
    for line in found:
        detail = text(line, "DetailType")
        if detail == "GroupLineDetail":
            lines += _lines(records(record(line, "GroupLineDetail"), "Line"), code)
        elif detail != "SubTotalLineDetail":
            sign = -1 if detail == "DiscountLineDetail" else 1
            lines.append(_line(line, sign * rounded(line, "Amount", code)))
    return tuple(lines)


def _line(line: Record, minor: int) -> Line:
    sold = record(line, "SalesItemLineDetail")
    quantity = sold.get("Qty")
    description = text(line, "Description") or text(record(sold, "ItemRef"), "name")
    return Line(description=description, quantity="1" if quantity is None else str(quantity), amount=minor)


def credit_note(row: Record, realm: Realm) -> CreditNote:
    code = currency_of(row, realm)
    total = amount(row, "TotalAmt", code)
    left = amount_or_none(row, "RemainingCredit", code)
    rest = amount_or_zero(row, "Balance", code) if left is None else left
    void = is_void(row)
    return CreditNote(
        connection=realm.connection,
        id=identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        number=text(row, "DocNumber"),
        customer_id=_owner(row),
        status="void" if void else "open" if rest > 0 else "paid",
        currency=code,
        total=total,
        open=rest,
        issue_on=day(row, "TxnDate"),
        reference=text(row, "PrivateNote"),
    )


def payment(row: Record, realm: Realm) -> Payment:
    """Also the zero-total payments that only tie a credit memo to an invoice."""
    code = currency_of(row, realm)
    total = amount(row, "TotalAmt", code)
    unapplied = amount_or_zero(row, "UnappliedAmt", code)
    return Payment(
        connection=realm.connection,
        id=identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        customer_id=_owner(row),
        status="void" if is_void(row) else "settled",
        currency=code,
        amount=total,
        unapplied=unapplied,
        paid_on=day(row, "TxnDate"),
        reference=_whole_reference(row),
        method=text(record(row, "PaymentMethodRef"), "name"),
        account=reference(row, "DepositToAccountRef"),
        description=text(row, "PrivateNote"),
        allocations=allocations(row, code, total - unapplied),
        journals=journals(row, code, total - unapplied),
    )


def _whole_reference(row: Record) -> str:
    """QuickBooks cuts references off after 21 characters; where the note holds the same word whole, that is it."""
    found = text(row, "PaymentRefNum")
    words = text(row, "PrivateNote").split() if len(found) == REFERENCE_LENGTH else []
    return next((word for word in words if word.startswith(found)), found)


def refund(row: Record, realm: Realm) -> Refund:
    code = currency_of(row, realm)
    total = amount(row, "TotalAmt", code)
    return Refund(
        connection=realm.connection,
        id=identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        customer_id=reference(row, "CustomerRef"),
        status="void" if is_void(row) else "settled",
        currency=code,
        amount=total,
        refunded_on=day(row, "TxnDate"),
        reason=text(record(row, "CustomerMemo"), "value") or text(row, "PrivateNote"),
    )


def sales_receipt(row: Record, realm: Realm) -> Payment:
    """A sale that was paid at once: money that is in the books already, and settles no invoice.

    Receipts have ids of their own beside those of payments, so theirs gets a prefix. The customer may be missing.
    """
    code = currency_of(row, realm)
    total = amount(row, "TotalAmt", code)
    return Payment(
        connection=realm.connection,
        id=SALES_RECEIPT + identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        customer_id=reference(row, "CustomerRef"),
        status="void" if is_void(row) else "settled",
        currency=code,
        amount=total,
        paid_on=day(row, "TxnDate"),
        reference=_whole_reference(row) or text(row, "DocNumber"),
        method=text(record(row, "PaymentMethodRef"), "name"),
        payer_email=text(record(row, "BillEmail"), "Address"),
        account=reference(row, "DepositToAccountRef"),
        description=text(row, "PrivateNote"),
    )


def deposit(row: Record, realm: Realm) -> Payout:
    code = currency_of(row, realm)
    linked = [link for line in records(row, "Line") for link in records(line, "LinkedTxn")]
    return Payout(
        connection=realm.connection,
        id=identifier(row, "Id"),
        version=text(row, "SyncToken"),
        updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        currency=code,
        amount=amount(row, "TotalAmt", code),
        arrives_on=day(row, "TxnDate"),
        payment_ids=tuple(
            _BANKED[kind] + identifier(link, "TxnId") for link in linked if (kind := text(link, "TxnType")) in _BANKED
        ),
        reference=text(row, "DocNumber") or text(row, "PrivateNote"),
    )
