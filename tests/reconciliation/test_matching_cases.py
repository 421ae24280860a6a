"""One small ledger for each way in which money comes."""

import pytest

from tests.reconciliation.small_ledger import DAY, links, matched, on, owed, paid

OTHERS = (owed("INV-0900", 7_777, "C200"), owed("INV-0901", 12_345, "C300"))


def test_an_exact_reference() -> None:
    found = matched(owed("INV-0101", 50_000), *OTHERS, paid(50_000, "Payment for INV-0101"))["p1"]
    assert [(link.document, link.amount) for link in found.links] == [("INV-0101", 50_000)]
    assert found.band == "auto"
    assert "the payment states INV-0101" in found.reason


def test_several_invoices_in_one_reference() -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 20_020), owed("INV-0103", 70_010)]
    assert links(*ledger, paid(70_030, "INV-0101, INV-0102")) == {"INV-0101": 50_010, "INV-0102": 20_020}


@pytest.mark.parametrize("text", ["INV 0101-0103", "INV-0101 to INV-0103", "inv. 101 bis 103", "invoices 0101 - 103"])
def test_a_range(text: str) -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 20_020), owed("INV-0103", 30_040), owed("INV-0104", 9_000)]
    assert sorted(links(*ledger, paid(100_070, text))) == ["INV-0101", "INV-0102", "INV-0103"]


@pytest.mark.parametrize(
    "text",
    [
        "INV-2O48",
        "lNV 2048",
        "inv2048",
        "2048",
        "INV-002048",
        "INV-2084",
        "Rechnung 2048 danke",
        "INV-204B",
        "INV-20488",
    ],
)
def test_a_noisy_reference(text: str) -> None:
    ledger = [owed("INV-2048", 50_010), owed("INV-3000", 50_010, "C200"), owed("INV-3001", 20_000)]
    assert links(*ledger, paid(50_010, text, "ACME JOINERY")) == {"INV-2048": 50_010}


@pytest.mark.parametrize("text", ["2025-0012", "/INV/2025/0012 THANK YOU", "inv no: 2025_0012.", "2025 0012"])
def test_a_number_of_several_parts_without_its_prefix(text: str) -> None:
    ledger = [owed("INV-2025-0012", 50_010), owed("INV-2024-0012", 50_010), owed("INV-2025-0013", 50_010)]
    assert links(*ledger, paid(50_010, text, "R Kumar")) == {"INV-2025-0012": 50_010}


def test_a_slip_that_hits_another_documents_number_yields_to_the_amount() -> None:
    ledger = [owed("INV-20481", 50_013), owed("INV-20841", 31_377, "C200")]
    assert links(*ledger, paid(50_013, "INV-20841", "R Kumar")) == {"INV-20481": 50_013}


def test_a_purchase_order_number() -> None:
    ledger = [owed("INV-0101", 50_010, purchase_order="PO77001"), owed("INV-0102", 50_010, purchase_order="PO77002")]
    assert links(*ledger, paid(50_010, "your order 77002")) == {"INV-0102": 50_010}


def test_the_customers_number_in_the_reference() -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 50_010, "C200")]
    assert links(*ledger, paid(50_010, "customer C200", name="J Smith")) == {"INV-0102": 50_010}


@pytest.mark.parametrize(
    "name", ["ACME JOINERY LIMITED", "FASTER PAYMENT FROM ACME JOINERY", "ACME JOINER", "Acme Jonery"]
)
def test_no_reference_and_a_payers_name_alike(name: str) -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 50_010, "C200")]
    assert links(*ledger, paid(50_010, name=name)) == {"INV-0101": 50_010}


def test_no_reference_and_a_known_account() -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 50_010, "C200")]
    assert links(*ledger, paid(50_010, name="", payer_account="gb22 brch 0000 0002")) == {"INV-0102": 50_010}


def test_of_invoices_with_the_same_amount_the_one_due_by_then_is_paid() -> None:
    ledger = [
        owed("INV-0101", 9_900, issue_on=on(-60), due_on=on(-30)),
        owed("INV-0102", 9_900, issue_on=on(-30), due_on=on(0)),
        owed("INV-0103", 9_900, issue_on=on(0), due_on=on(30)),
    ]
    months = [paid(9_900, id=f"p{n}", paid_on=on(30 * n - 28)) for n in range(3)]
    found = matched(*ledger, *months)
    assert [found[f"p{n}"].links[0].document for n in range(3)] == ["INV-0101", "INV-0102", "INV-0103"]


