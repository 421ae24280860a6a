"""What each write does at a whole account, what it refuses, and how it is mended after a crash between its steps."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Conflict, ConnectorError, NotFound, PlatformFailed, Refused, Throttled, Uncertain
from connectors.protocol import Intent, Receipt
from receivables.commands import (
    AddNote,
    AnyCommand,
    AttachPayment,
    ChargeFee,
    CreateCheckout,
    CreatePaymentLink,
    CreditInvoice,
    MarkUncollectible,
    RecordPayment,
    SendInvoiceEmail,
    VoidInvoice,
)
from receivables.facts import Allocation, Invoice
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.stands import NOW, CountingLimiter
from tests.connectors.stripe_office import Office, an_office, facts_of

TODAY = NOW.date()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as found:
        yield found


def fee(office: Office, owner: str = "customer", **fields: Any) -> ChargeFee:
    made: dict[str, Any] = {"amount": Money(4_000, "GBP"), "due_on": TODAY + dt.timedelta(days=14)} | fields
    return ChargeFee(
        connection="books",
        invoice=office.ref("invoice"),
        customer=office.ref(owner, "customer"),
        description="Late payment fee",
        issued_on=TODAY,
        **made,
    )


def payment(office: Office, minor: int, name: str = "invoice", currency: str = "GBP") -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=office.ref(name),
        customer=office.ref("customer", "customer"),
        amount=Money(minor, currency),
        paid_on=TODAY,
        account="",
        source=Ref("bank", "payment", "1"),
        reference="BACS 7",
    )


def credit(office: Office, minor: int, name: str = "invoice") -> CreditInvoice:
    return CreditInvoice(
        connection="books",
        invoice=office.ref(name),
        customer=office.ref("customer", "customer"),
        amount=Money(minor, "GBP"),
        description="goodwill",
        issued_on=TODAY,
    )


def attach(office: Office, charge: str = "spare_charge", name: str = "invoice") -> AttachPayment:
    return AttachPayment(connection="books", invoice=office.ref(name), payment=office.ref(charge, "payment"))


def checkout(office: Office, life: dt.timedelta) -> CreateCheckout:
    return CreateCheckout(
        connection="books",
        invoice=office.ref("invoice"),
        amount=Money(900, "GBP"),
        number="HJ-1",
        success_url="http://127.0.0.1/thanks",
        expires_at=office.sandbox.clock.now() + life,
    )


# --- a fee ------------------------------------------------------------------------------------------------------------


def test_a_fee_is_an_invoice_of_its_own_with_one_line(office: Office) -> None:
    made = office.push(fee(office))
    shown = office.api.get(f"/invoices/{made.reference}")
    assert (shown["status"], shown["total"], shown["amount_remaining"]) == ("open", 4_000, 4_000)
    assert [(line["amount"], line["description"]) for line in shown["lines"]["data"]] == [(4_000, "Late payment fee")]
    assert shown["metadata"] == {"owed_key": "key-1", "owed_fee_for": str(office.ref("invoice"))}
    assert (shown["collection_method"], shown["auto_advance"]) == ("send_invoice", False)
    (fact,) = facts_of(office.connect().reread("invoices", [made.reference]))
    assert isinstance(fact, Invoice)
    assert (fact.issue_on, fact.due_on) == (TODAY, TODAY + dt.timedelta(days=14))
    assert made.url == shown["hosted_invoice_url"]
    assert office.effects() == ["invoice", "invoice_item", "finalize"]


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("kind", ["lost", "reset"])
def test_a_fee_whose_step_was_lost_is_finished_by_the_same_key_and_made_once(
    office: Office, step: int, kind: str
) -> None:
    office.fault(kind, method="POST", skip=step - 1)
    with pytest.raises(Uncertain):
        office.push(fee(office))
    done = kind == "lost" and step == 3
    assert isinstance(office.find(fee(office)), Receipt) is done
    first, again = office.push(fee(office)), office.push(fee(office))
    assert first.reference == again.reference
    assert office.effects() == ["invoice", "invoice_item", "finalize"]
    assert isinstance(office.find(fee(office)), Receipt)


def test_a_fee_begun_more_than_a_day_ago_is_not_begun_again_though_stripe_has_forgotten_its_key(
    office: Office,
) -> None:
    office.fault("lost", method="POST", skip=1)
    with pytest.raises(Uncertain):
        office.push(fee(office))
    office.sandbox.clock.advance(2 * 86_400)
    office.push(fee(office))
    assert office.effects() == ["invoice", "invoice_item", "finalize"]


def test_a_draft_of_a_fee_that_somebody_changed_is_left_alone(office: Office) -> None:
    office.fault("reset", method="POST", skip=2)
    with pytest.raises(Uncertain):
        office.push(fee(office))
    draft = office.api.get("/invoices", status="draft")["data"][0]["id"]
    item = {"customer": office.ids["customer"], "invoice": draft, "amount": "1", "currency": "gbp"}
    office.api.post("/invoiceitems", item)
    with pytest.raises(Refused, match="was changed at Stripe"):
        office.push(fee(office))
    assert office.api.get(f"/invoices/{draft}")["status"] == "draft"


def test_a_refused_step_says_what_the_steps_before_have_left(office: Office) -> None:
    office.fault("error", method="POST", skip=1, status=400)
    with pytest.raises(Refused, match=r"the draft in_\w+ stays at Stripe"):
        office.push(fee(office))


def test_a_fee_of_a_customer_in_credit_uses_the_credit_up_first(office: Office) -> None:
    made = office.push(fee(office, owner="in_credit"))
    (fact,) = facts_of(office.connect().reread("invoices", [made.reference]))
    assert isinstance(fact, Invoice)
    assert (fact.total, fact.adjustments, fact.open) == (4_000, 500, 3_500)


def test_an_account_of_the_newer_kind_is_billed_by_its_own_field(office: Office) -> None:
    office.ids["newer"] = "acct_buyer"
    made = office.push(fee(office, owner="newer"))
    shown = office.api.get(f"/invoices/{made.reference}")
    assert (shown["customer"], shown["customer_account"]) == (None, "acct_buyer")
    (fact,) = facts_of(office.connect().reread("invoices", [made.reference]))
    assert isinstance(fact, Invoice)
    assert fact.customer_id == "acct_buyer"


def test_a_fee_in_yen_has_no_hundredths(office: Office) -> None:
    made = office.push(fee(office, amount=Money(500, "JPY")))
    assert office.api.get(f"/invoices/{made.reference}")["total"] == 500


# --- payments -------------------------------------------------------------------------------------------------------


def test_a_payment_of_all_that_is_open_marks_the_invoice_as_paid_outside_stripe(office: Office) -> None:
    assert office.push(payment(office, 6_000, "partly")).reference == office.ids["partly"]
    shown = office.shown("partly")
    assert (shown["status"], shown["amount_remaining"]) == ("paid", 0)
    assert office.effects() == ["payment"]
    assert isinstance(office.find(payment(office, 6_000, "partly")), Receipt)
    assert office.push(payment(office, 6_000, "partly")).reference == office.ids["partly"], "not a second time"
    assert office.effects() == ["payment"]
    (fact,) = facts_of(office.connect().reread("invoices", [office.ids["partly"]]))
    assert isinstance(fact, Invoice)
    assert [(share.source_kind, share.amount) for share in fact.allocations] == [("payment", 4_000), ("other", 6_000)]


def test_a_part_payment_is_a_payment_record_that_is_attached(office: Office) -> None:
    made = office.push(payment(office, 2_500))
    record = office.api.get(f"/payment_records/{made.reference}")
    assert record["amount_guaranteed"] == {"currency": "gbp", "value": 2_500}
    assert record["processor_details"]["custom"]["payment_reference"] == "BACS 7"
    assert record["metadata"] == {"owed_key": "key-1", "owed_source": "bank:payment:1"}
    assert (office.shown("invoice")["amount_paid"], office.shown("invoice")["status"]) == (2_500, "open")
    (fact,) = facts_of(office.connect().reread("invoices", [office.ids["invoice"]]))
    assert isinstance(fact, Invoice)
    assert fact.allocations == (Allocation("other", made.reference, office.ids["invoice"], 2_500, TODAY),)
    assert office.effects() == ["payment_record", "attach_payment"]


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("kind", ["lost", "reset", "error"])
def test_a_part_payment_whose_step_was_lost_is_finished_by_the_same_key_and_counted_once(
    office: Office, step: int, kind: str
) -> None:
    office.fault(kind, method="POST", skip=step - 1)
    with pytest.raises(Uncertain):
        office.push(payment(office, 2_500))
    assert isinstance(office.find(payment(office, 2_500)), Receipt) is (kind == "lost" and step == 2)
    office.push(payment(office, 2_500))
    assert isinstance(office.find(payment(office, 2_500)), Receipt)
    assert office.shown("invoice")["amount_paid"] == 2_500
    assert office.effects() == ["payment_record", "attach_payment"]


def test_a_part_payment_is_finished_though_the_customer_paid_some_meanwhile(office: Office) -> None:
    """Else the record that exists would stay beside the invoice, and a new one be made."""
    office.fault("reset", method="POST", skip=1)
    with pytest.raises(Uncertain):
        office.push(payment(office, 2_500))
    office.push(payment(office, 7_500), "another-key")
    office.push(payment(office, 2_500))
    assert (office.shown("invoice")["status"], office.shown("invoice")["amount_paid"]) == ("paid", 10_000)


@pytest.mark.parametrize(
    ("minor", "name", "currency", "said"),
    [
        (10_001, "invoice", "GBP", "only 100.00 GBP is open"),
        (10_000, "invoice", "EUR", "only 100.00 GBP is open"),
        (1, "paid", "GBP", "it is paid"),
        (1, "draft", "GBP", "it is draft"),
    ],
)
def test_a_payment_of_more_than_is_open_is_refused_before_anything_is_written(
    office: Office, minor: int, name: str, currency: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        office.push(payment(office, minor, name, currency))
    assert office.effects() == []


def test_a_payment_at_stripe_settles_an_invoice_at_once(office: Office) -> None:
    receipt = office.push(attach(office))
    assert receipt.reference.startswith("pi_")
    assert office.shown("invoice")["amount_paid"] == 900
    assert isinstance(office.find(attach(office)), Receipt)
    assert office.push(attach(office), "later-key") == receipt, "it is attached already"
    assert office.effects() == ["attach_payment"]


@pytest.mark.parametrize(
    ("charge", "name", "said"),
    [
        ("charge", "partly", "the payment is larger"),
        ("charge", "invoice", "given back"),
        ("spare_charge", "paid", "paid"),
    ],
)
def test_a_payment_that_does_not_fit_is_not_attached(office: Office, charge: str, name: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        office.push(attach(office, charge, name))
    assert office.effects() == []


# --- credit, void, write-off -----------------------------------------------------------------------------------------


def test_a_credit_note_lowers_what_is_open_and_mails_nobody(office: Office) -> None:
    before = len(office.sandbox.mailbox)
    made = office.push(credit(office, 3_000))
    assert office.shown("invoice")["amount_remaining"] == 7_000
    note = office.api.get(f"/credit_notes/{made.reference}")
    assert (note["type"], note["memo"], note["metadata"]) == ("pre_payment", "goodwill", {"owed_key": "key-1"})
    assert len(office.sandbox.mailbox) == before
    office.sandbox.clock.advance(2 * 86_400)
    assert office.push(credit(office, 3_000)) == made, "not a second time, though Stripe has forgotten the key"
    assert office.effects() == ["credit_note"]


def test_a_credit_of_all_that_is_open_settles_the_invoice(office: Office) -> None:
    office.push(credit(office, 10_000))
    assert office.shown("invoice")["status"] == "paid"


@pytest.mark.parametrize(("minor", "name"), [(10_001, "invoice"), (6_001, "partly"), (1, "paid"), (1, "draft")])
def test_a_credit_above_what_is_open_is_refused_because_money_would_have_to_go_back(
    office: Office, minor: int, name: str
) -> None:
    with pytest.raises(Refused):
        office.push(credit(office, minor, name))
    assert office.effects() == []


class PaysJustBefore(CountingLimiter):
    """Lets the customer pay between our looking and our writing."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office

    def spend(self, calls: int = 1, *, write: bool = False) -> None:
        super().spend(calls, write=write)
        if write:
            self._office.api.post(f"/invoices/{self._office.ids['invoice']}/pay", {"paid_out_of_band": "true"})


