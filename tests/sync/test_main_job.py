"""The main job against the platforms' look-alikes: nobody is chased wrongly, nothing is sent twice."""

from collections import Counter

import pytest
import requests

from owed.cli.plan import _may_send
from owed.errors import Mistake
from receivables.commands import CreatePaymentLink, RecordPayment, SendReminder
from receivables.local_facts import Dispute, Hold, OptOut, Promise
from receivables.refs import LOCAL
from store import ingest, organisations
from sync.assess import assess, load_snapshot
from sync.cycle import approve, look, synchronise, write_down
from sync.deliver import deliver
from tests.sync.conftest import MORNING, Office


def reminders(office: Office, state: str = "sent") -> list[SendReminder]:
    return [one.command for one in office.effects(state) if isinstance(one.command, SendReminder)]


def test_the_first_day_lets_ten_messages_leave_and_the_second_twenty(office: Office) -> None:
    office.go_live()
    office.apply()
    assert len(office.mails()) == 10
    office.later(days=1)
    synchronise(office.installation)
    office.apply()
    assert len(office.mails()) == 30


def test_applying_again_sends_nothing_twice(office: Office) -> None:
    office.settings(r"\[sending\]\n", "[sending]\nramp_start = 40\n")
    office.go_live()
    office.apply()
    first = len(office.mails())
    for _ in range(2):
        office.apply()
        office.later(minutes=20)
        synchronise(office.installation)
    assert len(office.mails()) == first
    assert max(Counter((mail["to"][0], mail["subject"]) for mail in office.mails()).values()) == 1


def test_the_first_contact_is_the_first_stage_whatever_the_age(office: Office) -> None:
    office.settings(r"\[sending\]\n", "[sending]\nramp_start = 30\n")
    office.go_live(released=["all"])
    office.apply()
    stages = {one.decision.stage for one in office.effects("sent") if one.decision}
    assert stages <= {0, 1}
    assert any((item.days_past_due(MORNING.date()) or 0) > 90 for item in assess(office.installation).items)


def test_a_payment_through_the_link_is_matched_posted_and_ends_the_reminders(office: Office) -> None:
    office.settings(r"\[sending\]\n", "[sending]\nramp_start = 30\n")
    office.go_live()
    office.apply()
    made = [
        one
        for one in office.effects("sent")
        if isinstance(one.command, CreatePaymentLink)
        and one.connection == "cards"
        and one.command.invoice.connection == "books"
        and one.command.amount.currency == "GBP"
        and asks_for_all(office, one.command)
    ]
    link = made[0]
    assert isinstance(link.command, CreatePaymentLink)
    office.tell("/pay", url=link.url)
    office.later(minutes=30)
    synchronise(office.installation)
    seen = assess(office.installation)
    (match,) = [match for match in seen.reconciliation.matches if match.invoice == link.command.invoice]
    assert (match.band, match.amount) == ("certain", link.command.amount.minor)
    office.apply()
    posted = [one.command for one in office.effects("sent") if isinstance(one.command, RecordPayment)]
    assert [(one.invoice, one.amount, one.account) for one in posted] == [(match.invoice, link.command.amount, "091")]
    synchronise(office.installation)
    seen = assess(office.installation)
    invoice = seen.snapshot.invoice(link.command.invoice)
    assert invoice is not None
    assert (invoice.status, invoice.open) == ("paid", 0)
    assert match.payment in {sighting.payment for sighting in seen.reconciliation.sightings}
    settled = seen.item(str(invoice.ref))
    assert settled is None or settled.demandable == 0
    assert not [one for one in seen.decisions if invoice.ref in one.invoices and one.verdict != "suppress"]


def asks_for_all(office: Office, command: CreatePaymentLink) -> bool:
    """Not for a balance less some unapplied credit: paying it closes the invoice."""
    invoice = load_snapshot(office.installation).invoice(command.invoice)
    return invoice is not None and invoice.balance == command.amount


def test_a_pending_bank_debit_counts_as_in_flight(office: Office) -> None:
    office.settings(r"\[sending\]\n", "[sending]\nramp_start = 30\n")
    office.go_live()
    office.apply()
    link = next(
        one
        for one in office.effects("sent")
        if isinstance(one.command, CreatePaymentLink)
        and one.connection == "cards"
        and asks_for_all(office, one.command)
    )
    office.tell("/pay", url=link.url, method="us_bank_account")
    office.later(hours=1)
    synchronise(office.installation)
    item = assess(office.installation).item(link.subjects[0])
    assert item is not None
    assert (item.in_flight, item.demandable) == (item.invoice.open, 0)


