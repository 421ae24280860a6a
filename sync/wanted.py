"""The guards, asked again just before an effect leaves: is it still wanted, given what was read a moment ago?"""

from typing import Literal

from receivables.commands import CreatePaymentLink, RecordPayment
from receivables.refs import Ref
from rules.recheck import recheck as still_right
from store.outbox import Effect
from sync.assess import MESSAGES, Assessment
from sync.installation import Installation
from sync.turn import allowance_today
from sync.verify import Recheck

Answer = tuple[Literal["go", "wait", "cancel"], str]


def still_wanted(installation: Installation, effect: Effect, assessment: Assessment, recheck: Recheck) -> Answer:
    """go, wait or cancel: the same question as in planning, asked of the newest facts."""
    subjects = [Ref.parse(subject) for subject in effect.subjects]
    unread = [recheck.unread[ref] for ref in subjects if ref in recheck.unread]
    if unread:
        return "wait", f"not read again just now: {unread[0]}"
    if effect.verb in MESSAGES:
        return _message_wanted(installation, effect, assessment)
    command = effect.command
    if isinstance(command, CreatePaymentLink):
        item = assessment.item(str(command.invoice))
        wanted = item is not None and item.demand == command.amount
        return ("go", "") if wanted else ("cancel", "the amount due has changed")
    if isinstance(command, RecordPayment):
        invoice = assessment.snapshot.invoice(command.invoice)
        booked = {sighting.payment for sighting in assessment.reconciliation.sightings}
        if command.source in booked or invoice is None or invoice.open < command.amount.minor:
            return "cancel", "the books already have it, or the balance is smaller now"
    return "go", ""


def _message_wanted(installation: Installation, effect: Effect, assessment: Assessment) -> Answer:
    decision = effect.decision
    if decision is None:
        return "cancel", "it has no decision behind it"
    against = still_right(
        decision,
        installation.rulebook,
        assessment.items,
        assessment.snapshot.business,
        assessment.snapshot.connections,
        assessment.history,
        installation.clock(),
    )
    if against:
        patience = all(reason.until for reason in against)
        return ("wait" if patience else "cancel"), "; ".join(reason.text for reason in against)
    if effect.expires_at and effect.expires_at < installation.clock():
        return "cancel", "its approval has expired"
    left = allowance_today(installation)
    return ("go", "") if left > 0 else ("wait", "today's number of messages is used up")