def test_a_payment_between_looking_and_crediting_makes_stripe_refuse(office: Office) -> None:
    """The part above what is left would need a refund, and we ask for none."""
    books = office.connect(limiter=PaysJustBefore(office))
    with pytest.raises(Refused, match="must equal 3000"):
        books.push(Intent("key-1", credit(office, 3_000)))


@pytest.mark.parametrize("command", [VoidInvoice, MarkUncollectible])
def test_an_ended_invoice_is_found_so_and_cannot_be_ended_twice(
    office: Office, command: type[VoidInvoice | MarkUncollectible]
) -> None:
    wanted = command(connection="books", invoice=office.ref("invoice"))
    assert office.find(wanted) == "absent"
    office.push(wanted)
    assert isinstance(office.find(wanted), Receipt)
    with pytest.raises(Refused):
        office.push(wanted, "another-key")


def test_a_written_off_invoice_that_is_paid_later_was_written_off_all_the_same(office: Office) -> None:
    wanted = MarkUncollectible(connection="books", invoice=office.ref("invoice"))
    office.push(wanted)
    office.push(payment(office, 10_000), "key-2")
    assert office.shown("invoice")["status"] == "paid"
    assert isinstance(office.find(wanted), Receipt)


def test_a_paid_invoice_cannot_be_voided(office: Office) -> None:
    with pytest.raises(Refused):
        office.push(VoidInvoice(connection="books", invoice=office.ref("paid")))
    assert office.find(VoidInvoice(connection="books", invoice=office.ref("paid"))) == "absent"


