"""QuickBooks' JSON, from the records of the books."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sandbox.money import in_pounds, major, pounds_per
from sandbox.quickbooks.books import Books, total
from sandbox.state import Record

# The vendor's servers write their own zone, whatever the company's.
PACIFIC = ZoneInfo("America/Los_Angeles")
CURRENCY_NAMES = {"GBP": "British Pound Sterling", "EUR": "Euro", "USD": "United States Dollar"}


@lru_cache(maxsize=20_000)
def moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(PACIFIC).isoformat()


def stamp(now: datetime) -> str:
    """The top-level `time` of an answer, with milliseconds."""
    return now.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def head(record: Record) -> Record:
    times = {"CreateTime": moment(record["created"]), "LastUpdatedTime": moment(record["updated"])}
    return {"domain": "QBO", "sparse": False, "Id": record["id"], "SyncToken": str(record["token"]), "MetaData": times}


def reference(value: str, name: str = "") -> Record:
    return {"value": value, "name": name} if name else {"value": value}


def currency_name(currency: str) -> str:
    return CURRENCY_NAMES.get(currency, currency)


def money_head(books: Books, record: Record) -> Record:
    currency = record["currency"]
    shown: Record = {
        "TxnDate": record["date"],
        "CurrencyRef": reference(currency, currency_name(currency)),
    }
    if currency != books.company["currency"]:
        shown["ExchangeRate"] = float(pounds_per(currency))
    return shown


def customer_reference(books: Books, record: Record) -> Record:
    customer = books["Customer"].get(record["customer"])
    return reference(record["customer"], customer["name"] if customer else "")


def sales_lines(books: Books, record: Record) -> list[Record]:
    lines = [_line(books, line, place, record["currency"]) for place, line in enumerate(record["lines"], 1)]
    subtotal = sum(line["amount"] for line in record["lines"] if line["kind"] != "discount")
    amount = 0.0 if record.get("voided") else major(subtotal, record["currency"])
    return [*lines, {"Amount": amount, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}]


def _line(books: Books, line: Record, place: int, currency: str) -> Record:
    if line["kind"] == "discount":
        detail = {"PercentBased": False, "DiscountAccountRef": reference("86", "Discounts given")}
        return {
            "Amount": major(line["amount"], currency),
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": detail,
        }
    item = books["Item"].get(line["item"])
    if line["kind"] == "group":
        return _group(books, line, place, currency)
    detail = {
        "ItemRef": reference(line["item"], item["name"] if item else ""),
        "UnitPrice": major(line["unit"], currency),
        "Qty": line["quantity"],
        "TaxCodeRef": reference(line["tax_code"]),
    }
    shown: Record = {"Id": str(place), "LineNum": place, "Description": line["description"]}
    return {
        **shown,
        "Amount": major(line["amount"], currency),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


def _group(books: Books, line: Record, place: int, currency: str) -> Record:
    item = books["Item"].get(line["item"])
    inner = [_line(books, one, 100 * place + number, currency) for number, one in enumerate(line["lines"], 1)]
    detail = {
        "GroupItemRef": reference(line["item"], item["name"] if item else ""),
        "Quantity": line["quantity"],
        "Line": inner,
    }
    shown: Record = {"Id": str(place), "LineNum": place, "Description": line["description"]}
    return {
        **shown,
        "Amount": major(line["amount"], currency),
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": detail,
    }


def sales_document(books: Books, record: Record) -> Record:
    """What invoices, credit memos, refund and sales receipts have in common."""
    currency = record["currency"]
    shown = {**head(record), **money_head(books, record)}
    if record["number"]:
        shown["DocNumber"] = record["number"]
    shown |= {
        "Line": sales_lines(books, record),
        "TxnTaxDetail": {"TotalTax": 0.0 if record.get("voided") else major(record["tax"], currency)},
        "CustomerRef": customer_reference(books, record),
        "GlobalTaxCalculation": "TaxExcluded",
        "TotalAmt": major(total(record), currency),
        "HomeTotalAmt": in_pounds(total(record), currency) / 100,
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": record.get("email_status", "NotSet"),
    }
    if record.get("note"):
        shown["PrivateNote"] = record["note"]
    if record.get("memo"):
        shown["CustomerMemo"] = {"value": record["memo"]}
    if record.get("bill_email"):
        shown["BillEmail"] = {"Address": record["bill_email"]}
    return shown


def invoice(books: Books, record: Record) -> Record:
    balance = books.balance(record)
    shown = sales_document(books, record)
    links = {payment["id"]: "Payment" for payment, _ in books.linked("Invoice", record["id"])}
    shown |= {
        "LinkedTxn": [{"TxnId": identity, "TxnType": kind} for identity, kind in links.items()],
        "Balance": major(balance, record["currency"]),
        "HomeBalance": in_pounds(balance, record["currency"]) / 100,
        "Deposit": major(record.get("deposit", 0), record["currency"]),
        "AllowIPNPayment": False,
        "AllowOnlinePayment": record["online"],
        "AllowOnlineCreditCardPayment": record["online"],
        "AllowOnlineACHPayment": record["online"],
    }
    if record["due_date"]:
        shown["DueDate"] = record["due_date"]
    if record.get("terms"):
        term = books["Term"].get(record["terms"])
        shown["SalesTermRef"] = reference(record["terms"], term["name"] if term else "")
    if record.get("delivered"):
        shown["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": moment(record["delivered"])}
    return shown


def credit_memo(books: Books, record: Record) -> Record:
    left = major(books.remaining_credit(record), record["currency"])
    return {**sales_document(books, record), "Balance": left, "RemainingCredit": left}


def receipt(books: Books, record: Record) -> Record:
    """A refund receipt or a sales receipt: money changed hands at once."""
    account = reference(record["account"], books["Account"][record["account"]]["name"])
    shown = {**sales_document(books, record), "Balance": 0, "DepositToAccountRef": account}
    return shown | ({"PaymentRefNum": record["reference"]} if record.get("reference") else {})


def payment(books: Books, record: Record) -> Record:
    currency = record["currency"]
    shown = {**head(record), **money_head(books, record)}
    shown |= {
        "CustomerRef": customer_reference(books, record),
        "DepositToAccountRef": reference(record["account"]),
        "TotalAmt": major(record["total"], currency),
        "UnappliedAmt": major(books.unapplied(record), currency),
        "ProcessPayment": False,
        "Line": [payment_line(books, line, currency) for line in record["lines"]],
    }
    if record.get("reference"):
        shown["PaymentRefNum"] = record["reference"]
    if record.get("method"):
        shown["PaymentMethodRef"] = reference(record["method"])
    banked = books.deposit_of(record)
    if banked is not None:
        shown["LinkedTxn"] = [{"TxnId": banked["id"], "TxnType": "Deposit"}]
    return shown | ({"PrivateNote": record["note"]} if record.get("note") else {})


def payment_line(books: Books, line: Record, currency: str) -> Record:
    linked = books[line["type"]].get(line["to"]) if line["type"] in books.tables else None
    values = [("txnId", line["to"]), ("txnReferenceNumber", (linked or {}).get("number") or "")]
    if linked is not None and line["type"] == "Invoice":
        values.append(("txnOpenBalance", f"{major(books.balance(linked) + line['amount'], currency):.2f}"))
    pairs = [
        {"name": "{http://schema.intuit.com/finance/v3}NameValue", "value": {"Name": name, "Value": value}}
        for name, value in values
    ]
    link = {"TxnId": line["to"], "TxnType": line["type"]}
    return {"Amount": major(line["amount"], currency), "LinkedTxn": [link], "LineEx": {"any": pairs}}


def deposit(books: Books, record: Record) -> Record:
    currency = record["currency"]
    lines: list[Record] = []
    for place, line in enumerate(record["lines"], 1):
        amount = major(line["amount"], currency)
        if line.get("to"):
            link = {"TxnId": line["to"], "TxnType": "Payment", "TxnLineId": "0"}
            lines.append({"Amount": amount, "LinkedTxn": [link]})
            continue
        detail = {"AccountRef": reference(line["account"], books["Account"][line["account"]]["name"])}
        shown = {"Id": str(place), "LineNum": place, "Description": line["description"], "Amount": amount}
        lines.append({**shown, "DetailType": "DepositLineDetail", "DepositLineDetail": detail})
    return {
        **head(record),
        **money_head(books, record),
        "DepositToAccountRef": reference(record["account"], books["Account"][record["account"]]["name"]),
        "PrivateNote": record["note"],
        "TotalAmt": major(sum(line["amount"] for line in record["lines"]), currency),
        "Line": lines,
    }


def journal_entry(books: Books, record: Record) -> Record:
    lines = []
    for place, line in enumerate(record["lines"], 1):
        account = reference(line["account"], books["Account"][line["account"]]["name"])
        detail: Record = {"PostingType": line["side"], "AccountRef": account}
        if line.get("customer"):
            detail["Entity"] = {"Type": "Customer", "EntityRef": reference(line["customer"])}
        shown = {
            "Id": line.get("place", str(place - 1)),
            "Description": line["description"],
            "Amount": major(line["amount"], record["currency"]),
        }
        lines.append({**shown, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail})
    shown = {**head(record), **money_head(books, record), "Adjustment": False, "Line": lines}
    return shown | {"DocNumber": record["number"], "PrivateNote": record["note"], "TotalAmt": 0}


def purchase(books: Books, record: Record) -> Record:
    currency = record["currency"]
    lines = []
    for place, line in enumerate(record["lines"], 1):
        detail = {"AccountRef": reference(line["account"], books["Account"][line["account"]]["name"])}
        detail |= {"TaxCodeRef": reference(line["tax_code"])} if line["tax_code"] else {}
        shown: Record = {"Id": str(place), "Amount": major(line["amount"], currency)}
        lines.append({**shown, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": detail})
    shown = {**head(record), **money_head(books, record), "PaymentType": record["type"], "Line": lines, "Credit": False}
    shown |= {"AccountRef": reference(record["account"]), "TotalAmt": major(total(record), currency)}
    shown |= {"PrivateNote": record["note"]} if record["note"] else {}
    shown |= {"DocNumber": record["number"]} if record["number"] else {}
    return shown | ({"EntityRef": {**reference(record["vendor"]), "type": "Vendor"}} if record["vendor"] else {})


def vendor(_: Books, record: Record) -> Record:
    return {**head(record), "DisplayName": record["name"], "PrintOnCheckName": record["name"], "Active": True}


def customer(books: Books, record: Record) -> Record:
    currency = record["currency"]
    shown: Record = {
        **head(record),
        "Taxable": True,
        "Job": bool(record["parent"]),
        "BillWithParent": False,
        "Balance": major(books.customer_balance(record), currency),
        "BalanceWithJobs": major(books.customer_balance(record, with_jobs=True), currency),
        "CurrencyRef": reference(currency, currency_name(currency)),
        "PreferredDeliveryMethod": "Email",
        "GivenName": record["given"],
        "FamilyName": record["family"],
        "FullyQualifiedName": full_name(books, record),
        "CompanyName": record["company"],
        "DisplayName": record["name"],
        "PrintOnCheckName": record["name"],
        "Active": record["active"],
        "BillAddr": address(record),
    }
    if record["parent"]:
        shown |= {"ParentRef": reference(record["parent"]), "Level": 1}
    if record["email"]:
        shown["PrimaryEmailAddr"] = {"Address": record["email"]}
    if record["phone"]:
        shown["PrimaryPhone"] = {"FreeFormNumber": record["phone"]}
    return shown | ({"SalesTermRef": reference(record["terms"])} if record["terms"] else {})


def full_name(books: Books, record: Record) -> str:
    parent = books["Customer"].get(record["parent"]) if record["parent"] else None
    return f"{parent['name']}:{record['name']}" if parent else str(record["name"])


def address(record: Record) -> Record:
    street, city, code, country = record["address"]
    return {"Id": record["id"], "Line1": street, "City": city, "PostalCode": code, "Country": country}


def item(books: Books, record: Record) -> Record:
    income = books["Account"][record["account"]]
    shown = {**head(record), "Name": record["name"], "Description": record["name"], "Active": True, "Type": "Service"}
    prices = {"UnitPrice": 0, "PurchaseCost": 0, "TrackQtyOnHand": False, "Taxable": True}
    return {
        **shown,
        **prices,
        "FullyQualifiedName": record["name"],
        "IncomeAccountRef": reference(income["id"], income["name"]),
    }


def account(books: Books, record: Record) -> Record:
    kinds = {
        "Classification": record["classification"],
        "AccountType": record["type"],
        "AccountSubType": record["subtype"],
    }
    currency = reference(str(record.get("currency") or books.company["currency"]))
    shown = {
        **head(record),
        "Name": record["name"],
        "SubAccount": False,
        "FullyQualifiedName": record["name"],
        "Active": True,
    }
    return {**shown, **kinds, "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0, "CurrencyRef": currency}


def term(_: Books, record: Record) -> Record:
    days = {"Type": "STANDARD", "DiscountPercent": 0, "DueDays": record["days"], "DiscountDays": 0}
    return {**head(record), "Name": record["name"], "Active": True, **days}


def attachable(_: Books, record: Record) -> Record:
    links = [
        {"EntityRef": {"type": kind, "value": identity}, "IncludeOnSend": False} for kind, identity in record["links"]
    ]
    return {**head(record), "AttachableRef": links, "Note": record["note"]}


RENDER = {
    "Customer": customer,
    "Invoice": invoice,
    "Payment": payment,
    "CreditMemo": credit_memo,
    "RefundReceipt": receipt,
    "SalesReceipt": receipt,
    "Deposit": deposit,
    "JournalEntry": journal_entry,
    "Purchase": purchase,
    "Vendor": vendor,
    "Item": item,
    "Account": account,
    "Term": term,
    "Attachable": attachable,
}
