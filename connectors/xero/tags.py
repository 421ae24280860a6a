"""Our mark in what we write, so that it is found again long after Xero has forgotten the key. Pure."""

import hashlib
import re

from connectors.fields import Record

_KEY_LENGTH = 128
#: What stands in front of every mark; our own notes are told by it.
PREFIX = "owed-"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def idempotency_key(key: str) -> str:
    """At most 128 characters; the same for the same key."""
    return key if len(key) <= _KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


def step_key(key: str, step: str) -> str:
    """The key of one step of a write that takes several calls."""
    return idempotency_key(f"{key}/{step}")


def tag(key: str) -> str:
    return PREFIX + hashlib.sha256(key.encode()).hexdigest()[:12]


def is_ours(row: Record, key: str) -> bool:
    """Whatever else stands in the Reference, and in the odd records of others."""
    return tag(key) in str(row.get("Reference"))


def reference(words: str, key: str) -> str:
    """The words as given stand first, so that people and matching find them; a Reference has 255 characters."""
    return f"{words[:200]} {tag(key)}".strip()


def account(code: str) -> Record:
    """An account by its code, or by its id where that is what we know."""
    return {"AccountID": code} if GUID.fullmatch(code) else {"Code": code}


def line(description: str, amount: float, code: str, tax_code: str) -> Record:
    """One line of a document; without an account or a tax type Xero takes its own defaults."""
    found: Record = {"Description": description, "Quantity": 1, "UnitAmount": amount}
    if code:
        found["AccountID" if GUID.fullmatch(code) else "AccountCode"] = code
    return found | ({"TaxType": tax_code} if tax_code else {})