def test_a_stranger_pays_with_the_number() -> None:
    assert links(owed("INV-0101", 50_010), *OTHERS, paid(50_010, "INV-0101", name="CAPITAL FACTORS AG")) == {
        "INV-0101": 50_010
    }


def test_a_stranger_with_a_fitting_amount_alone_is_only_proposed() -> None:
    found = matched(owed("INV-0101", 50_013), *OTHERS, paid(50_013, name="R Kumar"))["p1"]
    assert [link.document for link in found.links] == ["INV-0101"]
    assert found.band == "propose"


def test_who_paid_for_a_customer_before_is_known_the_next_time() -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 30_030), owed("INV-0200", 30_030, "C200")]
    first = paid(50_010, "INV-0101", name="Holding AG", payer_account="DE9900001111")
    second = paid(30_030, name="Holding AG", payer_account="DE9900001111", id="p2", paid_on=on(3))
    assert links(*ledger, first, second, payment="p2") == {"INV-0102": 30_030}


def test_a_partial_payment_leaves_the_rest_open_for_the_next() -> None:
    ledger = [owed("INV-0101", 50_010), *OTHERS]
    found = matched(*ledger, paid(20_000, "INV-0101"), paid(30_010, "INV-0101", id="p2", paid_on=on(9)))
    assert [found[name].links[0].amount for name in ("p1", "p2")] == [20_000, 30_010]


def test_instalments() -> None:
    parts = [paid(20_000, "INV-0101", id=f"p{n}", paid_on=on(30 * n)) for n in range(3)]
    found = matched(owed("INV-0101", 60_000), *OTHERS, *parts)
    assert all([link.document for link in found[one.id].links] == ["INV-0101"] for one in parts)


def test_one_payment_for_everything_open() -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 20_020), owed("INV-0103", 30_040), *OTHERS]
    assert sorted(links(*ledger, paid(100_070, "statement"))) == ["INV-0101", "INV-0102", "INV-0103"]


def test_one_payment_for_some_without_a_word() -> None:
    ledger = [owed("INV-0101", 50_013), owed("INV-0102", 20_021), owed("INV-0103", 30_049), owed("INV-0104", 71_102)]
    assert sorted(links(*ledger, paid(80_062))) == ["INV-0101", "INV-0103"]


def test_a_round_sum_on_account_settles_the_oldest_first() -> None:
    ledger = [owed(f"INV-010{n}", 40_010 + n, issue_on=on(-90 + n), due_on=on(-60 + n)) for n in (1, 2, 3)]
    assert links(*ledger, paid(60_000, "on account")) == {"INV-0101": 40_011, "INV-0102": 19_989}


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        (97_000, "discount"),
        (98_000, "discount"),
        (97_070, "processor's fee"),
        (99_200, "charge"),
        (99_963, "difference"),
    ],
)
def test_what_was_deducted_is_told(amount: int, why: str) -> None:
    found = matched(owed("INV-0101", 100_000), *OTHERS, paid(amount, "INV-0101", paid_on=on(-22)))["p1"]
    assert [(link.document, link.amount) for link in found.links] == [("INV-0101", amount)]
    assert why in found.reason


def test_a_payment_in_another_currency_near_the_days_rate() -> None:
    rates = {(DAY, "GBP"): 1.27, (DAY, "EUR"): 1.08}
    found = links(owed("INV-0101", 100_000), *OTHERS, paid(117_300, "INV-0101", currency="EUR"), rates=rates)
    assert found == {"INV-0101": 100_000}
    assert links(owed("INV-0101", 100_000), paid(150_000, currency="EUR", name="R Kumar"), rates=rates) == {}


def test_a_payment_at_a_weekend_is_held_against_the_last_days_rate() -> None:
    rates = {(on(-2), "GBP"): 1.27}
    found = links(owed("INV-0101", 100_000), *OTHERS, paid(127_300, "INV-0101", currency="USD"), rates=rates)
    assert found == {"INV-0101": 100_000}


def test_a_credit_note_is_netted() -> None:
    ledger = [owed("INV-0101", 50_010), owed("CN-7", 10_003, kind="credit_note"), *OTHERS]
    assert links(*ledger, paid(40_007, "INV-0101")) == {"INV-0101": 50_010, "CN-7": -10_003}


