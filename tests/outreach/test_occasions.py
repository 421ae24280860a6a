"""Messages that answer something else than a due date, and the account that a debtor is asked to pay into."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.bank import BankAccount
from outreach.compose import Message, Sender
from outreach.errors import ComposeError
from outreach.language import LANGUAGES
from outreach.message_templates import read_template
from receivables.facts import Contact
from receivables.local_facts import Instalment, PaymentPlan, Promise
from receivables.open_items import OpenItem, Receipt
from receivables.refs import LOCAL
from tests.builders import days_ago
from tests.outreach.given import JANE, debt, written

STERLING = BankAccount(
    account_name="Harbour Joinery Ltd", bank="Harbour Bank", sort_code="20-20-15", account_number="55555555"
)
EURO = BankAccount(iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX")


def told(message: Message) -> str:
    return message.text.replace("\u00a0", " ")


def test_a_statement_shows_everything_by_its_age() -> None:
    items = debt("i1", -5, 10_000), debt("i2", 10, 2_000), debt("i3", 95, 300), debt("i4", 45, 4)
    message = written(*items, template="statement", stage=0)
    assert message.subject == "Statement of account: £123.04"
    assert (
        "Not yet due: £100.00\n1–30 days overdue: £20.00\n31–60 days overdue: £0.04\nMore than 90 days overdue: £3.00\n"
        in message.text
    )
    assert "Of this, £23.04 is past its due date." in message.text
    assert all(item.invoice.number in message.html for item in items)


def test_a_statement_without_anything_overdue_asks_for_nothing() -> None:
    message = written(debt("i1", -5), template="statement", stage=0, demand=None)
    assert "Nothing is past its due date" in message.text


def test_thanks_are_given_for_what_is_paid_and_ask_for_nothing() -> None:
    paid = debt("i1", amount=0, receipt=Receipt("p1", days_ago(0), 125_000), status="paid")
    message = written(paid, template="thank_you", stage=0, demand=None, sender=Sender(bank={"GBP": STERLING}))
    assert "your payment of £1,250.00 for invoice INV-i1. Thank you." in message.text
    assert "55555555" not in message.text + message.html
    assert "£0.00" not in message.text


@pytest.mark.parametrize("name", ["total", "invoices", "bank_details", "days_overdue", "aging", "reference"])
def test_nobody_can_make_thanks_into_a_demand(name: str) -> None:
    _, problems = read_template("en/thank_you.txt", "Subject: Thanks\n\nPay {{ " + name + " }}\n{{ signature }}")
    assert [problem.what for problem in problems] == [f"unknown name {name}"]


def test_only_what_demands_nothing_may_leave_the_demand_out() -> None:
    with pytest.raises(ComposeError, match="the amount due has changed"):
        written(debt(), template="friendly", demand=None)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "payment would come by 2 March 2026"),
        ("de", "bis zum 2. März 2026 zugesagt"),
        ("fr", "règlement pour le 2 mars 2026"),
        ("es", "a más tardar el 2 de marzo de 2026"),
    ],
)
def test_a_broken_promise_names_its_day(language: str, words: str) -> None:
    promise = Promise(connection=LOCAL, id="p", promised_on=dt.date(2026, 3, 2))
    assert words in told(written(debt(language=language, country="", promise=promise), template="promise_broken"))


def plan(amount: int) -> OpenItem:
    parts = (Instalment(days_ago(40), 40_000), Instalment(days_ago(10), 40_000), Instalment(days_ago(-20), 45_000))
    agreed = PaymentPlan(connection=LOCAL, id="x", instalments=parts, currency="GBP", agreed_open=125_000)
    return debt(plan=agreed, amount=amount)


@pytest.mark.parametrize(
    ("left", "missing", "day"),
    [
        (125_000, "£400.00", days_ago(40)),
        (100_000, "£150.00", days_ago(40)),
        (85_000, "£400.00", days_ago(10)),
        (60_000, "£150.00", days_ago(10)),
    ],
)
def test_the_instalment_that_did_not_come_is_named_with_what_is_missing(left: int, missing: str, day: dt.date) -> None:
    text = written(plan(amount=left), template="instalment_missed").text
    assert f"the instalment of {missing} that was due on {day.day} {day:%B %Y} has not arrived in full" in text
    assert f"Please pay {missing} now" in text


def test_a_plan_that_is_kept_has_no_missing_instalment() -> None:
    assert "the last instalment that was due" in written(plan(amount=45_000), template="instalment_missed").text


def test_the_account_of_the_currency_is_shown_with_what_to_quote() -> None:
    sender = Sender(bank={"GBP": STERLING, "EUR": EURO}, bank_details="Never shown beside an account")
    message = written(debt("i1"), debt("i2", 15), sender=sender)
    assert (
        "Payment to:\nAccount name: Harbour Joinery Ltd\nBank: Harbour Bank\nSort code: 20-20-15\n"
        "Account number: 55555555\nReference: INV-i2, INV-i1\n" in message.text
    )
    assert "Account number: 55555555<br>" in message.html
    assert "DE89" not in message.text
    assert "Never shown" not in message.text


def test_no_other_currency_s_account_is_shown() -> None:
    assert "DE89" not in written(debt(), sender=Sender(bank={"EUR": EURO})).text
    assert "DE89" in written(debt(), sender=Sender(bank={"any": EURO})).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_account_is_explained_in_every_language(language: str) -> None:
    text = told(written(debt(language=language, currency="EUR"), sender=Sender(bank={"EUR": EURO})))
    assert "DE89 3704 0044 0532 0130 00" in text
    assert "COBADEFFXXX" in text
    assert text.index("INV-i1") < text.index("DE89")


def test_a_step_for_a_role_goes_to_it_and_whoever_is_copied_is() -> None:
    chief = Contact(email="cfo@acme.example", name="The CFO", role="escalation", stated=True)
    item = debt(contacts=(JANE, chief))
    sender = Sender(cc=("sales@harbour.example",))
    usual = written(item, sender=sender)
    assert (usual.to, usual.cc) == (("jane@acme.example",), ("sales@harbour.example",))
    raised = written(item, sender=sender, to="escalation", cc=("billing",))
    assert (raised.to, raised.cc) == (("cfo@acme.example",), ("sales@harbour.example",))
    assert raised.text.startswith("Dear The CFO,")


@given(st.lists(st.integers(-40, 400), min_size=1, max_size=8), st.data())
def test_a_statement_s_ages_add_up_to_its_total(ages: list[int], data: st.DataObject) -> None:
    items = [debt(f"i{n}", age, data.draw(st.integers(1, 99))) for n, age in enumerate(ages)]
    text = written(*items, template="statement", stage=0).text
    lines = [line for line in text.splitlines() if "days overdue: £" in line or line.startswith("Not yet due")]
    pence = sum(round(float(line.rpartition("£")[2]) * 100) for line in lines)
    assert pence == sum(item.demandable for item in items)
