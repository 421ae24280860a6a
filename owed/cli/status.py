"""owed status: how everything stands, and what to do next."""

from dataclasses import dataclass
from typing import Any

import typer

from owed.cli.connection_status import ConnectionStatus, look_at
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import print_json, say, table
from receivables.problems import Problem
from store import connections, organisations, outbox, outcomes
from store.connections import Known
from store.organisations import Standing
from sync.installation import Installation
from sync.mailbox import MAILBOX


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `owed status` tells."""

    connections: tuple[ConnectionStatus, ...]
    problems: list[tuple[str, Problem]]
    outbox: dict[str, int]
    breaks: int
    standing: Standing
    next_steps: tuple[str, ...]
    #: None: no mailbox is read, or it was not read yet.
    mailbox: Known | None = None


def register(application: typer.Typer) -> None:
    application.command("status")(status)


def status(config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """How each connection is doing, what waits in the outbox, what is open, and what to do next."""
    installation = open_installation(config, now)
    found = _look(installation)
    if as_json:
        print_json(_as_json(installation, found))
    else:
        _print(installation, found)


def _look(installation: Installation) -> Status:
    with installation.store.read() as tx:
        known = connections.known(tx)
        told = tuple(look_at(tx, installation, known[name]) for name in installation.endpoints)
        problems = [one for one in connections.open_problems(tx) if one[0] in installation.endpoints]
        waiting = outbox.counts(tx)
        standing = organisations.standing(tx)
        differences = len(outcomes.open_breaks(tx))
    steps = tuple(_next_steps(installation, told, waiting, standing))
    mailbox = known.get(MAILBOX) if installation.mailbox else None
    if mailbox and mailbox.state != "ok":
        steps = (f"look at [mailbox] in owed.toml: {mailbox.problem}", *steps)
    return Status(told, problems, waiting, differences, standing, steps, mailbox)


def _next_steps(
    installation: Installation, told: tuple[ConnectionStatus, ...], waiting: dict[str, int], standing: Standing
) -> list[str]:
    """The commands that would bring things on, the most urgent first."""
    steps = [step for one in told if (step := one.next_step(installation.wall()))]
    if not told:
        steps.append("add a [[connection]] to owed.toml")
    if waiting.get("needs_human"):
        steps.append("owed outbox list --state needs_human    (then owed outbox resolve ID sent, or not-sent)")
    if waiting.get("planned"):
        steps.append("owed outbox list --state planned    (then owed approve ID)")
    if waiting.get("failed"):
        steps.append("owed outbox list --state failed    (then owed outbox retry ID)")
    if standing.stopped_at:
        steps.append("owed stop --lift    (when messages may leave again)")
    if not steps:
        steps.append("owed golive" if standing.live_at is None else "owed plan")
    return steps


def _as_json(installation: Installation, found: Status) -> dict[str, Any]:
    return {
        "connections": [one.as_json() for one in found.connections],
        "problems": [{"connection": name, "problem": problem} for name, problem in found.problems],
        "mailbox": found.mailbox
        and {
            "account": found.mailbox.account,
            "state": found.mailbox.state,
            "read_at": found.mailbox.synced_at,
            "problem": found.mailbox.problem,
        },
        "outbox": found.outbox,
        "waiting_for_approval": found.outbox.get("planned", 0),
        "needs_person": found.outbox.get("needs_human", 0),
        "breaks": found.breaks,
        "mode": installation.sending.mode,
        "live_at": found.standing.live_at,
        "stopped_at": found.standing.stopped_at,
        "next": list(found.next_steps),
    }


def _print(installation: Installation, found: Status) -> None:
    columns = ["connection", "platform", "state", "last complete sync", "counted", "calls", "consent ends", "problem"]
    rows = [_row(one) for one in found.connections]
    table("", columns, rows, numbers=["last complete sync", "counted", "calls", "consent ends"], prose=["problem"])
    for name, problem in found.problems:
        say(f"{name}: {problem}")
    if found.mailbox:
        box, read_at = found.mailbox, found.mailbox.synced_at
        read = f"last read {read_at:%Y-%m-%d %H:%M} UTC" if read_at else "never read"
        say(f"mailbox {box.account}: {box.state}, {read}" + (f"; {box.problem}" if box.problem else ""))
    standing = found.standing
    live = f"live since {standing.live_at:%Y-%m-%d}" if standing.live_at else "not live yet"
    say(f"sending: {installation.sending.mode}, {live}" + (", STOPPED" if standing.stopped_at else ""))
    say("outbox: " + (", ".join(f"{count} {state}" for state, count in sorted(found.outbox.items())) or "empty"))
    approval, person = found.outbox.get("planned", 0), found.outbox.get("needs_human", 0)
    say(f"{approval} waiting for approval, {person} needing a person")
    say(f"breaks: {found.breaks} open" + ("; see: owed breaks" if found.breaks else ""))
    for step in found.next_steps:
        say(f"next: {step}")


def _row(one: ConnectionStatus) -> list[Any]:
    known = one.known
    calls = ", ".join(f"{spent.used:,} of {spent.limit:,} a {spent.window}" for spent in one.metered)
    return [
        known.name,
        known.platform,
        one.state,
        known.synced_at and f"{known.synced_at:%Y-%m-%d %H:%M} UTC",
        known.verified_at and f"{known.verified_at:%Y-%m-%d}",
        calls,
        one.consent_ends_at and f"{one.consent_ends_at:%Y-%m-%d}",
        known.problem,
    ]
