"""What happens in the books of a whole company: merges, credit applied by itself, deposits, closed books, faults."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConnectorError, NotFound, Refused, Throttled, Uncertain
from connectors.protocol import Connector, Intent, Page, Receipt
from connectors.quickbooks.writing import tag
from connectors.registry import EVENT_READERS
from receivables.commands import (
    AnyCommand,
    ApplyCredit,
    ChargeFee,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)
from receivables.facts import Fact, Gone, Invoice, Payment
from receivables.money import Money
from receivables.refs import Ref
from sandbox.serve import Sandbox
from tests.connectors.conftest import Patience
from tests.connectors.loopback import Reply, loopback, replies
from tests.connectors.towards_sandbox import connect
from tests.sandbox.worlds import QuickBooks, bill, debtor, stock

NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
FEBRUARY = dt.date(2026, 2, 1)
KEY = "books/step/7"


class Books:
    """An empty company with one customer, who owes an older invoice of 40.00 and a newer one of 100.00."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.owner = debtor()
        older = bill(self.owner, "1", on=FEBRUARY, amount=4_000)
        newer = bill(self.owner, "2", on=FEBRUARY + dt.timedelta(days=5))
        ids = stock(sandbox, "quickbooks", older, newer).quickbooks.ids
        self.older, self.newer, self.customer = ids["bill-1"], ids["bill-2"], ids["acme"]

    def connect(self) -> Connector:
        return connect(self.sandbox.config, "quickbooks", self.sandbox.clock.now, limiter=Patience(self.sandbox))

    def set(self, **settings: Any) -> None:
        with self.sandbox.changes() as world:
            world.settings.put({**self.sandbox.quickbooks.books.company, **settings})

    def effects(self) -> list[str]:
        return [one["kind"] for one in self.sandbox.world.effects.all()]

    def fails(self, kind: str, path: str = "", **how: Any) -> None:
        plan = {"platform": "quickbooks", "kind": kind, "path": path, "method": "POST"}
        self.sandbox.world.faults.plan(plan | how)

    def invoice(self, name: str) -> Invoice:
        found = self.connect().read_invoices([name])[name].invoice
        assert found is not None
        return found

    def payment(self, minor: int = 2_500) -> RecordPayment:
        return RecordPayment(
            connection="books",
            invoice=Ref("books", "invoice", self.newer),
            customer=Ref("books", "customer", self.customer),
            amount=Money(minor, "GBP"),
            paid_on=NOON.date(),
            account="4",
            source=Ref("card", "payment", "ch_1"),
        )

    def credit(self, minor: int = 3_000, tax_code: str = "20.0% S") -> CreditInvoice:
        return CreditInvoice(
            connection="books",
            invoice=Ref("books", "invoice", self.newer),
            customer=Ref("books", "customer", self.customer),
            amount=Money(minor, "GBP"),
            description="Goodwill",
            issued_on=NOON.date(),
            account="1",
            tax_code=tax_code,
        )


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Sandbox(tmp_path / "sandbox", now=NOON, company="empty") as running:
        yield Books(running)


def intent(command: AnyCommand) -> Intent:
    return Intent(KEY, command, {}, NOON)


def facts(pages: Iterator[Page]) -> list[Fact]:
    return [fact for page in pages for row in page.rows for fact in row.facts]


# --- customers ------------------------------------------------------------------------------------------------------


def test_after_a_merge_the_loser_is_gone_and_its_invoices_are_the_winners(books: Books) -> None:
    """Section 5: the loser vanishes, and only change data says so."""
    reader = books.connect()
    (last,) = reader.pull("customers", "")
    table = books.sandbox.quickbooks.books
    stock(books.sandbox, "quickbooks", bill(debtor("twin"), "3", on=FEBRUARY))
    books.sandbox.clock.advance(5)
    with books.sandbox.changes():
        winner = next(one for one in table["Customer"] if one["name"] == "Twin Ltd")
        table.merge(table["Customer"][books.customer], winner)
    told = facts(books.connect().pull("customers", last.cursor))
    assert [fact.id for fact in told if isinstance(fact, Gone)] == [books.customer]
    assert {books.invoice(name).customer_id for name in (books.older, books.newer)} == {winner["id"]}
    (page,) = reader.reread("customers", [books.customer])
    assert isinstance(page.rows[0].facts[0], Gone)


