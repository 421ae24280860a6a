"""Money received at Stripe is written into the books once, or not at all; and what became of it there is watched."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from receivables.commands import CreatePaymentLink, RecordPayment, RecordProcessingFee
from receivables.facts import Invoice
from receivables.refs import Ref
from reconciliation.breaks.answers import MATCHES
from reconciliation.results import Match
from store import connections
from store.outbox import Effect
from sync import answering
from sync.assess import Assessment, assess, load_snapshot
from sync.cycle import approve, look, synchronise, write_down
from sync.deliver import deliver
from tests.sync.by_hand import ByHand
from tests.sync.conftest import Office, opened


@dataclass
class Paid:
    """An invoice of Xero that its customer has just paid through a link of owed's."""

    office: Office
    invoice: Ref

    @property
    def hand(self) -> ByHand:
        return ByHand(self.office.sandbox)

    def seen(self) -> Assessment:
        return assess(self.office.installation)

    def match(self) -> Match:
        (found,) = [one for one in self.seen().reconciliation.matches if one.invoice == self.invoice]
        return found

    def document(self) -> Invoice:
        found = load_snapshot(self.office.installation).invoice(self.invoice)
        assert found
        return found

    def sync(self) -> None:
        self.office.later(minutes=30)
        synchronise(self.office.installation)

    def planned(self) -> list[Effect]:
        """Written down and approved, not yet sent."""
        seen, made = look(self.office.installation)
        effects = write_down(self.office.installation, seen, made)
        approve(self.office.installation, effects, "test")
        return effects

    def effects(self, kind: type, *states: str) -> list[Any]:
        return [one.command for one in self.office.effects(*states) if isinstance(one.command, kind)]

    def posted(self) -> list[RecordPayment]:
        return self.effects(RecordPayment, "sent")

    def kinds(self) -> set[str]:
        return {one.kind for one in self.seen().reconciliation.breaks if one.is_open}

    def next_step(self) -> str:
        breaks = self.seen().reconciliation.breaks
        return next(one.next_step for one in breaks if one.kind == "missing counterpart" and self.invoice in one.refs)


@pytest.fixture(scope="module")
def paid_office(connected_office: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ref, dt.datetime]:
    """Made once, in a folder of its own; each test works on a copy."""
    folder = tmp_path_factory.mktemp("paid")
    shutil.copytree(connected_office, folder, dirs_exist_ok=True)
    with opened(folder) as office:
        office.settings(r"\[sending\]\n", "[sending]\nramp_start = 30\n")
        office.go_live()
        office.apply()
        link = links_to_whole_invoices(office)[0]
        office.tell("/pay", url=link.url)
        office.later(minutes=30)
        synchronise(office.installation)
        office.installation.store.close()
    return folder, Ref.parse(link.subjects[0]), office.now


def links_to_whole_invoices(office: Office) -> list[Effect]:
    """Made at Stripe for invoices of Xero in sterling, asking for all that is open."""
    snapshot = load_snapshot(office.installation)
    made = [one for one in office.effects("sent") if isinstance(one.command, CreatePaymentLink)]
    return [
        one
        for one in made
        if one.connection == "cards"
        and (invoice := snapshot.invoice(Ref.parse(one.subjects[0])))
        and (invoice.connection, invoice.currency, invoice.balance) == ("books", "GBP", one.command.amount)  # type: ignore[union-attr]  # a link's command
    ]


@pytest.fixture
def paid(paid_office: tuple[Path, Ref, dt.datetime], tmp_path: Path) -> Iterator[Paid]:
    folder, invoice, now = paid_office
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as office:
        office.settings(r"\[sending\]\n", "[sending]\nramp_start = 30\n")
        office.now = now
        office.later()
        yield Paid(office, invoice)


def another_open(paid: Paid) -> Invoice:
    """Of the same currency, with at least as much open."""
    wanted = paid.document()
    return next(
        one
        for _, one in sorted(load_snapshot(paid.office.installation).invoices.items())
        if one.connection == "books"
        and one.is_open
        and one.currency == wanted.currency
        and one.open >= wanted.open
        and one.ref != paid.invoice
    )


def book(paid: Paid, invoice: Invoice, charge: str, amount: int) -> str:
    """As a bookkeeper does who found the charge in Stripe's dashboard."""
    payment = {"Invoice": {"InvoiceID": invoice.id}, "Account": {"Code": "090"}, "Date": "2026-11-18"}
    made = paid.hand.xero("PUT", "Payments", {"Payments": [payment | {"Amount": amount / 100, "Reference": charge}]})
    return str(made["Payments"][0]["PaymentID"])


def test_a_payment_is_posted_gross_on_its_day_into_the_clearing_account_and_no_fee_unasked(paid: Paid) -> None:
    match, before = paid.match(), paid.document()
    paid.office.apply()
    (command,) = paid.posted()
    assert (command.amount.minor, command.account, command.source) == (before.open, "091", match.payment)
    assert command.paid_on.isoformat() == "2026-11-18"
    assert not paid.effects(RecordProcessingFee)


def test_what_somebody_booked_elsewhere_a_moment_ago_is_not_posted_again(paid: Paid) -> None:
    """Against another invoice: nothing about this one has changed, and yet the money is in the books."""
    match = paid.match()
    paid.planned()
    book(paid, another_open(paid), match.payment.id, match.amount)
    deliver(paid.office.installation)
    assert paid.posted() == []
    (cancelled,) = [one for one in paid.office.effects("cancelled") if isinstance(one.command, RecordPayment)]
    assert cancelled.error == "the books already have it"


