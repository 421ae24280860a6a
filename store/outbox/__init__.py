"""The outbox: one row is one intended effect. Every change of state is a compare-and-set, and is journaled with it.

    planned ──approve──▶ approved ──claim──▶ sending ──▶ sent | failed
       │                    │  ▲                │
       └─cancel, refuse─────┘  └──absent────── uncertain ──▶ sent | needs_human

A lease that runs out leads to `uncertain`, never back to `approved`.
"""

from store.outbox.effect import MAY_HAVE_LEFT, OPEN_STATES, Effect, NewEffect
from store.outbox.moves import (
    approve,
    cancel,
    carried_out,
    claim,
    failed,
    give_up,
    mark_phase,
    needs_human,
    plan,
    refuse,
    sent,
    try_again,
    uncertain,
)
from store.outbox.readings import Frozen, by_ids, by_intent, by_intents, counts, frozen, get, listed, sent_since

__all__ = [
    "MAY_HAVE_LEFT",
    "OPEN_STATES",
    "Effect",
    "Frozen",
    "NewEffect",
    "approve",
    "by_ids",
    "by_intent",
    "by_intents",
    "cancel",
    "carried_out",
    "claim",
    "counts",
    "failed",
    "frozen",
    "get",
    "give_up",
    "listed",
    "mark_phase",
    "needs_human",
    "plan",
    "refuse",
    "sent",
    "sent_since",
    "try_again",
    "uncertain",
]
