"""What each write does in the books of Xero, what it refuses, and how a write that was cut short is mended."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.errors import Forbidden, NotFound, Refused, Uncertain
from connectors.protocol import Intent, Receipt
from connectors.xero.tags import tag
from receivables.commands import AnyCommand, VoidInvoice
from receivables.refs import Ref
from tests.connectors import xero_commands as to
from tests.connectors.loopback import Asked, Reply, loopback
from tests.connectors.towards_sandbox import tokens_of
from tests.connectors.xero_office import Office, opened
from tests.connectors.xero_world import connector as scripted

LOCKED_ON = dt.date(2026, 2, 15)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as found:
        yield found


def push(office: Office, command: AnyCommand, key: str = "key-1") -> Receipt:
    xero = office.connect()
    return xero.push(office.intent(xero, command, key))


# -- fees ---------------------------------------------------------------------------------------------------------------


def test_a_fee_is_an_approved_invoice_that_counts_as_not_sent(office: Office) -> None:
    made = office.books.invoices[push(office, to.fee(office.ids)).reference]
    assert (made["status"], office.books.due(made), made["sent"]) == ("AUTHORISED", 4_000, False)
    assert made["contact"] == office.ids["customer"]
    assert (made["date"], made["due_date"], made["reference"]) == ("2026-03-02", "2026-03-02", tag("key-1"))
    assert office.done() == ["invoice"]


def test_a_fee_is_found_by_its_reference_long_after_the_key_was_forgotten(office: Office) -> None:
    xero = office.connect()
    intent = office.intent(xero, to.fee(office.ids))
    made = xero.push(intent)
    office.sandbox.clock.advance(20 * 60)
    found = office.connect().find(intent)
    assert isinstance(found, Receipt)
    assert found.reference == made.reference
    other = office.connect().find(Intent("key-2", intent.command, {}, intent.started_at))
    assert other == "absent"


def test_a_fee_that_a_person_has_voided_since_was_made_all_the_same(office: Office) -> None:
    xero = office.connect()
    intent = office.intent(xero, to.fee(office.ids))
    made = xero.push(intent).reference
    push(office, VoidInvoice(connection="books", invoice=Ref("books", "invoice", made)), "key-2")
    assert isinstance(xero.find(intent), Receipt)


# -- voids --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "becomes"), [("invoice", "VOIDED"), ("draft", "DELETED"), ("submitted", "DELETED")])
def test_an_approved_invoice_is_voided_and_a_draft_deleted(office: Office, name: str, becomes: str) -> None:
    push(office, to.void(office.ids, name))
    assert office.books.invoices[office.ids[name]]["status"] == becomes
    push(office, to.void(office.ids, name), "key-2")
    assert len(office.done()) == 1, "what is gone already is left alone"


def test_an_invoice_with_payments_is_not_voided(office: Office) -> None:
    with pytest.raises(Refused, match="payments"):
        push(office, to.void(office.ids, "partly"))
    push(office, to.payment(office.ids, 10_000), "key-2")
    with pytest.raises(Refused, match="is paid"):
        push(office, to.void(office.ids), "key-3")
    assert office.done() == ["payment"]


# -- payments -----------------------------------------------------------------------------------------------------------


def test_a_payment_taken_back_opens_its_invoice_again(office: Office) -> None:
    assert office.open("partly") == 5_000
    push(office, to.void_payment(office.ids))
    assert office.open("partly") == 9_000
    push(office, to.void_payment(office.ids), "key-2")
    assert office.done() == ["payment_deleted"]


@pytest.mark.parametrize(("name", "because"), [("batched_payment", "batch"), ("reconciled_payment", "reconciled")])
def test_trap_a_payment_in_a_batch_or_reconciled_is_never_deleted(office: Office, name: str, because: str) -> None:
    office.sandbox.world.calls.clear()
    with pytest.raises(Refused, match=because):
        push(office, to.void_payment(office.ids, name))
    assert set(office.sandbox.world.calls.all()["xero"]) == {"GET /api.xro/2.0/Payments/{id}"}, "not even asked for"
    assert office.done() == []


# -- refunds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["credit_note", "overpayment", "prepayment"])
def test_a_refund_comes_out_of_what_is_left_of_a_credit(office: Office, name: str) -> None:
    xero = office.connect()
    intent = office.intent(xero, to.refund(office.ids, name))
    assert xero.find(intent) == "absent"
    made = xero.push(intent)
    assert office.open(name) == 4_300
    assert office.books.payments[made.reference]["reference"] == f"re_1 {tag('key-1')}"
    found = xero.find(intent)
    assert isinstance(found, Receipt)
    assert found.reference == made.reference
    facts = [fact for page in xero.pull("payments", "") for row in page.rows for fact in row.facts]
    assert [(fact.kind, fact.id) for fact in facts if fact.id == made.reference] == [("refund", made.reference)]


def test_a_refund_out_of_nothing_is_refused_without_a_write(office: Office) -> None:
    nowhere = to.refund(office.ids)
    for out_of, error in ((None, Refused), (Ref("books", "payment", office.ids["payment"]), NotFound)):
        with pytest.raises(error):
            push(office, msgspec.structs.replace(nowhere, out_of=out_of))
    assert office.done() == []


# -- what the processor kept --------------------------------------------------------------------------------------------


def test_a_processors_fee_leaves_the_clearing_account_and_its_name_becomes_a_contact(office: Office) -> None:
    made = office.books.bank_transactions[push(office, to.processing_fee(office.ids)).reference]
    assert (made["type"], made["lines"][0]["amount"], made["lines"][0]["account"]) == ("SPEND", 37, "404")
    assert office.books.accounts[made["account"]]["code"] == "091"
    assert office.books.contacts[made["contact"]]["name"] == "Stripe"
    push(office, to.processing_fee(office.ids), "key-2")
    assert len(office.books.contacts.by("name", "stripe")) == 1
    assert office.open("invoice") == 10_000


def test_trap_without_the_scope_for_bank_transactions_the_refusal_names_it(office: Office) -> None:
    with office.sandbox.changes():
        for token in office.sandbox.xero.tokens.table:
            token["scope"] = "offline_access accounting.invoices accounting.payments"
    xero = office.connect(tokens_of(office.sandbox.config, "xero"))
    intent = office.intent(xero, to.processing_fee(office.ids))
    for call in (xero.push, xero.find):
        with pytest.raises(Forbidden, match=r"accounting\.banktransactions"):
            call(intent)
    assert office.done() == []


# -- credits ------------------------------------------------------------------------------------------------------------


def test_crediting_an_invoice_makes_a_note_and_allocates_it(office: Office) -> None:
    made = office.books.credits[push(office, to.credit(office.ids)).reference]
    assert (office.open("invoice"), office.books.remaining(made), office.books.status(made)) == (9_100, 0, "PAID")
    assert made["line_amounts"] == "Inclusive"
    assert office.done() == ["credit_note", "allocation"]


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("late", [False, True], ids=["at once", "after the keys are forgotten"])
@pytest.mark.parametrize("kind", ["lost", "reset", "error"])
def test_a_credit_that_was_cut_short_at_either_step_is_mended_by_the_same_key(
    office: Office, skip: int, late: bool, kind: str
) -> None:
    xero = office.connect()
    intent = office.intent(xero, to.credit(office.ids))
    office.fault(kind, method="PUT", skip=skip)
    with pytest.raises(Uncertain):
        xero.push(intent)
    if late:
        office.sandbox.clock.advance(20 * 60)
    finished = kind == "lost" and skip == 1
    assert isinstance(xero.find(intent), Receipt) == finished
    receipt = xero.push(intent)
    assert office.done() == ["credit_note", "allocation"], "each step once"
    assert office.open("invoice") == 9_100
    found = xero.find(intent)
    assert isinstance(found, Receipt)
    assert found.reference == receipt.reference


def test_a_credit_that_a_person_has_meanwhile_used_otherwise_is_left_to_a_person(office: Office) -> None:
    xero = office.connect()
    intent = office.intent(xero, to.credit(office.ids))
    office.fault("reset", path="/Allocations")
    with pytest.raises(Uncertain):
        xero.push(intent)
    (note,) = [one for one in office.books.credits if one["reference"] == tag("key-1")]
    with office.sandbox.changes():
        office.books.allocate(note, office.books.invoices[office.ids["invoice"]], 300, "2026-03-02")
    assert xero.find(intent) == "unknown"
    with pytest.raises(Refused, match="another amount"):
        xero.push(intent)
    with office.sandbox.changes():
        office.books.touch(note | {"status": "VOIDED"})
        for share in office.books.allocations_of(note):
            office.books.allocations.put(share | {"deleted": True})
    assert xero.find(intent) == "unknown"
    with pytest.raises(Refused, match="voided"):
        xero.push(intent)
    assert office.done() == ["credit_note"]


# -- closed periods -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", ["lock_date", "year_lock_date"])
@pytest.mark.parametrize(
    "command",
    [
        lambda ids: to.fee(ids, LOCKED_ON),
        lambda ids: to.payment(ids, on=LOCKED_ON),
        lambda ids: to.credit(ids, on=LOCKED_ON),
        to.void,
        to.void_payment,
    ],
    ids=["fee", "payment", "credit", "void", "void payment"],
)
def test_trap_a_day_in_a_closed_period_is_refused_as_locked(office: Office, lock: str, command: to.Makes) -> None:
    office.set(**{"lock_date": None, lock: LOCKED_ON.isoformat()})
    assert office.connect().check().locked_until == LOCKED_ON
    with pytest.raises(Refused, match="lock date") as refused:
        push(office, command(office.ids))
    assert refused.value.code == "locked"
    assert office.done() == []


def test_the_day_after_the_lock_date_is_open(office: Office) -> None:
    office.set(lock_date=LOCKED_ON.isoformat())
    push(office, to.fee(office.ids, LOCKED_ON + dt.timedelta(days=1)))
    assert office.done() == ["invoice"]


# -- e-mail -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["submitted", "draft"])
def test_trap_xero_would_mail_an_invoice_that_waits_for_approval_and_we_do_not(office: Office, name: str) -> None:
    with pytest.raises(Refused, match="nobody owes it"):
        push(office, to.email(office.ids, name))
    assert office.done() == []
    assert office.sandbox.mailbox == []


def test_trap_xero_would_mail_an_invoice_that_is_paid_and_we_do_not(office: Office) -> None:
    push(office, to.payment(office.ids, 10_000))
    with pytest.raises(Refused, match="is paid: nobody owes it"):
        push(office, to.email(office.ids), "key-2")
    assert office.sandbox.mailbox == []


def test_an_e_mail_arms_xeros_own_reminders_because_the_invoice_counts_as_sent(office: Office) -> None:
    office.books.invoices[office.ids["invoice"]]["sent"] = False
    push(office, to.email(office.ids))
    assert office.books.invoices[office.ids["invoice"]]["sent"] is True


def test_the_daily_number_of_e_mails_is_a_refusal_and_no_e_mail(office: Office) -> None:
    office.set(emails_a_day=1)
    push(office, to.email(office.ids))
    with pytest.raises(Refused, match="limit"):
        push(office, to.email(office.ids, "other"), "key-2")
    assert len(office.sandbox.mailbox) == 1


# -- how they are said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "method", "path"), [
    ("fee", "PUT", "/Invoices"),
    ("payment", "PUT", "/Payments"),
    ("processing_fee", "PUT", "/BankTransactions"),
    ("credit", "PUT", "/CreditNotes"),
])  # fmt: skip
def test_trap_whatever_creates_is_a_put_because_a_post_overwrites_what_has_the_same_number(
    name: str, method: str, path: str
) -> None:
    def script(asked: Asked) -> Reply:
        return Reply('{"CreditNotes":[],"pagination":{"page":1,"pageCount":1}}' if asked.method == "GET" else "{}")

    ids = dict.fromkeys(("invoice", "customer", "credit_note"), "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2")
    with loopback(script) as server:
        with pytest.raises(Uncertain):
            scripted(server).push(Intent("key-1", to.EVERY[name](ids)))
        asked = server.asked[-1]
    assert (asked.method, asked.path) == (method, path)
    assert "Number" not in asked.body.decode().replace("AccountNumber", "")


@pytest.mark.parametrize("key", ["k" * 128, "k" * 129, "k" * 500])
def test_trap_a_key_has_at_most_128_characters_and_every_step_its_own(office: Office, key: str) -> None:
    push(office, to.credit(office.ids), key)
    used = [one["key"] for one in office.sandbox.world.effects.all() if one["kind"] in ("credit_note", "allocation")]
    assert len(set(used)) == 2
    assert all(len(one) <= 128 for one in used)
    push(office, to.credit(office.ids), key[:-1] + "x")
    assert office.open("invoice") == 10_000 - 2 * 900, "keys that differ in their last letter are two"
