"""owed backtest: what a rulebook would have sent on past days, and how two of them compare."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from outreach.catalog import Catalog, built_in
from owed.bootstrap import read_settings
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, Rules, day, instant, open_installation
from owed.cli.printing import console, print_json, say, table
from owed.clock import Clock
from owed.errors import BadSettings, Mistake
from owed.ledger_history import read_ledger_history
from owed.settings import load_rulebook
from receivables.business import Business
from receivables.facts import Customer, Fact, Invoice
from receivables.history import Contacted
from receivables.refs import Ref
from rules.backtest import Hindsight, Outcome, PastMessage
from rules.schema import Rulebook
from sync.backtest import backtest, load_past, real_messages
from sync.past import Past

#: Days of one back-test: ten years.
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class _Given:
    """What a back-test works on. `rulebooks` with the name of each."""

    past: Past
    rulebooks: list[tuple[str, Rulebook]]
    known: Hindsight
    real: list[Contacted]


def register(application: typer.Typer) -> None:
    application.command("backtest")(run)


def run(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, such as 2025-01-31.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    rules: Rules = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Another file with policies, to compare with.")
    ] = None,
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Take the past from a CSV of invoices.")] = None,
    with_history: Annotated[
        bool, typer.Option("--with-history", help="Messages that did leave count as well.")
    ] = False,
) -> None:
    """What the rules would have sent on past days, by what was known then. Nothing is sent or written."""
    start, end = _days(first, last, Clock(instant(now))())
    if ledger and with_history:
        raise Mistake("--with-history: a ledger tells of no messages")
    given = _from_ledger(ledger, config, rules, against) if ledger else _from_store(config, now, rules, against)
    if not with_history:
        given.real.clear()
    books = [rulebook for _, rulebook in given.rulebooks]
    outcomes = _with_progress(given, books, start, end, Clock(instant(now))())
    shown = _Shown(given.past.today())
    if as_json:
        print_json(_json(start, end, given, outcomes, shown))
    else:
        _print(start, end, given, outcomes, shown)


def _days(first: str, last: str, now: dt.datetime) -> tuple[dt.date, dt.date]:
    start, end = day(first, "--from"), day(last, "--to")
    if end < start:
        raise Mistake(f"--to {end}: lies before --from {start}")
    if end > now.date():
        raise Mistake(f"--to {end}: has not come yet")
    if (end - start).days > _MOST_DAYS:
        raise Mistake(f"--from {start}: at most ten years at once")
    return start, end


def _from_store(config: Path, now: str, rules: Path | None, against: Path | None) -> _Given:
    installation = open_installation(config, now, rules)
    past = load_past(installation)
    if past is None:
        raise Mistake("there is no past yet: owed sync reads it, or --ledger FILE.csv brings one")
    other = _others(against, installation.catalog or built_in())
    mine = (str(rules or config), installation.rulebook)
    return _Given(past, [mine, *other], Hindsight(), real_messages(installation))


def _from_ledger(ledger: Path, config: Path, rules: Path | None, against: Path | None) -> _Given:
    """Without an owed.toml the business has no country, and the clock of UTC."""
    business, catalog, mine = Business(id="ledger", name="ledger"), built_in(), list[tuple[str, Rulebook]]()
    if config != DEFAULT_CONFIG or config.exists():
        settings = read_settings(config)
        business, catalog, mine = settings.business, settings.catalog, [(str(config), settings.rulebook)]
    mine = _others(rules, catalog) or mine
    if not mine:
        raise Mistake("--rules FILE is needed: there is no owed.toml here")
    history, problems = read_ledger_history(ledger, business.currency)
    if problems:
        raise BadSettings(problems)
    return _Given(history.past(business), [*mine, *_others(against, catalog)], history.hindsight, [])


def _others(path: Path | None, catalog: Catalog) -> list[tuple[str, Rulebook]]:
    if path is None:
        return []
    rulebook, _, problems = load_rulebook(path, catalog)
    if problems:
        raise BadSettings(problems)
    return [(str(path), rulebook)]


def _with_progress(
    given: _Given, books: Sequence[Rulebook], start: dt.date, end: dt.date, now: dt.datetime
) -> list[Outcome]:
    shown = console(stderr=True)
    columns = (TextColumn("days"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("", total=((end - start).days + 1) * (1 + len(books)))

        def tell() -> None:
            bar.advance(task)

        return backtest(given.past, books, start, end, now=now, real=given.real, known=given.known, tell=tell)


class _Shown:
    """Debtors and invoices by what people call them."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._names = {str(one.ref): one.name for one in facts if isinstance(one, Customer)}
        self._numbers = {one.ref: one.number for one in facts if isinstance(one, Invoice)}

    def customer(self, debtor: str) -> str:
        return self._names.get(debtor) or debtor

    def invoice(self, ref: Ref) -> str:
        return self._numbers.get(ref) or ref.id


