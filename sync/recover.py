"""What became of effects whose worker died or whose answer was lost: read back, tried again, or given to a person."""

import datetime as dt
from collections.abc import Callable
from typing import Literal

from connectors.errors import ConnectorError
from connectors.manifest import Write
from connectors.protocol import Intent, Receipt
from store import ingest, outbox
from store.outbox import Effect
from sync.assess import MESSAGES
from sync.connected import Connected
from sync.installation import Installation

#: Outlives every time-out of a call: a lease that runs out means that its worker is gone.
LEASE = dt.timedelta(minutes=10)

#: Marks that a blind message has passed the point where it may have been delivered.
COMMITTED = "commit"

#: Marks that the platform did answer, with a failure of its own: it keeps that answer under the key.
ANSWERED = "answered"

Next = Literal["again", "waiting", "settled"]


def abandon_dead_leases(installation: Installation) -> int:
    """`sending` rows of workers that no longer live become `uncertain`; never `approved`."""
    return _abandon(installation, lambda effect: _is_over(installation, effect))


def abandon_own_leases(installation: Installation) -> int:
    """The same with what this process has left in `sending`, since its database went away under a round. For who knows
    that nobody else in this process works for the organisation."""
    return _abandon(installation, lambda effect: effect.lease_owner == installation.processes.name)


def _abandon(installation: Installation, is_over: Callable[[Effect], bool]) -> int:
    count = 0
    with installation.store.write() as tx:
        for effect in outbox.listed(tx, ["sending"]):
            if is_over(effect):
                look_at = installation.wall() + installation.sending.settle
                reason = "the worker died while it was sending"
                count += outbox.uncertain(tx, installation.clock(), effect, reason, look_at)
    return count


def _is_over(installation: Installation, effect: Effect) -> bool:
    if effect.lease_until is None or effect.lease_until < installation.wall():
        return True
    return installation.processes.is_alive(effect.lease_owner) is False


def settle(installation: Installation, connected: Connected, effect: Effect) -> Next:
    """Find out about one `uncertain` effect. `again`: it may be sent now, under its old key. `waiting`: not yet known.

    A message is never sent again on its key alone: it is read back, and if it did not happen, the guards are asked
    anew. Nor is what the platform answered with a failure: it would repeat that answer for the same key.
    """
    try:
        connector = connected.to(effect.connection)
        write = connector.manifest.write(type(effect.command))
        if write is None or not (write.keyed or write.readable):
            return _blind(installation, effect)
        repeatable = effect.verb not in MESSAGES and effect.phase != ANSWERED
        settling = effect.not_before is not None and effect.not_before > installation.wall()
        if write.keyed and repeatable and _inside_key_window(installation, effect, write):
            return "waiting" if settling and effect.attempt > 1 else "again"
        if settling:
            return "waiting"
        if not write.readable:
            return _give_up(installation, effect, "its key has lapsed and the platform cannot be asked")
        intent = Intent(effect.key, effect.command, effect.before, effect.started_at)
        return _conclude(installation, effect, connector.find(intent))
    except ConnectorError:
        return "waiting"


def _inside_key_window(installation: Installation, effect: Effect, write: Write) -> bool:
    """The platform still remembers the first try under this key, so that the same bytes act once."""
    if effect.key_since is None:
        return False
    return installation.wall() < effect.key_since + dt.timedelta(seconds=write.key_window_seconds)


def _blind(installation: Installation, effect: Effect) -> Next:
    """Before the point of no return nothing was delivered; after it only a person can tell."""
    if effect.phase == COMMITTED:
        return _give_up(installation, effect, "it may or may not have been delivered; look, then: owed outbox resolve")
    with installation.store.write() as tx:
        outbox.try_again(tx, installation.clock(), effect, "stopped before it was handed over", None)
    return "settled"


def _give_up(installation: Installation, effect: Effect, why: str) -> Next:
    with installation.store.write() as tx:
        outbox.needs_human(tx, installation.clock(), effect, why)
    return "settled"


def _conclude(installation: Installation, effect: Effect, finding: object) -> Next:
    now = installation.clock()
    if finding == "unknown":
        return _give_up(installation, effect, "the platform cannot tell whether it happened")
    with installation.store.write() as tx:
        if isinstance(finding, Receipt):
            outbox.sent(tx, now, effect, finding.reference, finding.url)
            for fact in finding.facts:
                ingest.state(tx, now, fact)
        else:
            outbox.try_again(tx, now, effect, "read back: it did not happen", None)
    return "settled"
