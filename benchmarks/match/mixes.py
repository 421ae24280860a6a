"""The mixes: which cases come how often, and how unpleasant the ledger around them is."""

from dataclasses import dataclass, field, replace

#: Share of payments by case, in parts of their sum. Every case of docs/matching.md is in every mix.
STANDARD: dict[str, float] = {
    "exact_reference": 19,
    "noisy_reference": 11,
    "several_references": 6,
    "number_range": 1.6,
    "purchase_order": 3.5,
    "customer_number": 3,
    "no_reference": 14,
    "foreign_payer_with_reference": 4,
    "foreign_payer_without_reference": 2.5,
    "partial": 4,
    "instalments": 2,
    "several_payments": 1.5,
    "statement": 3,
    "lump_sum": 1.5,
    "several_without_reference": 3,
    "processor_fee": 3,
    "bank_charge": 2,
    "discount": 3.5,
    "foreign_currency": 3,
    "credit_netted": 2.5,
    "small_difference": 2,
    "duplicate": 2.2,
    "refund": 1.8,
    "chargeback": 0.8,
    "prepayment": 1.3,
    "interest": 0.7,
    "tax_refund": 0.6,
    "owners_money": 0.8,
    "other_peoples_customer": 2.4,
}


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares are of 1. `numbers` are the ways in which invoices are numbered; each customer sticks to one."""

    name: str
    cases: dict[str, float] = field(default_factory=lambda: dict(STANDARD))
    #: Invoices for one customer, on average.
    per_customer: float = 8
    #: Open invoices that nobody pays, for one that is paid.
    unpaid: float = 0.25
    #: Customers whose every invoice has one of a few prices.
    subscribers: float = 0.2
    round_amounts: float = 0.25
    known_accounts: float = 0.6
    twin_names: float = 0.06
    mirrored: float = 0.06
    #: How often a payer's name is spoilt, and a noisy reference spoilt twice.
    name_noise: float = 0.45
    text_noise: float = 0.35
    numbers: tuple[str, ...] = ("INV-{n:05}", "INV-{year}-{n:04}", "{n}", "SI{n:06}")


def _mix(name: str, cases: dict[str, float], **changes: object) -> Mix:
    return replace(Mix(name), cases={**STANDARD, **cases}, **changes)  # type: ignore[arg-type]  # fields by name


MIXES: tuple[Mix, ...] = (
    Mix("standard"),
    _mix(
        "subscriptions",
        {"no_reference": 22, "statement": 4, "exact_reference": 15, "foreign_payer_without_reference": 3.5},
        subscribers=0.75,
        per_customer=6,
        round_amounts=0.4,
        unpaid=0.35,
        known_accounts=0.5,
    ),
    _mix(
        "short numbers",
        {"noisy_reference": 16, "exact_reference": 16, "other_peoples_customer": 3.5},
        numbers=("{n}", "{own:03}", "R{n}", "{year}/{own}"),
        text_noise=0.6,
        twin_names=0.12,
    ),
    _mix(
        "many to many",
        {"several_references": 9, "statement": 6, "lump_sum": 3, "several_without_reference": 5, "instalments": 4,
         "several_payments": 3, "credit_netted": 4, "number_range": 3},
        per_customer=14,
        numbers=("INV-{n:05}", "{year}-{n:05}", "RE {n:06}"),
    ),
    _mix(
        "bad bank",
        {"noisy_reference": 18, "foreign_payer_with_reference": 7, "foreign_payer_without_reference": 4,
         "duplicate": 4, "other_peoples_customer": 5, "prepayment": 2.5, "interest": 1.5},
        name_noise=0.85,
        text_noise=0.7,
        known_accounts=0.3,
        twin_names=0.1,
    ),
    # no weight was ever set on this one
    _mix(
        "held out",
        {"exact_reference": 27, "noisy_reference": 9, "no_reference": 11, "purchase_order": 6, "foreign_currency": 5,
         "discount": 6, "processor_fee": 5, "statement": 2, "prepayment": 2.5, "duplicate": 3, "refund": 3},
        per_customer=5,
        unpaid=0.15,
        subscribers=0.3,
        round_amounts=0.15,
        numbers=("{year}{n:05}", "F-{n}", "AR/{year}/{n:04}", "{n:06}"),
        mirrored=0.15,
    ),
)  # fmt: skip
