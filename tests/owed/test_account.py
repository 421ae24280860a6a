"""The statement of account: every movement, credit that settles nothing, and the books' own balance to the cent."""

from hypothesis import given
from hypothesis import strategies as st

from outreach.evidence import Account, as_csv, as_text
from outreach.language import locale_of
from receivables.facts import Fact, Invoice, JournalLine
from sync.account import statement_of
from tests.builders import applied, credit_note, customer, invoice, payment, snapshot

ENGLISH = locale_of("en", ["GB"])
ACME = customer()


def account(*facts: Fact) -> Account:
    """The one account of everything that Acme owes."""
    invoices = [one for one in facts if isinstance(one, Invoice)]
    (found,) = statement_of(snapshot(ACME, *facts), invoices, "Acme Ltd", "All invoices", [ACME]).accounts
    return found


def words(*facts: Fact) -> str:
    invoices = [one for one in facts if isinstance(one, Invoice)]
    return as_text(statement_of(snapshot(ACME, *facts), invoices, "Acme Ltd", "All invoices", [ACME]), ENGLISH)


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
    statement = statement_of(snapshot(ACME, *facts), invoices, "Acme Ltd", "All invoices", [ACME])
    for one in statement.accounts:
        assert one.explained
        assert one.balance.minor == sum(total - paid for total, paid in debts) - spare
        assert as_csv(statement).splitlines()[-1].endswith(f",{one.balance.decimal}")
