"""How an effect gets from one state to the next: each move is a compare-and-set, and is journaled with it."""

import datetime as dt
import uuid
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from receivables.commands import AnyCommand, subjects
from store import codec, journal
from store.engine import Transaction
from store.outbox.effect import Effect, NewEffect, effect_of
from store.outbox.readings import by_intent
from store.tables import outbox

#: What must still be as it was when an effect moves from one state to the next.
_SAME = ("organisation", "id", "state", "attempt", "lease_owner")


def plan(tx: Transaction, now: dt.datetime, new: NewEffect) -> Effect:
    """Write the effect down once; planning the same intent again returns the row that is there.

    A cancelled one is planned again with its new payload, since it never left, however often it was tried: its next
    try has a key of its own.
    """
    payload = codec.encode(new.command)
    row = {
        "organisation": tx.organisation,
        "id": uuid.uuid4().hex,
        "intent": new.intent,
        "verb": new.command.verb,
        "connection": new.command.connection,
        "debtor": new.debtor,
        "subjects": codec.encode([str(subject) for subject in subjects(new.command)]),
        "decision": codec.encode(new.decision) if new.decision else "",
        "payload": payload,
        "payload_digest": codec.digest(payload),
        "state": "planned",
        "needs": codec.encode(new.needs),
        "not_before": new.not_before,
        "expires_at": new.expires_at,
        "planned_at": now,
    }
    defaults = {"attempt": 0, "key": "", "phase": "", "before": "{}", "lease_owner": "", "approved_by": ""}
    blanks = {"reference": "", "url": "", "error": ""}
    added = tx.execute(_insert_once(postgres=tx.is_postgresql), {**row, **defaults, **blanks})
    first = added.one_or_none()  # an insert's row count is not reliable on every driver
    effect = effect_of(first) if first else _planned_again(tx, row)
    if effect:
        journal.append(tx, now, "planned", effect.id, {"intent": new.intent, "payload": row["payload_digest"]})
    found = effect or by_intent(tx, new.intent)
    assert found is not None
    return found


@lru_cache(maxsize=2)
def _insert_once(*, postgres: bool) -> Any:
    """Returns the new row, or none where the intent is known."""
    insert = (postgresql.insert if postgres else sqlite.insert)(outbox)
    return insert.on_conflict_do_nothing(index_elements=["organisation", "intent"]).returning(outbox)


def _planned_again(tx: Transaction, row: dict[str, Any]) -> Effect | None:
    """A cancelled row with its new payload; None when the one that is there is in another state."""
    renewed = {name: row[name] for name in row if name not in ("organisation", "id", "intent", "state")}
    cancelled = (tx.mine(outbox), outbox.c.intent == row["intent"], outbox.c.state == "cancelled")
    again = outbox.update().where(*cancelled).values(state="planned", error="", finished_at=None, **renewed)
    return by_intent(tx, row["intent"]) if tx.execute(again).rowcount == 1 else None


def approve(tx: Transaction, now: dt.datetime, effect: Effect, actor: str) -> bool:
    return _move(tx, now, effect, "approved", {"approved_at": now, "approved_by": actor}, actor=actor)


def cancel(tx: Transaction, now: dt.datetime, effect: Effect, reason: str, actor: str = "owed") -> bool:
    """Only what has not begun to leave can be cancelled."""
    if effect.state not in ("planned", "approved"):
        return False
    return _move(tx, now, effect, "cancelled", {"finished_at": now, "error": reason}, actor=actor)


def refuse(tx: Transaction, now: dt.datetime, effect: Effect, actor: str) -> bool:
    """A person takes it back, for good: unlike a cancelled effect it is not planned again."""
    if effect.state not in ("planned", "approved"):
        return False
    changes = {"finished_at": now, "error": f"taken back by {actor}"}
    return _move(tx, now, effect, "refused", changes, actor=actor)


def give_up(tx: Transaction, now: dt.datetime, effect: Effect, why: str, actor: str = "owed") -> bool:
    """What was refused is not tried again with these bytes; it may be planned anew with others."""
    if effect.state != "failed":
        return False
    return _move(tx, now, effect, "cancelled", {"finished_at": now, "error": why}, actor=actor)


def carried_out(tx: Transaction, now: dt.datetime, effect: Effect, reference: str) -> bool:
    """It was done in this very transaction, in our own store: there is no moment of doubt."""
    changes = {"started_at": now, "finished_at": now, "reference": reference, "error": ""}
    return _move(tx, now, effect, "sent", changes, {"reference": reference})


