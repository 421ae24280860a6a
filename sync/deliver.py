"""Carrying approved effects out: read the invoices again, ask the rules again, claim, push, write the receipt.

Every step commits before the next begins, so that a kill at any point leaves a row that says how far it came.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping

from receivables.commands import OpenTask
from receivables.facts import PaymentLink
from receivables.refs import Ref
from store import organisations, outbox, snapshots
from store.outbox import Effect
from sync.connected import Connected
from sync.freshness import read_payments_again
from sync.installation import Installation
from sync.recover import abandon_dead_leases, settle
from sync.send import Outcome, final_words, send
from sync.tasks import open_task
from sync.turn import next_effects
from sync.verify import Recheck, reread
from sync.wanted import still_wanted
from sync.watch import Watch

#: Effects whose invoices are read again, and whose guards are asked again, together, just before they leave.
CHUNK = 40

Progress = Callable[[Outcome], None]


def deliver(installation: Installation, progress: Progress | None = None) -> list[Outcome]:
    """Send everything that is approved and still wanted. Safe to kill and to run again, by several workers at once."""
    delivery = _Delivery(installation, progress)
    try:
        delivery.run()
    finally:
        delivery.connected.close()
    return delivery.outcomes


class _Delivery:
    """One run: its open connectors, and what became of each effect."""

    def __init__(self, installation: Installation, progress: Progress | None) -> None:
        self.installation = installation
        self.connected = Connected(installation)
        self.outcomes: list[Outcome] = []
        self._watch = Watch(installation)
        self._progress = progress

    def run(self) -> None:
        abandon_dead_leases(self.installation)
        stands_still = self._stands_still()
        self._settle_all(may_send=not stands_still)
        if stands_still:
            return
        tried: set[str] = set()
        self._deliver_all(tried)
        in_doubt = {outcome.effect.id for outcome in self.outcomes if outcome.state == "uncertain"}
        if in_doubt:
            self._settle_all(may_send=True)
            self._deliver_all(tried - in_doubt)

    def _deliver_all(self, tried: set[str]) -> None:
        """Until nothing is left whose turn it is; each effect is tried once."""
        while ready := next_effects(self.installation, tried):
            tried.update(effect.id for effect in ready)
            for start in range(0, len(ready), CHUNK):
                self._deliver(ready[start : start + CHUNK])

    def _tell(self, outcome: Outcome | None) -> None:
        if outcome is None:
            return
        self.outcomes.append(outcome)
        if outcome.wrote:
            self._watch.wrote(outcome.wrote)
        if self._progress:
            self._progress(outcome)

    def _stands_still(self) -> bool:
        """Nothing leaves: not live, switched off, or stopped. What is uncertain may still be asked about."""
        with self.installation.store.read() as tx:
            standing = organisations.standing(tx)
        stopped = standing.stopped_at is not None or standing.live_at is None
        return stopped or self.installation.sending.mode == "off"

    def _settle_all(self, *, may_send: bool) -> None:
        """Uncertain effects first; waits for read-backs that are due within the settling time."""
        deadline = self.installation.wall() + self.installation.sending.settle + dt.timedelta(seconds=5)
        while True:
            with self.installation.store.read() as tx:
                uncertain = outbox.listed(tx, ["uncertain"])
            waiting = [effect for effect in uncertain if self._settle(effect, may_send=may_send)]
            if not waiting or self.installation.wall() > deadline:
                return
            time.sleep(0.25)

    def _settle(self, effect: Effect, *, may_send: bool) -> bool:
        """True while it cannot be known yet."""
        answer = settle(self.installation, self.connected, effect)
        if answer == "again" and may_send:
            self._tell(send(self.installation, self.connected, effect, effect.command, effect.key))
        elif answer == "settled":
            self._tell(Outcome(effect, self._state(effect), "read back"))
        return answer == "waiting" or (answer == "again" and may_send and self._state(effect) == "uncertain")

    def _state(self, effect: Effect) -> str:
        with self.installation.store.read() as tx:
            now = outbox.get(tx, effect.id)
        return now.state if now else "gone"

    def _deliver(self, chunk: list[Effect]) -> None:
        recheck = self._reread(chunk)
        assessment = self._watch.look(recheck.in_flight)
        with self.installation.store.read() as tx:
            needed = outbox.by_intents(tx, {intent for effect in chunk for intent in effect.needs})
        for effect in chunk:
            verdict, why = still_wanted(self.installation, effect, assessment, recheck)
            if verdict == "cancel":
                with self.installation.store.write() as tx:
                    outbox.cancel(tx, self.installation.clock(), effect, why)
                self._tell(Outcome(effect, "cancelled", why))
            elif verdict == "wait":
                self._tell(Outcome(effect, effect.state, why))
            else:
                self._tell(self._carry_out(effect, needed))

    def _carry_out(self, effect: Effect, needed: Mapping[str, Effect]) -> Outcome | None:
        if isinstance(effect.command, OpenTask):
            return open_task(self.installation, effect)
        key = effect.id if effect.attempt == 0 else f"{effect.id}.{effect.attempt}"
        words = final_words(self.installation, effect, needed)
        return send(self.installation, self.connected, effect, words, key)

    def _reread(self, chunk: Iterable[Effect]) -> Recheck:
        effects = [effect for effect in chunk if effect.verb != "add_note"]
        refs = [Ref.parse(subject) for effect in effects for subject in effect.subjects]
        if not refs:
            return Recheck()
        with self.installation.store.read() as tx:
            links = snapshots.current(tx, PaymentLink)
        wanted = {str(ref): ref for ref in refs}
        live = [(wanted[link.invoice], link.ref) for link in links if link.active and link.invoice in wanted]
        recheck = reread(self.installation, self.connected, refs, live)
        read_payments_again(self.installation, self.connected, effects, recheck)
        return recheck