# --- checkout ---------------------------------------------------------------------------------------------------------


def test_a_checkout_session_carries_its_invoice_to_the_charge(office: Office) -> None:
    import requests

    made = office.push(checkout(office, dt.timedelta(hours=1)))
    requests.post(f"{office.sandbox.config['control']}/pay", json={"url": made.url}, timeout=20)
    newest = office.api.get("/charges", limit=1)["data"][0]
    assert (newest["amount"], newest["metadata"]["owed_invoice"]) == (900, str(office.ref("invoice")))
    found = office.find(checkout(office, dt.timedelta(hours=1)))
    assert isinstance(found, Receipt)
    assert (found.reference, found.url) == (made.reference, ""), "a session that is over has no address"


@pytest.mark.parametrize("life", [dt.timedelta(minutes=29), dt.timedelta(hours=25), dt.timedelta(hours=-1)])
def test_a_checkout_session_that_stripe_would_not_take_is_refused_without_a_call(
    office: Office, life: dt.timedelta
) -> None:
    office.calls()
    with pytest.raises(Refused, match="30 minutes to 24 hours"):
        office.push(checkout(office, life))
    assert office.calls() == {}


# --- keys and failures ------------------------------------------------------------------------------------------------


def every_write(office: Office) -> list[AnyCommand]:
    invoice = office.ref("invoice")
    return [
        SendInvoiceEmail(connection="books", invoice=invoice),
        AddNote(connection="books", invoice=invoice, text="called"),
        CreatePaymentLink(connection="books", invoice=invoice, amount=Money(900, "GBP"), number="HJ-1"),
        checkout(office, dt.timedelta(hours=1)),
        credit(office, 100),
        fee(office),
        payment(office, 100),
        attach(office),
        MarkUncollectible(connection="books", invoice=invoice),
        VoidInvoice(connection="books", invoice=invoice),
    ]