def test_what_was_refunded_a_moment_ago_is_not_posted(paid: Paid) -> None:
    match = paid.match()
    paid.planned()
    assert paid.hand.stripe("refunds", charge=match.payment.id)
    deliver(paid.office.installation)
    assert paid.posted() == []
    assert any(isinstance(one.command, RecordPayment) for one in paid.office.effects("cancelled"))


def test_while_the_books_cannot_be_read_again_nothing_is_posted(paid: Paid) -> None:
    paid.planned()
    paid.office.tell("/faults", platform="xero", kind="error", path="Payments", method="GET", count=50)
    deliver(paid.office.installation)
    assert paid.posted() == []
    assert paid.effects(RecordPayment, "approved")


def test_on_a_closed_day_nothing_is_posted_and_a_person_picks_the_date(paid: Paid) -> None:
    with paid.office.installation.store.write() as tx:
        connections.update(tx, "books", locked_until=paid.office.now.date())
    assert "locked: the books are closed until 2026-11-18" in paid.next_step()
    paid.office.apply()
    assert paid.posted() == []
    with paid.office.installation.store.write() as tx:
        connections.update(tx, "books", locked_until=paid.office.now.date().replace(day=17))
    paid.office.apply()
    assert len(paid.posted()) == 1


@pytest.mark.parametrize(
    ("setting", "instead", "says"),
    [
        ("stripe_money_posted_by_others = false\n", "", "answer first whether anything else posts"),
        ("stripe_money_posted_by_others = false", "stripe_money_posted_by_others = true", "timing: another program"),
        ('GBP = "091"', 'EUR = "091"', "name a clearing account in GBP"),
    ],
)
def test_without_the_owners_word_nothing_is_posted_and_the_break_says_why(
    paid: Paid, setting: str, instead: str, says: str
) -> None:
    paid.office.settings(setting, instead)
    assert says in paid.next_step()
    paid.office.apply()
    assert paid.effects(RecordPayment) == []


def test_once_somebody_else_posts_too_owed_posts_no_more(paid: Paid) -> None:
    """The next day another customer's charge stands in the books, and owed did not put it there."""
    paid.office.later(days=1)
    other, identifier = another_open(paid), pay_another_link(paid)
    book(paid, other, identifier, load_snapshot(paid.office.installation).payments["cards", identifier].amount)
    paid.sync()
    assert "posted by others" in paid.kinds()
    paid.office.apply()
    assert paid.posted() == []


def pay_another_link(paid: Paid) -> str:
    """The id of the charge."""
    before = set(load_snapshot(paid.office.installation).payments)
    links = links_to_whole_invoices(paid.office)
    paid.office.tell("/pay", url=next(one.url for one in links if Ref.parse(one.subjects[0]) != paid.invoice))
    paid.sync()
    (new,) = set(load_snapshot(paid.office.installation).payments) - before
    return new[1]


def test_fees_are_posted_once_and_only_where_the_owner_named_an_expense_account(paid: Paid) -> None:
    fees = 'post_fees = { expense_account = "404", tax_code = "NONE" }'
    paid.office.settings(
        r"\[connection.clearing_accounts\]\nGBP = \"091\"", fees + '\n[connection.clearing_accounts]\nGBP = "091"'
    )
    payment = load_snapshot(paid.office.installation).payments["cards", paid.match().payment.id]
    paid.office.apply()
    paid.office.apply()
    (fee,) = paid.effects(RecordProcessingFee, "sent")
    assert (fee.amount.minor, fee.account, fee.expense_account, fee.source) == (payment.fee, "091", "404", payment.ref)


def test_a_posting_that_somebody_deletes_is_named_and_neither_posted_again_nor_demanded(paid: Paid) -> None:
    paid.office.apply()
    paid.sync()
    (effect,) = [one for one in paid.office.effects("sent") if isinstance(one.command, RecordPayment)]
    assert paid.hand.xero("POST", f"Payments/{effect.reference}", {"Status": "DELETED"})
    paid.sync()
    assert "deleted there" in paid.kinds()
    item = paid.seen().item(str(paid.invoice))
    assert item
    assert (item.invoice.open > 0, item.demandable) == (True, 0)
    paid.office.apply()
    assert len(paid.posted()) == 1


def test_a_settled_posting_leaves_no_break(paid: Paid) -> None:
    paid.office.apply()
    paid.sync()
    assert not any(paid.invoice in (*one.refs, *one.about) for one in paid.seen().reconciliation.breaks)
    settled = paid.seen().item(str(paid.invoice))
    assert settled is None or settled.demandable == 0


def test_a_match_that_a_person_confirmed_is_posted_like_a_certain_one(paid: Paid) -> None:
    """A charge of the company's that says nothing sure, and that nobody has posted."""
    found = paid.seen().reconciliation
    unsure = next(one for one in found.matches if one.band != "certain" and one.invoice.connection == "books")
    key = f"/{unsure.payment}/{unsure.invoice}"
    (difference,) = [one for one in found.breaks if one.key.endswith(key) and one.kind in MATCHES]
    answering.accept(paid.office.installation, difference, "Ann", "asked the customer")
    paid.office.apply()
    assert (unsure.payment, unsure.invoice, unsure.amount) in {
        (one.source, one.invoice, one.amount.minor) for one in paid.posted()
    }
