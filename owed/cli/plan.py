"""owed plan, owed approve, owed apply, owed stop: what would be sent, and sending it."""

import getpass
from collections import Counter
from typing import Annotated, Any

import typer

from owed.bootstrap import open_to_stop
from owed.cli.asking import confirmed
from owed.cli.effects import find_effect
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, Rules, Yes, instant, open_installation
from owed.cli.printing import print_json, say, table
from owed.errors import Mistake
from receivables.business import WRITE_ONLY
from receivables.commands import AnyCommand, OpenTask, SendInvoiceEmail, SendReminder
from receivables.decisions import Decision
from receivables.refs import Ref
from rules.overrides import unmatched
from store import journal, organisations, outbox
from store.outbox import Effect
from store.restore import make_safe
from sync.assess import Assessment
from sync.cycle import approve as release
from sync.cycle import look, needs_person, write_down
from sync.deliver import deliver
from sync.installation import Installation
from sync.planning import Plan
from sync.send import Outcome
from sync.turn import allowance_today


def register(application: typer.Typer) -> None:
    application.command("plan")(plan)
    application.command("approve")(approve)
    application.command("apply")(apply)
    application.command("stop")(stop)


def actor() -> str:
    """Who gives the command, for the journal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"


def plan(config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False, rules: Rules = None) -> None:
    """What would be sent now, to whom and why; and what is held, and why. Nothing is sent or written."""
    installation = open_installation(config, now, rules)
    seen, made = look(installation)
    if as_json:
        print_json(
            {
                "effects": [_effect_json(one) for one in made.effects],
                "stuck": [{"decision": decision, "why": why} for decision, why in made.stuck],
                "decisions": list(seen.decisions),
            }
        )
        return
    print_plan(installation, seen, made)
    print_age(seen)
    for name in unmatched(installation.rulebook.overrides, seen.items):
        say(f"[[override]] {name}: no open debt is called so; if it is misspelt, it is reminded")
    print_held(seen.decisions)


def _effect_json(effect: Any) -> dict[str, Any]:
    return {
        "intent": effect.intent,
        "verb": effect.command.verb,
        "connection": effect.command.connection,
        "debtor": effect.debtor,
        "demand": effect.decision.demand if effect.decision else None,
        "step": effect.decision.step if effect.decision else "",
        "to": list(getattr(effect.command, "to", ())),
        "subject": getattr(effect.command, "subject", ""),
        "reasons": list(effect.decision.reasons) if effect.decision else [],
    }


def print_plan(installation: Installation, seen: Assessment, made: Plan) -> None:
    rows = []
    for effect in made.acts:
        decision = effect.decision
        assert decision is not None
        to = _recipient(effect.command)
        ask = "approval needed" if needs_person(installation, effect) else ""
        numbers = " ".join(_number(seen, ref) for ref in decision.invoices)
        rows.append([decision.step, decision.stage, decision.channel, to, numbers, decision.demand, ask])
    table(
        "messages",
        ["step", "stage", "channel", "to", "invoices", "demand", ""],
        rows,
        numbers=["stage", "demand"],
        prose=["to"],
    )
    others = Counter(effect.command.verb for effect in made.effects if effect.decision is None)
    for verb, count in sorted(others.items()):
        say(f"and {count} × {verb.replace('_', ' ')}")
    for decision, why in made.stuck:
        say(f"cannot: {decision.step} to {decision.debtor}: {why}")


def _recipient(command: AnyCommand) -> str:
    if isinstance(command, SendReminder):
        return ", ".join(command.to)
    if isinstance(command, SendInvoiceEmail):
        return "the platform's recipients"
    return f"you: {command.title}" if isinstance(command, OpenTask) else command.connection


def print_age(seen: Assessment) -> None:
    """How old the facts are that the plan rests on."""
    for state in seen.snapshot.connections.values():
        if state.platform not in WRITE_ONLY:
            read = f"{state.synced_at:%Y-%m-%d %H:%M} UTC" if state.synced_at else "never in full"
            say(f"{state.name} ({state.platform}) was read {read}")


def _number(seen: Assessment, ref: Ref) -> str:
    """As it stands on the paper; the platform's id for an invoice without a number."""
    invoice = seen.snapshot.invoice(ref)
    return invoice.number if invoice and invoice.number else ref.id


def print_held(decisions: tuple[Decision, ...]) -> None:
    """How many debts are held or left alone, by reason, with one example each."""
    reasons: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for decision in decisions:
        if decision.verdict == "act" or not decision.reasons:
            continue
        key = (decision.verdict, decision.reasons[0].code)
        reasons[key] += len(decision.invoices)
        example.setdefault(key, decision.reasons[0].text)
    rows = [[verdict, code, count, example[verdict, code]] for (verdict, code), count in sorted(reasons.items())]
    table(
        "not now", ["verdict", "reason", "invoices", "for example"], rows, numbers=["invoices"], prose=["for example"]
    )