# --- a credit memo and its allocation -------------------------------------------------------------------------------


def test_a_credit_is_a_memo_and_a_payment_of_zero_with_tax_in_the_amount(books: Books) -> None:
    assert books.connect().push(intent(books.credit())).reference
    assert books.effects() == ["creditmemo", "credit_application"]
    assert books.invoice(books.newer).open == 7_000
    (memo,) = books.sandbox.quickbooks.books["CreditMemo"]
    assert (memo["tax"], books.sandbox.quickbooks.books.remaining_credit(memo)) == (500, 0)


def test_a_crash_between_the_two_steps_is_mended_by_the_same_key_and_never_doubled(books: Books) -> None:
    writer = books.connect()
    books.fails("error", path="/payment$")
    with pytest.raises(ConnectorError):
        writer.push(intent(books.credit()))
    assert books.effects() == ["creditmemo"]
    assert writer.find(intent(books.credit())) == "absent"
    assert writer.push(intent(books.credit())).reference
    assert books.effects() == ["creditmemo", "credit_application"]
    assert isinstance(writer.find(intent(books.credit())), Receipt)


@pytest.mark.parametrize("path", ["/creditmemo$", "/payment$"])
def test_a_lost_answer_to_either_step_doubles_nothing_even_when_intuit_forgot_the_request_id(
    books: Books, path: str
) -> None:
    """Section 3: how long a requestid is remembered is not documented, so what was made is looked for first."""
    writer = books.connect()
    books.fails("lost", path=path)
    with pytest.raises(Uncertain):
        writer.push(intent(books.credit()))
    with books.sandbox.changes():
        for one in list(books.sandbox.quickbooks.books.answers):
            books.sandbox.quickbooks.books.answers.remove(one["id"])
    writer.push(intent(books.credit()))
    assert books.effects() == ["creditmemo", "credit_application"]
    assert books.invoice(books.newer).open == 7_000


def test_more_than_is_open_is_not_credited_at_all(books: Books) -> None:
    with pytest.raises(Refused, match="less than"):
        books.connect().push(intent(books.credit(10_001)))
    assert books.effects() == []


def test_trap_credit_that_quickbooks_applied_by_itself_to_this_invoice_is_not_applied_again(books: Books) -> None:
    """Section 6, 5: "automatically apply credits" may have been faster."""
    with books.sandbox.changes():
        books.sandbox.quickbooks.books["Invoice"].remove(books.older)
    books.set(auto_apply_credit=True)
    writer = books.connect()
    assert writer.push(intent(books.credit())).reference
    assert books.invoice(books.newer).open == 7_000
    assert books.effects() == ["creditmemo"]
    assert isinstance(writer.find(intent(books.credit())), Receipt)


def test_trap_credit_that_went_to_an_older_invoice_by_itself_is_for_a_person(books: Books) -> None:
    books.set(auto_apply_credit=True)
    writer = books.connect()
    with pytest.raises(Refused, match="by itself") as raised:
        writer.push(intent(books.credit()))
    assert raised.value.code == "half_done"
    assert writer.find(intent(books.credit())) == "unknown"
    assert (books.invoice(books.older).open, books.invoice(books.newer).open) == (1_000, 10_000)


def test_credit_that_covered_an_older_invoice_in_part_is_for_a_person_too(books: Books) -> None:
    books.set(auto_apply_credit=True)
    with pytest.raises(Refused, match="by itself"):
        books.connect().push(intent(books.credit(9_000)))
    assert books.effects() == ["creditmemo"]


def test_an_invoice_paid_between_the_two_steps_leaves_the_memo_open_and_says_so(books: Books) -> None:
    writer = books.connect()
    books.fails("error", path="/payment$")
    with pytest.raises(ConnectorError):
        writer.push(intent(books.credit()))
    writer.push(Intent("other", books.payment(9_000), {}, NOON))
    with pytest.raises(Refused, match="open on books:invoice") as raised:
        writer.push(intent(books.credit()))
    assert raised.value.code == "half_done"


# --- money ------------------------------------------------------------------------------------------------------------


