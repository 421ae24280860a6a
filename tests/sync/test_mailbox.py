"""What comes back by mail: bounces, replies, notices of absence, and what is none of ours."""

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from receivables.commands import SendReminder
from receivables.local_facts import BlockedAddress, Bounce, Hold, LocalFact, Reply
from receivables.open_items import OpenItem
from receivables.refs import Ref
from rules.explain import explain
from store import archive, connections, ingest, journal, snapshots
from store.outbox import Effect
from sync.assess import assess
from sync.cycle import approve, look, synchronise, write_down
from sync.deliver import deliver
from sync.mailbox import MAILBOX, read_mailbox
from sync.pull import PullReport
from tests.sync.conftest import Office


def sent(office: Office) -> tuple[Effect, dict[str, Any]]:
    """One of our messages to one address, and the mail as it arrived."""
    office.go_live()
    office.apply()
    by_id = {mail["headers"].get("Message-ID"): mail for mail in office.mails() if mail["via"] == "smtp"}
    effect = next(one for one in office.effects("sent") if len(written_to(one)) == 1)
    return effect, by_id[effect.reference]


def written_to(effect: Effect) -> tuple[str, ...]:
    return effect.command.to if isinstance(effect.command, SendReminder) else ()


def arrives(office: Office, kind: str, mail: dict[str, Any], **said: str) -> None:
    office.tell("/inbox", kind=kind, mail=mail["id"], **said)


def stated(office: Office, kind: type[LocalFact]) -> list[Any]:
    with office.installation.store.read() as tx:
        return [fact for fact in snapshots.load_facts(tx) if isinstance(fact, kind)]


def read(office: Office) -> PullReport:
    report = read_mailbox(office.installation)
    assert report.error == ""
    return report


def item_of(office: Office, effect: Effect) -> OpenItem:
    found = assess(office.installation, decide=False).item(effect.subjects[0])
    assert found
    return found


def guarded(office: Office, effect: Effect) -> set[str]:
    """What the guards have against the first invoice of a message."""
    seen, ours = assess(office.installation, decide=False), office.installation
    about = Ref.parse(effect.subjects[0])
    snapshot = seen.snapshot
    told = explain(about, ours.rulebook, seen.items, snapshot.business, snapshot.connections, seen.history, office.now)
    return {reason.text for guard in told.guards for reason in guard.reasons}


def verdicts(office: Office, effect: Effect) -> set[tuple[str, str]]:
    """What the rules say about the debtor's invoices now."""
    seen, _ = look(office.installation)
    about = [one for one in seen.decisions if one.debtor == effect.debtor]
    return {(one.verdict, reason.text) for one in about for reason in one.reasons}


def test_a_reply_pauses_the_customer_for_five_working_days(office: Office) -> None:
    effect, mail = sent(office)
    arrives(office, "reply", mail, text="We pay on Friday.\n\nOn Wed, Harbour wrote:\n> please pay\n")
    report = read(office)
    assert report.saved["replies"].new == 1
    (reply,) = stated(office, Reply)
    assert (reply.subject, reply.answers, reply.excerpt) == (effect.debtor, effect.id, "We pay on Friday.")
    assert reply.sender == mail["to"][0]
    assert tuple(map(str, reply.invoices)) == effect.subjects
    hold = item_of(office, effect).hold
    assert hold is not None
    # Wednesday, and five working days of the business
    assert (hold.until_on, hold.stated_by) == (dt.date(2026, 11, 25), "mailbox")
    assert hold.reason == f"replied on 2026-11-18: Re: {mail['subject']}"[:200]
    office.later(days=5)
    synchronise(office.installation)
    assert any(verdict != "act" and "replied on" in text for verdict, text in verdicts(office, effect))
    with office.installation.store.read() as tx:
        raw = archive.fetch(tx, reply.raw)
    assert raw is not None
    assert b"We pay on Friday." in raw


def test_a_message_that_is_already_approved_does_not_overtake_a_reply(office: Office) -> None:
    _, mail = sent(office)
    arrives(office, "reply", mail)
    synchronise(office.installation)
    before = len(office.mails())
    office.later(days=6)
    synchronise(office.installation)
    office.apply()
    assert not [one for one in office.mails()[before:] if mail["to"][0] in one["recipients"]]


