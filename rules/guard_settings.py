"""The `[guards]` table: limits may be made stricter in a file, never looser."""

import datetime as dt

from rules.schema import Guards
from rules.table import Table

_LOOSEST = Guards()


def read_guards(table: Table) -> Guards:
    """Every value that is looser than the built-in limit is a problem, and the limit is used instead."""
    send_from, send_until = _hours(table)
    guards = Guards(
        workdays_only=_workdays(table),
        send_from=send_from,
        send_until=send_until,
        min_days_between_contacts=_at_least(table, "min_days_between_contacts", 31),
        max_per_week=_at_most(table, "max_per_week", 1),
        max_per_month=_at_most(table, "max_per_month", 1),
        max_data_age_hours=_at_most(table, "max_data_age_hours", 1),
        promise_grace_days=_at_least(table, "promise_grace_days", 31),
        behind_after_workdays=table.take_int("behind_after_workdays", _LOOSEST.behind_after_workdays, least=1, most=10),
        never_chase=table.take_list_of_text("never_chase", ()),
    )
    table.finish()
    return guards


def _at_least(table: Table, key: str, most: int) -> int:
    limit: int = getattr(_LOOSEST, key)
    value = table.take_int(key, limit)
    if value < limit:
        table.report(key, f"{value} contradicts a guard", f"at least {limit}; it may only be made stricter")
    elif value > most:
        table.expected(key, f"at most {most}")
    else:
        return value
    return limit


def _at_most(table: Table, key: str, least: int) -> int:
    limit: int = getattr(_LOOSEST, key)
    value = table.take_int(key, limit)
    if value > limit:
        table.report(key, f"{value} contradicts a guard", f"at most {limit}; it may only be made stricter")
    elif value < least:
        table.expected(key, f"at least {least}")
    else:
        return value
    return limit


def _workdays(table: Table) -> bool:
    if not table.take_flag("workdays_only", True):
        table.report("workdays_only", "false contradicts a guard", "messages leave on working days only")
    return True


def _hours(table: Table) -> tuple[dt.time, dt.time]:
    """`send_hours = ["08:00", "18:00"]`, the second one excluded, in the debtor's time zone."""
    usual = (_LOOSEST.send_from, _LOOSEST.send_until)
    if "send_hours" not in table:
        table.take_any("send_hours")
        return usual
    written = table.take_list_of_text("send_hours")
    try:
        start, end = (dt.time.fromisoformat(text) for text in written)
    except ValueError:
        table.expected("send_hours", 'two times such as ["08:00", "18:00"]')
        return usual
    if start.tzinfo or end.tzinfo or start >= end:
        table.report("send_hours", "the first time must be before the second")
    elif start < usual[0] or end > usual[1]:
        table.report("send_hours", "contradicts a guard", "08:00 to 18:00 may only be made narrower")
    else:
        return start, end
    return usual
