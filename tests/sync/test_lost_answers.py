"""Answers that are lost on the way back: the platform acted once, whatever we were told."""

import pytest

from receivables.commands import CreatePaymentLink, SendReminder
from store import journal, organisations
from sync.cycle import approve, look, write_down
from sync.deliver import deliver
from tests.sync.conftest import Office


def effects_of(office: Office, kind: str) -> int:
    return sum(one["kind"] == kind for one in office.ask("/effects.json"))


def test_a_link_whose_answer_was_lost_is_made_once(office: Office) -> None:
    office.go_live()
    office.tell("/faults", platform="stripe", kind="lost", method="POST", path="payment_links", count=2)
    office.apply()
    made = [
        one
        for one in office.effects("sent")
        if isinstance(one.command, CreatePaymentLink) and one.connection == "cards"
    ]
    assert made
    assert all(one.url for one in made)
    assert effects_of(office, "payment_link") == len(made)


def test_a_failure_that_the_platform_keeps_under_the_key_is_overcome_with_a_new_key(office: Office) -> None:
    office.go_live()
    office.tell(
        "/faults", platform="stripe", kind="error", method="POST", path="payment_links", count=1, store=True, status=500
    )
    office.apply()
    deliver(office.installation)
    made = [
        one
        for one in office.effects("sent")
        if isinstance(one.command, CreatePaymentLink) and one.connection == "cards"
    ]
    assert any(one.attempt == 2 for one in made)
    assert effects_of(office, "payment_link") == len(made)
    assert not office.effects("uncertain", "needs_human", "failed")


def test_a_message_whose_delivery_cannot_be_known_is_given_to_a_person_and_not_sent_again(office: Office) -> None:
    office.go_live()
    office.tell("/faults", platform="smtp", kind="lost", count=1)
    office.apply()
    office.apply()
    (doubtful,) = office.effects("needs_human")
    assert isinstance(doubtful.command, SendReminder)
    told = [mail for mail in office.mails() if mail["to"][0] == doubtful.command.to[0]]
    assert len(told) <= 1
    with office.installation.store.read() as tx:
        assert journal.verify(tx).fault == ""


def test_the_emergency_stop_ends_a_run_that_is_under_way(office: Office) -> None:
    office.go_live()
    installation = office.installation
    seen, made = look(installation)
    approve(installation, write_down(installation, seen, made), "test")
    sent = 0

    def pull_the_stop(outcome: object) -> None:
        nonlocal sent
        sent += getattr(outcome, "state", "") == "sent"
        if sent == 3:
            with installation.store.write() as tx:
                organisations.stop(tx, installation.clock())

    deliver(installation, pull_the_stop)
    assert sent == 3


@pytest.mark.parametrize("fault", ["lost", "reset", "failed"])
def test_a_note_is_written_once_whatever_happens_to_its_answer(office: Office, fault: str) -> None:
    office.go_live()
    for platform, path in (("xero", "History"), ("quickbooks", "attachable")):
        office.tell("/faults", platform=platform, kind=fault, path=path, count=2)
    for _ in range(3):
        office.apply()
    notes = [one for one in office.effects("sent") if one.verb == "add_note" and one.connection != "cards"]
    assert effects_of(office, "note") == len(notes)
    assert notes


@pytest.mark.parametrize(
    "second",
    [
        {"kind": "throttle", "retry_after": 1},
        {"kind": "reset"},
        {"kind": "error", "status": 400},
        {"kind": "unauthorized"},
    ],
)
@pytest.mark.parametrize(("name", "kind"), [("cards", "metadata"), ("books", "note")])
def test_that_the_repeat_did_not_get_through_says_nothing_of_the_first_try(
    office: Office, second: dict[str, object], name: str, kind: str
) -> None:
    """The answer was lost although it happened; the repeat under the same key meets a failure of its own. It must not
    count as not done: the next try would have a new key, and the deed would be done twice."""
    office.settings(r"\[sending\]", "[sending]\nramp_start = 100")
    office.go_live()
    installation = office.installation
    seen, made = look(installation)
    planned = write_down(installation, seen, made)
    note = next(one for one in planned if one.verb == "add_note" and one.connection == name)
    invoice = note.subjects[0].split(":")[2]
    there = {"platform": installation.endpoints[name].platform, "method": "POST|PUT", "path": invoice}
    office.tell("/faults", kind="lost", count=1, **there)
    office.tell("/faults", count=1, **there, **second)
    approve(installation, planned, "test")
    for _ in range(3):
        deliver(office.installation)
    done = [one for one in office.ask("/effects.json") if one["kind"] == kind and invoice in one["target"]]
    states = [one.state for one in office.effects() if one.id == note.id]
    assert (states, len(done)) == (["sent"], 1)
