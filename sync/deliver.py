"""Carrying approved effects out: read the invoices again, ask the rules again, claim, push, write the receipt.

Every step commits before the next begins, so that a kill at any point leaves a row that says how far it came.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from connectors.errors import (
    ConnectorError,
    Forbidden,
    Malformed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from connectors.protocol import Connector, Intent, Receipt
from receivables.commands import AnyCommand, CreatePaymentLink, SendReminder
from receivables.refs import Ref
from store import ingest, organisations, outbox
from store.outbox import Effect
from sync import links
from sync.assess import assess
from sync.installation import Installation
from sync.pull import connect
from sync.recover import COMMITTED, LEASE, abandon_dead_leases, settle
from sync.turn import next_effects
from sync.verify import Recheck, reread
from sync.wanted import still_wanted

#: Invoices that are read again together, just before their messages leave.
CHUNK = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one effect in this run: its new state, or why it was left alone."""

    effect: Effect
    state: str
    why: str = ""


Progress = Callable[[Outcome], None]


def deliver(installation: Installation, progress: Progress | None = None) -> list[Outcome]:
    """Send everything that is approved and still wanted. Safe to kill and to run again, by several workers at once."""
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if progress:
            progress(outcome)

    abandon_dead_leases(installation)
    _settle_all(installation, tell)
    if _standing_still(installation):
        return outcomes
    tried: set[str] = set()
    while ready := next_effects(installation, tried):
        chunk = ready[:CHUNK]
        tried.update(effect.id for effect in chunk)
        _deliver_chunk(installation, chunk, tell)
    return outcomes


def _standing_still(installation: Installation) -> bool:
    with installation.store.read() as tx:
        standing = organisations.standing(tx)
    return standing.stopped_at is not None or standing.live_at is None or installation.sending.mode == "off"


def _settle_all(installation: Installation, tell: Progress) -> None:
    """Uncertain effects first; waits for read-backs that are due within the settling time."""
    deadline = installation.wall() + installation.sending.settle + dt.timedelta(seconds=5)
    while True:
        with installation.store.read() as tx:
            waiting = outbox.listed(tx, ["uncertain"])
        open_still = [effect for effect in waiting if _settle_one(installation, effect, tell) == "waiting"]
        if not open_still or installation.wall() > deadline:
            return
        time.sleep(0.25)


def _settle_one(installation: Installation, effect: Effect, tell: Progress) -> str:
    answer = settle(installation, effect)
    if answer == "again":
        _send(installation, effect, effect.command, effect.key, tell)
        return _state(installation, effect) if _state(installation, effect) != "uncertain" else "waiting"
    if answer == "settled":
        tell(Outcome(effect, _state(installation, effect), "read back"))
    return answer


def _state(installation: Installation, effect: Effect) -> str:
    with installation.store.read() as tx:
        now = outbox.get(tx, effect.id)
    return now.state if now else "gone"


def _deliver_chunk(installation: Installation, chunk: list[Effect], tell: Progress) -> None:
    recheck = _reread(installation, chunk)
    assessment = assess(installation, in_flight=recheck.in_flight, decide=False)
    for effect in chunk:
        verdict, why = still_wanted(installation, effect, assessment, recheck)
        if verdict == "cancel":
            with installation.store.write() as tx:
                outbox.cancel(tx, installation.clock(), effect, why)
            tell(Outcome(effect, "cancelled", why))
        elif verdict == "wait":
            tell(Outcome(effect, effect.state, why))
        else:
            key = effect.id if effect.attempt == 0 else f"{effect.id}.{effect.attempt}"
            _send(installation, effect, _final(installation, effect), key, tell)


def _reread(installation: Installation, chunk: Iterable[Effect]) -> Recheck:
    effects = [effect for effect in chunk if effect.verb != "add_note"]
    refs = [Ref.parse(subject) for effect in effects for subject in effect.subjects]
    snapshot = assess(installation, decide=False)
    live = {
        item.invoice.ref: item.link.ref
        for item in snapshot.items
        if item.link and item.link.id.startswith("plink_") and item.invoice.ref in refs
    }
    return reread(installation, refs, live.items())


