"""Reading what is posted to QuickBooks: lines of sales documents and of payments."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.calls import Call
from sandbox.money import minor
from sandbox.quickbooks import taxes
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.errors import Faults
from sandbox.state import Record

Body = dict[str, Any]
TAX_CODE = taxes.STANDARD


HEAD = {"domain", "sparse", "Id", "SyncToken", "MetaData", "TxnDate", "CurrencyRef", "ExchangeRate", "PrivateNote"}
HEAD |= {"DocNumber", "Line", "TotalAmt", "HomeTotalAmt", "GlobalTaxCalculation", "TxnTaxDetail", "LinkedTxn", "status"}
SALE = HEAD | {
    "CustomerRef",
    "CustomerMemo",
    "BillEmail",
    "BillAddr",
    "ShipAddr",
    "EmailStatus",
    "PrintStatus",
    "Balance",
}
SALE |= {
    "HomeBalance",
    "CustomField",
    "DepositToAccountRef",
    "PaymentMethodRef",
    "ApplyTaxAfterDiscount",
    "PaymentRefNum",
}
LINKS = {
    "AllowIPNPayment",
    "AllowOnlinePayment",
    "AllowOnlineCreditCardPayment",
    "AllowOnlineACHPayment",
    "InvoiceLink",
}
PROPERTIES = {
    "Invoice": SALE | LINKS | {"DueDate", "SalesTermRef", "DeliveryInfo", "Deposit", "EInvoiceStatus"},
    "CreditMemo": SALE | {"RemainingCredit", "InvoiceRef", "SalesTermRef"},
    "RefundReceipt": SALE,
    "SalesReceipt": SALE,
    "Payment": HEAD | {"CustomerRef", "DepositToAccountRef", "PaymentMethodRef", "PaymentRefNum", "UnappliedAmt",
                       "ProcessPayment", "ARAccountRef"},
    "Purchase": HEAD | {"PaymentType", "AccountRef", "EntityRef", "Credit", "PaymentMethodRef", "PrintStatus"},
    "JournalEntry": HEAD | {"Adjustment"},
}  # fmt: skip


class Bodies:
    """Checks the shape of a body; what it refuses becomes a fault."""

    def __init__(self, books: Books, call: Call) -> None:
        self.books = books
        self.call = call
        self.faults = Faults(call.now)

    def json(self) -> Body:
        try:
            body = self.call.json()
        except ValueError as problem:
            raise self.faults.unsupported("The request body is no JSON") from problem
        if not isinstance(body, dict):
            raise self.faults.unsupported("The request body is no object")
        return body

    def known(self, body: Body, entity: str) -> None:
        """Intuit refuses a property that it does not know; it takes all that it writes itself."""
        for name in body:
            if name not in PROPERTIES[entity]:
                raise self.faults.unsupported(f'Property Name:Unrecognized field "{name}" (class {entity})')

    def current(self, entity: str, body: Body) -> Record:
        """The record that a body with an Id is about, of the version that it names and on a day that is open."""
        record = self.books[entity].get(str(body["Id"]))
        if record is None:
            raise self.faults.not_found()
        if str(body.get("SyncToken")) != str(record["token"]):
            raise self.faults.stale()
        if "date" in record:
            self.check_open(str(record["date"]))
        return record

    def check_open(self, day: str) -> None:
        """Nothing is written on a day of the closed books, nor to what stands on one."""
        closed = self.books.company.get("book_close")
        if closed and day <= closed:
            raise self.faults.closed_period()

    def open_day(self, body: Body, today: str) -> str:
        """TxnDate, else today."""
        day = self.day(body, "TxnDate", today) or today
        self.check_open(day)
        return day

    def account(self, body: Body, name: str) -> str:
        identity = self.reference(body, name)
        if identity is None:
            raise self.faults.required(name)
        if identity not in self.books["Account"]:
            raise self.faults.invalid_reference("Invalid Reference Id : Accounts element id not found")
        return identity

    def reference(self, body: Body, name: str) -> str | None:
        value = body.get(name)
        return str(value.get("value")) if isinstance(value, dict) and value.get("value") is not None else None

    def customer(self, body: Body) -> Record:
        identity = self.reference(body, "CustomerRef")
        if identity is None:
            raise self.faults.required("CustomerRef")
        record = self.books["Customer"].get(identity)
        if record is None or not record["active"]:
            raise self.faults.invalid_reference("Invalid Reference Id : Names element id not found or inactive")
        return record

    def amount(self, body: Body, name: str, currency: str) -> int:
        if body.get(name) is None:
            raise self.faults.required(name)
        if isinstance(body[name], str):
            raise self.faults.unsupported(f"Property {name} is text; the vendor's own clients send a number")
        try:
            return minor(body[name], currency)
        except ValueError as problem:
            raise self.faults.unsupported(f"Property {name} is no number") from problem

    def day(self, body: Body, name: str, default: str | None) -> str | None:
        if body.get(name) is None:
            return default
        try:
            return date.fromisoformat(str(body[name])[:10]).isoformat()
        except ValueError as problem:
            raise self.faults.unsupported(f"Property {name} is no date") from problem

    # -- sales documents --------------------------------------------------------------------------------------------

    def sales_lines(self, body: Body, currency: str) -> list[Record]:
        inclusive = taxes.is_inclusive(body)
        found = [line for line in body.get("Line") or [] if self._counts(line)]
        lines = [self._sales_line(line, currency, inclusive=inclusive) for line in found]
        if not lines:
            raise self.faults.required("Line")
        return lines

    def _counts(self, line: Body) -> bool:
        return line.get("DetailType") not in ("SubTotalLineDetail", "DescriptionOnly")

    def _sales_line(self, line: Body, currency: str, *, inclusive: bool) -> Record:
        if line.get("DetailType") == "GroupLineDetail":
            return self._group_line(line, currency, inclusive=inclusive)
        amount = self.amount(line, "Amount", currency)
        if line.get("DetailType") == "DiscountLineDetail":
            return {"kind": "discount", "amount": amount}
        detail = line.get("SalesItemLineDetail") or {}
        item = self.reference(detail, "ItemRef") or "1"
        if item not in self.books["Item"]:
            raise self.faults.invalid_reference(f"Invalid Reference Id : Item {item} not found")
        code = self.reference(detail, "TaxCodeRef")
        if code is None:
            raise self.faults.business("Make sure all your transactions have a VAT rate before you save")
        quantity, gross = detail.get("Qty", 1), amount
        if inclusive:
            gross = self.amount(detail, "TaxInclusiveAmt", currency) if "TaxInclusiveAmt" in detail else amount
            amount = taxes.net(gross, code)
        unit = minor(detail["UnitPrice"], currency) if "UnitPrice" in detail and not inclusive else amount
        shown: Record = {"kind": "item", "amount": amount, "unit": unit, "quantity": quantity, "item": item}
        return {**shown, "description": str(line.get("Description", "")), "tax_code": code, "gross": gross}

    def _group_line(self, line: Body, currency: str, *, inclusive: bool) -> Record:
        """A bundle: its own lines stand inside, and its amount is their sum."""
        detail = line.get("GroupLineDetail") or {}
        inner = [self._sales_line(one, currency, inclusive=inclusive) for one in detail.get("Line") or []]
        item = self.reference(detail, "GroupItemRef")
        if item not in self.books["Item"]:
            raise self.faults.invalid_reference(f"Invalid Reference Id : Item {item} not found")
        sums: Record = {name: sum(int(one[name]) for one in inner) for name in ("amount", "gross")}
        shown: Record = {"kind": "group", "item": item, "quantity": detail.get("Quantity", 1), "lines": inner}
        return {**shown, **sums, "description": str(line.get("Description", "")), "tax_code": inner[0]["tax_code"]}

    def tax(self, body: Body, lines: list[Record], currency: str) -> int:
        return taxes.total_tax(body, lines, currency)

    # -- payments ---------------------------------------------------------------------------------------------------

    def payment_lines(self, body: Body, customer: Record, currency: str, old: list[Record]) -> list[Record]:
        """Lines of a payment, checked against what is open; `old` are the lines that they replace."""
        lines = [self._payment_line(line, currency) for line in body.get("Line") or []]
        for line in lines:
            self._check_open(line, customer, currency, old)
        return lines

    def _payment_line(self, line: Body, currency: str) -> Record:
        links = line.get("LinkedTxn") or []
        if len(links) != 1:
            raise self.faults.unsupported("Every line of a payment links exactly one transaction")
        kind, identity = str(links[0].get("TxnType")), str(links[0].get("TxnId"))
        if kind not in ("Invoice", "CreditMemo", "JournalEntry"):
            raise self.faults.unsupported(f"TxnType {kind} cannot be linked to a payment")
        if identity not in self.books[kind]:
            raise self.faults.not_found(f"{kind} {identity}")
        return {"amount": self.amount(line, "Amount", currency), "type": kind, "to": identity}

    def _check_open(self, line: Record, customer: Record, currency: str, old: list[Record]) -> None:
        if line["type"] == "JournalEntry":
            return
        linked = self.books[line["type"]][line["to"]]
        if linked["customer"] != customer["id"] and self._family(linked["customer"]) != self._family(customer["id"]):
            raise self.faults.business("The linked transaction belongs to another customer")
        if linked["currency"] != currency:
            raise self.faults.business("The linked transaction has another currency")
        left = self.books.balance(linked) if line["type"] == "Invoice" else self.books.remaining_credit(linked)
        left += sum(one["amount"] for one in old if (one["type"], one["to"]) == (line["type"], line["to"]))
        if line["amount"] > left:
            raise self.faults.business("The amount applied is more than the open balance of the transaction")

    def _family(self, identity: str) -> str:
        record = self.books["Customer"].get(identity)
        return str((record or {}).get("parent") or identity)