def _json(start: dt.date, end: dt.date, given: _Given, outcomes: Sequence[Outcome], shown: _Shown) -> dict[str, Any]:
    return {
        "from": start,
        "to": end,
        "known_since": given.past.first,
        "rulebooks": [
            {
                "rules": name,
                "version": rulebook.version,
                "messages": outcome.messages,
                "inside": outcome.inside,
                "steps": outcome.steps,
                "invoices": outcome.invoices,
                "to_already_paid": outcome.to_paid,
                "to_disputed": outcome.to_disputed,
                "paid_after_a_message": outcome.paid_after,
                "days_to_payment": outcome.days_to_payment,
                "sent": [_message_json(one, shown) for one in outcome.past],
            }
            for (name, rulebook), outcome in zip(given.rulebooks, outcomes, strict=True)
        ],
    }


def _message_json(one: PastMessage, shown: _Shown) -> dict[str, Any]:
    decision = one.decision
    return {
        "on": one.on,
        "at": one.at,
        "basis": one.basis,
        "debtor": decision.debtor,
        "customer": shown.customer(decision.debtor),
        "invoices": [str(ref) for ref in decision.invoices],
        "numbers": [shown.invoice(ref) for ref in decision.invoices],
        "policy": decision.policy,
        "step": decision.step,
        "stage": decision.stage,
        "action": decision.action,
        "demand": decision.demand,
        "already_paid": one.paid,
        "disputed": one.disputed,
    }


def _print(start: dt.date, end: dt.date, given: _Given, outcomes: Sequence[Outcome], shown: _Shown) -> None:
    rows = [_row(one, shown) for one in outcomes[0].past]
    columns = ["day", "customer", "invoices", "step", "action", "amount", "known today"]
    table(given.rulebooks[0][0], columns, rows, numbers=["amount"], prose=["customer", "invoices"])
    say()
    names = [name for name, _ in given.rulebooks]
    table(f"{start} to {end}", ["", *names], _figures(outcomes), numbers=names)
    rebuilt = sum(one.basis == "documents" for one in outcomes[0].past)
    if rebuilt:
        say(f"{rebuilt} of these are on days before the first sync, rebuilt from the dates on documents")


def _row(one: PastMessage, shown: _Shown) -> list[object]:
    decision = one.decision
    known = " ".join((*(["paid before"] if one.paid else []), *(["disputed"] if one.disputed else [])))
    numbers = " ".join(map(shown.invoice, decision.invoices))
    customer = shown.customer(decision.debtor)
    return [one.on, customer, numbers, decision.step, decision.action, decision.demand, known]


def _figures(outcomes: Sequence[Outcome]) -> list[list[object]]:
    """A line a figure, a column a rulebook."""
    steps = sorted({step for one in outcomes for step in one.steps})
    return [
        ["messages", *(one.messages for one in outcomes)],
        *([f"  {step}", *(one.steps.get(step, 0) for one in outcomes)] for step in steps),
        ["notes, links and alerts", *(one.inside for one in outcomes)],
        ["invoices reached", *(one.invoices for one in outcomes)],
        ["messages about invoices already paid", *(one.to_paid for one in outcomes)],
        ["messages about disputed invoices", *(one.to_disputed for one in outcomes)],
        ["invoices paid after a message", *(one.paid_after for one in outcomes)],
        [
            "days from the last message to payment",
            *("" if one.days_to_payment is None else one.days_to_payment for one in outcomes),
        ],
    ]
