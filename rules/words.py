"""Every word of the rule language with its type, its default and an example: what docs and editors are told.

`rules.json_schema` makes the JSON Schema of it and `rules.reference` the tables of docs/rules.md; a test holds it
against the readers.
"""

from dataclasses import dataclass, replace
from typing import Literal

from receivables.decisions import ACTIONS
from rules.schema import CHANNELS, EVENT_TEMPLATES, FALLBACKS, GROUPINGS, POLICY_STATUSES

Kind = Literal[
    "text",
    "texts",
    "number",
    "flag",
    "choice",
    "money",
    "amounts",
    "day",
    "time",
    "hours",
    "condition",
    "table",
    "tables",
]


@dataclass(frozen=True, slots=True)
class Word:
    """`example` is TOML, as it may stand in a file; `default` is for a reader. `least` and `most` are of numbers."""

    name: str
    kind: Kind
    meaning: str
    example: str
    default: str = "none"
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    required: bool = False
    #: The words of a table, or of each of several tables.
    inside: "tuple[Word, ...]" = ()


STEP = (
    Word("name", "text", "unique in the policy", 'name = "friendly"', required=True),
    Word("days_before_due", "number", "so many days before the due date", "days_before_due = 3", least=1, most=730),
    Word("on_due", "flag", "on the due date", "on_due = true"),
    Word("days_after_due", "number", "so many days after the due date", "days_after_due = 14", least=1, most=730),
    Word(
        "days_after_previous",
        "number",
        "after the step before it was sent",
        "days_after_previous = 10",
        least=1,
        most=730,
    ),
    Word("on_event", "choice", "answers an event", 'on_event = "promise_broken"', choices=tuple(EVENT_TEMPLATES)),
    Word("days_after_event", "number", "so many days after the event", "days_after_event = 2", "0", least=0, most=60),
    Word("monthly_on", "number", "on this day of each month", "monthly_on = 1", least=1, most=28),
    Word(
        "stage",
        "number",
        "0 until the due date, then 1 (friendliest) to 9; never falls; the first demand is 1",
        "stage = 2",
        "the position",
        least=0,
        most=9,
    ),
    Word(
        "gap_days",
        "number",
        "at least so long after the step before it was sent",
        "gap_days = 7",
        "5",
        least=1,
        most=730,
    ),
    Word("action", "choice", "what is done", 'action = "call"', "remind", choices=ACTIONS),
    Word(
        "channel",
        "choice",
        "email: our words; platform: the books' own e-mail of one invoice",
        'channel = "platform"',
        "email",
        choices=CHANNELS,
    ),
    Word(
        "fallback", "choice", "the task that replaces it without an address", 'fallback = "letter"', choices=FALLBACKS
    ),
    Word("template", "text", "the words", 'template = "firm"', "by stage or event"),
    Word("to", "text", "the role of the contact it goes to", 'to = "director"', "whoever gets the invoices"),
    Word("cc", "texts", "roles that get a copy", 'cc = ["site manager"]'),
    Word("pay_link", "flag", "with a link to pay", "pay_link = false", "true"),
    Word("attach_pdf", "flag", "with the invoices as PDF", "attach_pdf = true", "false"),
    Word("approval", "flag", "only after a person has approved it", "approval = true", "false"),
    Word("approval_above", "amounts", "the same, for what asks for more", 'approval_above = { GBP = "5000.00" }'),
)

POLICY = (
    Word("name", "text", "unique; no `/`, `+` or `@`", 'name = "standard"', required=True),
    Word(
        "status",
        "choice",
        "active; draft: planned and shown, never sent; off: passed over",
        'status = "draft"',
        "active",
        choices=POLICY_STATUSES,
    ),
    Word(
        "per",
        "choice",
        "customer: one message about all invoices of a debtor in one currency; invoice: one each",
        'per = "invoice"',
        "customer",
        choices=GROUPINGS,
    ),
    Word("when", "condition", "conditions, all of which must hold", 'when = { country = "GB" }', "every invoice"),
    Word("min_balance", "amounts", "a message that asks for less is not sent", 'min_balance = "5.00 GBP"'),
    Word(
        "step", "tables", "the steps, in their order", '[[policy.step]]\nname = "friendly"', inside=STEP, required=True
    ),
)

