"""owed status: how everything stands, and what to do next."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import typer

from connectors.errors import ConnectorError
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import print_json, say, table
from receivables.problems import Problem
from store import allowances, connections, organisations, outbox, outcomes
from store.connections import Known
from store.engine import StoreError, Transaction
from store.organisations import Standing
from sync.installation import Installation
from sync.limiter import windows_of
from sync.tokens import StoredTokens

#: A grant that ends sooner than this is worth a word: only a person can renew it.
_SOON = dt.timedelta(days=14)
_DAY = "day"


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """One connection. `calls_today` is None where the platform has no limit a day; `consent_ends_at` where unknown."""

    known: Known
    calls_today: int | None
    calls_a_day: int | None
    connected: bool
    consent_ends_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `owed status` tells."""

    connections: tuple[ConnectionStatus, ...]
    problems: list[tuple[str, Problem]]
    outbox: dict[str, int]
    breaks: int
    standing: Standing
    next_steps: tuple[str, ...]


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
        spent = {name: _calls(tx, installation, name) for name in installation.endpoints}
        problems = [one for one in connections.open_problems(tx) if one[0] in installation.endpoints]
        waiting = outbox.counts(tx)
        standing = organisations.standing(tx)
        differences = len(outcomes.open_breaks(tx))
    told = tuple(_connection(installation, known[name], *spent[name]) for name in installation.endpoints)
    steps = tuple(_next_steps(installation, told, waiting, standing))
    return Status(told, problems, waiting, differences, standing, steps)


def _calls(tx: Transaction, installation: Installation, name: str) -> tuple[int | None, int | None]:
    """Calls spent in the day's window that runs now, and how many it has."""
    endpoint = installation.endpoints[name]
    for window, seconds, limit in windows_of(endpoint.platform, endpoint.options):
        if window == _DAY:
            used = allowances.used(tx, f"{name}/{window}", dt.timedelta(seconds=seconds), installation.wall())
            return used, limit
    return None, None


def _connection(installation: Installation, known: Known, spent: int | None, limit: int | None) -> ConnectionStatus:
    tokens = StoredTokens(installation.store, installation.vault, known.name, installation.wall, installation.processes)
    try:
        held = tokens.load()
    except (ConnectorError, StoreError):
        return ConnectionStatus(known, spent, limit, connected=False, consent_ends_at=None)
    return ConnectionStatus(known, spent, limit, connected=True, consent_ends_at=held.refresh_expires_at)


def _next_steps(
    installation: Installation, told: tuple[ConnectionStatus, ...], waiting: dict[str, int], standing: Standing
) -> list[str]:
    """The commands that would bring things on, the most urgent first."""
    steps = [step for one in told if (step := _step_for(one, installation.wall()))]
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


def _step_for(one: ConnectionStatus, now: dt.datetime) -> str:
    name, ends = one.known.name, one.consent_ends_at
    if not one.connected or one.known.state == "reconnect":
        return f"owed connect {name}"
    if ends and ends - now < _SOON:
        return f"owed connect {name}    (its consent ends on {ends:%Y-%m-%d})"
    if one.known.synced_at is None and one.known.platform != "email":
        return f"owed sync {name}"
    return ""


def _as_json(installation: Installation, found: Status) -> dict[str, Any]:
    return {
        "connections": [
            {
                "name": one.known.name,
                "platform": one.known.platform,
                "state": one.known.state,
                "problem": one.known.problem,
                "synced_at": one.known.synced_at,
                "connected": one.connected,
                "calls_today": one.calls_today,
                "calls_a_day": one.calls_a_day,
                "consent_ends_at": one.consent_ends_at,
            }
            for one in found.connections
        ],
        "problems": [{"connection": name, "problem": problem} for name, problem in found.problems],
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
    columns = ["connection", "platform", "state", "last complete sync", "calls today", "consent ends", "problem"]
    rows = [_row(one) for one in found.connections]
    table("", columns, rows, numbers=["last complete sync", "calls today", "consent ends"], prose=["problem"])
    for name, problem in found.problems:
        say(f"{name}: {problem}")
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
    calls = "" if one.calls_today is None else f"{one.calls_today} of {one.calls_a_day}"
    return [
        known.name,
        known.platform,
        known.state if one.connected else "not connected",
        known.synced_at and f"{known.synced_at:%Y-%m-%d %H:%M} UTC",
        calls,
        one.consent_ends_at and f"{one.consent_ends_at:%Y-%m-%d}",
        known.problem,
    ]
