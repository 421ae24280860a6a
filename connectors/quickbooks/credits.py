"""A credit memo, allocated to an invoice: two writes, each found again by what the first one left.

The memo carries our tag. QuickBooks may apply it by itself ("automatically apply credits"), to this invoice or to an
older one, so what is left of it is read before it is applied.
"""

from connectors.errors import Refused
from connectors.fields import Record, amount, amount_or_none, decode_record, identifier
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.applied import allocations
from connectors.quickbooks.client import QuickBooksClient, quoted
from connectors.quickbooks.payments import application
from connectors.quickbooks.sweeps import Query, sweep
from connectors.quickbooks.writing import fresh, made, receipt, request_id, search, sold, tag, tagged
from receivables.commands import ApplyCredit, CreditInvoice
from receivables.money import Money
from receivables.refs import Ref


def credit_invoice(client: QuickBooksClient, command: CreditInvoice, intent: Intent) -> Receipt:
    memo = _made_before(client, command, intent.key)
    memo = fresh(client, "CreditMemo", identifier(memo or _make(client, command, intent.key), "Id"))
    missing = command.amount.minor - _applied(client, command, memo)
    if missing > 0:
        _check(client, command, memo, missing)
        body = application(_application(command, memo, missing), intent.key)
        step = ("apply", identifier(memo, "SyncToken"))
        made(client.post("payment", body, request_id(intent.key, *step)), "Payment")
    return receipt(memo)


def find_credit(client: QuickBooksClient, command: CreditInvoice, intent: Intent) -> Finding:
    """Absent while it is not allocated in full: pushing again under the same key is safe."""
    memo = _made_before(client, command, intent.key)
    if memo is None:
        return "absent"
    missing = command.amount.minor - _applied(client, command, memo)
    if missing <= 0:
        return receipt(memo)
    return "absent" if _total(memo, command) == command.amount.minor and missing <= _left(memo, command) else "unknown"


def _made_before(client: QuickBooksClient, command: CreditInvoice, key: str) -> Record | None:
    day = command.issued_on.isoformat()
    return tagged(search(client, "CreditMemo", CustomerRef=command.customer.id, TxnDate=day), key)


def _make(client: QuickBooksClient, command: CreditInvoice, key: str) -> Record:
    """Nothing is made that could not be allocated."""
    invoice = fresh(client, "Invoice", command.invoice.id)
    if amount(invoice, "Balance", command.amount.currency) < command.amount.minor:
        raise Refused(f"less than {command.amount} is open on {command.invoice}", code="too_much")
    body = {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TxnDate": command.issued_on.isoformat(),
        "PrivateNote": f"For {command.invoice} [{tag(key)}]",
    } | sold(command.amount, command.description, command.account, command.tax_code, with_tax=True)
    return made(client.post("creditmemo", body, request_id(key, "memo")), "CreditMemo")


def _applied(client: QuickBooksClient, command: CreditInvoice, memo: Record) -> int:
    """How much of the memo went to the invoice, by whoever's hand; in minor units."""
    where = f"CustomerRef = {quoted(command.customer.id)} AND TxnDate >= {quoted(command.issued_on.isoformat())}"
    payments = (raw for swept in sweep(client, Query("Payment", where=where)) for raw in swept.raws)
    return sum(_share(decode_record(raw), command, identifier(memo, "Id")) for raw in payments)


def _share(payment: Record, command: CreditInvoice, memo_id: str) -> int:
    code = command.amount.currency
    cash = amount(payment, "TotalAmt", code) - (amount_or_none(payment, "UnappliedAmt", code) or 0)
    shares = allocations(payment, code, cash)
    ours = [one for one in shares if (one.source_id, one.invoice_id) == (memo_id, command.invoice.id)]
    return sum(one.amount for one in ours if one.source_kind == "credit_note")


def _check(client: QuickBooksClient, command: CreditInvoice, memo: Record, missing: int) -> None:
    """The memo stands: what is wrong with it now is for a person."""
    name = f"credit memo {memo.get('DocNumber') or memo['Id']} was made, but"
    if _total(memo, command) != command.amount.minor:
        raise Refused(f"{name} with tax it comes to {memo['TotalAmt']}, not {command.amount}", code="half_done")
    if _left(memo, command) < missing:
        raise Refused(f"{name} QuickBooks applied it to other invoices by itself", code="half_done")
    invoice = fresh(client, "Invoice", command.invoice.id)
    if amount(invoice, "Balance", command.amount.currency) < missing:
        raise Refused(f"{name} less than that is open on {command.invoice} now", code="half_done")


def _application(command: CreditInvoice, memo: Record, missing: int) -> ApplyCredit:
    return ApplyCredit(
        connection=command.connection,
        credit_note=Ref(command.invoice.connection, "credit_note", identifier(memo, "Id")),
        invoice=command.invoice,
        customer=command.customer,
        amount=Money(missing, command.amount.currency),
        allocated_on=command.issued_on,
    )


def _total(memo: Record, command: CreditInvoice) -> int:
    return amount(memo, "TotalAmt", command.amount.currency)


def _left(memo: Record, command: CreditInvoice) -> int:
    code = command.amount.currency
    left = amount_or_none(memo, "RemainingCredit", code)
    return amount(memo, "Balance", code) if left is None else left