def claim(
    tx: Transaction,
    now: dt.datetime,
    effect: Effect,
    *,
    owner: str,
    wall: dt.datetime,
    lease: dt.timedelta,
    command: AnyCommand,
    before: dict[str, str],
    key: str,
) -> Effect | None:
    """Take the effect for sending, before any byte leaves; None when another worker was faster.

    `wall` is real time, from which the lease runs. `command` is the payload with its pay links filled in: from here on these bytes are what every try sends.
    """
    payload = codec.encode(command)
    changes = {
        "attempt": effect.attempt + 1,
        "key": key,
        "key_since": effect.key_since if effect.key == key else wall,
        "phase": "",
        "before": codec.encode(before),
        "payload": payload,
        "payload_digest": codec.digest(payload),
        "lease_owner": owner,
        "lease_until": wall + lease,
        "started_at": now,
    }
    if not _move(tx, now, effect, "sending", changes, {"payload": changes["payload_digest"], "key": key}):
        return None
    stored = ("payload", "payload_digest", "before")
    seen: dict[str, Any] = {name: value for name, value in changes.items() if name not in stored}
    return replace(effect, state="sending", command=command, before=before, **seen)


def mark_phase(tx: Transaction, effect: Effect, phase: str) -> bool:
    """Remember how far a blind send came; committed before the step it announces."""
    return _set(tx, effect, {"phase": phase})


def sent(tx: Transaction, now: dt.datetime, effect: Effect, reference: str, url: str = "", actor: str = "owed") -> bool:
    changes = {"finished_at": now, "reference": reference, "url": url, "error": "", "lease_until": None}
    return _move(tx, now, effect, "sent", changes, {"reference": reference}, actor)


def failed(tx: Transaction, now: dt.datetime, effect: Effect, error: str) -> bool:
    """The platform refused: nothing happened, and the same bytes would be refused again."""
    return _move(tx, now, effect, "failed", {"finished_at": now, "error": error, "lease_until": None}, {"error": error})


def uncertain(
    tx: Transaction, now: dt.datetime, effect: Effect, error: str, look_at: dt.datetime | None, phase: str = ""
) -> bool:
    """It may have happened. `look_at` is when it may be read back: not before the answer can have settled."""
    changes = {"not_before": look_at, "error": error, "phase": phase or effect.phase}
    return _move(tx, now, effect, "uncertain", changes, {"error": error})


def try_again(
    tx: Transaction,
    now: dt.datetime,
    effect: Effect,
    error: str,
    not_before: dt.datetime | None,
    actor: str = "owed",
) -> bool:
    """It surely did not happen: back to approved."""
    changes = {"not_before": not_before, "error": error, "lease_until": None, "finished_at": None}
    return _move(tx, now, effect, "approved", changes, {"error": error}, actor)


def needs_human(tx: Transaction, now: dt.datetime, effect: Effect, why: str) -> bool:
    return _move(tx, now, effect, "needs_human", {"error": why, "lease_until": None}, {"error": why})


def _move(
    tx: Transaction,
    now: dt.datetime,
    effect: Effect,
    state: str,
    changes: dict[str, Any],
    told: dict[str, Any] | None = None,
    actor: str = "owed",
) -> bool:
    """Compare and set on (id, state, attempt, lease owner); the journal entry stands or falls with it."""
    if not _set(tx, effect, {"state": state, **changes}):
        return False
    journal.append(tx, now, state, effect.id, {"intent": effect.intent, **(told or {})}, actor)
    return True


def _set(tx: Transaction, effect: Effect, changes: dict[str, Any]) -> bool:
    same = {"organisation": tx.organisation, **{name: getattr(effect, name) for name in _SAME[1:]}}
    new = {f"new_{name}": value for name, value in changes.items()}
    result = tx.execute(_compare_and_set(tuple(changes)), {f"was_{name}": same[name] for name in same} | new)
    return result.rowcount == 1


@lru_cache(maxsize=64)
def _compare_and_set(columns: tuple[str, ...]) -> sa.Update:
    """Built once for each set of columns: building it costs more than running it."""
    same = [outbox.c[name] == sa.bindparam(f"was_{name}") for name in _SAME]
    new = {name: sa.bindparam(f"new_{name}", type_=outbox.c[name].type) for name in columns}
    return outbox.update().where(*same).values(new)
