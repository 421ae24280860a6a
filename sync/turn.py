"""Whose turn it is: the effects that may leave now, in the order in which they have to happen."""

import datetime as dt
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from receivables.commands import CreatePaymentLink
from store import organisations, outbox
from store.engine import Transaction
from store.outbox import Effect
from sync.assess import MESSAGES
from sync.installation import Installation

#: Links before the messages that need them, notes after the messages they tell of.
_ORDER = {
    "record_payment": 0,
    "record_processing_fee": 1,
    "withdraw_payment_link": 1,
    "create_payment_link": 2,
    "add_note": 9,
}
_MESSAGE_PLACE = 5


def next_effects(installation: Installation, tried: Collection[str]) -> list[Effect]:
    """Approved effects whose time has come and whose needs are met, all of one place in the order.

    Of the messages only as many as may still leave today, demands before announcements; and of the links only
    those that these messages need. What can never happen any more is cancelled here.
    """
    with installation.store.write() as tx:
        approved = [one for one in outbox.listed(tx, ["approved"]) if _time_has_come(installation, one)]
        needed = outbox.by_intents(tx, {intent for one in approved for intent in one.needs})
        possible = [one for one in approved if not _cancel_if_hopeless(installation, tx, one, needed)]
    messages = [one for one in possible if one.verb in MESSAGES and one.id not in tried]
    today = sorted(messages, key=_priority)[: max(0, allowance_today(installation))]
    wanted = {intent for one in today for intent in one.needs}
    chosen = {one.id for one in today}
    ready = [
        one
        for one in possible
        if one.id not in tried
        and (one.id in chosen if one.verb in MESSAGES else _is_wanted(one, wanted))
        and all(
            before is not None and before.state == "sent" for before in (needed.get(intent) for intent in one.needs)
        )
    ]
    first = min((_place(one) for one in ready), default=0)
    return [one for one in ready if _place(one) == first]


def allowance_today(installation: Installation) -> int:
    """Messages that may still leave today: a cap that doubles every day after go-live."""
    now = installation.clock()
    zone = ZoneInfo(installation.business.timezone)
    midnight = dt.datetime.combine(now.astimezone(zone).date(), dt.time.min, zone)
    with installation.store.read() as tx:
        live_at = organisations.standing(tx).live_at
        sent = outbox.sent_since(tx, midnight, MESSAGES)
    if live_at is None:
        return 0
    days = (now.astimezone(zone).date() - live_at.astimezone(zone).date()).days
    ramp = installation.sending.ramp_start << min(max(days, 0), 20)
    return min(ramp, installation.sending.daily_cap) - sent


def _time_has_come(installation: Installation, effect: Effect) -> bool:
    return effect.not_before is None or effect.not_before <= installation.wall()


def _cancel_if_hopeless(
    installation: Installation, tx: Transaction, effect: Effect, needed: Mapping[str, Effect]
) -> bool:
    """What it needs was refused or cancelled, or does not exist: it can never be sent as it is."""
    before = [needed.get(intent) for intent in effect.needs]
    if all(one is not None and one.state not in ("failed", "cancelled", "refused") for one in before):
        return False
    outbox.cancel(tx, installation.clock(), effect, "what it needs could not be done")
    return True


def _is_wanted(effect: Effect, wanted: Collection[str]) -> bool:
    return effect.intent in wanted or not isinstance(effect.command, CreatePaymentLink)


def _place(effect: Effect) -> int:
    return _ORDER.get(effect.verb, _MESSAGE_PLACE)


def _priority(effect: Effect) -> tuple[bool, str]:
    """Demands before announcements; then by debtor, so that the choice is the same on every machine."""
    return effect.decision is None or effect.decision.stage == 0, effect.debtor