def test_reading_the_same_messages_again_changes_nothing(office: Office) -> None:
    _, mail = sent(office)
    arrives(office, "reply", mail)
    arrives(office, "bounce", mail)
    read(office)
    before = [stated(office, kind) for kind in (Reply, Bounce, Hold, BlockedAddress)]
    with office.installation.store.write() as tx:
        connections.reset_cursors(tx, MAILBOX)
        entries = journal.verify(tx)
    office.later(hours=1)
    report = read(office)
    assert (report.saved["replies"].new, report.saved["bounces"].new) == (0, 0)
    assert [stated(office, kind) for kind in (Reply, Bounce, Hold, BlockedAddress)] == before
    with office.installation.store.read() as tx:
        assert journal.verify(tx) == entries


def test_a_server_that_renumbers_its_messages_is_read_anew_without_harm(office: Office) -> None:
    _, mail = sent(office)
    arrives(office, "reply", mail)
    read(office)
    office.tell("/inbox", renumber=True)
    report = read(office)
    assert "renumbered" in report.notes[0]
    assert report.saved["replies"].same == 1
    held = [hold.subject for hold in stated(office, Hold)]
    assert held
    assert len(set(held)) == len(held)
    assert read(office).rows == 0


def test_what_a_person_lifted_is_not_held_again_by_the_same_reply(office: Office) -> None:
    effect, mail = sent(office)
    arrives(office, "reply", mail)
    read(office)
    held = stated(office, Hold)
    assert held
    with office.installation.store.write() as tx:
        for hold in held:
            ingest.state(tx, office.now, replace(hold, lifted_at=office.now))
        connections.reset_cursors(tx, MAILBOX)
    read(office)
    assert item_of(office, effect).hold is None


@pytest.mark.parametrize(("until_on", "kept"), [(None, None), (dt.date(2026, 12, 24), dt.date(2026, 12, 24))])
def test_a_longer_hold_of_the_owner_stays(office: Office, until_on: dt.date | None, kept: dt.date | None) -> None:
    effect, mail = sent(office)
    with office.installation.store.write() as tx:
        own = Hold(connection="local", id="x", subject=effect.debtor, until_on=until_on, stated_at=office.now)
        ingest.state(tx, office.now, own)
    arrives(office, "reply", mail)
    read(office)
    hold = item_of(office, effect).hold
    assert hold is not None
    assert hold.until_on == kept


def test_a_notice_of_absence_is_noted_and_pauses_nobody(office: Office) -> None:
    effect, mail = sent(office)
    arrives(office, "away", mail)
    assert read(office).saved["automatic answers"].new == 1
    (reply,) = stated(office, Reply)
    assert reply.automatic
    assert item_of(office, effect).hold is None


def test_an_address_that_bounced_is_not_written_to_again(office: Office) -> None:
    effect, mail = sent(office)
    arrives(office, "bounce", mail)
    assert read(office).saved["bounces"].new == 1
    (blocked,) = stated(office, BlockedAddress)
    assert blocked.address == mail["to"][0].casefold()
    assert blocked.blocked_on == office.now.date()
    assert blocked.address not in item_of(office, effect).addresses
    office.later(days=8)
    synchronise(office.installation)
    before = len(office.mails())
    office.apply()
    assert not [one for one in office.mails()[before:] if blocked.address in map(str.casefold, one["recipients"])]
    others = item_of(office, effect).addresses
    with office.installation.store.write() as tx:
        for address in others:
            ingest.state(tx, office.now, replace(blocked, id=f"blocked/{address}", address=address.casefold()))
    told = "; ".join(guarded(office, effect))
    assert f"{blocked.address} bounced on 18 Nov 2026" in told
    assert ": ask for another address" in told


def test_a_message_that_is_approved_does_not_go_to_an_address_that_bounced_since(office: Office) -> None:
    office.go_live()
    installation = office.installation
    seen, made = look(installation)
    effects = write_down(installation, seen, made)
    approve(installation, effects, "test")
    chosen = next(one for one in effects if written_to(one))
    address = written_to(chosen)[0].casefold()
    with installation.store.write() as tx:
        fact = BlockedAddress(
            connection="local", id=f"blocked/{address}", address=address, blocked_on=office.now.date()
        )
        ingest.state(tx, office.now, fact)
    deliver(installation)
    assert not [mail for mail in office.mails() if address in map(str.casefold, mail["recipients"])]
    assert {one.id: one.state for one in office.effects()}[chosen.id] == "cancelled"


def test_a_delay_is_noted_only(office: Office) -> None:
    effect, mail = sent(office)
    arrives(office, "delay", mail)
    assert read(office).saved["delays"].new == 1
    assert [one.status for one in stated(office, Bounce)] == ["4.4.1"]
    assert stated(office, BlockedAddress) == []
    assert item_of(office, effect).addresses


