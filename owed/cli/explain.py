"""owed explain: why something was sent, and why something was not."""

from typing import Any

import typer

from owed.cli.came_back import came_back, came_back_line
from owed.cli.effects import message_of
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, Rules, open_installation
from owed.cli.printing import print_json, say
from owed.cli.references import find
from owed.cli.statements import Subject
from receivables.facts import Customer, Invoice
from receivables.money import Money
from receivables.refs import Ref
from rules.conditions import Finding
from rules.explain import Explanation, PolicyView
from rules.explain import explain as explain_item
from store import outbox, outcomes
from sync.assess import Assessment, assess
from sync.installation import Installation


def register(application: typer.Typer) -> None:
    application.command("explain")(explain)


def explain(
    ref: Subject, config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False, rules: Rules = None
) -> None:
    """Every rule considered, the facts and their age, which guard holds until when, and what comes next."""
    installation = open_installation(config, now, rules)
    seen = assess(installation, decide=False)
    invoices = _meant(installation, seen, ref)
    told = [_told(installation, seen, invoice) for invoice in invoices]
    if as_json:
        print_json(told if len(told) != 1 else told[0])
        return
    if not told:
        say(f"{ref}: no open invoice, so nothing is due")
    for one in told:
        _print(one)


def _meant(installation: Installation, seen: Assessment, ref: str) -> list[Invoice]:
    """The invoices that a reference, a number, a name or a message of the outbox is about."""
    effect = message_of(installation, ref)
    if effect:
        found = [seen.snapshot.invoice(Ref.parse(subject)) for subject in effect.subjects]
        return [one for one in found if one]
    subject = find(seen, ref)
    return [subject] if isinstance(subject, Invoice) else _of_customer(seen, subject)


def _of_customer(seen: Assessment, customer: Customer) -> list[Invoice]:
    debtor = seen.reconciliation.debtors.get(customer.ref, str(customer.ref))
    return [item.invoice for item in seen.items if item.debtor == debtor and item.invoice.is_open]


def _told(installation: Installation, seen: Assessment, invoice: Invoice) -> dict[str, Any]:
    owner = seen.reconciliation.mirrors.get(invoice.ref, invoice.ref)
    item = seen.item(str(owner))
    with installation.store.read() as tx:
        past = outcomes.decisions_about(tx, str(owner))
        effects = [one for one in outbox.listed(tx) if str(owner) in one.subjects]
    about_money = [match for match in seen.reconciliation.matches if match.invoice == owner]
    return {
        "invoice": str(invoice.ref),
        "number": invoice.number,
        "document": str(owner),
        "status": invoice.status,
        "total": Money(invoice.total, invoice.currency),
        "open": invoice.balance,
        "due_on": invoice.due_on,
        "demandable": item.demand if item else Money(0, invoice.currency),
        "matched": Money(item.matched if item else 0, invoice.currency),
        "unapplied": Money(item.unapplied if item else 0, invoice.currency),
        "in_flight": Money(item.in_flight if item else 0, invoice.currency),
        "payments": about_money,
        "breaks": [one for one in seen.reconciliation.breaks if owner in (*one.refs, *one.about)],
        "rules": _explained(installation, seen, owner) if item else None,
        "decisions": [{"at": at, "decision": one} for at, one in past],
        "messages": [
            {"at": one.started_at or one.planned_at, "state": one.state, "verb": one.verb, "intent": one.intent}
            for one in effects
        ],
        "came_back": came_back(seen, owner, item),
    }


def _explained(installation: Installation, seen: Assessment, ref: Ref) -> Explanation:
    snapshot = seen.snapshot
    return explain_item(
        ref, installation.rulebook, seen.items, snapshot.business, snapshot.connections, seen.history, snapshot.taken_at
    )


def _print(told: dict[str, Any]) -> None:
    say(f"{told['number'] or told['invoice']} ({told['invoice']}), {told['status']}, due {told['due_on'] or 'never'}")
    if told["document"] != told["invoice"]:
        say(f"  it stands for {told['document']}, which owns the balance")
    parts = [
        f"{name.replace('_', ' ')} {told[name]}" for name in ("matched", "unapplied", "in_flight") if told[name].minor
    ]
    less = f", less {', '.join(parts)}" if parts else ""
    say(f"  {told['open']} open of {told['total']}{less}: {told['demandable']} may be demanded")
    for match in told["payments"]:
        say(f"  payment {match.payment} ({match.band}): {match.evidence}")
    for one in told["breaks"]:
        say(f"  break {one.short_key}: {one.kind}, {one.amount}: {one.cause}")
    if told["rules"]:
        _print_rules(told["rules"])
    for message in told["messages"]:
        say(f"  {message['at']:%Y-%m-%d %H:%M} UTC  {message['verb'].replace('_', ' ')}: {message['state']}")
    for one in told["came_back"]:
        say(f"  {came_back_line(one)}")


def _conditions(finding: Finding, holds: bool) -> list[str]:
    """What decided: all that held of conditions that hold, else what failed."""
    if finding.holds is not holds:
        return []
    return [text for part in finding.parts for text in _conditions(part, holds)] or [finding.text]


def _print_rules(rules: Explanation) -> None:
    decision = rules.decision
    say(f"  {decision.verdict.upper()}: {'; '.join(reason.text for reason in decision.reasons)}")
    read = f"{rules.read_at:%Y-%m-%d %H:%M} UTC" if rules.read_at else "never"
    say(f"  facts read {read}; the debtor's time is {rules.debtor_zone}")
    for policy in rules.policies:
        why = _why(policy)
        say(f"  policy {policy.name}: {policy.verdict}" + (f" ({why})" if why else ""))
    for step in rules.steps:
        say(f"    {step.name} ({step.timing}): {step.state}, {step.text}")
    for guard in rules.guards:
        if not guard.passed:
            say(f"  guard {guard.title}: {'; '.join(reason.text for reason in guard.reasons)}")
    stopped = rules.decision.reasons[0].code == "not_due_yet" and not all(guard.passed for guard in rules.guards)
    say(f"  next: {rules.next_step}{', unless a guard above stops it then' if stopped else ''}")


def _why(policy: PolicyView) -> str:
    """What decided on the policy: its conditions, or an override, which goes before them."""
    if policy.verdict == "overridden" or (policy.verdict == "takes" and not policy.finding.holds):
        return "by name, in an [[override]]"
    return "; ".join(_conditions(policy.finding, policy.finding.holds))