def test_a_sales_receipt_is_money_that_is_in_the_books_already(books: Books) -> None:
    """Section 5: never in A/R. Intuit's own Stripe feed posts them: their money must not be posted again."""
    sold = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "20.0% S"}}
    line = {"Amount": 50.0, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold}
    body = {"CustomerRef": {"value": books.customer}, "DepositToAccountRef": {"value": "4"}, "Line": [line]}
    body |= {"PaymentRefNum": "ch_3SxyzABCDEFGHIJKLM", "PrivateNote": "Stripe ch_3SxyzABCDEFGHIJKLMNOPQR"}
    made = QuickBooks(books.sandbox).post("/salesreceipt", body)["SalesReceipt"]
    (found,) = facts(books.connect().pull("sales_receipts", ""))
    assert isinstance(found, Payment)
    assert (found.id, found.amount, found.unapplied) == (f"salesreceipt-{made['Id']}", 6_000, 0)
    assert found.allocations == ()
    assert found.reference == "ch_3SxyzABCDEFGHIJKLMNOPQR"


def test_a_payment_in_a_deposit_is_refused_and_stays(books: Books) -> None:
    writer = books.connect()
    made = writer.push(intent(books.payment()))
    with books.sandbox.changes():
        line = {"amount": 2_500, "type": "Payment", "to": made.reference}
        deposit = {"lines": [line], "date": "2026-03-02", "currency": "GBP", "account": "35", "note": "", "number": ""}
        books.sandbox.quickbooks.books.create("Deposit", deposit)
    void = VoidPayment(connection="books", payment=Ref("books", "payment", made.reference))
    with pytest.raises(Refused) as raised:
        writer.push(Intent("void-1", void))
    assert raised.value.code == "deposited"
    assert writer.find(Intent("void-1", void)) == "absent"
    assert books.invoice(books.newer).open == 7_500


def test_a_voided_payment_opens_its_invoice_again(books: Books) -> None:
    writer = books.connect()
    made = writer.push(intent(books.payment()))
    void = VoidPayment(connection="books", payment=Ref("books", "payment", made.reference))
    writer.push(Intent("void-1", void))
    assert isinstance(writer.find(Intent("void-1", void)), Receipt)
    assert books.invoice(books.newer).open == 10_000
    (payment,) = facts(writer.pull("payments", ""))
    assert isinstance(payment, Payment)
    assert (payment.status, payment.amount, payment.allocations) == ("void", 0, ())


def test_a_refund_and_a_processors_fee_are_written_gross(books: Books) -> None:
    refund = RecordRefund(
        connection="books",
        customer=Ref("books", "customer", books.customer),
        amount=Money(1_200, "GBP"),
        refunded_on=NOON.date(),
        account="4",
        source=Ref("card", "refund", "re_1"),
        item="1",
        tax_code="20.0% S",
    )
    fee = RecordProcessingFee(
        connection="books",
        amount=Money(175, "GBP"),
        paid_on=NOON.date(),
        account="4",
        expense_account="91",
        tax_code="No VAT",
        source=Ref("card", "balance_transaction", "txn_1"),
        supplier="Stripe",
    )
    writer = books.connect()
    writer.push(Intent("refund-1", refund))
    writer.push(Intent("fee-1", fee))
    assert [getattr(fact, "amount", 0) for fact in facts(writer.pull("refunds", ""))] == [1_200]
    (purchase,) = books.sandbox.quickbooks.books["Purchase"]
    assert (purchase["vendor"], purchase["lines"][0]["account"], purchase["tax"]) == ("1", "91", 0)
    assert tag("fee-1") in purchase["note"]


def test_a_bundle_is_read_as_its_own_lines(books: Books) -> None:
    """Section 5: GroupLineDetail nests real lines."""

    def line(amount: float, name: str) -> dict[str, Any]:
        sold = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "No VAT"}}
        return {"Amount": amount, "Description": name, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold}

    group = {"GroupItemRef": {"value": "2"}, "Quantity": 1, "Line": [line(40, "Door"), line(10, "Hinge")]}
    body = {
        "CustomerRef": {"value": books.customer},
        "Line": [{"DetailType": "GroupLineDetail", "GroupLineDetail": group}],
    }
    made = QuickBooks(books.sandbox).post("/invoice", body)["Invoice"]
    found = books.invoice(made["Id"])
    assert [(one.description, one.amount) for one in found.lines] == [("Door", 4_000), ("Hinge", 1_000)]
    assert found.total == 5_000


# --- closed books -----------------------------------------------------------------------------------------------------


