"""Whole round trips over the seeded company: what the connectors say agrees with the platforms' own ledgers."""

from typing import Any

import pytest
import requests

from connectors.protocol import Connector, Intent
from connectors.stripe.connector import StripeConnector
from receivables.business import Business
from receivables.commands import CreatePaymentLink, RecordPayment
from receivables.facts import CreditNote, Fact, Invoice, Payment, PaymentLink
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import take
from tests.connectors.conftest import Company

BOOKS = ("quickbooks", "xero")
PLATFORMS = (*BOOKS, "stripe")


def control(company: Company, path: str, **body: Any) -> Any:
    url = company.sandbox.config["control"] + path
    answer = requests.post(url, json=body, timeout=10) if body else requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def pulled(connector: Connector, stream: str, cursor: str = "") -> tuple[list[Fact], str]:
    pages = list(connector.pull(stream, cursor))
    return [fact for page in pages for row in page.rows for fact in row.facts], pages[-1].cursor


@pytest.mark.parametrize("platform", PLATFORMS)
def test_open_invoices_agree_with_the_ledger_to_the_cent(company: Company, platform: str) -> None:
    truth = control(company, "/truth.json")["open"][platform]
    expected = {one["id"]: (one["amount"], one["currency"], one["due_on"]) for one in truth}
    found, _ = pulled(company.connect(platform), "invoices")
    open_ones = [
        fact for fact in found if isinstance(fact, Invoice) and fact.status in {"open", "uncollectible"} and fact.open
    ]
    told = {one.id: (one.open, one.currency, one.due_on.isoformat() if one.due_on else None) for one in open_ones}
    assert told == expected


@pytest.mark.parametrize("platform", BOOKS)
def test_unapplied_cash_and_credit_agree_with_the_ledger(company: Company, platform: str) -> None:
    truth = control(company, "/truth.json")["unapplied"][platform]
    told: list[tuple[int, str]] = []
    streams = company.connect(platform).manifest.streams
    for stream in set(streams) & {"payments", "overpayments", "prepayments", "credit_notes"}:
        for fact in pulled(company.connect(platform), stream)[0]:
            if isinstance(fact, Payment) and fact.unapplied:
                told.append((fact.unapplied, fact.customer_id))
            if isinstance(fact, CreditNote) and fact.open:
                told.append((fact.open, fact.customer_id))
    assert sorted(told) == sorted((one["amount"], one["customer"]) for one in truth)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_total_less_allocations_and_adjustments_is_the_balance(company: Company, platform: str) -> None:
    """The identity that reconciliation relies on, over every invoice that counts."""
    streams = company.connect(platform).manifest.streams
    facts = [fact for stream in streams for fact in pulled(company.connect(platform), stream)[0]]
    business = Business(id="harbour", name="Harbour Joinery")
    snapshot = take(business, company.sandbox.clock.now(), [], facts)
    settled: dict[str, int] = {}
    for _, share in snapshot.allocations():
        settled[share.invoice_id] = settled.get(share.invoice_id, 0) + share.amount
    wrong = [
        invoice.number
        for invoice in snapshot.invoices.values()
        if invoice.status in {"open", "paid"}
        and invoice.total - settled.get(invoice.id, 0) - invoice.adjustments != invoice.open
    ]
    assert len(snapshot.invoices) > 400
    assert wrong == []


