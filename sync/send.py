"""One effect leaves: claim, push, receipt. What cannot be known becomes `uncertain`, never a second try."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from connectors.errors import (
    BadRecipient,
    ConnectorError,
    Forbidden,
    Malformed,
    PlatformFailed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from connectors.protocol import Attachment, Connector, Intent, Receipt
from receivables.commands import AddNote, AnyCommand, CreatePaymentLink, SendNotice, SendReminder
from receivables.facts import Fact
from store import ingest, organisations, outbox
from store.engine import Transaction
from store.outbox import Effect
from sync import addresses, links
from sync.attachments import attachments
from sync.connected import Connected
from sync.installation import Installation
from sync.recover import ANSWERED, COMMITTED, LEASE


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """Facts that the answer to an effect told, and the organisation's facts_version before and after they were saved."""

    before: int | None
    after: int | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one effect in this run: its new state, or why it was left alone."""

    effect: Effect
    state: str
    why: str = ""
    wrote: OwnFacts | None = None


def final_words(installation: Installation, effect: Effect, needed: Mapping[str, Effect]) -> AnyCommand:
    """The command with its pay links filled in; in redirect mode addressed to the owner. `needed` are the effects
    that it needs, by their intents."""
    command = effect.command
    if isinstance(command, SendNotice) or not isinstance(command, SendReminder | AddNote):
        return command
    makers = [needed[intent] for intent in effect.needs if intent in needed]
    urls = {maker.command.invoice: maker.url for maker in makers if isinstance(maker.command, CreatePaymentLink)}
    if isinstance(command, AddNote):
        return msgspec.structs.replace(command, text=links.fill(command.text, urls))
    command = msgspec.structs.replace(
        command, text=links.fill(command.text, urls), html=links.fill(command.html, urls, markup=True)
    )
    if installation.sending.mode == "redirect":
        meant_for = ", ".join(command.to)
        owner = (installation.sending.redirect_to,)
        return msgspec.structs.replace(
            command, to=owner, cc=(), copy_to="", subject=f"[for {meant_for}] {command.subject}"
        )
    return command


def send(
    installation: Installation, connected: Connected, effect: Effect, command: AnyCommand, key: str
) -> Outcome | None:
    """Claim, push, and write down what came of it. None when another worker was faster."""
    if installation.sending.mode == "redirect" and not isinstance(command, SendReminder):
        return Outcome(effect, effect.state, "held: in redirect mode only our own mail leaves, to the owner")
    claimed = None
    try:
        connector = connected.to(effect.connection)
        before = effect.before if effect.state == "uncertain" else connector.prepare(command)
        with installation.store.write() as tx:
            if organisations.standing(tx).stopped_at is not None:
                return Outcome(effect, effect.state, "stopped: nothing leaves until owed stop --lift")
            claimed = outbox.claim(
                tx,
                installation.clock(),
                effect,
                owner=installation.processes.name,
                wall=installation.wall(),
                lease=LEASE,
                command=command,
                before=before,
                key=key,
            )
        if claimed is None:
            return None
        files = attachments(installation, connected, claimed.command)
        receipt = _push(installation, connector, claimed, files)
    except ConnectorError as error:
        return _failed(installation, claimed, effect, error)
    with installation.store.write() as tx:
        now = installation.clock()
        outbox.sent(tx, now, claimed, receipt.reference, receipt.url)
        wrote = _save(tx, now, receipt.facts) if receipt.facts else None
    return Outcome(claimed, "sent", receipt.url or receipt.reference, wrote)


def _save(tx: Transaction, now: dt.datetime, facts: tuple[Fact, ...]) -> OwnFacts | None:
    """None where the store knows something newer."""
    before = organisations.facts_version(tx)
    saved = [ingest.state(tx, now, fact) for fact in facts]
    if any(one.stale for one in saved):
        return None
    return OwnFacts(before, organisations.facts_version(tx), facts)


def _push(installation: Installation, connector: Connector, claimed: Effect, files: tuple[Attachment, ...]) -> Receipt:
    intent = Intent(claimed.key, claimed.command, claimed.before, claimed.started_at, files)
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
        phase = _phase(outbox.get(tx, claimed.id), error)
        if effect.state == "uncertain":
            # An earlier try may have happened, and what became of this one says nothing of that.
            read_back = ANSWERED if isinstance(error, Refused) else phase
            outbox.uncertain(tx, now, claimed, str(error), wall + installation.sending.settle, read_back)
        elif isinstance(error, Uncertain | Malformed):
            outbox.uncertain(tx, now, claimed, str(error), wall + installation.sending.settle, phase)
        elif isinstance(error, Throttled):
            outbox.try_again(tx, now, claimed, str(error), error.retry_at)
        elif isinstance(error, Unreachable | Unauthorised | Forbidden):
            outbox.try_again(tx, now, claimed, str(error), wall + dt.timedelta(minutes=5))
        elif isinstance(error, Refused):
            outbox.failed(tx, now, claimed, str(error))
            if isinstance(error, BadRecipient):
                _without_address(installation, tx, claimed, error)
        else:
            outbox.uncertain(tx, now, claimed, str(error), wall + installation.sending.settle, phase)
        after = outbox.get(tx, claimed.id)
    return Outcome(claimed, after.state if after else "gone", str(error))


def _without_address(installation: Installation, tx: Transaction, claimed: Effect, error: BadRecipient) -> None:
    """The address is blocked, so the same message is planned anew for whoever else can be reached."""
    addresses.block(tx, installation, claimed.debtor, error.address, str(error))
    refused = outbox.get(tx, claimed.id)
    if refused:
        outbox.give_up(tx, installation.clock(), refused, str(error))


def _phase(row: Effect | None, error: ConnectorError) -> str:
    """How far it came: as the row says, which a blind send marks on its way, or that a failure was answered."""
    if isinstance(error, PlatformFailed):
        return ANSWERED
    return row.phase if row else ""