def approve(
    ids: Annotated[list[str] | None, typer.Argument(help="Outbox ids, or their first letters.")] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    everything: Annotated[bool, typer.Option("--all", help="Everything that waits for approval.")] = False,
) -> None:
    """Release planned messages for sending; owed apply then sends them."""
    installation = open_installation(config, now)
    if everything and not ids:
        with installation.store.read() as tx:
            chosen = outbox.listed(tx, ["planned"])
    elif ids and not everything:
        chosen = [find_effect(installation, word) for word in ids]
    else:
        raise Mistake("approve takes outbox ids, or --all; owed outbox list shows what is planned")
    others = [one for one in chosen if one.state != "planned"]
    if others:
        raise Mistake(f"{others[0].id[:8]} is {others[0].state}: only what is planned can be approved")
    if not chosen:
        raise Mistake("nothing to approve; owed outbox list shows what is planned")
    say(f"{release(installation, chosen, actor())} approved")


def apply(config: Config = DEFAULT_CONFIG, now: Now = "", yes: Yes = False, as_json: Json = False) -> None:
    """Show the plan, ask, and carry it out. Safe to stop at any moment and to run again."""
    installation = open_installation(config, now)
    _may_send(installation)
    seen, made = look(installation)
    if not as_json:
        print_plan(installation, seen, made)
        say(f"today {max(0, allowance_today(installation))} more messages may leave")
    if made.effects and not yes and not confirmed("Send these?"):
        raise typer.Exit(0)
    effects = write_down(installation, seen, made)
    release(installation, [one for one in effects if not needs_person(installation, one)], actor())
    outcomes = _last_of_each(deliver(installation, None if as_json else _tell))
    if as_json:
        print_json([{"intent": one.effect.intent, "state": one.state, "why": one.why} for one in outcomes])
    else:
        print_outcomes(installation, outcomes)
    if any(one.state in ("failed", "uncertain", "needs_human") for one in outcomes):
        raise typer.Exit(1)


def _last_of_each(outcomes: list[Outcome]) -> list[Outcome]:
    """What was in doubt and then read back counts once, by what it came to."""
    return list({one.effect.id: one for one in outcomes}.values())


def _may_send(installation: Installation) -> None:
    """Says in one line what stands in the way of sending."""
    with installation.store.read() as tx:
        standing = organisations.standing(tx)
    if installation.sending.mode == "off":
        raise Mistake('sending is off; owed plan shows what would go out; set mode = "live" in [sending] to send')
    if standing.live_at is None:
        raise Mistake("not live yet: run owed golive first, it shows who would be chased")
    if standing.stopped_at is not None:
        raise Mistake("stopped: nothing leaves until owed stop --lift")


def _tell(outcome: Outcome) -> None:
    effect: Effect = outcome.effect
    what = effect.verb.replace("_", " ")
    about = effect.debtor or " ".join(effect.subjects)
    say(f"{outcome.state:>11}  {what}, {about}" + (f": {outcome.why}" if outcome.why else ""))


def print_outcomes(installation: Installation, outcomes: list[Outcome]) -> None:
    counts = Counter(outcome.state for outcome in outcomes)
    say(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing to send")
    with installation.store.read() as tx:
        waiting = outbox.counts(tx)
    if waiting.get("planned"):
        say(f"{waiting['planned']} wait for approval; see: owed outbox list")


def stop(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    lift: Annotated[bool, typer.Option("--lift", help="Let messages leave again.")] = False,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="The database was brought back from a copy: what may have left since waits."),
    ] = False,
) -> None:
    """Emergency stop: nothing leaves until it is lifted."""
    if lift and restored:
        raise Mistake("--lift and --restored: after --restored look first, then owed stop --lift")
    if lift:
        installation = open_installation(config, now)
        store, clock = installation.store, installation.clock
    else:
        store, clock = open_to_stop(config, instant(now))
    doubtful = 0
    with store.write() as tx:
        organisations.lift(tx, clock()) if lift else organisations.stop(tx, clock())
        journal.append(tx, clock(), "stop lifted" if lift else "stopped", "sending", actor=actor())
        if restored:
            doubtful = make_safe(tx, clock(), actor())
    say("messages may leave again" if lift else "stopped: nothing leaves until owed stop --lift")
    if restored:
        say(f"{doubtful} open effects need a person's word: owed outbox list --state needs_human")