def plain_mail(sender: str, *headers: str) -> str:
    lines = [f"From: {sender}", "Subject: About your letter", "Message-ID: <a@b.example>", *headers]
    return "\r\n".join([*lines, "", "Hello, who are you?", ""])


def test_a_customer_who_writes_a_new_mail_is_known_by_the_address(office: Office) -> None:
    effect, mail = sent(office)
    office.tell("/inbox", raw=plain_mail(f"Somebody <{mail['to'][0].upper()}>"))
    read(office)
    (reply,) = stated(office, Reply)
    assert (reply.subject, reply.title) == (effect.debtor, "About your letter")
    assert item_of(office, effect).hold is not None


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("stranger@nowhere.example", ()),
        ("accounts@harbour-joinery.example", ("In-Reply-To: {id}",)),
        ("{to}", ("List-Unsubscribe: <https://shop.example>",)),
    ],
)
def test_what_is_none_of_ours_is_not_kept(office: Office, sender: str, headers: tuple[str, ...]) -> None:
    _, mail = sent(office)
    known = {"to": mail["to"][0], "id": mail["headers"]["Message-ID"]}
    office.tell("/inbox", raw=plain_mail(sender.format(**known), *(one.format(**known) for one in headers)))
    report = read(office)
    assert report.saved["not ours"].same == 1
    assert stated(office, Reply) == []


COPIES = 'cc = ["sales@harbour-joinery.example"]\ncopy_to = "proof@elsewhere.example"'


def test_the_business_s_own_copies_are_no_customer_s_words(office: Office) -> None:
    office.settings('mode = "live"', f'mode = "live"\n{COPIES}')
    _, mail = sent(office)
    assert set(mail["recipients"]) > {"sales@harbour-joinery.example", "proof@elsewhere.example"}
    assert mail["cc"][-1] == "sales@harbour-joinery.example"
    assert "proof@" not in mail["raw"]
    for kind in ("reply", "bounce"):
        for address in ("proof@elsewhere.example", "sales@harbour-joinery.example"):
            arrives(office, kind, mail, **{"from": address})
    assert read(office).saved["not ours"].same == 4
    assert [stated(office, kind) for kind in (Reply, Bounce, BlockedAddress, Hold)] == [[], [], [], []]


def test_an_answer_to_a_rehearsal_is_the_owner_s(office: Office) -> None:
    office.settings('mode = "live"', f'mode = "redirect"\nredirect_to = "boss@elsewhere.example"\n{COPIES}')
    effect, mail = sent(office)
    assert mail["recipients"] == ["boss@elsewhere.example"]
    for kind in ("reply", "bounce"):
        arrives(office, kind, mail)
    read(office)
    assert [stated(office, kind) for kind in (Reply, Bounce, BlockedAddress, Hold)] == [[], [], [], []]
    assert item_of(office, effect).hold is None


def test_a_mailbox_that_fails_is_one_line_and_stops_nothing(office: Office) -> None:
    office.tell("/faults", platform="imap", kind="reset", count=-1)
    reports = synchronise(office.installation)
    assert [(one.connection, bool(one.error)) for one in reports] == [
        ("books", False),
        ("ledger", False),
        ("cards", False),
        ("mailbox", True),
    ]
    assert "\n" not in reports[-1].error
    with office.installation.store.read() as tx:
        assert connections.known(tx)[MAILBOX].state == "failing"
    office.tell("/faults", platform="imap", kind="reset", count=0)


def test_a_password_that_is_wrong_or_gone_asks_for_one(office: Office) -> None:
    secret = office.config.parent / "owed.mailbox"
    secret.write_text("wrong")
    assert "does not accept the user name or password" in read_mailbox(office.installation).error
    secret.unlink()
    assert "password is not there" in read_mailbox(office.installation).error
    with office.installation.store.read() as tx:
        assert connections.known(tx)[MAILBOX].state == "reconnect"


def test_an_interrupted_reading_goes_on_where_it_stopped(office: Office) -> None:
    _, mail = sent(office)
    for number in range(60):
        arrives(office, "reply", mail, subject=f"mail {number}", text="x")
        office.tell("/clock", advance_seconds=1)
    office.tell("/faults", platform="imap", kind="reset", path="UID FETCH", skip=55)
    assert read_mailbox(office.installation).error
    assert len(stated(office, Reply)) == 50
    assert read(office).saved["replies"].new == 10
    assert len({hold.subject for hold in stated(office, Hold)}) == len(stated(office, Hold))
