"""After a restore: what may have been done already waits for a person, and what cannot have been done does not."""

import datetime as dt

import pytest

from connectors.email.message import name_of
from receivables.commands import AddNote, AnyCommand, CallWebhook, OpenTask, SendNotice, SendReminder
from receivables.decisions import Alongside, Decision
from receivables.facts import Invoice
from receivables.refs import LOCAL, Ref
from store import ingest, organisations, outbox
from store.outbox import Effect, NewEffect
from store.restore import make_safe
from sync.cycle import approve, look, needs_person, write_down
from sync.mailbox import read_mailbox
from tests.builders import invoice
from tests.sync.conftest import MORNING, Office

LIFTED_ON = MORNING.date()
DEBT = Ref("books", "invoice", "i1")
OTHER = Ref("books", "invoice", "i2")


def restored(office: Office) -> None:
    """And looked at: the stop is lifted at MORNING."""
    with office.installation.store.write() as tx:
        organisations.go_live(tx, MORNING)
        make_safe(tx, MORNING, "anna", MORNING - dt.timedelta(days=1))
        organisations.lift(tx, MORNING)


def reminder(*invoices: Ref) -> SendReminder:
    return SendReminder(connection="mail", invoices=invoices, to=("a@b.example",), subject="Invoice", text="Please pay")


def act(command: AnyCommand, step: str = "friendly", occasion: str = "", alongside: str = "") -> NewEffect:
    decision = Decision(
        verdict="act",
        debtor="books:customer:c1",
        invoices=(DEBT, OTHER) if alongside else (DEBT,),
        currency="GBP",
        policy="standard",
        step=step,
        occasion=occasion,
        alongside=(Alongside(str(OTHER), alongside, 1),) if alongside else (),
    )
    return NewEffect(intent=decision.key, command=command, debtor=decision.debtor, decision=decision)


def knows(office: Office, *invoices: Invoice) -> None:
    with office.installation.store.write() as tx:
        ingest.save_rows(tx, "books", "all", MORNING, [(one.id.encode(), [one]) for one in invoices])


def due(days: int, identifier: str = "i1") -> Invoice:
    """So many days after the stop was lifted."""
    return invoice(identifier, due_on=LIFTED_ON + dt.timedelta(days=days), issue_on=LIFTED_ON - dt.timedelta(days=40))


@pytest.mark.parametrize(
    ("due_in", "step", "waits"),
    [
        (-60, "friendly", True),
        (-3, "friendly", True),  # its third day was the last one that nobody knows of
        (-2, "friendly", False),
        (3, "upcoming", True),
        (4, "upcoming", False),
        (-14, "reminder", True),
        (-13, "reminder", False),
        (30, "a step that is no longer there", True),
    ],
)
def test_a_step_that_was_due_before_the_stop_was_lifted_waits(
    office: Office, due_in: int, step: str, *, waits: bool
) -> None:
    restored(office)
    knows(office, due(due_in))
    office.now += dt.timedelta(days=90)
    assert needs_person(office.installation, act(reminder(DEBT), step)) is waits


def test_until_the_stop_is_lifted_everything_waits(office: Office) -> None:
    with office.installation.store.write() as tx:
        make_safe(tx, MORNING, "anna")
    knows(office, due(400))
    assert needs_person(office.installation, act(reminder(DEBT)))


def test_an_invoice_beside_another_counts_with_its_own_step(office: Office) -> None:
    restored(office)
    knows(office, due(-13), due(-20, "i2"))
    assert not needs_person(office.installation, act(reminder(DEBT), "reminder"))
    assert needs_person(office.installation, act(reminder(DEBT, OTHER), "reminder", alongside="friendly"))


def test_an_answer_to_an_event_waits_for_invoices_of_that_time_alone(office: Office) -> None:
    restored(office)
    thanks = act(reminder(DEBT), "a reaction", "receipt:p1")
    assert needs_person(office.installation, thanks), "of an unknown invoice nobody can tell"
    knows(office, due(-10))
    assert needs_person(office.installation, thanks)
    knows(office, invoice("i1", issue_on=LIFTED_ON + dt.timedelta(days=1)))
    assert not needs_person(office.installation, thanks)


@pytest.mark.parametrize(
    ("command", "waits"),
    [
        (AddNote(connection="books", invoice=DEBT, text="owed: 12.00 is due"), True),
        (CallWebhook(connection="own", invoices=(DEBT,), body="{}"), True),
        (OpenTask(connection=LOCAL, action="call", debtor="c1", invoices=(DEBT,), title="call", text=""), False),
        (SendNotice(connection="mail", to=("me@here.example",), subject="due", text="due"), False),
    ],
)
def test_what_is_done_outside_waits_and_what_stood_in_the_lost_store_does_not(
    office: Office, command: AnyCommand, *, waits: bool
) -> None:
    restored(office)
    knows(office, due(-10))
    assert needs_person(office.installation, act(command)) is waits


def test_a_store_that_was_never_restored_asks_nobody(office: Office) -> None:
    knows(office, due(-10))
    assert not needs_person(office.installation, act(reminder(DEBT)))


def approved_message(office: Office) -> Effect:
    office.go_live()
    seen, made = look(office.installation)
    (first, *_) = [one for one in write_down(office.installation, seen, made) if one.verb == "send_reminder"]
    approve(office.installation, [first], "test")
    return first


@pytest.mark.parametrize("lost_try", ["", ".1", ".4"])
@pytest.mark.parametrize("state", ["approved", "cancelled"])
def test_mail_that_names_a_try_made_after_the_backup_proves_that_it_left(
    office: Office, state: str, lost_try: str
) -> None:
    message = approved_message(office)
    with office.installation.store.write() as tx:
        if state == "cancelled":
            stood = outbox.get(tx, message.id)
            assert stood
            assert outbox.cancel(tx, MORNING, stood, "the amount changed")
        make_safe(tx, MORNING, "anna")
    named = name_of(f"{message.id}{lost_try}")
    lines = ["From: Ann <ann@customer.example>", "Subject: Re: Invoice", "Message-ID: <a@customer.example>"]
    lines += [f"In-Reply-To: <{named}@harbour-joinery.example>", "", "Paid.", ""]
    office.tell("/inbox", raw="\r\n".join(lines))
    read_mailbox(office.installation)
    assert [one.id for one in office.effects("sent")] == [message.id]
