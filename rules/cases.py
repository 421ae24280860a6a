"""Tests of a rulebook, written beside it: `[[case]]` states debts and one instant, and what is expected to be done.

    [[case]]
    name = "a month late, reminded twice"
    on = 2026-03-10                         # at 10:00 of the business, or `at = "23:30"`
    amount = "1200.00 GBP"
    days_past_due = 30
    customer = { country = "GB", tags = ["builder"] }
    sent = [ { step = "friendly", days_ago = 27 }, { step = "reminder", days_ago = 16 } ]
    expect = "act firm"                     # or "hold CODE", "suppress CODE", or the first word alone

Several debts of one customer are `[[case.invoice]]`, each with its number; then `expect` is a table by number, and
`messages = 1` says how many messages all of them make. The debts have been sent, have an e-mail address, and their
books are fresh, unless the case says otherwise.
"""

import datetime as dt
import zoneinfo
from collections.abc import Iterable

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision
from receivables.history import Contacted, History
from receivables.open_items import OpenItem
from receivables.refs import Ref
from rules.case_debts import BOOKS, DEBTOR, read_debts
from rules.codes import CODES
from rules.evaluate import evaluate
from rules.schema import Rulebook
from rules.table import Table, did_you_mean

_VERDICTS = ("act", "hold", "suppress")
_AT = dt.time(10)


