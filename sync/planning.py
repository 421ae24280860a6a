"""From decisions to intended effects. Nothing is written here: `owed plan` shows this, `owed apply` carries it out."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outreach.compose import compose
from outreach.errors import ComposeError
from receivables.commands import AddNote, SendInvoiceEmail, SendReminder
from receivables.decisions import WRITTEN, Decision
from receivables.open_items import OpenItem
from receivables.refs import Ref
from store.outbox import Effect, NewEffect
from sync import links
from sync.actions import action_effects
from sync.assess import MESSAGES, REDIRECTED, Assessment
from sync.installation import Installation
from sync.write_back import postings

#: A message that waits for a person longer than this is planned anew, with the facts of that day.
APPROVAL_LASTS = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Plan:
    """`effects` in the order in which they have to happen; `stuck` are acts that cannot be carried out, and why."""

    effects: tuple[NewEffect, ...]
    stuck: tuple[tuple[Decision, str], ...] = ()

    @property
    def messages(self) -> list[NewEffect]:
        return [effect for effect in self.effects if effect.command.verb in MESSAGES]

    @property
    def acts(self) -> list[NewEffect]:
        """What carries a decision out: messages, tasks, notes, alerts."""
        return [effect for effect in self.effects if effect.decision is not None]


def plan(installation: Installation, assessment: Assessment, known: Mapping[str, Effect]) -> Plan:
    """`known` are the outbox's rows by intent: what was refused before is not tried again by itself."""
    items = {str(item.invoice.ref): item for item in assessment.items}
    effects = [*postings(installation, assessment), *links.outdated(assessment.snapshot, items)]
    stuck = []
    for decision in assessment.decisions:
        if decision.verdict != "act":
            continue
        concerned = [items[str(ref)] for ref in decision.invoices]
        before = known.get(_intent(installation, decision))
        if before and before.state in ("failed", "needs_human"):
            stuck.append((decision, before.error or "it was refused before; see: owed outbox list"))
            continue
        make = _message if decision.action in WRITTEN else action_effects
        made, why = make(installation, decision, concerned, known)
        effects += made
        stuck += [(decision, why)] if why else []
    return Plan(tuple(_once(effects)), tuple(stuck))


def _intent(installation: Installation, decision: Decision) -> str:
    return decision.key + (REDIRECTED if installation.sending.mode == "redirect" else "")


def _message(
    installation: Installation, decision: Decision, items: list[OpenItem], known: Mapping[str, Effect]
) -> tuple[list[NewEffect], str]:
    """The links that a message needs, the message, and the note about it; or why it cannot be sent."""
    intent = _intent(installation, decision)
    if decision.channel == "platform":
        command = SendInvoiceEmail(connection=items[0].invoice.connection, invoice=items[0].invoice.ref)
        message = NewEffect(
            intent=intent,
            command=command,
            debtor=decision.debtor,
            decision=decision,
            expires_at=installation.clock() + APPROVAL_LASTS,
        )
        return _with_note(installation, message), ""
    mailer = installation.first_of("email")
    if not mailer:
        return [], 'no e-mail connection: add a [[connection]] with platform = "email"'
    urls, makers = _links(installation, decision, items, known)
    try:
        words = compose(decision, items, installation.business, installation.sender, urls, catalog=installation.catalog)
    except ComposeError as error:
        return [], str(error)
    reminder = SendReminder(
        connection=mailer,
        invoices=decision.invoices,
        to=words.to,
        cc=words.cc,
        subject=words.subject,
        text=words.text,
        html=words.html,
        sender=installation.sender.address,
        reply_to=installation.sender.reply_to,
        language=words.language,
        attach=decision.invoices if decision.attach_pdf else (),
        copy_to=installation.sending.copy_to,
    )
    effect = NewEffect(
        intent=intent,
        command=reminder,
        debtor=decision.debtor,
        decision=decision,
        needs=tuple(maker.intent for maker in makers),
        expires_at=installation.clock() + APPROVAL_LASTS,
    )
    return [*makers, *_with_note(installation, effect)], ""


def _links(
    installation: Installation, decision: Decision, items: list[OpenItem], known: Mapping[str, Effect]
) -> tuple[dict[Ref, str], list[NewEffect]]:
    urls: dict[Ref, str] = {}
    makers: list[NewEffect] = []
    rehearsal = installation.sending.mode == "redirect"  # nothing is made at a platform for a rehearsal
    for item in items if decision.pay_link else ():
        url = links.live_url(item)
        maker = None if url or rehearsal else links.needed(item, installation, known)
        if maker:
            makers.append(maker)
        if url or maker:
            urls[item.invoice.ref] = url or links.token(item.invoice.ref)
    return urls, makers


def _with_note(installation: Installation, message: NewEffect) -> list[NewEffect]:
    """A note on each invoice of the books, once the message has left."""
    decision = message.decision
    if not (installation.sending.note_in_books and decision) or installation.sending.mode != "live":
        return [message]
    what = f"owed: {decision.step} reminder (stage {decision.stage}) sent by {decision.channel}"
    notes = [
        NewEffect(
            intent=f"note/{message.intent}/{ref}",
            command=AddNote(connection=ref.connection, invoice=ref, text=f"{what}, asking for {decision.demand}."),
            debtor=message.debtor,
            needs=(message.intent,),
        )
        for ref in decision.invoices
    ]
    return [message, *notes]


def _once(effects: Iterable[NewEffect]) -> Iterable[NewEffect]:
    """Two messages may need the same link."""
    told: set[str] = set()
    for effect in effects:
        if effect.intent not in told:
            told.add(effect.intent)
            yield effect
