"""A message that nobody was sure of, and mail that names it: whoever can name it has it, so it left."""

from typing import Any

import pytest

from connectors.email.message import name_of
from receivables.commands import SendReminder
from store import connections, journal, outbox
from store.engine import Transaction
from store.outbox import Effect
from sync.cycle import approve, look, synchronise, write_down
from sync.mailbox import MAILBOX, read_mailbox
from sync.recover import LEASE
from tests.sync.conftest import Office


def in_doubt(office: Office, fault: str = "lost") -> Effect:
    """The mail server's answer to one message was lost; with `reset` the message is lost as well."""
    office.go_live()
    office.tell("/faults", platform="smtp", kind=fault, count=1)
    office.apply()
    (doubtful,) = office.effects("needs_human")
    return doubtful


def mail_of(office: Office, effect: Effect) -> dict[str, Any]:
    name = name_of(effect.key)
    return next(mail for mail in office.mails() if name in mail["headers"].get("Message-ID", ""))


def copies_of(office: Office, effect: Effect) -> int:
    """How often these words reached these people, under whatever Message-ID."""
    wanted = mail_of(office, effect)
    return sum((one["to"], one["subject"]) == (wanted["to"], wanted["subject"]) for one in office.mails())


def state_of(office: Office, effect: Effect) -> str:
    return next(one.state for one in office.effects() if one.id == effect.id)


def arrives(office: Office, *headers: str, sender: str = "Somebody <who@elsewhere.example>") -> None:
    lines = [f"From: {sender}", "Subject: Your letter", "Message-ID: <a@elsewhere.example>", *headers, "", "Hello", ""]
    office.tell("/inbox", raw="\r\n".join(lines))


def entries(office: Office, effect: Effect) -> list[tuple[str, str]]:
    """Who did what to it, of the journal."""
    with office.installation.store.read() as tx:
        assert journal.verify(tx).fault == ""
        return [(one.actor, one.event) for one in journal.entries(tx, effect.id)]


@pytest.mark.parametrize("kind", ["reply", "away", "bounce", "delay"])
def test_whatever_comes_back_proves_that_it_left(office: Office, kind: str) -> None:
    doubtful = in_doubt(office)
    mail = mail_of(office, doubtful)
    office.tell("/inbox", kind=kind, mail=mail["id"])
    report = read_mailbox(office.installation)
    (settled,) = [one for one in office.effects("sent") if one.id == doubtful.id]
    assert settled.reference == mail["headers"]["Message-ID"]
    assert settled.error == ""
    assert entries(office, doubtful)[-2:] == [("mailbox", "sent"), ("mailbox", "proved to have left")]
    assert any("needs_human did leave" in note for note in report.notes)


def test_it_is_not_sent_again_and_what_waited_for_it_goes_on(office: Office) -> None:
    doubtful = in_doubt(office)
    waiting = [one.id for one in office.effects("approved") if doubtful.intent in one.needs]
    office.tell("/inbox", kind="reply", mail=mail_of(office, doubtful)["id"])
    synchronise(office.installation)
    for _ in range(2):
        office.apply()
    assert copies_of(office, doubtful) == 1
    after = {one.id: one.state for one in office.effects()}
    assert waiting
    assert {after[one] for one in waiting} == {"sent"}


def test_a_message_that_a_person_wrongly_held_to_be_unsent_does_not_leave_again(office: Office) -> None:
    doubtful = in_doubt(office)
    with office.installation.store.write() as tx:
        outbox.try_again(tx, office.now, doubtful, "not sent, by a person's word", None, "Ann")
    office.tell("/inbox", kind="away", mail=mail_of(office, doubtful)["id"])
    read_mailbox(office.installation)
    office.apply()
    assert state_of(office, doubtful) == "sent"
    assert copies_of(office, doubtful) == 1