def test_the_same_payment_twice_belongs_to_nothing_the_second_time() -> None:
    ledger = [owed("INV-0101", 50_010), owed("INV-0102", 50_010), *OTHERS]
    found = matched(*ledger, paid(50_010, "INV-0101"), paid(50_010, "INV-0101", id="p2", paid_on=on(1)))
    assert [link.document for link in found["p1"].links] == ["INV-0101"]
    assert found["p2"].links == ()
    assert found["p2"].reason == (
        "nothing that is open fits, and it is like a payment some days before: paid twice, perhaps"
    )


@pytest.mark.parametrize("text", ["refund INV-0101", "chargeback INV-0101", ""])
def test_money_out_settles_nothing(text: str) -> None:
    found = matched(owed("INV-0101", 50_010), paid(-50_010, text))
    assert found["p1"].links == ()
    assert found["p1"].reason == "money out: it settles nothing but a credit note that it names"


def test_a_credit_note_that_is_paid_out_by_name() -> None:
    ledger = [owed("CN-7001", 10_003, kind="credit_note"), *OTHERS]
    assert links(*ledger, paid(-10_003, "credit CN-7001")) == {"CN-7001": -10_003}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Acme Joinery Ltd", "deposit for new order"),
        ("BANK INTEREST", "gross interest"),
        ("HMRC VAT", "VAT REPAYMENT 123456789"),
        ("H Joiner", "director loan"),
        ("Somebody Else Ltd", "INV-9999"),
    ],
)
def test_money_that_belongs_to_nothing(name: str, text: str) -> None:
    assert links(owed("INV-0101", 50_010), *OTHERS, paid(25_000, text, name)) == {}


def test_a_number_shared_by_two_customers_goes_to_the_one_who_pays() -> None:
    ledger = [owed("2025-07", 50_010, "C100", id="a"), owed("2025-07", 50_010, "C200", id="b")]
    assert links(*ledger, paid(50_010, "2025-07", name="BIRCH FOODS")) == {"b": 50_010}


@pytest.mark.parametrize("text", ["services 10.03.2026", "tel 020 7946 0101", "paid 101.00", "account 0101"])
def test_numbers_that_are_no_invoices(text: str) -> None:
    ledger = [
        owed("2026", 11_001, "C200"),
        owed("0101", 90_002, "C200"),
        owed("7946", 12_003, "C300"),
        owed("88", 50_010),
    ]
    assert links(*ledger, paid(50_010, text)) == {"88": 50_010}


def test_a_mirror_is_paid_once_and_in_the_books() -> None:
    ledger = [owed("INV-0101", 50_010, id="in_1", source="stripe"), owed("INV-0101", 50_010, id="x1"), *OTHERS]
    assert links(*ledger, paid(50_010, "INV-0101")) == {"x1": 50_010}


def test_two_payments_that_want_one_invoice_the_surer_gets_it() -> None:
    ledger = [owed("INV-0101", 50_010), *OTHERS]
    found = matched(*ledger, paid(50_010, paid_on=on(-2)), paid(50_010, "INV-0101", id="p2"))
    assert (found["p1"].links, [link.document for link in found["p2"].links]) == ((), ["INV-0101"])


def test_a_refused_pair_is_never_proposed_again() -> None:
    ledger = [owed("INV-0101", 50_010), *OTHERS]
    assert links(*ledger, paid(50_010, "INV-0101"), refused=frozenset([("p1", "INV-0101")])) == {}


@pytest.mark.parametrize("said", ["Holding AG", "DE99 0000 1111"])
def test_a_confirmed_payer_is_known(said: str) -> None:
    ledger = [owed("INV-0101", 30_030), owed("INV-0200", 30_030, "C200")]
    money = paid(30_030, name="HOLDING", payer_account="DE9900001111")
    assert links(*ledger, money, payers={said: "C200"}) == {"INV-0200": 30_030}


def test_the_runner_up_and_the_margin_are_told() -> None:
    ledger = [owed("INV-0101", 50_010, due_on=on(-4)), owed("INV-0102", 50_010, due_on=on(4)), *OTHERS]
    found = matched(*ledger, paid(50_010))["p1"]
    assert {*(link.document for link in found.links), *found.runner_up} == {"INV-0101", "INV-0102"}
    assert 0 <= found.margin < 0.2
    assert found.confidence < 0.7
