"""owed outbox: every intended effect and where it stands."""

import datetime as dt
from typing import Annotated

import typer

from connectors.email.message import name_of
from owed.cli.effects import find_effect
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.plan import actor, approve
from owed.cli.printing import print_json, say, table
from owed.errors import Mistake, Outside
from receivables.commands import SendReminder
from store import outbox
from store.engine import Transaction
from store.outbox import Effect

STATES = ("planned", "approved", "sending", "sent", "failed", "uncertain", "needs_human", "cancelled", "refused")

Row = Annotated[str, typer.Argument(metavar="ID", help="The first letters of an id of owed outbox list.")]

application = typer.Typer(help="Every intended effect and where it stands.", no_args_is_help=True)
application.command("approve")(approve)


@application.command("list")
def listing(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    state: Annotated[str, typer.Option(help="Only this state, such as needs_human.")] = "",
) -> None:
    """Effects in the order in which they were planned."""
    installation = open_installation(config, now)
    if state and state not in STATES:
        raise Mistake(f"--state {state}: expected one of {', '.join(STATES)}")
    with installation.store.read() as tx:
        effects = outbox.listed(tx, [state] if state else [])
    if as_json:
        print_json([_as_json(effect) for effect in effects])
        return
    rows = [
        [
            one.id[:8],
            one.state,
            one.verb,
            one.connection,
            one.debtor or " ".join(one.subjects[:1]),
            one.attempt,
            one.error or one.url,
        ]
        for one in effects
    ]
    table("", ["id", "state", "what", "through", "about", "tries", "remark"], rows, numbers=["tries"], prose=["remark"])


def _as_json(effect: Effect) -> dict[str, object]:
    return {
        "id": effect.id,
        "intent": effect.intent,
        "verb": effect.verb,
        "connection": effect.connection,
        "debtor": effect.debtor,
        "subjects": list(effect.subjects),
        "state": effect.state,
        "attempt": effect.attempt,
        "planned_at": effect.planned_at,
        "approved_by": effect.approved_by,
        "started_at": effect.started_at,
        "finished_at": effect.finished_at,
        "key": effect.key,
        "reference": effect.reference,
        "url": effect.url,
        "error": effect.error,
    }


@application.command("show")
def show(effect: Row, config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """One effect in full, with the words of the message."""
    installation = open_installation(config, now)
    found = find_effect(installation, effect)
    if as_json:
        print_json({**_as_json(found), "command": found.command})
        return
    for name, value in _as_json(found).items():
        say(f"{name:>12}: {value}")
    if isinstance(found.command, SendReminder):
        through = installation.endpoints.get(found.connection)
        if found.key and through and through.platform == "email":
            say(f"\nIts Message-ID at the mail server begins with {name_of(found.key)}")
        say(f"\nTo: {', '.join(found.command.to)}\nSubject: {found.command.subject}\n\n{found.command.text}")


@application.command("cancel")
def cancel(effect: Row, config: Config = DEFAULT_CONFIG, now: Now = "") -> None:
    """Take back what has not begun to leave, for good: a step that is taken back is passed over."""
    installation = open_installation(config, now)
    found = find_effect(installation, effect)
    with installation.store.write() as tx:
        done = outbox.refuse(tx, installation.clock(), found, actor())
    if found.state not in ("planned", "approved"):
        raise Mistake(f"it is {found.state}: only what is planned or approved can be cancelled")
    _must_be_done(done)
    say("cancelled")


@application.command("resolve")
def resolve(
    effect: Row,
    outcome: Annotated[str, typer.Argument(help="sent, or not-sent.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
) -> None:
    """Say what became of an effect that owed cannot find out about: it was sent, or it was not."""
    installation = open_installation(config, now)
    found = find_effect(installation, effect)
    if outcome not in ("sent", "not-sent"):
        raise Mistake(f"{outcome}: say what became of it: sent, or not-sent")
    if found.state != "needs_human":
        raise Mistake(f"it is {found.state}: only what needs a person can be resolved")
    instant = installation.clock()
    with installation.store.write() as tx:
        if outcome == "sent":
            done = outbox.sent(tx, instant, found, "confirmed by hand", actor=actor())
        else:
            done = outbox.try_again(tx, instant, found, "not sent, by a person's word", None, actor=actor())
    _must_be_done(done)
    say("it counts as sent" if outcome == "sent" else "it will be sent by the next owed apply")


@application.command("retry")
def retry(effect: Row, config: Config = DEFAULT_CONFIG, now: Now = "") -> None:
    """Try again what the platform refused, after the cause was mended."""
    installation = open_installation(config, now)
    found = find_effect(installation, effect)
    if found.state != "failed":
        raise Mistake(f"it is {found.state}: only what failed can be tried again")
    with installation.store.write() as tx:
        again = outbox.give_up if found.decision else _same_again
        done = again(tx, installation.clock(), found, "to be written anew", actor())
    _must_be_done(done)
    say("it will be sent by the next owed apply")


def _same_again(tx: Transaction, now: dt.datetime, effect: Effect, _why: str, actor: str) -> bool:
    """What says nothing to anybody has no words that could have become untrue."""
    return outbox.try_again(tx, now, effect, "", None, actor=actor)


def _must_be_done(done: bool) -> None:
    if not done:
        raise Outside("another process changed it meanwhile; look again: owed outbox list")
