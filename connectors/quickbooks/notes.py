"""Words on an invoice: a note for the business's own people, and the memo that the customer reads."""

from connectors.errors import Refused
from connectors.fields import Record, record, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.writing import fresh, made, receipt, request_id, search, tag, tagged, update
from receivables.commands import AddNote, SetCustomerMemo

#: A note may have 2000 characters (Intuit), our tag among them.
_LONGEST_NOTE = 1900
_LONGEST_MEMO = 1000


def add_note(client: QuickBooksClient, command: AddNote, intent: Intent) -> Receipt:
    target = {"EntityRef": {"type": "Invoice", "value": command.invoice.id}, "IncludeOnSend": False}
    note = f"{command.text[:_LONGEST_NOTE]} [{tag(intent.key)}]"
    answer = client.post("attachable", {"Note": note, "AttachableRef": [target]}, request_id(intent.key))
    return receipt(made(answer, "Attachable"))


def find_note(client: QuickBooksClient, command: AddNote, intent: Intent) -> Finding:
    of_invoice = {"AttachableRef.EntityRef.Type": "Invoice", "AttachableRef.EntityRef.value": command.invoice.id}
    found = tagged(search(client, "Attachable", **of_invoice), intent.key, "Note")
    return receipt(found) if found else "absent"


def set_memo(client: QuickBooksClient, command: SetCustomerMemo, intent: Intent) -> Receipt:
    """No Line in the body: it would replace all lines."""

    def change(found: Record) -> Record | None:
        memo = _memo(found)
        return None if _says(memo, command.text) else {"CustomerMemo": {"value": _joined(memo, command.text)}}

    return receipt(update(client, "Invoice", command.invoice.id, intent.key, change))


def find_memo(client: QuickBooksClient, command: SetCustomerMemo, _: Intent) -> Finding:
    found = fresh(client, "Invoice", command.invoice.id)
    return receipt(found) if _says(_memo(found), command.text) else "absent"


def _says(memo: str, words: str) -> bool:
    """Whatever became of line ends."""
    return f" {' '.join(words.split())} " in f" {' '.join(memo.split())} "


def _memo(invoice: Record) -> str:
    return text(record(invoice, "CustomerMemo"), "value")


def _joined(memo: str, words: str) -> str:
    """What the business wrote is never cut off to make room."""
    whole = f"{memo}\n{words}" if memo else words
    if len(whole) > _LONGEST_MEMO:
        raise Refused(f"the memo would have {len(whole)} characters; QuickBooks takes {_LONGEST_MEMO}", code="too_long")
    return whole