@pytest.mark.parametrize("platform", BOOKS)
def test_a_recorded_payment_comes_back_with_the_next_poll(company: Company, platform: str) -> None:
    connector = company.connect(platform)
    cursors = {stream: pulled(connector, stream)[1] for stream in ("invoices", "payments")}
    invoice = company.open_invoices(platform)[3]
    before = connector.read_invoices([invoice.id])[invoice.id].invoice
    assert before is not None
    command = RecordPayment(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(7, invoice.currency),
        paid_on=company.sandbox.clock.now().date(),
        account="091" if platform == "xero" else "4",
        source=Ref("card", "payment", "ch_9"),
        reference="ch_9",
    )
    receipt = connector.push(Intent("round-trip", command))
    connector = company.connect(platform)
    payments, _ = pulled(connector, "payments", cursors["payments"])
    invoices, _ = pulled(connector, "invoices", cursors["invoices"])
    made = next(fact for fact in payments if fact.id == receipt.reference)
    assert isinstance(made, Payment)
    assert (made.amount, made.unapplied) == (7, 0)
    assert "ch_9" in made.reference
    assert [(share.invoice_id, share.amount) for share in made.allocations] == [(invoice.id, 7)]
    after = next(fact for fact in invoices if fact.id == invoice.id)
    assert isinstance(after, Invoice)
    assert after.open == before.open - 7


def make_link(company: Company, minor: int) -> tuple[StripeConnector, PaymentLink]:
    connector = company.connect("stripe")
    assert isinstance(connector, StripeConnector)
    invoice = Ref("books", "invoice", "7")
    command = CreatePaymentLink(connection="books", invoice=invoice, amount=Money(minor, "GBP"), number="INV-7")
    receipt = connector.push(Intent(f"pay-{minor}", command))
    (link,) = receipt.facts
    assert isinstance(link, PaymentLink)
    return connector, link


def test_a_payment_through_our_link_comes_back_with_the_invoice_it_was_for(company: Company) -> None:
    cursor = pulled(company.connect("stripe"), "payments")[1]
    connector, link = make_link(company, 4321)
    assert connector.sessions_of_link(link.id) == 0
    control(company, "/pay", url=link.url)
    assert connector.sessions_of_link(link.id) == 4321
    found, _ = pulled(company.connect("stripe"), "payments", cursor)
    paid = next(fact for fact in found if isinstance(fact, Payment) and fact.amount == 4321)
    assert paid.status == "settled"
    assert (paid.metadata["owed_invoice"], paid.metadata["owed_number"]) == ("books:invoice:7", "INV-7")
    assert paid.group_id.startswith("pi_")
    assert paid.fee is not None


def test_a_bank_debit_through_our_link_is_in_flight_until_it_settles(company: Company) -> None:
    cursor = pulled(company.connect("stripe"), "payments")[1]
    connector, link = make_link(company, 5432)
    control(company, "/pay", url=link.url, method="us_bank_account")
    assert connector.sessions_of_link(link.id) == 5432
    found, cursor = pulled(company.connect("stripe"), "payments", cursor)
    assert [fact.status for fact in found if isinstance(fact, Payment) and fact.amount == 5432] == ["pending"]
    company.sandbox.clock.advance(86400)
    control(company, "/settle", now=True)
    found, _ = pulled(company.connect("stripe"), "payments", cursor)
    assert [fact.status for fact in found if isinstance(fact, Payment) and fact.amount == 5432] == ["settled"]


def test_a_withdrawn_link_is_told_by_the_next_poll(company: Company) -> None:
    from receivables.commands import WithdrawPaymentLink

    cursor = pulled(company.connect("stripe"), "payment_links")[1]
    connector, link = make_link(company, 6543)
    connector.push(
        Intent("withdraw", WithdrawPaymentLink(connection="books", link=link.ref, invoice=Ref("books", "invoice", "7")))
    )
    found, _ = pulled(company.connect("stripe"), "payment_links", cursor)
    told = next(fact for fact in found if fact.id == link.id)
    assert isinstance(told, PaymentLink)
    assert (told.active, told.amount, told.invoice) == (False, 6543, "books:invoice:7")


@pytest.mark.parametrize("platform", BOOKS)
def test_a_refused_access_token_is_renewed_against_the_platforms_token_service(company: Company, platform: str) -> None:
    held = company.held(platform)
    company.connect(platform).check()  # with a token that has just been looked at
    stored = len(held.stored)
    company.sandbox.world.faults.plan({"platform": platform, "kind": "unauthorized", "path": "/v3/company|/api.xro"})
    health = company.connect(platform).check()
    assert health.name
    assert len(held.stored) == stored + 1
