"""Which debts a `when` takes, and how it explains itself."""

import datetime as dt

import pytest

from receivables.open_items import OpenItem
from rules.conditions import Condition
from rules.fields import FIELDS
from rules.predicates import OPERATORS, read_condition
from rules.toml import parse
from tests.builders import TODAY
from tests.rules.given import debt


def condition(when: str) -> Condition:
    document, problems = parse(f"when = {when}", "owed.toml")
    found = read_condition(document.root(problems).take_table("when"))
    assert problems == []
    return found


def holds(when: str, item: OpenItem) -> bool:
    test = condition(when)
    explained = test.explain(item, TODAY)
    assert explained.holds is test.test(item, TODAY), "what it says must be what it does"
    return explained.holds


ACME = debt(
    "i1",
    overdue=20,
    amount=12_000,
    total=20_000,
    number="INV-77",
    reference="Roof / North",
    purchase_order="PO 9",
    country="gb",
    language="en",
    tags=("VIP", "builder"),
    company=True,
)
NOBODY = debt("i2", customer=None, due_on=None, issue_on=None)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("{}", True),
        ('{ country = "GB" }', True),
        ('{ country = { ne = "GB" } }', False),
        ('{ country = ["FR", "GB"] }', True),
        ('{ country = { not_in = ["FR", "DE"] } }', True),
        ('{ currency = "GBP" }', True),
        ('{ currency = { in = ["EUR", "USD"] } }', False),
        ('{ platform = "xero" }', True),
        ('{ connection = { ne = "books" } }', False),
        ('{ customer = "ACME ltd" }', True),
        ('{ customer = "c1" }', True),
        ('{ customer = "books:customer:c1" }', True),
        ('{ customer = { not_in = ["Bright Ltd"] } }', True),
        ('{ customer = { ne = "c1" } }', False),
        ('{ customer_name = { starts_with = "acme" } }', True),
        ('{ customer_name = { contains = "LTD" } }', True),
        ('{ customer_name = { contains = "gmbh" } }', False),
        ('{ number = { starts_with = "inv-" } }', True),
        ('{ reference = { contains = "roof" } }', True),
        ('{ purchase_order = "po 9" }', True),
        ('{ language = "en" }', True),
        ('{ tags = "vip" }', True),
        ('{ tags = ["vip", "new"] }', True),
        ('{ tags = { all_of = ["vip", "builder"] } }', True),
        ('{ tags = { all_of = ["vip", "new"] } }', False),
        ('{ tags = { none_of = ["vip"] } }', False),
        ('{ tags = { any_of = ["vip"], none_of = ["stopped"] } }', True),
        ('{ amount_due = { gte = "120.00 GBP" } }', True),
        ('{ amount_due = { gt = "120.00 GBP" } }', False),
        ('{ amount_due = { lte = "120.00 GBP" } }', True),
        ('{ amount_due = { lt = "120.00 GBP" } }', False),
        ('{ amount_due = "120.00 GBP" }', True),
        ('{ amount_due = { gte = "1.00 EUR" } }', False),
        ('{ amount_due = { lt = "1000.00 EUR" } }', False),
        ('{ amount_due = { gte = ["50.00 EUR", "50.00 GBP"] } }', True),
        ('{ amount_due = { gte = ["1.00 EUR", "1.00 USD"] } }', False),
        ('{ invoice_total = { gte = "200.00 GBP" } }', True),
        ("{ days_past_due = { gte = 20, lt = 21 } }", True),
        ("{ days_past_due = 21 }", False),
        ("{ days_since_issue = { gt = 59 } }", True),
        ("{ company = true }", True),
        ('{ company = { in = [false, "unknown"] } }', False),
        ('{ country = "GB", tags = "new" }', False),
        ('{ any_of = [{ tags = "new" }, { country = "GB" }] }', True),
        ('{ any_of = [{ tags = "new" }, { country = "FR" }] }', False),
        ('{ not = { tags = "new" } }', True),
        ('{ not = { country = "GB", tags = "vip" } }', False),
        ('{ country = "GB", not = { any_of = [{ tags = "new" }, { tags = "old" }] } }', True),
    ],
)
def test_what_a_condition_takes(when: str, expected: bool) -> None:
    assert holds(when, ACME) is expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ('{ country = "GB" }', False),
        ('{ country = { ne = "GB" } }', True),
        ('{ customer = "c1" }', True),
        ('{ tags = { none_of = ["vip"] } }', True),
        ('{ tags = "vip" }', False),
        ("{ days_past_due = { gte = 0 } }", False),
        ("{ days_past_due = { lt = 1 } }", False),
        ("{ days_since_issue = { lt = 1 } }", False),
        ('{ company = "unknown" }', True),
        ("{ company = false }", False),
        ('{ customer_name = { contains = "a" } }', False),
    ],
)
def test_what_is_not_known(when: str, expected: bool) -> None:
    assert holds(when, NOBODY) is expected


def test_what_was_received_elsewhere_lowers_the_amount_due() -> None:
    item = debt(amount=12_000, matched=3_000, unapplied=1_000, in_flight=2_000)
    assert holds('{ amount_due = "60.00 GBP" }', item)


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ('{ country = { in = ["GB", "IE"] } }', "country = GB is in [GB, IE]"),
        ('{ tags = { none_of = ["stopped"] } }', "tags = [VIP, builder] has none of [stopped]"),
        ('{ amount_due = { gte = ["50.00 GBP", "60.00 EUR"] } }', "amount_due = 120.00 GBP ≥ 50.00 GBP or 60.00 EUR"),
        ("{ days_past_due = { lt = 7 } }", "days_past_due = 20 < 7"),
        ("{ company = true }", "company = true is true"),
        ('{ customer = { ne = "Bright" } }', "customer = Acme Ltd is not Bright"),
        ('{ number = { starts_with = "INV" } }', 'number = INV-77 starts with "INV"'),
    ],
)
def test_a_condition_explains_itself(when: str, text: str) -> None:
    assert condition(when).explain(ACME, TODAY).text == text


def test_a_nested_condition_explains_its_parts() -> None:
    found = condition('{ country = "GB", any_of = [{ tags = "new" }, { days_past_due = { gt = 9 } }] }')
    country, either = found.explain(ACME, TODAY).parts
    assert (country.holds, either.text, either.holds) == (True, "any of", True)
    assert [part.holds for part in either.parts] == [False, True]


def test_every_field_can_be_read_and_shown_for_every_item() -> None:
    for field in FIELDS.values():
        assert OPERATORS[field.type]
        for item in (ACME, NOBODY):
            field.read(item, TODAY)
            assert isinstance(field.show(item, TODAY), str)


def test_the_day_of_the_business_decides_how_late_it_is() -> None:
    test = condition("{ days_past_due = 20 }").test
    assert test(ACME, TODAY)
    assert not test(ACME, TODAY + dt.timedelta(days=1))
