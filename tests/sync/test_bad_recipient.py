"""An address that the mail server does not know: it is blocked, and whoever else can be reached gets the message."""

import msgspec

from receivables.commands import SendReminder
from receivables.local_facts import BlockedAddress
from store import outbox, snapshots
from sync.assess import assess
from tests.sync.conftest import Office

WRONG = "bounce@nowhere.example"


def with_a_wrong_contact(office: Office) -> str:
    """One debtor's messages go to an address that does not exist; its key."""
    decision = next(
        one for one in assess(office.installation).decisions if one.verdict == "act" and one.channel == "email"
    )
    invoice = assess(office.installation).snapshot.invoice(decision.invoices[0])
    assert invoice is not None
    customer = f"{invoice.connection}:customer:{invoice.customer_id}"
    text = office.config.read_text()
    office.config.write_text(f'{text}\n[[contact]]\ncustomer = "{customer}"\nrole = "billing"\nemail = "{WRONG}"\n')
    return decision.debtor


def test_a_refused_address_is_blocked_and_the_message_takes_another_way(office: Office) -> None:
    office.go_live()
    debtor = with_a_wrong_contact(office)
    office.settings(r"\[sending\]", "[sending]\nramp_start = 200")
    office.apply()
    with office.installation.store.read() as tx:
        (blocked,) = snapshots.all_stated(tx, BlockedAddress)
    assert (blocked.address, blocked.subject) == (WRONG, debtor)
    assert not [one for one in office.effects("sent") if one.debtor == debtor and one.verb == "send_reminder"]
    office.apply()
    sent, *_ = [one for one in office.effects("sent") if one.debtor == debtor and one.verb == "send_reminder"]
    assert isinstance(sent.command, SendReminder)
    assert WRONG not in sent.command.to
    assert not office.effects("failed")


def test_a_message_that_was_tried_and_taken_back_is_planned_again(office: Office) -> None:
    """Throttled once, then cancelled because the balance changed: the debtor is not forgotten."""
    office.go_live()
    office.tell("/faults", platform="smtp", kind="throttle", count=1)
    office.apply()
    tried = next(one for one in office.effects("approved") if one.attempt > 0)
    installation = office.installation
    with installation.store.write() as tx:
        assert outbox.cancel(tx, installation.clock(), tried, "the amount due has changed")
        again = outbox.plan(
            tx,
            installation.clock(),
            outbox.NewEffect(intent=tried.intent, command=msgspec.structs.replace(tried.command, subject="new words")),
        )
    assert (again.state, again.attempt) == ("planned", tried.attempt)
    assert isinstance(again.command, SendReminder)
    assert again.command.subject == "new words"
