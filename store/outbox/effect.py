"""One row of the outbox: an intended effect, what became of it, and what planning hands over for a new one."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from receivables.commands import AnyCommand
from receivables.decisions import Decision
from store import codec

#: States in which an effect may still happen.
OPEN_STATES = ("planned", "approved", "sending", "uncertain", "needs_human")
#: States in which it has happened, or may have.
MAY_HAVE_LEFT = ("sending", "sent", "uncertain", "needs_human")


@dataclass(frozen=True, slots=True)
class Effect:
    """One row. Instants are aware, UTC; leases are in real time, everything else by owed's clock."""

    id: str
    intent: str
    verb: str
    connection: str
    debtor: str
    subjects: tuple[str, ...]
    command: AnyCommand
    decision: Decision | None
    state: str
    attempt: int
    key: str
    key_since: dt.datetime | None
    phase: str
    needs: tuple[str, ...]
    before: dict[str, str]
    lease_owner: str
    lease_until: dt.datetime | None
    not_before: dt.datetime | None
    expires_at: dt.datetime | None
    planned_at: dt.datetime
    approved_at: dt.datetime | None
    approved_by: str
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    reference: str
    url: str
    error: str


class NewEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What planning hands over. `intent` is the business identity; `needs` are the intents of effects to be sent first."""

    intent: str
    command: AnyCommand
    debtor: str = ""
    decision: Decision | None = None
    needs: tuple[str, ...] = ()
    not_before: dt.datetime | None = None
    expires_at: dt.datetime | None = None


def effect_of(row: sa.Row[Any]) -> Effect:
    return Effect(
        id=row.id,
        intent=row.intent,
        verb=row.verb,
        connection=row.connection,
        debtor=row.debtor,
        subjects=tuple(codec.decode(row.subjects, list[str])),
        command=codec.decode(row.payload, AnyCommand),  # type: ignore[arg-type]  # a union is a type to msgspec
        decision=codec.decode(row.decision, Decision) if row.decision else None,
        state=row.state,
        attempt=row.attempt,
        key=row.key,
        key_since=row.key_since,
        phase=row.phase,
        needs=tuple(codec.decode(row.needs, list[str])),
        before=codec.decode(row.before, dict[str, str]),
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
        not_before=row.not_before,
        expires_at=row.expires_at,
        planned_at=row.planned_at,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        reference=row.reference,
        url=row.url,
        error=row.error,
    )
