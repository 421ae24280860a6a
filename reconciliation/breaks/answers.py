"""What people have said about breaks, and what follows from it for the next run."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from receivables.breaks import STANDING, Break
from receivables.local_facts import Assignment, BreakAnswer, LocalFact
from receivables.refs import Ref

#: Breaks that are a match which a person may confirm or refuse; their references are the payment and the invoice.
MATCHES = frozenset({"proposed match", "missing counterpart"})


class Answers:
    """The newest answer to each break, and who looks after it.

    `refused` are (payment, invoice) pairs, as str() of their references, that are never proposed again; `confirmed`
    are the invoices that a person said a payment is for.
    """

    def __init__(self, facts: Iterable[LocalFact]) -> None:
        self._answers: dict[str, BreakAnswer] = {}
        self._assigned: dict[str, str] = {}
        pairs: dict[tuple[Ref, Ref], BreakAnswer] = {}
        for fact in sorted(facts, key=lambda fact: (str(fact.stated_at), fact.id)):
            if isinstance(fact, Assignment):
                self._assigned[fact.subject] = fact.assigned_to
            elif isinstance(fact, BreakAnswer) and fact.withdrawn_at is None:
                self._answers[fact.subject] = fact
                if fact.break_kind in MATCHES and len(fact.refs) == 2:
                    pairs[fact.refs[0], fact.refs[1]] = fact
        self.refused: frozenset[tuple[str, str]] = frozenset(
            (str(payment), str(invoice)) for (payment, invoice), said in pairs.items() if said.answer == "refused"
        )
        self.confirmed: dict[Ref, list[Ref]] = defaultdict(list)
        for (payment, invoice), said in sorted(pairs.items()):
            if said.answer == "accepted":
                self.confirmed[payment].append(invoice)

    def to(self, one: Break) -> BreakAnswer | None:
        """The answer that still fits: given for this very amount, or to a break that stands for good."""
        said = self._answers.get(one.key)
        if said is None or said.answer != "accepted":
            return None
        same = (said.amount, said.currency) == (one.amount.minor, one.amount.currency)
        return said if same or one.kind in STANDING else None

    def applied(self, one: Break) -> Break:
        """The break with what was said about it."""
        said, assigned = self.to(one), self._assigned.get(one.key, "")
        if said is None:
            return msgspec.structs.replace(one, assigned_to=assigned) if assigned else one
        return msgspec.structs.replace(
            one,
            answer="accepted",
            choice=said.choice,
            answered_by=said.stated_by,
            reason=said.reason,
            assigned_to=assigned,
        )
