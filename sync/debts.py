"""All open items of one look, to be found by invoice and by debtor."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from receivables.decisions import Decision
from receivables.open_items import OpenItem


@dataclass(frozen=True)
class Debts:
    """Indexed when somebody first asks."""

    items: tuple[OpenItem, ...]

    def of_invoice(self, ref: str) -> OpenItem | None:
        return self._by_ref.get(ref)

    def around(self, decision: Decision) -> list[OpenItem]:
        """The open items of a decision's debtor, and its invoices, under whatever debtor they stand now."""
        mine = self._by_debtor.get(decision.debtor, [])
        moved = (self._by_ref.get(str(ref)) for ref in decision.invoices)
        return [*mine, *(item for item in moved if item and item.debtor != decision.debtor)]

    @cached_property
    def _by_ref(self) -> dict[str, OpenItem]:
        return {str(item.invoice.ref): item for item in self.items}

    @cached_property
    def _by_debtor(self) -> dict[str, list[OpenItem]]:
        found: dict[str, list[OpenItem]] = defaultdict(list)
        for item in self.items:
            found[item.debtor].append(item)
        return found
