"""Who gets a message, and in which language."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from outreach.language import language_of, locale_of, money_text
from outreach.recipients import Recipients, recipients_of
from receivables.facts import Contact
from receivables.local_facts import BlockedAddress
from receivables.money import Money
from receivables.refs import LOCAL
from tests.builders import business, days_ago
from tests.outreach.given import debt

BOSS = Contact(email="boss@acme.example", name="The Boss", primary=True)
CLERK = Contact(email="clerk@acme.example", name="Ann Clerk", role="Accounts payable")
SITE = Contact(email="site@acme.example", name="Site", copied=True)


@pytest.mark.parametrize(
    ("contacts", "email", "expected"),
    [
        ((BOSS,), "", Recipients(("boss@acme.example",), (), "The Boss")),
        ((BOSS, CLERK, SITE), "", Recipients(("clerk@acme.example",), ("site@acme.example",), "Ann Clerk")),
        ((BOSS, SITE), "clerk@acme.example", Recipients(("clerk@acme.example",), ("site@acme.example",))),
        ((BOSS,), "BOSS@acme.example", Recipients(("BOSS@acme.example",), (), "The Boss")),
        ((BOSS,), "a@x.example; b@x.example", Recipients(("a@x.example", "b@x.example"))),
        ((SITE,), "", Recipients(("site@acme.example",), (), "Site")),
        ((Contact(email="me@harbour.example"), BOSS), "", Recipients(("boss@acme.example",), (), "The Boss")),
        ((BOSS,), "me@harbour.example", Recipients(())),
        ((), "", Recipients(())),
    ],
)
def test_the_person_who_got_the_invoice_goes_first(
    contacts: tuple[Contact, ...], email: str, expected: Recipients
) -> None:
    item = debt(contacts=contacts, email=email)
    assert recipients_of([item], business(domains=("harbour.example",))) == expected


def test_all_records_of_one_debtor_are_written_to_once() -> None:
    items = [debt("i1", contacts=(BOSS,)), debt("i2", contacts=(CLERK, BOSS)), debt("i3", contacts=(BOSS,))]
    assert recipients_of(items, business()).to == ("boss@acme.example", "clerk@acme.example")


@pytest.mark.parametrize(
    "email", ["x@acme.example\nBcc: all@x.example", "<x@acme.example>", "x y@acme.example", "x@y", "@"]
)
def test_what_is_no_plain_address_is_no_address(email: str) -> None:
    assert recipients_of([debt(contacts=(), email=email)], business()).to == ()


@pytest.mark.parametrize(
    ("language", "country", "owner", "expected"),
    [
        ("de", "FR", "GB", "de"),
        ("de-AT", "", "GB", "de"),
        ("FR_ca", "", "GB", "fr"),
        ("", "AT", "GB", "de"),
        ("", "MX", "GB", "es"),
        ("", "", "FR", "fr"),
        ("", "BE", "DE", "de"),
        ("it", "IT", "GB", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_language_of_a_debtor(language: str, country: str, owner: str, expected: str) -> None:
    assert language_of([debt(language=language, country=country)], business(country=owner)) == expected


def test_a_sender_may_say_which_language_to_use_where_nothing_is_known() -> None:
    assert language_of([debt(country="")], business(country="GB"), "de-CH") == "de"


@pytest.mark.parametrize(
    ("money", "locale", "expected"),
    [
        ("1234.50 GBP", "en_GB", "£1,234.50"),
        ("1234.50 EUR", "de_DE", "1.234,50\u00a0€"),
        ("1234.50 EUR", "fr_FR", "1\u202f234,50\u00a0€"),
        ("1234.50 USD", "en_AU", "USD\u00a01,234.50"),
        ("1234 JPY", "en_US", "¥1,234"),
        # three digits by ISO 4217; the locale's own data would show none and lose 567 fils
        ("1234.567 IQD", "en_GB", "IQD\u00a01,234.567"),
        ("0.05 HUF", "de_DE", "0,05\u00a0HUF"),
    ],
)
def test_no_digit_of_an_amount_is_lost(money: str, locale: str, expected: str) -> None:
    text = money_text(Money.parse(money), Locale.parse(locale))
    assert text.replace("\u00a0", "") == expected.replace("\u00a0", "")


def test_a_language_is_written_as_in_the_debtors_country_where_it_is_spoken_there() -> None:
    assert str(locale_of("de", ["AT", "GB"])) == "de_AT"
    assert str(locale_of("en", ["US"])) == "en_US"
    assert str(locale_of("en", ["", "XX"])) == "en_GB"
    assert str(locale_of("fr", ["JP", "CA"])) == "fr_CA"


CHIEF = Contact(email="cfo@acme.example", name="The CFO", role="escalation", stated=True)


def bounced(*addresses: str) -> dict[str, BlockedAddress]:
    return {
        one: BlockedAddress(connection=LOCAL, id=f"blocked/{one}", address=one, blocked_on=days_ago(1))
        for one in addresses
    }


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ("", (), Recipients(("clerk@acme.example",), ("site@acme.example",), "Ann Clerk")),
        ("billing", (), Recipients(("clerk@acme.example",), ("site@acme.example",), "Ann Clerk")),
        ("escalation", (), Recipients(("cfo@acme.example",), ("site@acme.example",), "The CFO")),
        ("Escalation", (), Recipients(("cfo@acme.example",), ("site@acme.example",), "The CFO")),
        ("director", (), Recipients(("clerk@acme.example",), ("site@acme.example",), "Ann Clerk")),
        (
            "",
            ("escalation",),
            Recipients(("clerk@acme.example",), ("site@acme.example", "cfo@acme.example"), "Ann Clerk"),
        ),
        (
            "all",
            ("us@harbour.example",),
            Recipients(
                ("boss@acme.example", "clerk@acme.example", "cfo@acme.example"),
                ("site@acme.example", "us@harbour.example"),
            ),
        ),
    ],
)
def test_a_step_may_be_for_a_role(to: str, cc: tuple[str, ...], expected: Recipients) -> None:
    item = debt(contacts=(BOSS, CLERK, SITE, CHIEF), email="")
    assert recipients_of([item], business(domains=("harbour.example",)), to, cc) == expected


def test_whom_the_platform_copies_in_is_copied_in() -> None:
    item = debt(contacts=(BOSS,), email="clerk@acme.example", copied="site@acme.example, Boss@acme.example")
    assert recipients_of([item], business()) == Recipients(
        ("clerk@acme.example",), ("site@acme.example", "Boss@acme.example")
    )


def test_who_is_named_for_a_role_alone_gets_nothing_else() -> None:
    assert recipients_of([debt(contacts=(CHIEF,), email="")], business()).to == ()


def test_nobody_writes_to_the_owner_because_a_step_copies_the_owner() -> None:
    assert recipients_of([debt(contacts=(), email="")], business(), "", ("us@harbour.example",)).to == ()


def test_an_address_that_bounced_is_not_written_to_and_the_next_one_is() -> None:
    item = debt(contacts=(CLERK,), email="Office@acme.example", blocked=bounced("office@acme.example"))
    assert item.addresses == ("clerk@acme.example",)
    assert recipients_of([item], business()) == Recipients(("clerk@acme.example",), (), "Ann Clerk")
    assert (
        recipients_of([debt(contacts=(CLERK,), email="", blocked=bounced("clerk@acme.example"))], business()).to == ()
    )


@given(
    st.lists(st.sampled_from([BOSS, CLERK, SITE, CHIEF])),
    st.sets(st.sampled_from([one.email for one in (BOSS, CLERK, SITE, CHIEF)])),
    st.sampled_from(["", "billing", "all", "escalation", "director"]),
    st.lists(st.sampled_from(["escalation", "director", "cfo@acme.example"]), max_size=2),
)
def test_whatever_is_asked_for_a_blocked_address_gets_nothing(
    contacts: list[Contact], blocked: set[str], to: str, cc: list[str]
) -> None:
    item = debt(contacts=tuple(contacts), email="boss@acme.example", blocked=bounced(*blocked))
    found = recipients_of([item], business(), to, cc)
    assert not blocked & {*found.to, *found.cc}
    assert not set(found.to) & set(found.cc)
