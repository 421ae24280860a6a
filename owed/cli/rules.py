"""owed rules: check the settings and the policies, run their cases, and see what other policies would change."""

import json
from pathlib import Path
from typing import Annotated

import typer

from outreach.errors import ComposeError
from outreach.language import LANGUAGES
from owed.bootstrap import read_settings
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, Rules, open_installation
from owed.cli.printing import print_json, say, table
from owed.cli.references import find
from owed.errors import BadSettings, Mistake
from owed.settings import load, load_rulebook
from receivables.decisions import WRITTEN
from receivables.facts import Invoice
from receivables.open_items import OpenItem
from receivables.refs import Ref
from rules.cases import CaseResult, run_cases
from rules.diff import Difference
from rules.diff import diff as compare
from rules.json_schema import json_schema
from rules.reference import reference
from rules.schema import Policy, Rulebook, Step
from sync.assess import assess
from sync.installation import Installation
from sync.preview import preview as show

application = typer.Typer(help="Check, test and compare the policies.", no_args_is_help=True)


@application.command("check")
def check(config: Config = DEFAULT_CONFIG, as_json: Json = False, rules: Rules = None) -> None:
    """Every problem at once: file:line:column, what is wrong, and how to mend it."""
    settings, problems = load(config, rules)
    if as_json:
        policies = [policy.name for policy in settings.rulebook.policies]
        print_json({"problems": problems, "warnings": settings.warnings, "policies": policies})
    for problem in problems if not as_json else ():
        say(str(problem))
    for warning in settings.warnings if not as_json else ():
        say(f"warning: {warning}")
    if problems:
        raise typer.Exit(2)
    if not as_json:
        count = sum(len(policy.steps) for policy in settings.rulebook.policies)
        told = _counted(len(settings.rulebook.policies), "policy", "policies")
        say(f"{rules or config}: no problems; {told} with {_counted(count, 'step', 'steps')}")


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


@application.command("schema")
def schema() -> None:
    """The JSON Schema of the rules, for editors: owed rules schema > owed.schema.json."""
    say(json.dumps(json_schema(), indent=2))


@application.command("reference")
def words() -> None:
    """Every word of the rules with its meaning, its default and an example, as Markdown."""
    say(reference())


@application.command("preview")
def preview(
    step: Annotated[str, typer.Argument(metavar="STEP", help="A step of the policies, or POLICY/STEP.")],
    ref: Annotated[str, typer.Argument(metavar="REF", help="An invoice; without one, an invented debt.")] = "",
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    rules: Rules = None,
    language: Annotated[str, typer.Option("--language", help="en, de, fr or es; else the customer's.")] = "",
) -> None:
    """The words of a step as a debtor would read them. Nothing is sent or written."""
    installation = open_installation(config, now, rules)
    if language and language not in LANGUAGES:
        raise Mistake(f"--language {language}: expected one of {', '.join(LANGUAGES)}")
    policy, found = _step(installation.rulebook, step)
    item = _item(installation, ref) if ref else None
    try:
        message = show(installation, policy, found, item, language)
    except ComposeError as error:
        raise Mistake(f"{step}: {error}") from None
    if as_json:
        print_json(message)
        return
    say(f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n{message.text}")


def _step(rulebook: Rulebook, word: str) -> tuple[Policy, Step]:
    policy_name, _, name = word.rpartition("/")
    for policy in rulebook.policies:
        for step in policy.steps:
            if step.name == name and policy_name in ("", policy.name):
                if step.action not in (*WRITTEN, "letter") or step.channel == "platform":
                    raise Mistake(f"{word}: it writes no words of ours")
                return policy, step
    names = [f"{policy.name}/{step.name}" for policy in rulebook.policies for step in policy.steps]
    raise Mistake(f"{word}: no such step; there are {', '.join(names)}")


def _item(installation: Installation, ref: str) -> OpenItem:
    seen = assess(installation, decide=False)
    found = find(seen, ref)
    item = seen.item(str(found.ref)) if isinstance(found, Invoice) else None
    if item is None:
        raise Mistake(f"{ref}: no invoice with anything open")
    return item


@application.command("test")
def run(config: Config = DEFAULT_CONFIG, as_json: Json = False, rules: Rules = None) -> None:
    """Decide every case of the file, and compare with what it expects. Needs no connection and no store."""
    settings = read_settings(config, rules)
    results = run_cases(settings.cases, settings.rulebook, settings.business)
    failed = [one for one in results if not one.passed]
    if as_json:
        print_json([_case_json(one) for one in results])
    else:
        for one in results:
            told = "" if one.passed else f": expected {one.case.expect}, found {one.found} ({_why(one)})"
            say(f"{one.case.where}: {'ok' if one.passed else 'FAILED'} {one.case.name}{told}")
        counted = f"{_counted(len(results), 'case', 'cases')}, {len(failed)} failed"
        say(counted if results else "no [[case]] is written yet")
    if failed:
        raise typer.Exit(1)


def _case_json(result: CaseResult) -> dict[str, object]:
    case = result.case
    return {
        "name": case.name,
        "where": case.where,
        "passed": result.passed,
        "expected": case.expect,
        "found": result.found,
        "why": _why(result),
    }


def _why(result: CaseResult) -> str:
    return "; ".join(reason.text for reason in result.decision.reasons)


@application.command("diff")
def diff(
    new: Annotated[Path, typer.Argument(metavar="NEW.toml", help="A file with other policies.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
) -> None:
    """What other policies would change now: each debt on which the two decide differently. Nothing is written."""
    settings = read_settings(config)
    after, _, problems = load_rulebook(new, settings.catalog)
    if problems:
        raise BadSettings(problems)
    installation = open_installation(config, now)
    seen = assess(installation, decide=False)
    snapshot = seen.snapshot
    found = compare(
        settings.rulebook,
        after,
        seen.items,
        snapshot.business,
        snapshot.connections,
        seen.history,
        snapshot.taken_at,
    )
    if as_json:
        print_json(_diff_json(found))
    else:
        _print(found, {item.invoice.ref: item for item in seen.items})


def _diff_json(found: Difference) -> dict[str, object]:
    changes = [
        {"invoice": str(one.invoice), "debtor": one.debtor, "before": one.before, "after": one.after}
        for one in found.changes
    ]
    messages = {step: {"before": before, "after": after} for step, (before, after) in found.messages.items()}
    return {"changes": changes, "messages": messages}


def _print(found: Difference, items: dict[Ref, OpenItem]) -> None:
    rows = [[*_names(items[one.invoice]), str(one.invoice), one.text] for one in found.changes]
    columns = ["number", "customer", "invoice", "before → after"]
    table("decided differently", columns, rows, prose=["before → after"])
    counts = [[step, before, after] for step, (before, after) in found.messages.items()]
    table("messages", ["step", "before", "after"], counts, numbers=["before", "after"])
    say(f"{_counted(len(found.changes), 'debt is', 'debts are')} decided differently")


def _names(item: OpenItem) -> tuple[str, str]:
    """As a bookkeeper knows them; the reference beside them is what can be copied."""
    return item.invoice.number, item.customer.name if item.customer else item.debtor