def test_our_own_copy_in_the_mailbox_proves_it_too(office: Office) -> None:
    doubtful = in_doubt(office)
    office.tell("/inbox", raw=mail_of(office, doubtful)["raw"])
    report = read_mailbox(office.installation)
    assert state_of(office, doubtful) == "sent"
    assert report.saved["not ours"].same == 1, "no customer's words"


def test_the_last_of_a_long_thread_is_not_the_only_one_that_counts(office: Office) -> None:
    doubtful = in_doubt(office)
    known = next(one for one in office.effects("sent") if isinstance(one.command, SendReminder))
    named = mail_of(office, doubtful)["headers"]["Message-ID"]
    arrives(office, f"In-Reply-To: {known.reference}", f"References: {named} {known.reference}")
    read_mailbox(office.installation)
    assert state_of(office, doubtful) == "sent"


def test_what_comes_back_without_naming_it_proves_nothing(office: Office) -> None:
    doubtful = in_doubt(office, "reset")
    assert isinstance(doubtful.command, SendReminder)
    arrives(office, sender=doubtful.command.to[0])
    arrives(office, "In-Reply-To: <0123456789abcdef0123456789abcdef01234567@harbour-joinery.example>")
    read_mailbox(office.installation)
    assert state_of(office, doubtful) == "needs_human"


def test_reading_the_proof_again_changes_nothing(office: Office) -> None:
    doubtful = in_doubt(office)
    office.tell("/inbox", kind="bounce", mail=mail_of(office, doubtful)["id"])
    read_mailbox(office.installation)
    before = entries(office, doubtful)
    with office.installation.store.write() as tx:
        connections.reset_cursors(tx, MAILBOX)
    read_mailbox(office.installation)
    assert entries(office, doubtful) == before


def test_what_a_person_took_back_stays_taken_back(office: Office) -> None:
    doubtful = in_doubt(office)
    with office.installation.store.write() as tx:
        outbox.try_again(tx, office.now, doubtful, "not sent, by a person's word", None, "Ann")
        outbox.refuse(tx, office.now, now_of(tx, doubtful.id), "Ann")
    office.tell("/inbox", kind="reply", mail=mail_of(office, doubtful)["id"])
    read_mailbox(office.installation)
    assert state_of(office, doubtful) == "refused"


def under_way_again(office: Office) -> Effect:
    """The second try of a message, by a worker on another machine: the first was held to have come to nothing."""
    office.go_live()
    ours = office.installation
    seen, made = look(ours)
    (planned, *_) = [one for one in write_down(ours, seen, made) if isinstance(one.command, SendReminder)]
    approve(ours, [planned], "test")
    claim_again(office, planned.id, planned.id)
    with ours.store.write() as tx:
        outbox.try_again(tx, office.now, now_of(tx, planned.id), "the mail server does not take it now", None)
    return claim_again(office, planned.id, f"{planned.id}.1")


def claim_again(office: Office, identifier: str, key: str) -> Effect:
    ours = office.installation
    with ours.store.write() as tx:
        row = now_of(tx, identifier)
        taken = outbox.claim(
            tx,
            office.now,
            row,
            owner="elsewhere/1/1",
            wall=ours.wall(),
            lease=LEASE,
            command=row.command,
            before={},
            key=key,
        )
    assert taken is not None
    return taken


def now_of(tx: Transaction, identifier: str) -> Effect:
    found = outbox.get(tx, identifier)
    assert found is not None
    return found


@pytest.mark.parametrize(("of_try", "state"), [(1, "sending"), (2, "sent")])
def test_of_a_message_under_way_only_the_name_of_this_try_counts(office: Office, of_try: int, state: str) -> None:
    """The worker's own receipt is on its way; it finds the row settled already."""
    taken = under_way_again(office)
    key = taken.key if of_try == 2 else taken.id
    arrives(office, f"In-Reply-To: <{name_of(key)}@harbour-joinery.example>")
    read_mailbox(office.installation)
    assert state_of(office, taken) == state
    with office.installation.store.write() as tx:
        assert outbox.sent(tx, office.now, taken, "its worker's own receipt") is (state == "sending")
