"""Steps that are no message: tasks for a person, notes, links, alerts and calls to a program of the business's own."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from outreach.compose import compose
from outreach.errors import ComposeError
from receivables.commands import AddNote, CallWebhook, OpenTask, SendNotice
from receivables.decisions import Decision
from receivables.open_items import OpenItem
from receivables.refs import LOCAL
from store import codec
from store.outbox import Effect, NewEffect
from sync import links
from sync.installation import Installation

#: The effects of a decision, or why there can be none.
Made = tuple[list[NewEffect], str]
Known = Mapping[str, Effect]


def action_effects(installation: Installation, decision: Decision, items: list[OpenItem], known: Known) -> Made:
    """In a rehearsal nothing is made: it would be done for good."""
    if installation.sending.mode == "redirect":
        return [], ""
    return _MAKERS[decision.action](installation, decision, items, known)


def _call(_installation: Installation, decision: Decision, items: list[OpenItem], _known: Known) -> Made:
    return _task(decision, items, "call", "\n".join([*_phones(items), *_lines(items)]))


def _letter(installation: Installation, decision: Decision, items: list[OpenItem], _known: Known) -> Made:
    """The words of the template, to be printed; the address as the books have it."""
    try:
        words = compose(
            msgspec.structs.replace(decision, channel="email"),
            items,
            installation.business,
            installation.sender,
            {item.invoice.ref: url for item in items if (url := links.live_url(item))},
            catalog=installation.catalog,
            posted=True,
        )
    except ComposeError as error:
        return [], str(error)
    customer = items[0].customer
    address = (
        [customer.name, customer.address, f"{customer.postal_code} {customer.country}".strip()] if customer else []
    )
    text = "\n".join([*filter(None, address), "", words.subject, "", words.text])
    return _task(decision, items, "letter", text)


def _task(
    decision: Decision,
    items: list[OpenItem],
    action: Literal["call", "letter"],
    text: str,
) -> Made:
    title = f"{'call' if action == 'call' else 'letter to'} {_name(items)} about {decision.demand}"
    command = OpenTask(
        connection=LOCAL, action=action, debtor=decision.debtor, invoices=decision.invoices, title=title, text=text
    )
    return [_effect(decision, command)], ""


def _note(_installation: Installation, decision: Decision, items: list[OpenItem], _known: Known) -> Made:
    """On the first invoice the decision's own; the others' notes belong to it."""
    text = f"owed: {decision.step}: {decision.demand} is due, {decision.reasons[0].text}"
    return [
        _effect(decision, AddNote(connection=items[0].invoice.connection, invoice=items[0].invoice.ref, text=text))
    ], ""


def _payment_link(installation: Installation, decision: Decision, items: list[OpenItem], known: Known) -> Made:
    """A link, made if there is none, told on the invoice itself."""
    item = items[0]
    url, maker = links.live_url(item), None
    if not url:
        maker = links.needed(item, installation, known)
        if maker is None:
            return [], "no platform can make a payment link for it"
    text = f"owed: pay {decision.demand} online: {url or links.token(item.invoice.ref)}"
    command = AddNote(connection=item.invoice.connection, invoice=item.invoice.ref, text=text)
    needs = (maker.intent,) if maker else ()
    return [*([maker] if maker else []), _effect(decision, command, needs)], ""


def _alert(installation: Installation, decision: Decision, items: list[OpenItem], _known: Known) -> Made:
    mailer, owner = installation.first_of("email"), installation.sending.notify
    if not (mailer and owner):
        return [], 'an alert needs an e-mail connection and [sending] notify = "you@example.com"'
    command = SendNotice(
        connection=mailer,
        invoices=decision.invoices,
        to=(owner,),
        subject=f"{_name(items)}: {decision.demand} is due ({decision.step})",
        text="\n".join([decision.reasons[0].text, "", *_lines(items)]) + "\n",
        sender=installation.sender.address,
    )
    return [_effect(decision, command)], ""


def _webhook(installation: Installation, decision: Decision, items: list[OpenItem], _known: Known) -> Made:
    connection = installation.first_of("webhook")
    if not connection:
        return [], 'no webhook connection: add a [[connection]] with platform = "webhook"'
    body = {
        "event": "step_due",
        "policy": decision.policy,
        "step": decision.step,
        "stage": decision.stage,
        "debtor": decision.debtor,
        "customer": _name(items),
        "demand": decision.demand.as_json() if decision.demand else None,
        "invoices": [
            {"ref": str(one.invoice.ref), "number": one.invoice.number, "due": one.demand.as_json()} for one in items
        ],
        "reason": decision.reasons[0].text,
        "decided_at": decision.decided_at,
    }
    command = CallWebhook(connection=connection, invoices=decision.invoices, body=codec.encode(body))
    return [_effect(decision, command)], ""


_MAKERS: dict[str, Callable[[Installation, Decision, list[OpenItem], Known], Made]] = {
    "call": _call,
    "letter": _letter,
    "note": _note,
    "payment_link": _payment_link,
    "alert": _alert,
    "webhook": _webhook,
}


def _effect(
    decision: Decision, command: OpenTask | AddNote | SendNotice | CallWebhook, needs: tuple[str, ...] = ()
) -> NewEffect:
    return NewEffect(intent=decision.key, command=command, debtor=decision.debtor, decision=decision, needs=needs)


def _name(items: list[OpenItem]) -> str:
    customer = items[0].customer
    return customer.name if customer and customer.name else items[0].debtor


def _phones(items: list[OpenItem]) -> list[str]:
    contacts = items[0].customer.contacts if items[0].customer else ()
    return [f"{contact.phone} {contact.name}".rstrip() for contact in contacts if contact.phone]


def _lines(items: list[OpenItem]) -> list[str]:
    return [
        f"{one.invoice.number or one.invoice.id}: {one.demand}, due {one.invoice.due_on or 'never'}" for one in items
    ]
