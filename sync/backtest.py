"""Rulebooks on past days: what each would have sent, beside what is known today."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from receivables.history import Contacted
from receivables.snapshot import take
from rules.backtest import Hindsight, Outcome, judge
from rules.replay import Look, replay
from rules.schema import Rulebook
from store import outbox, snapshots
from sync.assess import connection_states, contacts_in
from sync.hindsight import hindsight
from sync.installation import Installation
from sync.past import Past, Version, looks


def load_past(installation: Installation) -> Past | None:
    """Everything that was known before owed's now; None before the first sync."""
    now = installation.clock()
    with installation.store.read() as tx:
        first = snapshots.first_known_at(tx)
        if first is None:
            return None
        versions = [
            Version(known_from, known_to if known_to and known_to <= now else None, fact)
            for known_from, known_to, fact in snapshots.every_version(tx)
            if known_from <= now
        ]
        states = {state.name: state for state in connection_states(tx, installation)}
    return Past(installation.business, states, versions, first, installation.match_policy, installation.contacts)


def real_messages(installation: Installation) -> list[Contacted]:
    """What did leave, or may have: to count beside the replay's own messages."""
    with installation.store.read() as tx:
        effects = outbox.listed(tx)
    return [one for one in contacts_in(effects, installation.sending.mode) if one.taken]


def backtest(
    past: Past,
    rulebooks: Sequence[Rulebook],
    start: dt.date,
    end: dt.date,
    *,
    now: dt.datetime,
    real: Iterable[Contacted] = (),
    known: Hindsight | None = None,
    tell: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """The outcome of each rulebook on the days from `start` to `end`. `tell` is called for each day that is worked out,
    and for each day that a rulebook has decided. `known` is added to what today's facts tell."""
    days = list(looks(past, start, end, tell))
    today = hindsight(take(past.business, now, past.states.values(), past.today()), past.policy)
    if known:
        today = Hindsight({**today.paid_on, **known.paid_on}, {**today.disputed, **known.disputed})
    heard = list(real)

    def told() -> Iterable[Look]:
        for look in days:
            yield look
            tell()

    return [judge(replay(rulebook, past.business, told(), heard), today, past.business) for rulebook in rulebooks]
