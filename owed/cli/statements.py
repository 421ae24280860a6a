"""owed dispute, promise, hold, opt-out: what a person knows and no platform does."""

import datetime as dt
import uuid
from typing import Annotated, Any

import msgspec
import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Now, day, open_installation
from owed.cli.plan import actor
from owed.cli.printing import say
from owed.cli.references import find, subjects_of
from owed.errors import Mistake
from receivables.business import BOOKS
from receivables.facts import Invoice
from receivables.local_facts import (
    Confirmation,
    Dispute,
    Hold,
    Instalment,
    LocalFact,
    OptOut,
    PaymentPlan,
    Promise,
)
from receivables.money import Money, MoneyError
from receivables.refs import LOCAL
from receivables.snapshot import Snapshot
from store import ingest, journal
from sync.assess import assess
from sync.installation import Installation

Subject = Annotated[str, typer.Argument(metavar="REF", help="An invoice or customer: reference, number, id or name.")]
Reason = Annotated[str, typer.Option("--reason", help="In your words; it stands in the history.")]


def register(application: typer.Typer) -> None:
    application.command("dispute")(dispute)
    application.command("promise")(promise)
    application.command("hold")(hold)
    application.command("opt-out")(opt_out)
    application.command("plan-payments")(plan_payments)
    application.command("confirm-receipts")(confirm_receipts)


def dispute(
    ref: Subject,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
    resolve: Annotated[bool, typer.Option("--resolve", help="The dispute is settled.")] = False,
) -> None:
    """The customer contests it: nothing is demanded until it is resolved."""
    installation = open_installation(config, now)
    if resolve:
        _end(installation, ref, Dispute, "resolved_at")
    else:
        _state(installation, ref, Dispute(**_about(installation, reason)))


def promise(
    ref: Subject,
    on: Annotated[str, typer.Option("--on", "--until", help="The day the customer will pay.")] = "",
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
    amount: Annotated[str, typer.Option(help="How much, such as '120.00 GBP'; else the whole balance.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The promise no longer holds.")] = False,
) -> None:
    """The customer promised to pay: reminders rest until that day and a short grace."""
    installation = open_installation(config, now)
    if withdraw:
        _end(installation, ref, Promise, "withdrawn_at")
        return
    if not on:
        raise Mistake("promise needs --on DAY, such as --on 2026-01-31")
    money = _amount(amount) if amount else Money(0, "")
    about = _about(installation, reason)
    promised_on = _not_past(installation, on, "--on")
    _state(installation, ref, Promise(**about, promised_on=promised_on, amount=money.minor, currency=money.currency))


def _amount(text: str, option: str = "--amount") -> Money:
    try:
        money = Money.parse(text)
    except MoneyError as error:
        raise Mistake(f"{option} {text}: {error}") from None
    if money.minor <= 0:
        raise Mistake(f"{option} {text}: expected more than nothing")
    return money


def _not_past(installation: Installation, text: str, option: str) -> dt.date:
    """A day that is over would be recorded and hold nothing: most likely the year is wrong."""
    chosen = day(text, option)
    today = installation.business.day_of(installation.clock())
    if chosen < today:
        raise Mistake(f"{option} {text}: is over; today is {today}")
    return chosen


def hold(
    ref: Subject,
    until: Annotated[str, typer.Option("--until", help="The first day on which it may be chased again.")] = "",
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
    cause: Annotated[
        str, typer.Option("--cause", help="insolvent, agency or lawyer: who writes about it from now on.")
    ] = "",
    lift: Annotated[bool, typer.Option("--lift", help="End the hold.")] = False,
) -> None:
    """Do not contact about it, until a day or until the hold is lifted."""
    installation = open_installation(config, now)
    if lift:
        _end(installation, ref, Hold, "lifted_at")
    else:
        until_on = _not_past(installation, until, "--until") if until else None
        if cause and until:
            raise Mistake(f"--cause {cause} holds until it is lifted: leave --until out")
        try:
            fact = msgspec.convert({**_about(installation, reason), "until_on": until_on, "cause": cause}, Hold)
        except msgspec.ValidationError:
            raise Mistake(f"--cause {cause}: expected insolvent, agency or lawyer") from None
        _state(installation, ref, fact)


