"""Guards about one debt: what must never be demanded, and what must wait. No policy can override them.

Stable codes, and whether something has to happen for them to pass:

- never to be demanded: `unknown_currency`, `not_issued`, `not_open`, `no_due_date`, `charged_automatically`,
  `nothing_to_demand`
- money that is there already: `in_flight`, `payment_not_in_books`, `covered_by_credit`
- waits for a person: `never_sent`, `disputed`, `on_hold` (without a day), `opted_out`, `no_address`,
  `own_domain`, `platform_reminds`, `reminders_unknown`, and every blocker's own code
- waits for a day: `promised`, `on_hold`; for the next pull: `stale_data`
"""

import datetime as dt
from collections.abc import Callable, Collection
from typing import NamedTuple

from receivables.decisions import Reason
from receivables.money import CURRENCIES
from receivables.open_items import OpenItem
from rules.schema import Step
from rules.situation import Situation
from rules.wording import amount, day, days

#: What stops a message of whatever channel.
_EVERY_EMAIL = frozenset({"all", "email"})

_STATUS_WORDS = {
    "draft": "still a draft",
    "submitted": "not yet approved",
    "paid": "paid",
    "void": "void",
    "uncollectible": "written off",
    "deleted": "deleted",
}


def never_demanded(item: OpenItem) -> Reason | None:
    """Why nothing is owed here that rules could ask for; None when there is something to ask for."""
    invoice = item.invoice
    if invoice.status != "open":
        code = "not_issued" if invoice.status in ("draft", "submitted") else "not_open"
        return Reason(code, f"the invoice is {_STATUS_WORDS[invoice.status]}")
    if invoice.currency not in CURRENCIES:
        return Reason("unknown_currency", f"{invoice.currency or 'an empty code'} is no currency")
    if invoice.open <= 0:
        return Reason("nothing_to_demand", "nothing is open on the invoice")
    if invoice.due_on is None:
        return Reason("no_due_date", "the invoice has no due date, so it cannot be overdue")
    if invoice.charged_automatically:
        return Reason("charged_automatically", "the platform charges the customer by itself")
    return None


def holds(item: OpenItem, step: Step, situation: Situation, opted_out: Collection[str]) -> list[Reason]:
    """Every reason why a step that is due must wait. `opted_out`: channels that the debtor refused, for any invoice."""
    reasons: list[Reason] = []
    for guard in GUARDS:
        reasons += guard.check(item, situation)
    reasons += opted_out_of(step.channel, opted_out)
    return reasons


def opted_out_channels(items: Collection[OpenItem], now: dt.datetime) -> frozenset[str]:
    """What a debtor refused counts for all its records: it is the same person on the other side."""
    return frozenset(
        opt_out.channel
        for item in items
        for opt_out in item.opt_outs
        if opt_out.withdrawn_at is None or opt_out.withdrawn_at > now
    )


def opted_out_of(channel: str, opted_out: Collection[str]) -> list[Reason]:
    """A refusal of e-mail covers the platform's too: it is an e-mail as well."""
    refused = (_EVERY_EMAIL | {channel}) & set(opted_out)
    if not refused:
        return []
    what = "any contact" if "all" in refused else f"messages by {' and '.join(sorted(refused))}"
    return [Reason("opted_out", f"the customer asked not to have {what}")]


def _covered(item: OpenItem, _situation: Situation) -> list[Reason]:
    if item.demandable > 0:
        return []
    currency = item.invoice.currency
    if item.in_flight > 0:
        text = f"{amount(item.in_flight, currency)} is on its way and covers what is open"
        return [Reason("in_flight", text)]
    if item.matched > 0:
        text = f"{amount(item.matched, currency)} was received and is not yet in the books"
        return [Reason("payment_not_in_books", text)]
    text = f"unapplied credit of {amount(item.unapplied, currency)} covers what is open: allocate it in the books"
    return [Reason("covered_by_credit", text)]