def _commands(books: Books) -> list[AnyCommand]:
    customer, invoice = Ref("books", "customer", books.customer), Ref("books", "invoice", books.newer)
    fee = ChargeFee(
        connection="books",
        invoice=invoice,
        customer=customer,
        amount=Money(4_000, "GBP"),
        description="Late payment",
        issued_on=NOON.date(),
        due_on=NOON.date(),
        account="1",
        tax_code="20.0% S",
    )
    apply = ApplyCredit(
        connection="books",
        credit_note=Ref("books", "credit_note", "1"),
        invoice=invoice,
        customer=customer,
        amount=Money(1, "GBP"),
        allocated_on=NOON.date(),
    )
    memo = SetCustomerMemo(connection="books", invoice=invoice, text="Please pay")
    unpaid = Ref("books", "invoice", books.older)
    return [books.payment(), books.credit(), fee, memo, VoidInvoice(connection="books", invoice=unpaid), apply]


def test_nothing_is_written_into_closed_books_and_the_refusal_says_so(books: Books) -> None:
    """Section 3: 6210."""
    books.connect().push(Intent("before", books.credit(100)))
    before = books.effects()
    books.set(book_close="2026-12-31")
    writer = books.connect()
    assert writer.check().locked_until == dt.date(2026, 12, 31)
    for number, command in enumerate(_commands(books)):
        with pytest.raises(Refused) as raised:
            writer.push(Intent(f"locked-{number}", command, {}, NOON))
        assert raised.value.code == "locked", command
    assert books.effects() == before


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("older", [False, True])
def test_what_a_webhook_tells_is_read_again_as_it_is_now(books: Books, older: bool) -> None:
    books.set(older_webhooks=older)
    with loopback(replies(Reply(""))) as receiver:
        books.sandbox.world.webhooks.subscribe("quickbooks", receiver.url, "token")
        books.connect().push(intent(books.payment()))
        books.sandbox.world.webhooks.deliver("quickbooks")
        (asked,) = receiver.asked
    hints = EVENT_READERS["quickbooks"](asked.headers, asked.body, "token", NOON)
    assert [(hint.account, hint.stream) for hint in hints] == [
        (books.sandbox.config["quickbooks"]["realm_id"], "payments"),
        (books.sandbox.config["quickbooks"]["realm_id"], "invoices"),
    ]
    told = [fact for hint in hints for fact in facts(books.connect().reread(hint.stream, [hint.id]))]
    assert [(fact.kind, getattr(fact, "open", None)) for fact in told] == [("payment", None), ("invoice", 7_500)]


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"flavour": "lower"}, {"flavour": "xml"}, {"body": "html"}, {"body": "empty"}, {}])
@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_a_passing_fault_in_any_form_costs_another_try_and_nothing_else(
    books: Books, kind: str, how: dict[str, Any]
) -> None:
    """Section 3: the gateway answers in JSON, small letters, XML, HTML or not at all."""
    books.fails(kind, path="/query$", **how)
    assert len(facts(books.connect().pull("invoices", ""))) == 2


def test_when_the_months_reads_are_used_up_reads_wait_and_writes_go_on(books: Books) -> None:
    """Section 1: past the tier's limit every read gets 429 until next month; writes are free."""
    books.set(reads_a_month=0)
    with pytest.raises(Throttled):
        list(books.connect().pull("invoices", ""))
    assert books.connect().push(intent(books.payment())).reference


def test_the_pdf_of_an_invoice(books: Books) -> None:
    assert books.connect().read_pdf(books.newer).startswith(b"%PDF-1.4")
    with pytest.raises(NotFound):
        books.connect().read_pdf("999")


def test_a_census_of_every_stream_agrees_with_its_sweep(books: Books) -> None:
    writer = books.connect()
    writer.push(Intent("a", books.payment()))
    writer.push(Intent("b", books.credit()))
    for stream in writer.manifest.streams:
        swept = {fact.id: (fact.version, getattr(fact, "open", None)) for fact in facts(writer.pull(stream, ""))}
        counted = {one.id: one for page in writer.census(stream) for one in page}
        assert set(swept) == set(counted)
        assert all(counted[name].version == version for name, (version, _) in swept.items())
        if stream in {"invoices", "credit_notes"}:
            assert {name: left for name, (_, left) in swept.items()} == {
                name: one.open for name, one in counted.items()
            }