OVERRIDE = (
    Word("customer", "text", "a name, id or reference", 'customer = "Acme Ltd"'),
    Word("invoice", "text", "a number, id or reference; goes before a customer's", 'invoice = "INV-1800"'),
    Word("policy", "text", "the policy that takes it, or none", 'policy = "none"', required=True),
    Word("reason", "text", "for whoever reads the file", 'reason = "paid by the parent in June"'),
)

GUARDS = (
    Word(
        "workdays_only",
        "flag",
        "not on weekends and public holidays where the debtor is",
        "workdays_only = true",
        "true",
    ),
    Word(
        "send_hours",
        "hours",
        "in the debtor's time zone; the second time excluded",
        'send_hours = ["09:00", "17:00"]',
        '["08:00", "18:00"]',
    ),
    Word(
        "min_days_between_contacts",
        "number",
        "per debtor, over all invoices, policies and channels",
        "min_days_between_contacts = 5",
        "3",
        least=3,
        most=31,
    ),
    Word(
        "max_per_week",
        "number",
        "in any 7 days; messages not yet sent count too",
        "max_per_week = 2",
        "3",
        least=1,
        most=3,
    ),
    Word("max_per_month", "number", "in any 30 days", "max_per_month = 6", "10", least=1, most=10),
    Word(
        "max_data_age_hours",
        "number",
        "older facts: nothing is sent; each place where money may be seen must be fresh",
        "max_data_age_hours = 2",
        "3",
        least=1,
        most=3,
    ),
    Word(
        "promise_grace_days",
        "number",
        "after a promised day or an instalment, for the money to arrive",
        "promise_grace_days = 4",
        "2",
        least=2,
        most=31,
    ),
    Word(
        "behind_after_workdays",
        "number",
        "books without a receipt for longer are behind: overdue steps wait for owed confirm-receipts",
        "behind_after_workdays = 5",
        "3",
        least=1,
        most=10,
    ),
    Word(
        "never_chase",
        "texts",
        "customers that are never chased: related companies, staff",
        'never_chase = ["Acme Holdings"]',
    ),
)

_DEBT = (
    Word("amount", "money", "what is open", 'amount = "1200.00 GBP"', required=True),
    Word(
        "days_past_due",
        "number",
        "negative before the due date",
        "days_past_due = 30",
        "no due date",
        least=-3650,
        most=3650,
    ),
    Word("number", "text", "the invoice's number", 'number = "INV-1"', "CASE-1"),
    Word(
        "status",
        "choice",
        "the invoice's status",
        'status = "draft"',
        "open",
        choices=("open", "draft", "submitted", "paid", "void"),
    ),
    Word("was_sent", "flag", "to the customer", "was_sent = false", "true"),
    Word("charged_automatically", "flag", "by the platform", "charged_automatically = true", "false"),
    Word("received", "money", "came in, not yet in the books", 'received = "50.00 GBP"'),
    Word("in_flight", "money", "on its way", 'in_flight = "50.00 GBP"'),
    Word("credit", "money", "unapplied credit of the customer", 'credit = "50.00 GBP"'),
    Word("disputed", "flag", "the customer contests it", "disputed = true", "false"),
    Word(
        "dispute_resolved_days_ago",
        "number",
        "a dispute was settled",
        "dispute_resolved_days_ago = 1",
        least=0,
        most=3650,
    ),
    Word("promised_on", "day", "a promise to pay", "promised_on = 2026-03-09"),
    Word("hold_until", "day", "a hold", "hold_until = 2026-03-12"),
    Word(
        "plan",
        "tables",
        "instalments of a payment plan",
        'plan = [{ on = 2026-03-01, amount = "50.00 GBP" }]',
        inside=(
            Word("on", "day", "the instalment's day", "on = 2026-03-01", required=True),
            Word("amount", "money", "the instalment", 'amount = "50.00 GBP"', required=True),
        ),
    ),
)

