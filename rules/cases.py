"""Tests of a rulebook, written beside it: `[[case]]` states one debt and one day, and what is expected to be done.

    [[case]]
    name = "a month late, reminded twice"
    on = 2026-03-10                         # at 10:00 of the business
    amount = "1200.00 GBP"
    days_past_due = 30
    customer = { country = "GB", tags = ["builder"] }
    sent = [ { step = "friendly", days_ago = 27 }, { step = "reminder", days_ago = 16 } ]
    expect = "act firm"                     # or "hold CODE", "suppress CODE", or the first word alone

The debt has been sent, has an e-mail address, and its books are fresh, unless the case says otherwise.
"""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision
from receivables.facts import Contact, Customer, Invoice
from receivables.history import Contacted, History
from receivables.local_facts import Dispute, Hold, Promise
from receivables.open_items import OpenItem
from receivables.refs import LOCAL, Ref
from rules.evaluate import evaluate
from rules.schema import Rulebook
from rules.table import Table, did_you_mean

_VERDICTS = ("act", "hold", "suppress")
_AT = dt.time(10)
_BOOKS = "books"
_REF = Ref(_BOOKS, "invoice", "case")


class Case(msgspec.Struct, frozen=True):
    """One debt, what was sent about it, and the verdict with its step or reason code that is expected."""

    name: str
    where: str
    on: dt.date
    item: OpenItem
    contacts: tuple[tuple[str, str, int], ...]
    expect: str


class CaseResult(msgspec.Struct, frozen=True):
    """`found` is written like `expect`."""

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
    item = _item(table, on)
    contacts = tuple(_contact(sent, rulebook) for sent in table.take_tables("sent"))
    expect = _expected(table, rulebook)
    table.finish()
    return Case(name, where, on, item, contacts, expect)


def _item(table: Table, on: dt.date) -> OpenItem:
    amount = table.take_money("amount")
    late = table.take_int("days_past_due", None, least=-3_650, most=3_650)
    has_due_date = late is not None and on > dt.date(1900, 1, 1)
    invoice = Invoice(
        connection=_BOOKS,
        id=_REF.id,
        number=table.take_text("number", "CASE-1"),
        currency=amount.currency,
        total=amount.minor,
        open=amount.minor,
        due_on=on - dt.timedelta(days=late) if has_due_date and late is not None else None,
        status=table.take_choice("status", ("open", "draft", "submitted", "paid", "void"), "open"),
        sent=table.take_flag("was_sent", True),
    )
    promised_on = table.take_date("promised_on", None)
    hold_until = table.take_date("hold_until", None)
    return OpenItem(
        invoice=invoice,
        platform=table.take_text("platform", "xero"),
        debtor="case",
        customer=_customer(table.take_table("customer")),
        matched=_minor(table, "received", amount.currency),
        dispute=Dispute(connection=LOCAL, id="case") if table.take_flag("disputed", False) else None,
        promise=Promise(connection=LOCAL, id="case", promised_on=promised_on) if promised_on else None,
        hold=Hold(connection=LOCAL, id="case", until_on=hold_until) if hold_until else None,
    )


def _minor(table: Table, key: str, currency: str) -> int:
    amount = table.take_money(key, None)
    if amount is not None and amount.currency and amount.currency != currency:
        table.report(key, f"expected {currency}, the currency of the amount")
    return amount.minor if amount else 0


def _customer(table: Table) -> Customer:
    customer = Customer(
        connection=_BOOKS,
        id="customer",
        name=table.take_text("name", "Case Ltd"),
        contacts=(Contact(email=table.take_text("email", "case@customer.example"), primary=True),),
        country=table.take_text("country", ""),
        timezone=table.take_text("timezone", ""),
        language=table.take_text("language", ""),
        tags=table.take_list_of_text("tags", ()),
        company=table.take_flag("company", None),
    )
    table.finish()
    return customer


def _contact(table: Table, rulebook: Rulebook) -> tuple[str, str, int]:
    """Policy, step and days ago of a message that was sent."""
    step, ago = table.take_text("step"), table.take_int("days_ago", least=0, most=3_650)
    names = [one.name for policy in rulebook.policies for one in policy.steps]
    policy = table.take_text("policy", "")
    if step and step not in names:
        table.report("step", f'no policy has a step "{step}"', did_you_mean(step, names))
    table.finish()
    return policy, step, ago


def _expected(table: Table, rulebook: Rulebook) -> str:
    expect = " ".join(table.take_text("expect").split())
    verdict, _, rest = expect.partition(" ")
    if expect and verdict not in _VERDICTS:
        table.expected("expect", f"one of {', '.join(_VERDICTS)}, alone or with a step or a code")
    names = [step.name for policy in rulebook.policies for step in policy.steps]
    if verdict == "act" and rest and rest not in names:
        table.report("expect", f'no policy has a step "{rest}"', did_you_mean(rest, names))
    return expect


def _run(case: Case, rulebook: Rulebook, business: Business) -> CaseResult:
    now = dt.datetime.combine(case.on, _AT, ZoneInfo(business.timezone)).astimezone(dt.UTC)
    books = ConnectionState(name=_BOOKS, platform=case.item.platform, synced_at=now, reminds_by_itself=False)
    history = History(
        _contacted(policy, step, now - dt.timedelta(days=ago), rulebook) for policy, step, ago in case.contacts
    )
    item = msgspec.structs.replace(case.item, read_at=now)
    (decision,) = evaluate(rulebook, [item], business, {_BOOKS: books}, history, now)
    words = decision.step if decision.verdict == "act" else decision.reasons[0].code
    codes = {reason.code for reason in decision.reasons}
    verdict, _, rest = case.expect.partition(" ")
    passed = verdict == decision.verdict and (not rest or rest == words or (verdict != "act" and rest in codes))
    return CaseResult(case, passed, f"{decision.verdict} {words}", decision)


def _contacted(policy: str, name: str, at: dt.datetime, rulebook: Rulebook) -> Contacted:
    """A message of the first policy that has such a step, unless the case names the policy."""
    found = [
        (one.name, step)
        for one in rulebook.policies
        for step in one.steps
        if step.name == name and policy in ("", one.name)
    ]
    owner, stage = (found[0][0], found[0][1].stage) if found else (policy, 1)
    return Contacted(
        key=f"{owner}/{name}/{_REF}",
        debtor="case",
        invoices=(str(_REF),),
        policy=owner,
        step=name,
        stage=stage,
        channel="email",
        state="sent",
        at=at,
    )
