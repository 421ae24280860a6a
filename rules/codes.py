"""The codes of all reasons, which filters, cases and other programs may rely on. What each means: docs/rules.md."""

from typing import get_args

from receivables.breaks import BreakKind

#: Nothing can be demanded, or nothing is due.
_NOTHING = (
    "not_issued not_open no_due_date nothing_to_demand unknown_currency charged_automatically "
    "not_due_yet all_steps_done no_policy below_minimum"
)
#: The money is there, or somebody said something.
_SETTLED = "in_flight payment_not_in_books covered_by_credit disputed promised plan_kept on_hold opted_out"
#: A person has to mend something, or someone else writes about it.
_PERSON = (
    "insolvent agency lawyer never_chase overridden we_owe_them shared_address backlog not_chased never_sent no_address "
    "own_domain platform_reminds reminders_unknown books_behind draft_policy previous_uncertain"
)
#: Time mends it.
_TIME = "stale_data already_planned message_waiting too_soon weekly_cap monthly_cap one_at_a_time outside_hours"
#: The reason of an `act`; and what is found just before sending.
_OTHER = "step_due no_longer_open demand_changed message_changed"

#: A break that holds an invoice gives its name.
BREAK_CODES = frozenset(kind.replace(" ", "_") for kind in get_args(BreakKind))

CODES = frozenset(f"{_NOTHING} {_SETTLED} {_PERSON} {_TIME} {_OTHER}".split()) | BREAK_CODES
