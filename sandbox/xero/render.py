"""Xero's JSON, from the records of the books."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sandbox.money import major
from sandbox.state import Record
from sandbox.xero.books import Books, subtotal, tax, total

CREDIT_TYPES = {"credit_note": "ACCRECCREDIT", "overpayment": "RECEIVE-OVERPAYMENT", "prepayment": "RECEIVE-PREPAYMENT"}
CREDIT_IDS = {"credit_note": "CreditNoteID", "overpayment": "OverpaymentID", "prepayment": "PrepaymentID"}
PAYMENT_TYPES = {
    "invoice": "ACCRECPAYMENT",
    "credit_note": "ARCREDITPAYMENT",
    "overpayment": "AROVERPAYMENTPAYMENT",
    "prepayment": "ARPREPAYMENTPAYMENT",
}

EPOCH_DAY = date(1970, 1, 1).toordinal()


def day(iso: str) -> str:
    """A calendar day as midnight "UTC", in milliseconds: how Xero writes dates."""
    return f"/Date({(date.fromisoformat(iso).toordinal() - EPOCH_DAY) * 86_400_000}+0000)/"


def instant(moment: int) -> str:
    return f"/Date({moment}+0000)/"


def instant_text(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def contact_stub(books: Books, identity: str) -> Record:
    contact = books.contacts[identity]
    lists: Record = {name: [] for name in ("Addresses", "Phones", "ContactGroups", "ContactPersons")}
    return {"ContactID": identity, "Name": contact["name"], **lists, "HasValidationErrors": False}


def line_item(line: Record, currency: str) -> Record:
    return {
        "Description": line["description"],
        "UnitAmount": major(line["unit"], currency),
        "TaxType": line["tax_type"],
        "TaxAmount": major(line["tax"], currency),
        "LineAmount": major(line["amount"], currency),
        "AccountCode": line["account"],
        "Tracking": [],
        "Quantity": line["quantity"],
        "LineItemID": line["id"],
        "ValidationErrors": [],
    }


def dates(record: Record) -> Record:
    shown: Record = {"DateString": f"{record['date']}T00:00:00", "Date": day(record["date"])}
    if record.get("due_date"):
        shown |= {"DueDateString": f"{record['due_date']}T00:00:00", "DueDate": day(record["due_date"])}
    return shown


def money_fields(document: Record, *, lines: bool) -> Record:
    currency = document["currency"]
    return {
        "LineAmountTypes": document["line_amounts"],
        "LineItems": [line_item(line, currency) for line in document["lines"]] if lines else [],
        "SubTotal": major(subtotal(document), currency),
        "TotalTax": major(tax(document), currency),
        "Total": major(total(document), currency),
        "UpdatedDateUTC": instant(document["updated"]),
        "CurrencyCode": currency,
    }


def nested_payment(payment: Record, currency: str) -> Record:
    shown = {
        "PaymentID": payment["id"],
        "Date": day(payment["date"]),
        "Amount": major(payment["amount"], currency),
        "Reference": payment["reference"],
        "CurrencyRate": payment["rate"],
        "HasAccount": False,
        "HasValidationErrors": False,
    }
    return shown | ({"BatchPaymentID": payment["batch"]} if payment["batch"] else {})


def applied_credits(books: Books, invoice: Record, kind: str) -> list[Record]:
    """The nested CreditNotes/Overpayments/Prepayments of an invoice; AppliedAmount is the figure that counts."""
    shown = []
    for allocation in books.allocations_to(invoice):
        credit = books.credits[allocation["source"]]
        if credit["kind"] != kind:
            continue
        entry: Record = {
            CREDIT_IDS[kind]: credit["id"],
            "ID": credit["id"],
            "HasErrors": False,
            "AppliedAmount": major(allocation["amount"], invoice["currency"]),
            "DateString": f"{credit['date']}T00:00:00",
            "Date": day(credit["date"]),
            "LineItems": [],
            "Total": major(total(credit), credit["currency"]),
        }
        shown.append(entry | ({"CreditNoteNumber": credit["number"]} if kind == "credit_note" else {}))
    return shown


def invoice(books: Books, record: Record, *, lines: bool = True, children: bool = True) -> Record:
    """`lines=False` is the unpaged summary, `children=False` also drops what summaryOnly leaves out."""
    currency = record["currency"]
    shown: Record = {"Type": record["type"], "InvoiceID": record["id"], "InvoiceNumber": record["number"] or ""}
    shown["Reference"] = record["reference"]
    if children:
        shown["Payments"] = [nested_payment(payment, currency) for payment in books.live_payments(record)]
        shown["CreditNotes"] = applied_credits(books, record, "credit_note")
        shown["Prepayments"] = applied_credits(books, record, "prepayment")
        shown["Overpayments"] = applied_credits(books, record, "overpayment")
    shown |= {
        "AmountDue": major(books.due(record), currency),
        "AmountPaid": major(books.paid(record), currency),
        "AmountCredited": major(books.credited(record), currency),
        "CurrencyRate": record["rate"],
        "HasErrors": False,
        "IsDiscounted": False,
        "HasAttachments": False,
        "SentToContact": record["sent"],
        "BrandingThemeID": record["theme"],
        "Contact": contact_stub(books, record["contact"]),
        **dates(record),
        "Status": books.status(record),
        **money_fields(record, lines=lines),
    }
    if record.get("url"):
        shown["Url"] = record["url"]
    paid_on = books.fully_paid_on(record)
    return shown | ({"FullyPaidOnDate": day(paid_on)} if paid_on else {})


def credit(books: Books, record: Record, *, lines: bool = True) -> Record:
    """A credit note, overpayment or prepayment."""
    kind, currency = record["kind"], record["currency"]
    shown: Record = {CREDIT_IDS[kind]: record["id"], "ID": record["id"], "Type": record["type"]}
    if kind == "credit_note":
        shown["CreditNoteNumber"] = record["number"] or ""
        shown["SentToContact"] = record["sent"]
    if kind == "prepayment":
        shown["InvoiceNumber"] = record["number"] or ""
    shown |= {
        "Reference": record["reference"],
        "RemainingCredit": major(books.remaining(record), currency),
        "AppliedAmount": major(total(record) - books.remaining(record), currency),
        "Allocations": [allocation(books, one) for one in books.allocations_of(record)],
        "Payments": [nested_payment(payment, currency) for payment in books.live_payments(record)],
        "CurrencyRate": record["rate"],
        "HasAttachments": False,
        "HasErrors": False,
        "Contact": contact_stub(books, record["contact"]),
        **dates(record),
        "Status": books.status(record),
        **money_fields(record, lines=lines),
    }
    paid_on = books.fully_paid_on(record)
    return shown | ({"FullyPaidOnDate": day(paid_on)} if paid_on else {})


def allocation(books: Books, record: Record) -> Record:
    target = books.invoices[record["invoice"]]
    return {
        "AllocationID": record["id"],
        "Amount": major(record["amount"], target["currency"]),
        "Date": day(record["date"]),
        "Invoice": {"InvoiceID": target["id"], "InvoiceNumber": target["number"] or "", "HasErrors": False},
        "IsDeleted": record["deleted"],
    }


def payment(books: Books, record: Record) -> Record:
    target = books.find_document(record["target"])
    assert target is not None
    currency, account = target["currency"], books.accounts[record["account"]]
    return {
        "PaymentID": record["id"],
        **({"BatchPaymentID": record["batch"]} if record["batch"] else {}),
        "Date": day(record["date"]),
        "BankAmount": major(record["amount"], currency),
        "Amount": major(record["amount"], currency),
        "Reference": record["reference"],
        "CurrencyRate": record["rate"],
        "PaymentType": payment_type(target),
        "Status": record["status"],
        "UpdatedDateUTC": instant(record["updated"]),
        "HasAccount": True,
        "IsReconciled": record["reconciled"],
        "Account": {"AccountID": account["id"], "Code": account["code"], "Name": account["name"]},
        "Invoice": payment_target(books, target),
        "HasValidationErrors": False,
    }


def payment_type(target: Record) -> str:
    if "kind" in target:
        return PAYMENT_TYPES[target["kind"]]
    return "ACCRECPAYMENT" if target["type"] == "ACCREC" else "ACCPAYPAYMENT"


def payment_target(books: Books, target: Record) -> Record:
    """What a payment pays, under the name Invoice whatever it is."""
    lists: Record = {name: [] for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments", "LineItems")}
    return {
        "Type": target["type"],
        "InvoiceID": target["id"],
        "InvoiceNumber": target["number"] or "",
        **lists,
        "HasErrors": False,
        "IsDiscounted": False,
        "Contact": contact_stub(books, target["contact"]),
        "CurrencyCode": target["currency"],
    }


def contact(books: Books, record: Record, today: str, *, summary: bool = False, merged: bool = True) -> Record:
    """`merged`: MergedToContactID shows in pages and by id only."""
    shown: Record = {
        "ContactID": record["id"],
        "ContactStatus": record["status"],
        "Name": record["name"],
        "FirstName": record["first_name"],
        "LastName": record["last_name"],
        "EmailAddress": record["email"],
        "BankAccountDetails": "",
        "Addresses": addresses(record),
        "Phones": phones(record),
        "UpdatedDateUTC": instant(record["updated"]),
        "ContactGroups": [],
        "IsSupplier": record["supplier"],
        "IsCustomer": not record["supplier"],
        "DefaultCurrency": record["currency"],
        "ContactPersons": [person(one) for one in record["persons"]],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }
    if record.get("merged_to") and merged:
        shown["MergedToContactID"] = record["merged_to"]
    if record.get("terms"):
        shown["PaymentTerms"] = {"Sales": {"Day": record["terms"], "Type": "DAYSAFTERBILLDATE"}}
    if not summary:
        outstanding, overdue = books.receivable(record, today)
        sums = {"Outstanding": major(outstanding, "GBP"), "Overdue": major(overdue, "GBP")}
        shown["Balances"] = {"AccountsReceivable": sums, "AccountsPayable": {"Outstanding": 0.0, "Overdue": 0.0}}
    return shown


def person(record: Record) -> Record:
    names = {"FirstName": record["first_name"], "LastName": record["last_name"]}
    return {**names, "EmailAddress": record["email"], "IncludeInEmails": record["include"]}


def addresses(record: Record) -> list[Record]:
    street, city, code, country = record["address"]
    blank = {"AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": ""}
    postal = {"AddressType": "POBOX", "AddressLine1": street, "City": city, "Region": ""}
    return [blank, {**postal, "PostalCode": code, "Country": country}]


def phones(record: Record) -> list[Record]:
    kinds = ("DDI", "DEFAULT", "FAX", "MOBILE")
    blank = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
    return [
        {"PhoneType": kind, **blank, **({"PhoneNumber": record["phone"]} if kind == "DEFAULT" else {})}
        for kind in kinds
    ]


def bank_transaction(books: Books, record: Record) -> Record:
    account = books.accounts[record["account"]]
    shown: Record = {
        "BankTransactionID": record["id"],
        "BankAccount": {"AccountID": account["id"], "Code": account["code"], "Name": account["name"]},
        "Type": record["type"],
        "Reference": record["reference"],
        "IsReconciled": record["reconciled"],
        "HasAttachments": False,
        **dates(record),
        "Status": record["status"],
        **money_fields(record, lines=True),
    }
    if record["contact"]:  # a transfer between the organisation's own accounts has none
        shown["Contact"] = contact_stub(books, record["contact"])
    born = "OverpaymentID" if record["type"].endswith("OVERPAYMENT") else "PrepaymentID"
    return shown | ({born: record["credit"]} if record.get("credit") else {})


def batch(books: Books, record: Record) -> Record:
    gone, currency = record["status"] == "DELETED", record["currency"]
    members = [] if gone else books.payments.by("batch", record["id"])
    amount = record["total"] if gone else sum(member["amount"] for member in members)
    return {
        "Account": {"AccountID": record["account"], "CurrencyCode": currency},
        "Reference": record["reference"],
        "BatchPaymentID": record["id"],
        "DateString": f"{record['date']}T00:00:00",
        "Date": day(record["date"]),
        "Payments": [batch_member(member, currency) for member in members],
        "Type": record.get("type", "RECBATCH"),
        "Status": record["status"],
        "TotalAmount": major(amount, currency),
        "UpdatedDateUTC": instant(record["updated"]),
        "IsReconciled": record["reconciled"],
    }


def batch_member(payment_record: Record, currency: str) -> Record:
    amount = major(payment_record["amount"], currency)
    document = {"InvoiceID": payment_record["target"], "CurrencyCode": currency, "HasErrors": False, "LineItems": []}
    return {"Invoice": document, "PaymentID": payment_record["id"], "Amount": amount, "BankAmount": amount}


def account(record: Record) -> Record:
    shown: dict[str, Any] = {
        "AccountID": record["id"],
        "Code": record["code"],
        "Name": record["name"],
        "Status": "ACTIVE",
        "Type": record["type"],
        "TaxType": record["tax_type"],
        "Class": record["class"],
        "EnablePaymentsToAccount": record["payments"],
        "ShowInExpenseClaims": False,
        "ReportingCode": "",
        "HasAttachments": False,
        "UpdatedDateUTC": instant(record["updated"]),
        "AddToWatchlist": False,
    }
    bank = {"BankAccountNumber": record.get("bank_number", ""), "BankAccountType": "BANK"}
    return shown | ({**bank, "CurrencyCode": record["currency"]} if record["type"] == "BANK" else {})


def history(record: Record) -> Record:
    return {
        "Changes": record["change"],
        "DateUTCString": instant_text(record["at"]),
        "DateUTC": instant(record["at"]),
        "User": record["user"],
        "Details": record["details"],
    }
