"""Limits on contact with one debtor, over all invoices, policies and channels; messages not yet sent count too.

Codes: `message_waiting` (another one has not left yet), `too_soon`, `weekly_cap`, `monthly_cap`, `one_at_a_time`.
"""

import datetime as dt
from collections.abc import Iterable

from receivables.decisions import Reason
from receivables.history import Contacted, History
from rules.situation import Situation
from rules.wording import day, days


def contacts_with(debtor: str, invoices: Iterable[str], history: History) -> list[Contacted]:
    """Everything that a debtor notices: by its key, and by its invoices, because the key changes when customers are merged."""
    found = {(contact.key, contact.at): contact for contact in history.with_debtor(debtor)}
    for invoice in invoices:
        for contact in history.about(invoice):
            found[contact.key, contact.at] = contact
    return [contact for contact in found.values() if contact.reaches and (contact.counts or contact.pending)]


def too_often(contacts: list[Contacted], situation: Situation) -> list[Reason]:
    """Why this debtor must not hear from us again today."""
    reasons = _waiting(contacts)
    contacted = sorted(situation.day_of(contact.at) for contact in contacts)
    if not contacted:
        return reasons
    guards = situation.guards
    apart = dt.timedelta(days=guards.min_days_between_contacts)
    if situation.today < contacted[-1] + apart:
        text = f"the last message was on {day(contacted[-1])}; {days(apart.days)} must lie between two"
        reasons.append(Reason("too_soon", text, situation.start_of(contacted[-1] + apart)))
    reasons += _cap("weekly_cap", contacted, 7, guards.max_per_week, situation)
    reasons += _cap("monthly_cap", contacted, 30, guards.max_per_month, situation)
    return reasons


def _waiting(contacts: list[Contacted]) -> list[Reason]:
    waiting = [contact for contact in contacts if contact.pending]
    if not waiting:
        return []
    return [Reason("message_waiting", f"another message ({waiting[0].step}) is planned and has not left yet")]


def _cap(code: str, contacted: list[dt.date], span: int, most: int, situation: Situation) -> list[Reason]:
    """`most` messages in any `span` days; the next one is free when the oldest of the last `most` falls out."""
    if len(contacted) < most:
        return []
    free_on = contacted[-most] + dt.timedelta(days=span)
    if situation.today >= free_on:
        return []
    return [Reason(code, f"{most} messages in {days(span)} are the most", situation.start_of(free_on))]


def after_this_run(step: str, situation: Situation) -> Reason:
    """A second message of the same run to one debtor waits as long as if the first had already left."""
    free_on = situation.today + dt.timedelta(days=situation.guards.min_days_between_contacts)
    text = f"another message ({step}) goes to this customer today; {days((free_on - situation.today).days)} must lie between two"
    return Reason("one_at_a_time", text, situation.start_of(free_on))
