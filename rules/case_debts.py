"""The debts of a `[[case]]`: one in a few keys, or several as `[[case.invoice]]`, with what was paid and said."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from receivables.facts import Contact, Customer, Invoice, InvoiceStatus
from receivables.local_facts import Dispute, Hold, Instalment, PaymentPlan, Promise
from receivables.open_items import OpenItem, Receipt
from receivables.refs import LOCAL
from rules.table import Table, did_you_mean

BOOKS = "books"
#: The number of the one debt of a case that does not name several.
ONLY = "CASE-1"
DEBTOR = "case"

_STATUSES: tuple[InvoiceStatus, ...] = ("open", "draft", "submitted", "paid", "void")


def read_debts(table: Table, on: dt.date) -> tuple[OpenItem, ...]:
    """`on` is the case's day. Problems go to the table's."""
    platform = table.take_text("platform", "xero")
    customer = _customer(table.take_table("customer"))
    several = table.take_tables("invoice")
    items = [_item(one, on, platform, customer) for one in several] or [_item(table, on, platform, customer)]
    seen: set[str] = set()
    for one, item in zip(several, items, strict=False):
        if item.invoice.number in seen:
            one.report("number", f'there are two invoices "{item.invoice.number}"')
        seen.add(item.invoice.number)
        one.finish()
    return tuple(_paid(items, table.take_tables("payment"), on))


def _item(table: Table, on: dt.date, platform: str, customer: Customer) -> OpenItem:
    amount = table.take_money("amount")
    late = table.take_int("days_past_due", None, least=-3_650, most=3_650)
    has_due_date = late is not None and on > dt.date(1900, 1, 1)
    number = table.take_text("number", ONLY)
    invoice = Invoice(
        connection=BOOKS,
        id=number,
        number=number,
        customer_id=customer.id,
        currency=amount.currency,
        total=amount.minor,
        open=amount.minor,
        due_on=on - dt.timedelta(days=late) if has_due_date and late is not None else None,
        status=table.take_choice("status", _STATUSES, "open"),
        sent=table.take_flag("was_sent", True),
        charged_automatically=table.take_flag("charged_automatically", False),
    )
    promised_on = table.take_date("promised_on", None)
    hold_until = table.take_date("hold_until", None)
    return OpenItem(
        invoice=invoice,
        platform=platform,
        debtor=DEBTOR,
        customer=customer,
        matched=_minor(table, "received", amount.currency),
        in_flight=_minor(table, "in_flight", amount.currency),
        unapplied=_minor(table, "credit", amount.currency),
        dispute=Dispute(connection=LOCAL, id="dispute") if table.take_flag("disputed", False) else None,
        resolved=_resolved(table, on),
        promise=Promise(connection=LOCAL, id=f"promise-{promised_on}", promised_on=promised_on)
        if promised_on
        else None,
        hold=Hold(connection=LOCAL, id="hold", until_on=hold_until) if hold_until else None,
        plan=_plan(table, amount.minor, amount.currency),
    )


def _resolved(table: Table, on: dt.date) -> Dispute | None:
    ago = table.take_int("dispute_resolved_days_ago", None, least=0, most=3_650)
    if ago is None:
        return None
    at = dt.datetime.combine(on - dt.timedelta(days=ago), dt.time(9), dt.UTC)
    return Dispute(connection=LOCAL, id="resolved", resolved_at=at)


def _plan(table: Table, total: int, currency: str) -> PaymentPlan | None:
    """`plan = [ { on = 2026-03-01, amount = "500.00 GBP" }, … ]`, agreed when nothing of the amount was paid yet."""
    parts = []
    for part in table.take_tables("plan"):
        due_on, amount = part.take_date("on"), part.take_money("amount")
        part.finish()
        parts.append(Instalment(due_on, amount.minor))
    if not parts:
        return None
    return PaymentPlan(
        connection=LOCAL, id="plan", instalments=tuple(sorted(parts)), currency=currency, agreed_open=total
    )


def _minor(table: Table, key: str, currency: str) -> int:
    amount = table.take_money(key, None)
    if amount is not None and amount.currency and amount.currency != currency:
        table.report(key, f"expected {currency}, the currency of the amount")
    return amount.minor if amount else 0


def _customer(table: Table) -> Customer:
    customer = Customer(
        connection=BOOKS,
        id="customer",
        name=table.take_text("name", "Case Ltd"),
        contacts=(Contact(email=table.take_text("email", "case@customer.example"), primary=True),),
        country=table.take_text("country", ""),
        timezone=table.take_text("timezone", ""),
        language=table.take_text("language", ""),
        tags=table.take_list_of_text("tags", ()),
        company=table.take_flag("company", None),
    )
    table.finish()
    return customer


def _paid(items: list[OpenItem], payments: Iterable[Table], on: dt.date) -> Iterable[OpenItem]:
    """The debts after `[[case.payment]]`: what is recorded in the books reduces what is open."""
    found = {item.invoice.number: item for item in items}
    for number, table in enumerate(payments, start=1):
        amount = table.take_money("amount")
        about = table.take_text("invoice", items[0].invoice.number)
        received_on = on - dt.timedelta(days=table.take_int("days_ago", 0, least=0, most=3_650))
        table.finish()
        item = found.get(about)
        if item is None:
            table.report("invoice", f'no invoice "{about}" in this case', did_you_mean(about, found))
        elif amount.currency == item.invoice.currency:
            left = max(0, item.invoice.open - amount.minor)
            invoice = msgspec.structs.replace(
                item.invoice, open=left, status=item.invoice.status if left else "paid", paid_on=None if left else on
            )
            receipt = Receipt(f"payment-{number}", received_on, amount.minor)
            found[about] = msgspec.structs.replace(item, invoice=invoice, receipt=receipt)
        elif amount.currency:
            table.report("amount", f"expected {item.invoice.currency}, the currency of the invoice")
    return found.values()
