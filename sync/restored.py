"""After a backup was restored: may this have been done already, in the time that nobody here knows of?

No number of days can tell. A step that a weekend, a dispute or a lapsed grant holds back comes up weeks later, and may
have been done before all the same. So each step is judged by the first day on which its own timing allowed it.
"""

import datetime as dt

from receivables.commands import OpenTask, SendNotice
from receivables.decisions import Decision
from receivables.facts import Invoice
from receivables.refs import Ref
from rules.schema import Step
from store import organisations, snapshots
from store.engine import Transaction
from store.outbox import Effect, NewEffect
from sync.installation import Installation


def may_have_been_done(installation: Installation, effect: NewEffect | Effect) -> bool:
    """True for an act whose step was due, by the rules of today, before the stop that follows a restore was lifted.

    Not of tasks, which stand in this store alone, nor of words to the business's own people.
    """
    decision = effect.decision
    if decision is None or isinstance(effect.command, OpenTask | SendNotice):
        return False
    with installation.store.read() as tx:
        until = organisations.standing(tx).review_until
        if until is None:
            return False
        invoices = [(ref, _newest(tx, ref)) for ref in decision.invoices]
    last = installation.business.day_of(until)
    return any(_first_possible_on(_step(installation, decision, ref), found) <= last for ref, found in invoices)


def _newest(tx: Transaction, ref: Ref) -> Invoice | None:
    known = snapshots.versions(tx, Invoice.kind, ref.connection, ref.id)
    newest = known[-1][1] if known else None
    return newest if isinstance(newest, Invoice) else None


def _step(installation: Installation, decision: Decision, ref: Ref) -> Step | None:
    """The step at which an invoice stands in a message."""
    beside = next((one.step for one in decision.alongside if one.invoice == str(ref)), decision.step)
    policy = installation.rulebook.policy(decision.policy)
    return next((step for step in policy.steps if step.name == beside), None) if policy else None


def _first_possible_on(step: Step | None, invoice: Invoice | None) -> dt.date:
    """Before it nobody can have done the step for the invoice. What cannot be told may have been done at any time."""
    if invoice is None:
        return dt.date.min
    if step is None or step.event or invoice.due_on is None:
        return invoice.issue_on or dt.date.min
    days = -step.before if step.before is not None else step.after or 1
    return invoice.due_on + dt.timedelta(days=days)
