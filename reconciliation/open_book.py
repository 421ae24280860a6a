"""The invoices that money can still be matched to, and how much of each is left: an open amount is consumed once."""

import re
from collections import defaultdict
from collections.abc import Iterable

from receivables.facts import Invoice
from receivables.refs import Ref

_TOKEN = re.compile(r"[a-z0-9]+(?:[-/_.#][a-z0-9]+)*")


def normal(number: str) -> str:
    """An invoice number without case and separators: `INV-0042` and `inv 0042` are the same."""
    return re.sub(r"[^a-z0-9]", "", number.casefold())


class OpenBook:
    """Open invoices by number and amount. `left` is in minor units of the invoice's currency."""

    def __init__(self, invoices: Iterable[Invoice], shortest_number: int) -> None:
        self.invoices: dict[Ref, Invoice] = {invoice.ref: invoice for invoice in invoices}
        self.left: dict[Ref, int] = {ref: invoice.open for ref, invoice in self.invoices.items()}
        self._by_number: dict[str, list[Ref]] = defaultdict(list)
        self._by_id: dict[str, list[Ref]] = defaultdict(list)
        self._by_amount: dict[tuple[str, int], list[Ref]] = defaultdict(list)
        for ref, invoice in sorted(self.invoices.items()):
            self._by_id[invoice.id].append(ref)
            self._by_amount[invoice.currency, invoice.open].append(ref)
            if len(normal(invoice.number)) >= shortest_number:
                self._by_number[normal(invoice.number)].append(ref)

    def take(self, ref: Ref, amount: int) -> int:
        """Consume up to `amount`; returns what was there to take."""
        taken = min(amount, self.left.get(ref, 0))
        if taken > 0:
            self.left[ref] -= taken
        return max(taken, 0)

    def with_id(self, value: str) -> list[Ref]:
        return self._by_id.get(value, [])

    def numbered(self, text: str) -> list[Ref]:
        """Invoices whose number stands in a text, in the order of the text; words may be split by spaces."""
        words = _TOKEN.findall(text.casefold())
        found: dict[Ref, None] = {}
        for start in range(len(words)):
            for width in (1, 2, 3):
                for ref in self._by_number.get(normal("".join(words[start : start + width])), ()):
                    found[ref] = None
        return list(found)

    def of_amount(self, currency: str, amount: int) -> list[Ref]:
        """Invoices whose whole open balance is exactly this and of which nothing was taken yet."""
        return [ref for ref in self._by_amount.get((currency, amount), ()) if self.left[ref] == amount]
