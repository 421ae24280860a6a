"""The statement of account: every movement, credit that settles nothing, and the books' own balance to the cent."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.evidence import Account, Statement, as_csv, as_html, as_text
from outreach.evidence_words import Description, Phrase, evidence_words
from outreach.language import LANGUAGES, locale_of
from receivables.facts import Fact, Invoice, JournalLine
from receivables.open_items import OpenItem
from sync.account import statement_of
from tests.builders import applied, credit_note, customer, invoice, payment, snapshot

ENGLISH = locale_of("en", ["GB"])
ACME = customer()
ALL = Description("all_invoices")


def account(*facts: Fact) -> Account:
    """The one account of everything that Acme owes."""
    invoices = [one for one in facts if isinstance(one, Invoice)]
    (found,) = statement_of(snapshot(ACME, *facts), invoices, "Acme Ltd", ALL, [ACME]).accounts
    return found


def words(*facts: Fact) -> str:
    invoices = [one for one in facts if isinstance(one, Invoice)]
    return as_text(statement_of(snapshot(ACME, *facts), invoices, "Acme Ltd", ALL, [ACME]), ENGLISH)


def test_a_credit_note_that_nobody_applied_lowers_the_balance() -> None:
    found = account(invoice(open=10_000), credit_note(open=500))
    assert (found.by_books.minor, found.credit.minor, found.balance.minor) == (10_000, 500, 9_500)
    assert found.explained
    told = words(invoice(open=10_000), credit_note(open=500))
    assert "Credit note CN-n1 that settles no invoice (books:credit_note:n1)" in told
    assert "Open by the books: £100.00, less credit that settles no invoice, £5.00: £95.00." in told


def test_an_overpayment_and_a_journal_count_as_credit_too() -> None:
    paid = payment(amount=12_000, unapplied=2_000, allocations=(applied("p1", "i1", 10_000),))
    journal = JournalLine(connection="books", id="j1-0", journal_id="j1", customer_id="c1", currency="GBP", amount=-300)
    found = account(invoice(open=0, total=10_000), invoice("i2", open=4_000, total=4_000), paid, journal)
    assert found.explained
    assert (found.balance.minor, found.credit.minor) == (1_700, 2_300)


def test_a_debtor_who_owes_nothing_and_has_credit_is_shown_with_it() -> None:
    assert account(payment(amount=2_000, unapplied=2_000)).balance.minor == -2_000


def test_money_that_came_back_or_is_on_its_way_is_no_credit() -> None:
    lost = payment(amount=2_000, unapplied=2_000, status="failed")
    assert account(invoice(open=10_000), lost).credit.minor == 0


def test_credit_of_somebody_else_is_not_in_it() -> None:
    assert account(invoice(open=10_000), credit_note(open=500, customer_id="c2")).credit.minor == 0


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9)), max_size=8), st.integers(0, 10**9))
def test_the_movements_lead_to_the_balance_and_the_table_to_the_movements(
    debts: list[tuple[int, int]], spare: int
) -> None:
    facts: list[Fact] = [credit_note(open=spare)] if spare else []
    for number, (total, paid) in enumerate(debts):
        settled = min(total, paid)
        facts.append(invoice(f"i{number}", total=total, open=total - settled))
        share = (applied(f"p{number}", f"i{number}", settled),) if settled else ()
        facts.append(payment(f"p{number}", amount=max(1, paid), unapplied=paid - settled, allocations=share))
    invoices = [one for one in facts if isinstance(one, Invoice)]
    statement = statement_of(snapshot(ACME, *facts), invoices, "Acme Ltd", ALL, [ACME])
    for one in statement.accounts:
        assert one.explained
        assert one.balance.minor == sum(total - paid for total, paid in debts) - spare
        assert as_csv(statement).splitlines()[-1].endswith(f",{one.balance.decimal}")


def eventful() -> Statement:
    """With a line of every kind, and every sentence below."""
    facts: list[Fact] = [
        invoice("i1", open=2_000, adjustments=500),
        invoice("i2", status="void", open=0),
        invoice("i3", status="deleted", open=0),
        invoice("i4", status="uncollectible", open=1_000, total=1_000, issue_on=None),
        payment(amount=3_000, unapplied=700, allocations=(applied("p1", "i1", 2_300),)),
        credit_note(open=500, allocations=(applied("n1", "i1", 100, "credit_note"),)),
        payment(
            "p9", amount=50, allocations=(applied("n9", "i1", 50, "credit_note"), applied("o9", "i1", 20, "other"))
        ),
        JournalLine(connection="books", id="j1-0", journal_id="j1", customer_id="c1", currency="GBP", amount=-300),
        customer("c9", "cards", balance=-400, currency="GBP"),
    ]
    invoices = [one for one in facts if isinstance(one, Invoice)]
    seen = snapshot(ACME, *facts)
    whole = [ACME, seen.customers["cards", "c9"]]
    return statement_of(
        seen, invoices, "", ALL, whole, [OpenItem(invoice=invoices[0], platform="xero", debtor="acme", matched=1_000)]
    )


def said(statement: Statement, language: str) -> set[str]:
    """Every word of the statement but the names of files, records and the business."""
    locale = locale_of(language, ["GB"])
    page = re.sub(r"<style>.*</style>|<[^>]*>", " ", as_html(statement, locale), flags=re.DOTALL)
    told = f"{page} {as_text(statement, locale)}"
    told = re.sub(r"(books|cards):\S+|(breaks|payments)\.json|Harbour Joinery|GBP|INV-\w+|CN-\w+", " ", told)
    return {word.lower() for word in re.findall(r"[^\W\d_]+", told)}


def test_the_eventful_account_says_all_that_an_account_can_say() -> None:
    """Else the tests of its languages would prove less than they say."""
    statement = eventful()
    (account,) = statement.accounts
    assert {line.what.phrase for line in account.lines} | {"all_invoices"} == set(get_args(Phrase))
    told = as_text(statement, ENGLISH)
    assert "unknown customer" in told
    assert "no day" in told
    assert "is not explained" in told
    assert "May be asked for" in told


#: `shared` are words that are spelt alike in both languages.
@pytest.mark.parametrize(("language", "shared"), [("de", {"rest"}), ("fr", {"journal"}), ("es", {"a", "no"})])
def test_no_english_word_is_left_in_a_statement_of_another_language(language: str, shared: set[str]) -> None:
    assert said(eventful(), language) & said(eventful(), "en") == shared


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "de",
            [
                "Forderungsaufstellung",
                "Rechnung",
                "Gutschrift",
                "Zahlung",
                "Saldo",
                "Stand: 10. März 2026",
                "-5,00\u00a0£",
            ],
        ),
        ("fr", ["Relevé de compte", "Facture", "Avoir", "Paiement", "Solde", "Arrêté au 10 mars 2026"]),
        ("es", ["Estado de cuenta", "Factura", "Nota de crédito", "Pago", "Saldo", "Al 10 de marzo de 2026"]),
    ],
)
def test_a_statement_speaks_the_words_of_the_field(language: str, words: list[str]) -> None:
    page = as_html(eventful(), locale_of(language, ["GB"]))
    assert f'<html lang="{language}">' in page
    assert [word for word in words if word not in page] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_from_outside_is_never_read_as_words_of_ours(language: str) -> None:
    what = Description("credit_note", "{credit_note} {0}", "<b>\n{invoice}")
    told = evidence_words(language).line(what)
    assert "<b> {invoice}" in told
    assert told.endswith("{credit_note} {0}")


def test_a_spreadsheet_has_the_same_words_whatever_the_language() -> None:
    lines = as_csv(eventful()).splitlines()
    assert lines[0] == "day,what,record,currency,amount,balance"
    assert any(",Payment for invoice INV-i1,books:payment:p1,GBP,-23.00," in line for line in lines)
