"""What remains of records once a person's data has been erased: amounts, days and references, no words.

Books have to be kept; names, addresses and texts need not. What is left still adds up and still matches: of references
and metadata stay the numbers of documents, which name nobody.
"""

import re
from typing import Any, TypeVar

import msgspec

from receivables.decisions import Decision

S = TypeVar("S", bound=msgspec.Struct)

#: Fields that tell who somebody is, or hold words about them, in facts, commands and decisions.
PERSONAL = frozenset(
    {
        *("name", "contacts", "tax_id", "postal_code", "address", "tags"),
        *("email", "copied", "pay_url", "url", "lines", "memo", "purchase_order"),
        *("payer_name", "payer_email", "payer_account"),
        *("to", "cc", "copy_to", "text", "html", "body", "title", "success_url"),
        *("reason", "outcome", "sender", "excerpt", "message_id", "diagnostic", "due"),
    }
)
#: Texts in which the numbers of documents stay.
NUMBERED = frozenset({"reference", "description"})

_NUMBER = re.compile(r"(?:[A-Za-z]{1,6}[-/]?)?\d{1,8}")
_IDENTIFIER = re.compile(r"[a-z]{2,6}_[A-Za-z0-9]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: Names of metadata that owed itself writes.
_OURS = "owed_"


def minimal(record: S) -> S:
    """A fact or a command without what tells of a person. Doing it again changes nothing."""
    left: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if not value:
            continue
        if name in PERSONAL or (name == "subject" and hasattr(record, "to")):
            left[name] = type(value)()
        elif name in NUMBERED and isinstance(value, str):
            left[name] = numbers_in(value)
        elif name == "metadata":
            left[name] = {key: text for key, text in value.items() if key.startswith(_OURS) or _names_a_record(text)}
    return msgspec.structs.replace(record, **left) if left else record


def minimal_decision(decision: Decision) -> Decision:
    """The verdict and the codes of its reasons, without their words."""
    reasons = tuple(msgspec.structs.replace(reason, text="") for reason in decision.reasons)
    return msgspec.structs.replace(decision, reasons=reasons, cc=())


def numbers_in(text: str) -> str:
    """Words that look like the number of a document: letters, then at most eight digits. Digits in several groups are
    a telephone or an account."""
    words = [word.strip(".:()#") for word in re.split(r"[\s,;]+", text)]
    digits = [False, *(word.lstrip("+").isdigit() for word in words), False]
    grouped = [here and (before or after) for before, here, after in zip(digits, digits[1:], digits[2:], strict=False)]
    return " ".join(word for word, part in zip(words, grouped, strict=True) if not part and _NUMBER.fullmatch(word))


def _names_a_record(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _IDENTIFIER.fullmatch(text))