def test_every_write_has_an_idempotency_key_of_ours_in_each_of_its_steps(office: Office) -> None:
    for number, command in enumerate(every_write(office)):
        before = len(office.sandbox.world.effects.all())
        office.push(command, f"key-{number}")
        made = office.sandbox.world.effects.all()[before:]
        assert made
        keys = [effect["key"] for effect in made]
        assert all(key == f"key-{number}" or key.startswith(f"key-{number}/") for key in keys), command.verb
        assert len(set(keys)) == len(keys)


def test_what_stripe_refuses_is_not_tried_again(office: Office) -> None:
    office.fault("error", method="POST", status=400)
    with pytest.raises(Refused) as raised:
        office.push(AddNote(connection="books", invoice=office.ref("invoice"), text="x"))
    assert not raised.value.transient
    assert raised.value.reference.startswith("req_")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "throttle", "reason": "lock_timeout"}, Throttled),
        ({"kind": "throttle", "reason": "endpoint-rate"}, Throttled),
        ({"kind": "error", "status": 500, "store": True}, PlatformFailed),
        ({"kind": "error", "status": 502, "body": "html"}, PlatformFailed),
        ({"kind": "error", "status": 409}, Uncertain),
        ({"kind": "error", "status": 400, "should_retry": True}, Uncertain),
        ({"kind": "error", "status": 404}, NotFound),
    ],
)
def test_what_each_failure_means_for_the_outbox(
    office: Office, fault: dict[str, Any], kind: type[ConnectorError]
) -> None:
    office.fault(**fault, method="POST")
    command = AddNote(connection="books", invoice=office.ref("invoice"), text="x")
    with pytest.raises(kind) as raised:
        office.push(command)
    assert type(raised.value) is kind
    assert not isinstance(raised.value, Conflict)
    assert office.find(command) == "absent"


def test_trap_a_stored_failure_is_repeated_for_the_same_key_and_another_key_goes_through(office: Office) -> None:
    """Stripe keeps status and body of what it began, 500 included."""
    office.fault("error", method="POST", status=500, store=True)
    command = AddNote(connection="books", invoice=office.ref("invoice"), text="x")
    for _ in range(2):
        with pytest.raises(PlatformFailed):
            office.push(command)
    assert office.effects() == []
    assert office.push(command, "key-2").reference == office.ids["invoice"]


def test_a_sending_older_than_the_event_list_cannot_be_told(office: Office) -> None:
    command = SendInvoiceEmail(connection="books", invoice=office.ref("invoice"))
    long_ago = Intent("key-1", command, {}, office.sandbox.clock.now() - dt.timedelta(days=30))
    assert office.connect().find(long_ago) == "unknown"
    assert office.find(command) == "absent"
