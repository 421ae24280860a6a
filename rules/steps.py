"""One `[[policy.step]]`: read, typed, and checked for words and timings that do not suit each other."""

from collections.abc import Collection
from typing import NamedTuple

from receivables.decisions import ACTIONS, REACHING, Action
from receivables.money import CURRENCIES, MoneyError, to_minor
from rules.schema import CHANNELS, EVENT_TEMPLATES, FALLBACKS, TEMPLATES, Event, Fallback, Guards, Step, template_of
from rules.table import Table, did_you_mean

#: How a step may say when it is due; exactly one of them.
TIMINGS = ("days_before_due", "on_due", "days_after_due", "days_after_previous", "on_event", "monthly_on")
#: What one line of owed.toml may ask for at the most: two years.
_MOST_DAYS = 730
_GAP_DAYS = 5
#: A tuple, because a file may hold anything there, also what cannot be hashed.
_NOT_WRITTEN = tuple(action for action in ACTIONS if action not in ("remind", "statement", "letter"))
_EVENTS = tuple(EVENT_TEMPLATES)


def is_until_due(table: Table) -> bool:
    return "days_before_due" in table or table.peek("on_due") is True


def counts_as_stage(table: Table) -> bool:
    """A demand in writing: the next one may speak of it. A call, a note or an alert raises no stage."""
    return not is_until_due(table) and not is_reaction(table) and table.peek("action") not in _NOT_WRITTEN


def is_reaction(table: Table) -> bool:
    return "on_event" in table or "monthly_on" in table


def read_step(table: Table, usual_stage: int, last: bool, guards: Guards, templates: Collection[str] | None) -> Step:
    """`usual_stage` is by position; `last`: no later step after the due date. Problems go to the table's."""
    name = table.take_text("name")
    timing = _timing(table)
    event = timing.event
    action: Action = table.take_choice("action", ACTIONS, _usual_action(event))
    stage = _stage(table, usual_stage, event, action)
    template = _template(table, stage, event, action, last)
    _check_template(table, template, usual_stage, last, event, action, templates)
    step = Step(
        name=name,
        stage=stage,
        before=timing.before,
        after=timing.after,
        after_previous=timing.after_previous,
        event=event,
        after_event=timing.after_event,
        monthly_on=timing.monthly_on,
        gap_days=_gap(table, guards),
        action=action,
        channel=table.take_choice("channel", CHANNELS, "email"),
        fallback=_fallback(table),
        template=template,
        to=table.take_text("to", ""),
        cc=table.take_list_of_text("cc", ()),
        pay_link=table.take_flag("pay_link", True),
        attach_pdf=table.take_flag("attach_pdf", False),
        approval=table.take_flag("approval", False),
        approval_above=read_amounts(table, "approval_above"),
    )
    _check_channel(table, step)
    table.finish()
    return step


def read_amounts(table: Table, key: str) -> dict[str, int]:
    """`"5.00 GBP"`, or a table `{ GBP = "5.00", EUR = "5.00" }`: minor units by currency."""
    if not isinstance(table.peek(key), dict):
        limit = table.take_money(key, None)
        return {} if limit is None or not limit.currency else {limit.currency: limit.minor}
    inner = table.take_table(key)
    limits: dict[str, int] = {}
    for currency in inner:
        text = inner.take_text(currency)
        if currency not in CURRENCIES:
            inner.report(currency, "expected an ISO 4217 currency such as GBP")
            continue
        if not text.strip():  # reported already: no text, or nothing in it
            continue
        try:
            limits[currency] = to_minor(text, currency)
        except MoneyError as error:
            inner.report(currency, str(error))
    return limits


class _Timing(NamedTuple):
    """The one timing of a step, in the fields of Step that say it."""

    before: int | None = None
    after: int | None = None
    after_previous: int | None = None
    event: Event = ""
    after_event: int = 0
    monthly_on: int = 0


def _timing(table: Table) -> _Timing:
    before = table.take_int("days_before_due", None, least=1, most=_MOST_DAYS)
    on_due = table.take_flag("on_due", False)
    after = table.take_int("days_after_due", None, least=1, most=_MOST_DAYS)
    after_previous = table.take_int("days_after_previous", None, least=1, most=_MOST_DAYS)
    event = table.take_choice("on_event", _EVENTS, None)
    after_event = table.take_int("days_after_event", 0, least=0, most=60)
    monthly_on = table.take_int("monthly_on", None, least=1, most=28)
    written = [key for key in TIMINGS if key in table and table.peek(key) is not False]
    if len(written) != 1:
        found = " and ".join(written) or "none"
        table.report(written[-1] if written else "", f"expected one of {', '.join(TIMINGS)}, found {found}")
    if "days_after_event" in table and "on_event" not in table:
        table.report("days_after_event", "needs on_event", "days_after_due counts from the due date")
    if is_reaction(table):
        return _Timing(event=event or "month", after_event=after_event, monthly_on=monthly_on or 1)
    if before is not None or on_due:
        return _Timing(before=before or 0)
    if after_previous is not None and after is None:
        return _Timing(after_previous=after_previous)
    return _Timing(after=after or 1)


