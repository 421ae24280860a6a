"""Guards about one debt: what must never be demanded, and what must wait. No policy can override them.

Stable codes, and whether something has to happen for them to pass:

- never to be demanded: `unknown_currency`, `not_issued`, `not_open`, `no_due_date`, `charged_automatically`,
  `nothing_to_demand`
- money that is there already: `in_flight`, `payment_not_in_books`, `covered_by_credit`
- waits for a person: `never_sent`, `disputed`, `on_hold` (without a day), `insolvent`, `agency`, `lawyer`, `opted_out`,
  `never_chase`, `we_owe_them`, `no_address`, `own_domain`, `platform_reminds`, `reminders_unknown`, `books_behind`, and
  every blocker's own code
- waits for a day: `promised`, `plan_kept`, `on_hold`; for the next pull: `stale_data`
"""

import datetime as dt
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import NamedTuple

from receivables.decisions import REACHING, WRITTEN, Action, Reason
from receivables.money import CURRENCIES, Money
from receivables.open_items import OpenItem
from rules.fields import identity
from rules.occasions import paid_for_plan
from rules.situation import Situation
from rules.wording import amount, day, days

#: What stops a message of whatever channel.
_EVERY_EMAIL = frozenset({"all", "email"})

_NO_DUE_DATE = (
    "the invoice has no due date, so it cannot be overdue; [business] terms_days = 30 makes such invoices due 30 days "
    "after their issue"
)

#: Codes that another way of reaching the debtor may mend.
ADDRESS_CODES = frozenset({"no_address"})

#: What asks for nothing, or asks nobody outside.
_THANKS = frozenset({"thank_you"})
_INSIDE = frozenset({"note", "payment_link", "alert", "webhook"})
_WITHOUT_ADDRESS = _INSIDE | {"call", "letter"}

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
        return Reason("no_due_date", _NO_DUE_DATE)
    if invoice.charged_automatically:
        return Reason("charged_automatically", "the platform charges the customer by itself")
    return None


def holds(
    item: OpenItem, action: Action, channel: str, situation: Situation, opted_out: Collection[str]
) -> list[Reason]:
    """Every reason why a step that is due must wait. `opted_out`: channels that the debtor refused, for any invoice."""
    reasons: list[Reason] = []
    for guard in GUARDS:
        if action not in guard.spares:
            reasons += guard.check(item, situation)
    if opted_out and action in REACHING:
        reasons += opted_out_of(channel if action in WRITTEN else action, opted_out)
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
    if item.demandable > 0 or item.invoice.open <= 0:
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
    if hold.cause:
        return [Reason(hold.cause, f"{_CAUSES[hold.cause]}{because}")]
    if hold.until_on is None:
        return [Reason("on_hold", f"on hold until somebody lifts it{because}")]
    if situation.today >= hold.until_on:
        return []
    return [Reason("on_hold", f"on hold until {day(hold.until_on)}{because}", situation.start_of(hold.until_on))]


def _plan_kept(item: OpenItem, situation: Situation) -> list[Reason]:
    """While every part came in time, the next one is waited for; a missed part makes the rest due again."""
    plan = item.plan
    if plan is None or plan.withdrawn_at is not None:
        return []
    paid = paid_for_plan(item)
    for instalment in plan.instalments:
        paid -= instalment.amount
        if paid >= 0:
            continue
        rests_on = instalment.due_on + dt.timedelta(days=situation.guards.promise_grace_days)
        if situation.today > rests_on:
            return []
        text = f"a payment plan is kept: {amount(instalment.amount, plan.currency)} is due on {day(instalment.due_on)}"
        return [Reason("plan_kept", text, situation.start_of(rests_on + dt.timedelta(days=1)))]
    return []


def _never_chase(item: OpenItem, situation: Situation) -> list[Reason]:
    if not situation.never_chase or situation.never_chase.isdisjoint(identity(item)):
        return []
    return [Reason("never_chase", "owed.toml names it in guards.never_chase: a related company, staff, …")]


def _owed_to_them(item: OpenItem, situation: Situation) -> list[Reason]:
    """What we owe somebody is set off before we demand; a person decides how. Told in our home currency alone."""
    payable = item.customer.payable if item.customer else ""
    currency = item.invoice.currency
    if not payable or currency != situation.business.currency:
        return []
    if Decimal(payable) < Money(item.demandable, currency).decimal:
        return []
    return [Reason("we_owe_them", "you owe this customer as much yourself, on bills: settle the two first")]


def _books_behind(item: OpenItem, situation: Situation) -> list[Reason]:
    reason = situation.behind.get(item.invoice.connection)
    return [reason] if reason and situation.today > (item.invoice.due_on or situation.today) else []


def _blocked(item: OpenItem, situation: Situation) -> list[Reason]:
    return [
        Reason(blocker.code, blocker.text, situation.start_of(blocker.until_on) if blocker.until_on else None)
        for blocker in item.blockers
        if blocker.until_on is None or situation.today < blocker.until_on
    ]


def _no_address(item: OpenItem, situation: Situation) -> list[Reason]:
    addresses = item.addresses
    if not addresses and item.bounced:
        bounced = ", ".join(f"{one.address} bounced on {day(one.blocked_on)}" for one in item.bounced)
        return [Reason("no_address", f"{bounced}: ask for another address")]
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
        if state is not None and state.platform in ("csv", "email", "webhook"):
            continue
        if state is None or state.reminds_by_itself is None:
            reasons.append(Reason("reminders_unknown", f"does {name} send reminders by itself? Answer at go-live"))
        elif state.reminds_by_itself:
            reasons.append(Reason("platform_reminds", f"{name} sends reminders by itself: switch them off there"))
    return reasons


_CAUSES = {
    "insolvent": "the customer is insolvent: claims go to the administrator",
    "agency": "a collection agency has it: only the agency writes",
    "lawyer": "a lawyer has it: only the lawyer writes",
}


class Guard(NamedTuple):
    """`title` is what it looks at, for a person; `spares` are the actions that it does not concern."""

    title: str
    check: Callable[[OpenItem, Situation], list[Reason]]
    spares: frozenset[str] = frozenset()


#: In the order in which they are told.
GUARDS: tuple[Guard, ...] = (
    Guard("money that is there already", _covered, _THANKS),
    Guard("dispute", _disputed, _THANKS),
    Guard("promise to pay", _promised, _THANKS),
    Guard("payment plan", _plan_kept, _THANKS),
    Guard("hold", _on_hold),
    Guard("never to be chased", _never_chase),
    Guard("what you owe them", _owed_to_them, _THANKS),
    Guard("reconciliation", _blocked, _THANKS),
    Guard("sent to the customer", _never_sent, _THANKS),
    Guard("e-mail address", _no_address, _WITHOUT_ADDRESS),
    Guard("the platform's own reminders", _reminded_by_platform, _THANKS | _INSIDE),
    Guard("receipts in the books", _books_behind, _THANKS),
    Guard("age of the facts", _stale),
)