def plan_payments(
    ref: Subject,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
    instalment: Annotated[
        list[str] | None, typer.Option("--instalment", help="DAY=AMOUNT, such as 2026-12-01=500.00; repeat it.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The plan no longer holds.")] = False,
) -> None:
    """An invoice is paid in parts: reminders rest while each part comes in time."""
    installation = open_installation(config, now)
    if withdraw:
        _end(installation, ref, PaymentPlan, "withdrawn_at")
        return
    found = find(assess(installation, decide=False), ref)
    if not isinstance(found, Invoice):
        raise Mistake(f"{ref}: a payment plan is about one invoice")
    if not instalment:
        raise Mistake(f"{ref}: name each part with --instalment DAY=AMOUNT; {found.balance} is open")
    parts = tuple(sorted(_instalment(installation, word, found.currency) for word in instalment))
    planned = Money(sum(part.amount for part in parts), found.currency)
    if planned != found.balance:
        raise Mistake(f"the instalments add up to {planned}, and {found.balance} is open")
    plan = PaymentPlan(
        **_about(installation, reason), instalments=parts, currency=found.currency, agreed_open=found.open
    )
    _state(installation, str(found.ref), plan)


def _instalment(installation: Installation, word: str, currency: str) -> Instalment:
    on, mark, amount = word.partition("=")
    if not mark:
        raise Mistake(f"--instalment {word}: write DAY=AMOUNT, such as 2026-12-01=500.00")
    money = _amount(amount if " " in amount.strip() else f"{amount} {currency}", "--instalment")
    if money.currency != currency:
        raise Mistake(f"--instalment {word}: the invoice is in {currency}")
    return Instalment(_not_past(installation, on, "--instalment"), money.minor)


def confirm_receipts(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connection to the books.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
) -> None:
    """No receipt is missing in the books: reminders go on although none was recorded lately."""
    installation = open_installation(config, now)
    if name not in installation.endpoints:
        raise Mistake(f"{name}: no such connection; there are {', '.join(installation.endpoints)}")
    if installation.endpoints[name].platform not in BOOKS:
        raise Mistake(f"{name}: no books are kept there")
    about = _about(installation, reason) | {"id": f"receipts-complete-{name}"}
    fact = Confirmation(**about, subject=name, question="receipts_complete")
    with installation.store.write() as tx:
        ingest.state(tx, installation.clock(), fact)
        journal.append(tx, installation.clock(), "receipts confirmed", name, fact, actor())
    say(f"{name}: no receipt is missing up to today")


def opt_out(
    ref: Subject,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
    channel: Annotated[str, typer.Option(help="all, email, platform, sms, call or letter.")] = "all",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The customer may be contacted again.")] = False,
) -> None:
    """The customer asked not to be contacted."""
    installation = open_installation(config, now)
    if withdraw:
        _end(installation, ref, OptOut, "withdrawn_at")
        return
    try:
        fact = msgspec.convert({**_about(installation, reason), "channel": channel}, OptOut)
    except msgspec.ValidationError:
        raise Mistake(f"--channel {channel}: expected all, email, platform, sms, call or letter") from None
    _state(installation, ref, fact)


def _about(installation: Installation, reason: str) -> dict[str, Any]:
    return {
        "connection": LOCAL,
        "id": "",
        "reason": reason,
        "stated_by": actor(),
        "stated_at": installation.clock(),
    }


def _state(installation: Installation, word: str, fact: LocalFact) -> None:
    """Write it down for each reference that the word means."""
    subjects = subjects_of(assess(installation, decide=False), word)
    with installation.store.write() as tx:
        for subject in subjects:
            about = msgspec.structs.replace(fact, id=uuid.uuid4().hex, subject=subject)
            ingest.state(tx, installation.clock(), about)
            journal.append(tx, installation.clock(), about.kind, subject, about, actor())
    say(f"{fact.kind.replace('_', '-')} recorded for {word} ({', '.join(subjects)})")


def _end(installation: Installation, word: str, kind: type[LocalFact], field: str) -> None:
    """Close every statement of a kind that is in force about a thing."""
    seen = assess(installation, decide=False)
    in_force = _in_force(seen.snapshot, subjects_of(seen, word), kind, field)
    if not in_force:
        raise Mistake(f"{word}: no {kind.kind.replace('_', '-')} is in force")
    now: dt.datetime = installation.clock()
    with installation.store.write() as tx:
        for fact in in_force:
            ended = msgspec.structs.replace(fact, **{field: now})
            ingest.state(tx, now, ended)
            journal.append(tx, now, f"{kind.kind} ended", fact.subject, ended, actor())
    say(f"ended for {word}")


def _in_force(snapshot: Snapshot, subjects: list[str], kind: type[LocalFact], field: str) -> list[LocalFact]:
    return [
        one
        for one in snapshot.local
        if isinstance(one, kind) and one.subject in subjects and getattr(one, field) is None
    ]
