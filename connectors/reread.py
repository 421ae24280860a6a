"""What a list of re-read invoices says about each one that was asked for. Pure."""

from collections.abc import Iterable, Sequence

from connectors.protocol import Checked, Row
from receivables.facts import Invoice


def checked(asked: Sequence[str], shown: Iterable[tuple[str, Row]]) -> dict[str, Checked]:
    """`shown` are the records of the answer with their ids, in any case of letters.

    What was not shown no longer exists; what was shown but cannot be understood is left out. A record without an id
    may be any of them, so then nothing is said to be gone.
    """
    by_id = {identifier.lower(): row for identifier, row in shown}
    found: dict[str, Checked] = {}
    for wanted in asked:
        row = by_id.get(wanted.lower())
        fact = row.facts[0] if row and row.facts else None
        if isinstance(fact, Invoice):
            found[wanted] = Checked(fact)
        elif row is None and "" not in by_id:
            found[wanted] = Checked(None)
    return found
