"""Are the books up to date? When money was last recorded in them, and what the owner said about that."""

import datetime as dt

import msgspec

from receivables.business import BOOKS, ConnectionState
from receivables.local_facts import Confirmation
from receivables.snapshot import Snapshot


def with_receipts(snapshot: Snapshot, live_at: dt.datetime | None) -> dict[str, ConnectionState]:
    """The connections of a snapshot, each that keeps books with the day of its newest receipt.

    Going live is the owner's word that the books are complete on that day; before it nothing leaves anyway.
    """
    confirmed_on = snapshot.business.day_of(live_at) if live_at else snapshot.today
    found = dict(snapshot.connections)
    for name, state in snapshot.connections.items():
        if state.platform in BOOKS:
            found[name] = msgspec.structs.replace(
                state,
                newest_receipt_on=max(
                    (
                        payment.paid_on
                        for payment in snapshot.payments.values()
                        if payment.connection == name and payment.paid_on and payment.paid_on <= snapshot.today
                    ),
                    default=None,
                ),
                receipts_complete_on=max(filter(None, (_confirmed_on(snapshot, name), confirmed_on))),
            )
    return found


def _confirmed_on(snapshot: Snapshot, name: str) -> dt.date | None:
    days = [
        snapshot.business.day_of(one.stated_at)
        for one in snapshot.local
        if isinstance(one, Confirmation)
        and (one.question, one.subject) == ("receipts_complete", name)
        and one.stated_at
    ]
    return max(days, default=None)