def _final(installation: Installation, effect: Effect) -> AnyCommand:
    """The command with its pay links filled in; in redirect mode addressed to the owner."""
    command = effect.command
    if not isinstance(command, SendReminder):
        return command
    urls = {}
    with installation.store.read() as tx:
        for intent in effect.needs:
            maker = outbox.by_intent(tx, intent)
            if maker and isinstance(maker.command, CreatePaymentLink):
                urls[maker.command.invoice] = maker.url
    command = msgspec.structs.replace(
        command, text=links.fill(command.text, urls), html=links.fill(command.html, urls, markup=True)
    )
    if installation.sending.mode == "redirect":
        meant_for = ", ".join(command.to)
        owner = (installation.sending.redirect_to,)
        return msgspec.structs.replace(command, to=owner, cc=(), subject=f"[for {meant_for}] {command.subject}")
    return command


def _send(installation: Installation, effect: Effect, command: AnyCommand, key: str, tell: Progress) -> None:
    """Claim, push, and write down what came of it."""
    if installation.sending.mode == "redirect" and not isinstance(command, SendReminder):
        tell(Outcome(effect, effect.state, "held: in redirect mode only our own mail leaves, to the owner"))
        return
    claimed = None
    try:
        connector, _ = connect(installation, effect.connection)
        before = effect.before if effect.state == "uncertain" else connector.prepare(command)
        with installation.store.write() as tx:
            claimed = outbox.claim(
                tx,
                installation.clock(),
                effect,
                owner=installation.processes.name,
                lease_until=installation.wall() + LEASE,
                command=command,
                before=before,
                key=key,
            )
        if claimed is None:
            return
        receipt = _push(installation, connector, claimed)
    except ConnectorError as error:
        tell(_failed(installation, claimed, effect, error))
        return
    with installation.store.write() as tx:
        now = installation.clock()
        outbox.sent(tx, now, claimed, receipt.reference, receipt.url)
        for fact in receipt.facts:
            ingest.state(tx, now, fact)
    tell(Outcome(claimed, "sent", receipt.url or receipt.reference))


def _push(installation: Installation, connector: Connector, claimed: Effect) -> Receipt:
    intent = Intent(claimed.key, claimed.command, claimed.before, claimed.started_at)
    send = getattr(connector, "send", None)
    if send is None:
        return connector.push(intent)

    def passed_the_point_of_no_return() -> None:
        with installation.store.write() as tx:
            outbox.mark_phase(tx, claimed, COMMITTED)

    receipt: Receipt = send(intent, passed_the_point_of_no_return)
    return receipt


def _failed(installation: Installation, claimed: Effect | None, effect: Effect, error: ConnectorError) -> Outcome:
    """Where a claimed effect goes after an error: only `Uncertain` and unreadable answers leave doubt."""
    now, wall = installation.clock(), installation.wall()
    if claimed is None:
        return Outcome(effect, effect.state, str(error))
    with installation.store.write() as tx:
        if isinstance(error, Uncertain | Malformed):
            outbox.uncertain(tx, now, claimed, str(error), wall + installation.sending.settle)
        elif isinstance(error, Throttled):
            outbox.try_again(tx, now, claimed, str(error), error.retry_at)
        elif isinstance(error, Unreachable | Unauthorised | Forbidden):
            outbox.try_again(tx, now, claimed, str(error), wall + dt.timedelta(minutes=5))
        elif isinstance(error, Refused):
            outbox.failed(tx, now, claimed, str(error))
        else:
            outbox.uncertain(tx, now, claimed, str(error), wall + installation.sending.settle)
        after = outbox.get(tx, claimed.id)
    return Outcome(claimed, after.state if after else "gone", str(error))
