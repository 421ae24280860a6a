"""Carrying approved effects out: read the invoices again, ask the rules again, claim, push, write the receipt.

Every step commits before the next begins, so that a kill at any point leaves a row that says how far it came.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

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
from receivables.commands import AnyCommand, CreatePaymentLink, RecordPayment, SendReminder
from receivables.refs import Ref
from rules.recheck import recheck as still_right
from store import ingest, organisations, outbox
from store.outbox import Effect
from sync import links
from sync.assess import MESSAGES, Assessment, assess
from sync.installation import Installation
from sync.pull import connect
from sync.recover import COMMITTED, LEASE, abandon_dead_leases, settle
from sync.verify import Recheck, reread

#: Invoices that are read again together, just before their messages leave.
CHUNK = 40

#: Links before the messages that need them, notes after the messages they tell of.
_ORDER = {"record_payment": 0, "withdraw_payment_link": 1, "create_payment_link": 2, "add_note": 9}


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
    while ready := _ready(installation, tried):
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


def _ready(installation: Installation, tried: set[str]) -> list[Effect]:
    """Approved effects whose time has come and whose needs are met, in the order in which they have to happen."""
    with installation.store.read() as tx:
        approved = outbox.listed(tx, ["approved"])
        needed = {intent: outbox.by_intent(tx, intent) for effect in approved for intent in effect.needs}
    ready = []
    for effect in approved:
        if effect.id in tried or (effect.not_before and effect.not_before > installation.wall()):
            continue
        before = [needed[intent] for intent in effect.needs]
        if any(one is None or one.state in ("failed", "cancelled") for one in before):
            with installation.store.write() as tx:
                outbox.cancel(tx, installation.clock(), effect, "what it needs could not be done")
        elif all(one is not None and one.state == "sent" for one in before):
            ready.append(effect)
    first = min((_ORDER.get(effect.verb, 5) for effect in ready), default=0)
    return [effect for effect in ready if _ORDER.get(effect.verb, 5) == first]


def _deliver_chunk(installation: Installation, chunk: list[Effect], tell: Progress) -> None:
    recheck = _reread(installation, chunk)
    assessment = assess(installation, in_flight=recheck.in_flight, decide=False)
    for effect in chunk:
        verdict, why = _still_wanted(installation, effect, assessment, recheck)
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


def _still_wanted(
    installation: Installation, effect: Effect, assessment: Assessment, recheck: Recheck
) -> tuple[str, str]:
    """go, wait or cancel: the same question as in planning, asked of the newest facts."""
    subjects = [Ref.parse(subject) for subject in effect.subjects]
    unread = [recheck.unread[ref] for ref in subjects if ref in recheck.unread]
    if unread:
        return "wait", f"not read again just now: {unread[0]}"
    if effect.verb in MESSAGES:
        return _message_wanted(installation, effect, assessment)
    command = effect.command
    if isinstance(command, CreatePaymentLink):
        item = assessment.item(str(command.invoice))
        wanted = item is not None and item.demand == command.amount
        return ("go", "") if wanted else ("cancel", "the amount due has changed")
    if isinstance(command, RecordPayment):
        invoice = assessment.snapshot.invoice(command.invoice)
        booked = {sighting.payment for sighting in assessment.reconciliation.sightings}
        if command.source in booked or invoice is None or invoice.open < command.amount.minor:
            return "cancel", "the books already have it, or the balance is smaller now"
    return "go", ""


def _message_wanted(installation: Installation, effect: Effect, assessment: Assessment) -> tuple[str, str]:
    decision = effect.decision
    if decision is None:
        return "cancel", "it has no decision behind it"
    against = still_right(
        decision,
        installation.rulebook,
        assessment.items,
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
    left = allowance_today(installation)
    return ("go", "") if left > 0 else ("wait", "today's number of messages is used up")


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