def _never_sent(item: OpenItem, _situation: Situation) -> list[Reason]:
    if item.invoice.sent is False and not item.sent_elsewhere:
        return [Reason("never_sent", "the invoice was never sent to the customer, by the platform's word")]
    return []


def _disputed(item: OpenItem, situation: Situation) -> list[Reason]:
    dispute = item.dispute
    if dispute is None or (dispute.resolved_at is not None and dispute.resolved_at <= situation.now):
        return []
    because = f": {dispute.reason}" if dispute.reason else ""
    return [Reason("disputed", f"the customer disputes it{because}")]


def _promised(item: OpenItem, situation: Situation) -> list[Reason]:
    promise = item.promise
    if promise is None or (promise.withdrawn_at is not None and promise.withdrawn_at <= situation.now):
        return []
    grace = situation.guards.promise_grace_days
    rests_on = promise.promised_on + dt.timedelta(days=grace)
    if situation.today > rests_on:
        return []
    what = amount(promise.amount, promise.currency) if promise.amount else "payment"
    text = f"{what} is promised for {day(promise.promised_on)}, and {days(grace)} are left for it to arrive"
    return [Reason("promised", text, situation.start_of(rests_on + dt.timedelta(days=1)))]


def _on_hold(item: OpenItem, situation: Situation) -> list[Reason]:
    hold = item.hold
    if hold is None or (hold.lifted_at is not None and hold.lifted_at <= situation.now):
        return []
    because = f" ({hold.reason})" if hold.reason else ""
    if hold.until_on is None:
        return [Reason("on_hold", f"on hold until somebody lifts it{because}")]
    if situation.today >= hold.until_on:
        return []
    return [Reason("on_hold", f"on hold until {day(hold.until_on)}{because}", situation.start_of(hold.until_on))]


def _blocked(item: OpenItem, situation: Situation) -> list[Reason]:
    return [
        Reason(blocker.code, blocker.text, situation.start_of(blocker.until_on) if blocker.until_on else None)
        for blocker in item.blockers
        if blocker.until_on is None or situation.today < blocker.until_on
    ]


def _no_address(item: OpenItem, situation: Situation) -> list[Reason]:
    addresses = item.addresses
    if not addresses:
        return [Reason("no_address", "neither the invoice nor the customer has an e-mail address")]
    own = {domain.casefold() for domain in situation.business.domains}
    if own and all(address.rpartition("@")[2].casefold() in own for address in addresses):
        return [Reason("own_domain", f"{addresses[0]} is an address of your own business")]
    return []


def _stale(item: OpenItem, situation: Situation) -> list[Reason]:
    return situation.staleness(item.invoice.connection, item.read_at)


def _reminded_by_platform(item: OpenItem, situation: Situation) -> list[Reason]:
    """A platform that sends reminders of its own would make every one of ours the second of that day."""
    reasons: list[Reason] = []
    for name in dict.fromkeys([item.invoice.connection, *(ref.connection for ref in item.mirrors)]):
        state = situation.connections.get(name)
        if state is not None and state.platform in ("csv", "email"):
            continue
        if state is None or state.reminds_by_itself is None:
            reasons.append(Reason("reminders_unknown", f"does {name} send reminders by itself? Answer at go-live"))
        elif state.reminds_by_itself:
            reasons.append(Reason("platform_reminds", f"{name} sends reminders by itself: switch them off there"))
    return reasons


class Guard(NamedTuple):
    """`title` is what it looks at, for a person."""

    title: str
    check: Callable[[OpenItem, Situation], list[Reason]]


#: In the order in which they are told.
GUARDS: tuple[Guard, ...] = (
    Guard("money that is there already", _covered),
    Guard("dispute", _disputed),
    Guard("promise to pay", _promised),
    Guard("hold", _on_hold),
    Guard("reconciliation", _blocked),
    Guard("sent to the customer", _never_sent),
    Guard("e-mail address", _no_address),
    Guard("the platform's own reminders", _reminded_by_platform),
    Guard("age of the facts", _stale),
)