class Sent(msgspec.Struct, frozen=True):
    """A message of earlier; empty `invoices` means all of the case."""

    step: str
    hours_ago: int
    policy: str = ""
    invoices: tuple[str, ...] = ()
    state: str = "sent"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Debts of one customer, what was sent about them, and the verdicts that are expected, by invoice number."""

    name: str
    where: str
    on: dt.date
    at: dt.time
    #: The business's zone, country and currency where they differ from owed.toml's.
    place: dict[str, str]
    items: tuple[OpenItem, ...]
    sent: tuple[Sent, ...]
    data_age_hours: int
    receipts_days_ago: int | None
    platform_reminds: bool
    expected: dict[str, str]
    messages: int | None

    @property
    def expect(self) -> str:
        return _shown(self.expected)


class CaseResult(msgspec.Struct, frozen=True):
    """`found` is written like `expect`; `decision` is the first one that was not expected, else the first."""

    case: Case
    passed: bool
    found: str
    decision: Decision


def read_cases(root: Table, rulebook: Rulebook) -> tuple[Case, ...]:
    """The cases in a document; what is wrong with them is appended to its problems."""
    return tuple(_case(table, rulebook) for table in root.take_tables("case"))


def run_cases(cases: Iterable[Case], rulebook: Rulebook, business: Business) -> list[CaseResult]:
    """Decide each case alone."""
    return [_run(case, rulebook, business) for case in cases]


def _case(table: Table, rulebook: Rulebook) -> Case:
    where = table.where()
    name, on = table.take_text("name"), table.take_date("on")
    at, place = table.take_time("at", _AT), _place(table.take_table("business"))
    items = read_debts(table, on)
    numbers = [item.invoice.number for item in items]
    case = Case(
        name=name,
        where=where,
        on=on,
        at=at,
        place=place,
        items=items,
        sent=tuple(_sent(one, rulebook, numbers) for one in table.take_tables("sent")),
        data_age_hours=table.take_int("data_age_hours", 0, least=0, most=10_000),
        receipts_days_ago=table.take_int("receipts_days_ago", None, least=0, most=3_650),
        platform_reminds=table.take_flag("platform_reminds", False),
        expected=_expected(table, rulebook, numbers),
        messages=table.take_int("messages", None, least=0),
    )
    table.finish()
    return case


def _place(table: Table) -> dict[str, str]:
    place = {key: table.take_text(key, "") for key in ("timezone", "country", "currency")}
    if place["timezone"] and place["timezone"] not in zoneinfo.available_timezones():
        table.expected("timezone", "a time zone such as Europe/London")
        place["timezone"] = ""
    table.finish()
    return {key: value for key, value in place.items() if value}


def _sent(table: Table, rulebook: Rulebook, numbers: list[str]) -> Sent:
    step = table.take_text("step")
    days = table.take_int("days_ago", 0, least=0, most=3_650)
    hours = table.take_int("hours_ago", 0, least=0, most=23)
    policy, about = table.take_text("policy", ""), table.take_text("invoice", "")
    state = table.take_choice("state", ("sent", "planned", "uncertain", "refused"), "sent")
    names = [one.name for policy in rulebook.policies for one in policy.steps]
    if step and step not in names:
        table.report("step", f'no policy has a step "{step}"', did_you_mean(step, names))
    if about and about not in numbers:
        table.report("invoice", f'no invoice "{about}" in this case', did_you_mean(about, numbers))
    table.finish()
    return Sent(step, days * 24 + hours, policy, (about,) if about else (), state)


def _expected(table: Table, rulebook: Rulebook, numbers: list[str]) -> dict[str, str]:
    """By number; a text stands for the only debt, or for all of them."""
    if not isinstance(table.peek("expect"), dict):
        words = _words(table, "expect", rulebook)
        return dict.fromkeys(numbers, words)
    inner = table.take_table("expect")
    for number in inner:
        if number not in numbers:
            inner.report(number, f'no invoice "{number}" in this case', did_you_mean(number, numbers))
    return {number: _words(inner, number, rulebook) for number in inner}


def _words(table: Table, key: str, rulebook: Rulebook) -> str:
    expect = " ".join(table.take_text(key).split())
    verdict, _, rest = expect.partition(" ")
    if expect and verdict not in _VERDICTS:
        table.expected(key, f"one of {', '.join(_VERDICTS)}, alone or with a step or a code")
    names = [step.name for policy in rulebook.policies for step in policy.steps]
    if verdict == "act" and rest and rest not in names:
        table.report(key, f'no policy has a step "{rest}"', did_you_mean(rest, names))
    if verdict in ("hold", "suppress") and rest and rest not in CODES:
        table.report(key, f'no reason has the code "{rest}"', did_you_mean(rest, sorted(CODES)))
    return expect


def _run(case: Case, rulebook: Rulebook, business: Business) -> CaseResult:
    business = msgspec.structs.replace(business, **case.place)
    now = dt.datetime.combine(case.on, case.at, zoneinfo.ZoneInfo(business.timezone)).astimezone(dt.UTC)
    read_at = now - dt.timedelta(hours=case.data_age_hours)
    items = [msgspec.structs.replace(item, read_at=read_at) for item in case.items]
    history = History(_contacted(one, case, rulebook, now) for one in case.sent)
    found = evaluate(rulebook, items, business, {BOOKS: _books(case, read_at)}, history, now)
    decisions = {ref.id: decision for decision in found for ref in decision.invoices}
    failed = [number for number, expect in case.expected.items() if not _as_expected(expect, decisions[number])]
    messages = sum(decision.verdict == "act" for decision in found)
    passed = not failed and case.messages in (None, messages)
    told = {number: _found(decisions[number]) for number in case.expected}
    count = "" if case.messages in (None, messages) else f"; {messages} messages, not {case.messages}"
    return CaseResult(case, passed, _shown(told) + count, decisions[failed[0]] if failed else found[0])


def _books(case: Case, read_at: dt.datetime) -> ConnectionState:
    ago = case.receipts_days_ago
    return ConnectionState(
        name=BOOKS,
        platform=case.items[0].platform,
        synced_at=read_at,
        reminds_by_itself=case.platform_reminds,
        newest_receipt_on=None if ago is None else case.on - dt.timedelta(days=ago),
    )


def _as_expected(expect: str, decision: Decision) -> bool:
    verdict, _, rest = expect.partition(" ")
    if verdict != decision.verdict:
        return False
    codes = {reason.code for reason in decision.reasons}
    return not rest or (rest == decision.step if verdict == "act" else rest in codes)


def _found(decision: Decision) -> str:
    return f"{decision.verdict} {decision.step if decision.verdict == 'act' else decision.reasons[0].code}"


def _shown(words: dict[str, str]) -> str:
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return ", ".join(f"{number}: {word}" for number, word in words.items())


def _contacted(sent: Sent, case: Case, rulebook: Rulebook, now: dt.datetime) -> Contacted:
    """A message of the first policy that has such a step, unless the case names the policy."""
    found = [
        (one.name, step)
        for one in rulebook.policies
        for step in one.steps
        if step.name == sent.step and sent.policy in ("", one.name)
    ]
    owner, step = found[0] if found else (sent.policy, None)
    numbers = sent.invoices or tuple(item.invoice.number for item in case.items)
    refs = tuple(str(Ref(BOOKS, "invoice", number)) for number in numbers)
    return Contacted(
        key=f"{owner}/{sent.step}/{'+'.join(refs)}",
        debtor=DEBTOR,
        invoices=refs,
        policy=owner,
        step=sent.step,
        stage=step.stage if step else 1,
        channel=step.channel if step else "email",
        state=sent.state,  # type: ignore[arg-type]  # one of the outbox's states
        at=now - dt.timedelta(hours=sent.hours_ago),
        action=step.action if step else "remind",
    )
