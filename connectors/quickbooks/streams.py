"""The entities of QuickBooks that are pulled, and the facts they become. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from connectors.fields import Record, identifier, instant, record
from connectors.quickbooks.journals import journal_lines
from connectors.quickbooks.translate import (
    SALES_RECEIPT,
    Realm,
    credit_note,
    customer,
    deposit,
    invoice,
    payment,
    refund,
    sales_receipt,
)
from receivables.facts import Fact, Gone


@dataclass(frozen=True, slots=True)
class Stream:
    """An entity and the kind of fact it becomes. `open` is the property that tells what is still open of it."""

    entity: str
    kind: str
    translate: Callable[[Record, Realm], Fact | tuple[Fact, ...]]
    open: str = ""
    #: What a query must say to be shown all records.
    where: str = ""
    #: Before the entity's own id, where another stream tells the same kind.
    prefix: str = ""

    def facts(self, row: Record, realm: Realm) -> tuple[Fact, ...]:
        if row.get("status") == "Deleted":
            return (self._gone(row, realm),)
        told = self.translate(row, realm)
        return told if isinstance(told, tuple) else (told,)

    def _gone(self, row: Record, realm: Realm) -> Gone:
        return Gone(
            connection=realm.connection,
            id=self.prefix + identifier(row, "Id"),
            of_kind=self.kind,
            updated_at=instant(record(row, "MetaData"), "LastUpdatedTime"),
        )

    @property
    def columns(self) -> str:
        """What a census needs of a record."""
        names = ("Id", "SyncToken", "CurrencyRef", self.open) if self.open else ("Id", "SyncToken")
        return ", ".join(names)

    @property
    def is_journal(self) -> bool:
        """Its records tell one fact a line, and need the receivables accounts to be understood."""
        return self.translate is journal_lines


#: In the order in which they are pulled. Lists of names show only active records unless both are asked for.
STREAMS: dict[str, Stream] = {
    "customers": Stream("Customer", "customer", customer, open="Balance", where="Active IN (true, false)"),
    "invoices": Stream("Invoice", "invoice", invoice, open="Balance"),
    "credit_notes": Stream("CreditMemo", "credit_note", credit_note, open="Balance"),
    "payments": Stream("Payment", "payment", payment, open="UnappliedAmt"),
    "sales_receipts": Stream("SalesReceipt", "payment", sales_receipt, prefix=SALES_RECEIPT),
    "refunds": Stream("RefundReceipt", "refund", refund),
    "deposits": Stream("Deposit", "payout", deposit),
    "journal_lines": Stream("JournalEntry", "journal_line", journal_lines),
}
