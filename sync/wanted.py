"""The guards, asked again just before an effect leaves: is it still wanted, given what was read a moment ago?"""

from typing import Literal

from receivables.commands import CreatePaymentLink, RecordPayment
from receivables.open_items import blocked_addresses
from receivables.refs import Ref
from reconciliation.posting import disputed_payments, why_not_posted
from rules.recheck import recheck as still_right
from store.outbox import Effect
from sync.assess import MESSAGES, Assessment
from sync.correspondence import recipients
from sync.installation import Installation
from sync.postings import held_connections
from sync.turn import allowance_today
from sync.verify import Recheck

Answer = tuple[Literal["go", "wait", "cancel"], str]


def still_wanted(installation: Installation, effect: Effect, assessment: Assessment, recheck: Recheck) -> Answer:
    """go, wait or cancel: the same question as in planning, asked of the newest facts."""
    subjects = [Ref.parse(subject) for subject in effect.subjects]
    unread = [recheck.unread[ref] for ref in subjects if ref in recheck.unread]
    if unread:
        return "wait", f"not read again just now: {unread[0]}"
    if effect.decision is not None:
        return _message_wanted(installation, effect, assessment)
    command = effect.command
    if isinstance(command, CreatePaymentLink):
        item = assessment.item(str(command.invoice))
        wanted = item is not None and item.demand == command.amount
        return ("go", "") if wanted else ("cancel", "the amount due has changed")
    if isinstance(command, RecordPayment) and assessment.snapshot.keeps_books(command.connection):
        against = _posting_unwanted(command, assessment)
        return ("cancel", against) if against else ("go", "")
    return "go", ""


def _posting_unwanted(command: RecordPayment, assessment: Assessment) -> str:
    """The match must stand as it stood when the posting was planned: the same money, the same amount, as certain."""
    found, invoice = assessment.reconciliation, assessment.snapshot.invoice(command.invoice)
    if command.source in {sighting.payment for sighting in found.sightings}:
        return "the books already have it"
    if invoice is None or invoice.open < command.amount.minor:
        return "the balance is smaller now"
    if command.connection in held_connections(found.breaks):
        return "somebody else records this money in the books"
    match = next(
        (one for one in found.matches if (one.payment, one.invoice) == (command.source, command.invoice)), None
    )
    if match is None or match.amount != command.amount.minor:
        return "the payment no longer belongs to this invoice, or not with this amount"
    return why_not_posted(assessment.snapshot, match, disputed_payments(assessment.snapshot))


def _message_wanted(installation: Installation, effect: Effect, assessment: Assessment) -> Answer:
    decision = effect.decision
    if decision is None:
        return "cancel", "it has no decision behind it"
    against = still_right(
        decision,
        installation.rulebook,
        assessment.around(decision),
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
    if effect.verb not in MESSAGES:
        return "go", ""
    bounced = recipients(effect.command) & set(blocked_addresses(assessment.snapshot.local))
    if bounced:
        return "cancel", f"{', '.join(sorted(bounced))} bounced since it was planned"
    left = allowance_today(installation)
    return ("go", "") if left > 0 else ("wait", "today's number of messages is used up")