CASE = (
    Word("name", "text", "what it shows", 'name = "a month late, reminded twice"', required=True),
    Word("on", "day", "the day on which the rules are asked", "on = 2026-03-10", required=True),
    Word("at", "time", "in the business's zone", 'at = "23:30"', "10:00"),
    Word(
        "business",
        "table",
        "another business than owed.toml's",
        'business = { timezone = "Pacific/Auckland" }',
        inside=(
            Word("timezone", "text", "an IANA zone", 'timezone = "Pacific/Auckland"'),
            Word("country", "text", "ISO 3166", 'country = "NZ"'),
            Word("currency", "text", "ISO 4217", 'currency = "NZD"'),
        ),
    ),
    Word("platform", "text", "where the books are", 'platform = "quickbooks"', "xero"),
    Word(
        "customer",
        "table",
        "who owes it",
        'customer = { country = "GB", tags = ["builder"] }',
        inside=(
            Word("name", "text", "the name", 'name = "Acme Ltd"', "Case Ltd"),
            Word("email", "text", "the address; empty for none", 'email = ""', "one"),
            Word("country", "text", "ISO 3166", 'country = "GB"'),
            Word("timezone", "text", "an IANA zone", 'timezone = "Europe/London"'),
            Word("language", "text", "ISO 639", 'language = "de"'),
            Word("tags", "texts", "tags", 'tags = ["builder"]'),
            Word("company", "flag", "false: a natural person", "company = true", "unknown"),
        ),
    ),
    *(replace(word, required=False) for word in _DEBT),
    Word(
        "invoice",
        "tables",
        "several debts of the customer, instead of the keys above",
        '[[case.invoice]]\nnumber = "INV-1"',
        inside=_DEBT,
    ),
    Word(
        "payment",
        "tables",
        "recorded in the books; amount is what was open before it",
        'payment = [{ invoice = "INV-1", amount = "50.00 GBP", days_ago = 2 }]',
        inside=(
            Word("amount", "money", "how much", 'amount = "50.00 GBP"', required=True),
            Word("invoice", "text", "a number", 'invoice = "INV-1"', "the first"),
            Word("days_ago", "number", "when", "days_ago = 2", "0", least=0, most=3650),
        ),
    ),
    Word(
        "sent",
        "tables",
        "messages of earlier",
        'sent = [{ step = "friendly", days_ago = 27 }]',
        inside=(
            Word("step", "text", "a step of some policy", 'step = "friendly"', required=True),
            Word("days_ago", "number", "when", "days_ago = 27", "0", least=0, most=3650),
            Word("hours_ago", "number", "and so many hours", "hours_ago = 3", "0", least=0, most=23),
            Word("policy", "text", "which policy's", 'policy = "standard"', "the first with such a step"),
            Word("invoice", "text", "about which one", 'invoice = "INV-1"', "all"),
            Word(
                "state",
                "choice",
                "what became of it",
                'state = "uncertain"',
                "sent",
                choices=("sent", "planned", "uncertain", "refused"),
            ),
        ),
    ),
    Word("data_age_hours", "number", "how old the facts are", "data_age_hours = 24", "0", least=0, most=10_000),
    Word(
        "receipts_days_ago", "number", "the newest receipt in the books", "receipts_days_ago = 14", least=0, most=3650
    ),
    Word("platform_reminds", "flag", "the platform sends reminders by itself", "platform_reminds = true", "false"),
    Word(
        "expect",
        "text",
        "`act STEP`, `hold CODE`, `suppress CODE`; or a table by invoice number",
        'expect = "act firm"',
        required=True,
    ),
    Word("messages", "number", "how many messages go out in all", "messages = 1", least=0),
)

#: By the path of the table in a file.
TABLES: dict[str, tuple[Word, ...]] = {
    "policy": POLICY,
    "policy.step": STEP,
    "override": OVERRIDE,
    "guards": GUARDS,
    "case": CASE,
}