def _usual_action(event: Event) -> Action:
    return "thank_you" if event == "payment_received" else "statement" if event == "month" else "remind"


def _stage(table: Table, usual_stage: int, event: Event, action: Action) -> int:
    """The stage as written; where it cannot be, that is reported and the usual one taken."""
    if event:
        if "stage" in table:
            table.report("stage", "a step that answers an event has no stage of its own", "it moves nobody up")
            table.take_any("stage")
        return 0 if action in ("thank_you", "statement") else 1
    stage = table.take_int("stage", usual_stage, least=0, most=9)
    if usual_stage == 0 and stage > 0:
        table.report("stage", "a step until the due date demands nothing and is of stage 0")
    elif usual_stage > 0 and stage == 0:
        table.report("stage", "stage 0 is for steps until the due date")
    elif usual_stage == 1 and stage > 1:
        table.report(
            "stage", "the first step after the due date is of stage 1", "no debt is first met with a later one"
        )
    else:
        return stage
    return usual_stage


def _gap(table: Table, guards: Guards) -> int:
    gap = table.take_int("gap_days", max(_GAP_DAYS, guards.min_days_between_contacts), least=1, most=_MOST_DAYS)
    if gap < guards.min_days_between_contacts:
        hint = f"guards.min_days_between_contacts is {guards.min_days_between_contacts}"
        table.report("gap_days", f"{gap} contradicts a guard", hint)
    return gap


def _fallback(table: Table) -> Fallback:
    found = table.take_choice("fallback", FALLBACKS, None)
    return found or ""


def _template(table: Table, stage: int, event: Event, action: Action, last: bool) -> str:
    if action == "statement" or action == "thank_you":
        return table.take_text("template", action)
    return table.take_text("template", EVENT_TEMPLATES.get(event) or template_of(stage, last))


def _check_template(
    table: Table,
    template: str,
    usual_stage: int,
    last: bool,
    event: Event,
    action: Action,
    templates: Collection[str] | None,
) -> None:
    """The words must be true of the step: no "as we wrote before" in a first message, no "last" before another one."""
    if templates is not None and template not in templates:
        table.report("template", f'no template "{template}"', did_you_mean(template, templates))
    elif template in EVENT_TEMPLATES.values() and template != EVENT_TEMPLATES.get(event):
        table.report("template", f'"{template}" answers an event', f"this step does not answer {_event_of(template)}")
    elif template not in TEMPLATES or action not in ("remind", "letter"):
        return
    elif event:
        usual = EVENT_TEMPLATES.get(event, "statement")
        table.report("template", f'"{template}" pays no heed to what happened', f"the usual one is {usual}")
    elif template in TEMPLATES[1:] and usual_stage == 0:
        table.report("template", f'"{template}" speaks of an overdue invoice', "nothing is overdue before the due date")
    elif template == TEMPLATES[0] and usual_stage > 0:
        table.report("template", f'"{template}" speaks of an invoice that is not yet due')
    elif template in TEMPLATES[2:] and usual_stage == 1:
        table.report(
            "template", f'"{template}" speaks of earlier messages', "this step is the first after the due date"
        )
    elif template == TEMPLATES[-1] and not last:
        table.report("template", f'"{template}" says that it is the last message', "another step follows")


def _event_of(template: str) -> str:
    return next(event for event, name in EVENT_TEMPLATES.items() if name == template)


def _check_channel(table: Table, step: Step) -> None:
    """What the platform's own e-mail cannot do, and what a step that reaches nobody does not need."""
    if step.channel == "platform":
        if step.action != "remind":
            table.report(
                "channel", f"the platform's e-mail is of one invoice, it is no {step.action}", 'channel = "email"'
            )
        for key in ("template", "to", "cc", "attach_pdf"):
            if key in table:
                table.report(key, "the platform's e-mail has words and recipients of its own", 'channel = "email"')
    if step.action == "thank_you" and step.event != "payment_received":
        table.report("action", "thanks are for a payment", 'on_event = "payment_received"')
    if step.action not in REACHING and "fallback" in table:
        table.report("fallback", f"{step.action} needs no address")
