"""The reminder that the tests of e-mails send, and a message as its reader has it."""

import email
from email import policy
from email.message import EmailMessage

from receivables.commands import SendReminder
from receivables.refs import Ref

INVOICE = Ref("books", "invoice", "7")


def reminder(**fields: object) -> SendReminder:
    given = {
        "connection": "mail",
        "invoices": (INVOICE,),
        "to": ("ap@ruiz.example",),
        "subject": "Invoice INV-7 is overdue",
        "text": "Dear Ruiz,\n.please pay £12.50\n",
        "sender": "Harbour Joinery <accounts@harbour.example>",
        "reply_to": "ann@harbour.example",
    }
    return SendReminder(**(given | fields))  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=policy.default)
