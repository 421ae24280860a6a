"""A bank's statement taken into the store: each line once, however often its file, or one that overlaps it, is read."""

import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from itertools import count

from receivables.facts import BankLine
from reconciliation.matching.items import PaymentLine
from store import ingest, journal, snapshots
from store.ingest import Saved
from sync.installation import Installation

#: What the reader of a file puts behind an id that the bank gave twice, or in place of one that it did not give.
_COMPLETED = re.compile(r"#\d+$")

#: Day, minor units, currency, payer, payer's account, reference.
Content = tuple[str, int, str, str, str, str]


def keep(installation: Installation, account: str, lines: Sequence[PaymentLine], actor: str, source: str) -> Saved:
    """Save the lines of one file of a bank account, in one transaction. `source` is the file's name, for the journal."""
    now = installation.clock()
    with installation.store.write() as tx:
        known = [one for one in snapshots.current(tx, BankLine) if one.connection == account]
        saved = ingest.save_rows(tx, account, "", now, [(b"", named(account, lines, known))])
        if saved.new or saved.changed:
            told = {"file": source, "new": str(saved.new), "changed": str(saved.changed)}
            journal.append(tx, now, "bank statement read", account, told, actor)
    return saved


def named(account: str, lines: Sequence[PaymentLine], known: Iterable[BankLine]) -> list[BankLine]:
    """The lines of one file as facts, each under an id that is its own in every file. Pure.

    A line that the bank names by an id that we know, with the same day and money, is the one that we have. Else a line
    that says the same as one that we have is that one, as often as we have it: banks that give no ids, or rows that are
    merely numbered, are understood so. What is left is new.
    """
    twice = {_COMPLETED.sub("", line.id) for line in lines if _COMPLETED.search(line.id)}
    own = ["" if _COMPLETED.search(line.id) or line.id in twice else line.id for line in lines]
    have = {one.id: one for one in known}
    facts: list[BankLine | None] = [None] * len(lines)
    for place, line in enumerate(lines):
        if own[place] in have and _is_same(have[own[place]], line):
            facts[place] = _fact(account, own[place], line)
    left = _by_content(have.values(), taken={one.id for one in facts if one})
    taken = set(have)
    for place, line in enumerate(lines):
        if facts[place] is None and (same := left[_content(line)]):
            facts[place] = same.popleft()
        elif facts[place] is None:
            facts[place] = new = _fact(account, _new_id(own[place], line, taken), line)
            taken.add(new.id)
    return [one for one in facts if one]


def _is_same(known: BankLine, line: PaymentLine) -> bool:
    """Banks correct names and texts, but not amounts and days; and not all of what a line says at once."""
    if (known.booked_on, known.amount, known.currency) != (line.paid_on, line.amount, line.currency):
        return False
    return known.payer_name == line.payer_name or known.reference == line.reference


def _by_content(known: Iterable[BankLine], taken: Collection[str]) -> defaultdict[Content, deque[BankLine]]:
    found: defaultdict[Content, deque[BankLine]] = defaultdict(deque)
    for one in sorted(known, key=lambda one: one.id):
        if one.id not in taken:
            said = (str(one.booked_on), one.amount, one.currency, one.payer_name, one.payer_account, one.reference)
            found[said].append(one)
    return found


def _content(line: PaymentLine) -> Content:
    return (str(line.paid_on), line.amount, line.currency, line.payer_name, line.payer_account, line.reference)


def _new_id(own: str, line: PaymentLine, taken: Collection[str]) -> str:
    """The bank's own id, where it is free; else a digest of what the line says, and a number."""
    if own and own not in taken:
        return own
    said = hashlib.sha256("\x1f".join(map(str, _content(line))).encode()).hexdigest()[:20]
    return next(name for number in count(1) if (name := f"{said}-{number}") not in taken)


def _fact(account: str, identifier: str, line: PaymentLine) -> BankLine:
    return BankLine(
        connection=account,
        id=identifier,
        account=account,
        currency=line.currency,
        amount=line.amount,
        booked_on=line.paid_on,
        payer_name=line.payer_name,
        payer_account=line.payer_account,
        reference=line.reference,
        method=line.method,
    )