def test_what_is_paid_between_planning_and_sending_is_not_sent(office: Office) -> None:
    office.go_live()
    installation = office.installation
    seen, made = look(installation)
    approve(installation, write_down(installation, seen, made), "test")
    at_xero = [one for one in made.messages if one.decision and one.decision.invoices[0].connection == "books"]
    for message in at_xero:
        assert message.decision is not None
        for ref in message.decision.invoices:
            pay_in_xero(office, ref.id)
    deliver(installation)
    told = {str(ref) for command in reminders(office) for ref in command.invoices}
    assert told
    assert not any(ref.startswith("books:") for ref in told)
    assert len(office.mails()) == 10


def pay_in_xero(office: Office, invoice: str) -> None:
    """As the bookkeeper does, at the platform itself."""
    xero = office.sandbox.config["xero"]
    headers = {"Authorization": f"Bearer {xero['access_token']}", "xero-tenant-id": xero["tenant_id"]}
    headers["Accept"] = "application/json"
    url = f"{xero['api_base']}/Invoices/{invoice}"
    due = requests.get(url, headers=headers, timeout=20).json()["Invoices"][0]["AmountDue"]
    body = {
        "Payments": [
            {"Invoice": {"InvoiceID": invoice}, "Account": {"Code": "090"}, "Date": "2026-11-18", "Amount": due}
        ]
    }
    answer = requests.put(f"{xero['api_base']}/Payments", json=body, headers=headers, timeout=20)
    assert answer.ok, answer.text


@pytest.mark.parametrize("kind", [Dispute, Hold, OptOut, Promise])
def test_what_a_person_states_is_respected(office: Office, kind: type) -> None:
    office.go_live()
    installation = office.installation
    before = [one for one in assess(installation).decisions if one.verdict == "act"]
    debtor = before[0].debtor
    more = {"promised_on": MORNING.date()} if kind is Promise else {}
    fact = kind(connection=LOCAL, id="1", subject=debtor, stated_at=MORNING, **more)
    with installation.store.write() as tx:
        ingest.state(tx, installation.clock(), fact)
    after = [one for one in assess(installation).decisions if one.debtor == debtor]
    assert after
    assert not any(one.verdict == "act" for one in after)


def test_sending_is_off_until_the_owner_has_gone_live(office: Office) -> None:
    with pytest.raises(Mistake, match="golive"):
        _may_send(office.installation)
    office.apply()
    assert office.mails() == []
    office.settings('mode = "live"', 'mode = "off"')
    office.go_live()
    with pytest.raises(Mistake, match="sending is off"):
        _may_send(office.installation)
    office.apply()
    assert office.mails() == []


def test_redirect_sends_our_mail_to_the_owner_and_does_not_count_as_contact(office: Office) -> None:
    office.settings('mode = "live"', 'mode = "redirect"\nredirect_to = "owner@harbour-joinery.example"')
    office.go_live()
    office.apply()
    assert {mail["to"][0] for mail in office.mails()} == {"owner@harbour-joinery.example"}
    assert [mail["subject"] for mail in office.mails() if not mail["subject"].lstrip().startswith("[for ")] == []
    rehearsed = len(office.mails())
    office.settings('mode = "redirect"', 'mode = "live"')
    office.later(days=1)
    synchronise(office.installation)
    office.apply()
    assert len(office.mails()) > rehearsed
    assert "owner@harbour-joinery.example" not in {mail["to"][0] for mail in office.mails()[rehearsed:]}


def test_old_backlog_waits_until_it_is_released(office: Office) -> None:
    office.go_live()
    held = [one for one in assess(office.installation).decisions if any(r.code == "backlog" for r in one.reasons)]
    assert held
    office.go_live(released=[held[0].debtor])
    still = {
        one.debtor for one in assess(office.installation).decisions if any(r.code == "backlog" for r in one.reasons)
    }
    assert held[0].debtor not in still
    assert still


def test_a_debtor_who_was_not_there_at_go_live_has_a_backlog_too(office: Office) -> None:
    """A connection added later must not chase years of old debts at once."""
    installation = office.installation
    with installation.store.write() as tx:
        organisations.go_live(tx, installation.clock())
    seen = assess(installation)
    old = {item.invoice.ref for item in seen.items if (item.days_past_due(MORNING.date()) or 0) > 60}
    acting = {ref for one in seen.decisions if one.verdict == "act" for ref in one.invoices}
    assert acting
    assert not acting & old
