"""Is a decision of earlier still right? Asked again just before its message leaves, with the invoices read anew."""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision, Reason
from receivables.history import History
from receivables.open_items import OpenItem
from rules.evaluate import evaluate
from rules.schema import Rulebook


def recheck(
    decision: Decision,
    rulebook: Rulebook,
    items: Iterable[OpenItem],
    business: Business,
    connections: Mapping[str, ConnectionState],
    history: History,
    now: dt.datetime,
) -> tuple[Reason, ...]:
    """Why the message must not leave as it was planned; empty when it may.

    `items` are the open items of now, at least the debtor's and the decision's; the others tell of refusals and of messages about them. The message's
    own row in `history` is left out by its key while it is planned or approved. A reason with `until` asks for
    patience, any other one for a new plan. Codes of its own: `no_longer_open`, `demand_changed`, `message_changed`;
    all others are those of the guards.
    """
    group = [item for item in items if item.debtor == decision.debtor or item.invoice.ref in decision.invoices]
    present = _with_refusals(decision, group)
    missing = set(decision.invoices) - {item.invoice.ref for item in present}
    if missing:
        return (Reason("no_longer_open", f"no longer open: {', '.join(sorted(map(str, missing)))}"),)
    found = evaluate(rulebook, present, business, connections, _without(decision, group, history), now)
    if len(found) == 1 and found[0].verdict == "act":
        return _differences(decision, found[0])
    against = dict.fromkeys(reason for other in found if other.verdict != "act" for reason in other.reasons)
    return tuple(against) or (Reason("message_changed", "these invoices no longer belong in one message"),)


def _with_refusals(decision: Decision, group: list[OpenItem]) -> list[OpenItem]:
    """The decision's items, each with what the debtor refused for any of its records."""
    opt_outs = tuple(opt_out for item in group for opt_out in item.opt_outs)
    concerned = [item for item in group if item.invoice.ref in decision.invoices]
    return [msgspec.structs.replace(item, opt_outs=opt_outs) for item in concerned] if opt_outs else concerned


def _without(decision: Decision, group: list[OpenItem], history: History) -> History:
    """All messages to this debtor, under whatever key, except the decision's own while it has not left."""
    contacts = {(contact.key, contact.at): contact for contact in history.with_debtor(decision.debtor)}
    for item in group:
        contacts |= {(contact.key, contact.at): contact for contact in history.about(str(item.invoice.ref))}
    others = (contact for contact in contacts.values() if contact.key != decision.key or not contact.pending)
    return History(msgspec.structs.replace(contact, debtor=decision.debtor) for contact in others)


def _differences(planned: Decision, now: Decision) -> tuple[Reason, ...]:
    if planned.key != now.key or planned.channel != now.channel or planned.alongside != now.alongside:
        text = f"the step is now {now.step} by {now.channel}, not {planned.step} by {planned.channel}"
        return (Reason("message_changed", text),)
    if planned.demand != now.demand:
        return (Reason("demand_changed", f"{now.demand} may be asked for now, not {planned.demand}"),)
    return ()
