"""The hourly round: pull, reconcile, decide, plan, approve what needs no person, deliver."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from receivables.business import WRITE_ONLY
from receivables.money import Money
from store import organisations, outbox, outcomes
from store.outbox import Effect, NewEffect
from sync import aged
from sync.assess import MESSAGES, Assessment, assess
from sync.deliver import Progress as Told
from sync.deliver import deliver
from sync.installation import Installation
from sync.mailbox import MAILBOX, read_mailbox
from sync.notices import digest, forewarning, may_leave_at
from sync.planning import Plan, plan
from sync.pull import Progress, PullReport, pull
from sync.restored import may_have_been_done
from sync.send import Outcome


@dataclass(slots=True)
class Round:
    """What one round did."""

    pulls: list[PullReport] = field(default_factory=list)
    assessment: Assessment | None = None
    plan: Plan | None = None
    outcomes: list[Outcome] = field(default_factory=list)


def synchronise(
    installation: Installation,
    names: Iterable[str] | None = None,
    progress: Progress | None = None,
    *,
    count: bool = False,
) -> list[PullReport]:
    """Pull the connections (all when none is named), read the mailbox, then reconcile and remember the breaks.

    `count` has every record counted as well, which a pull does by itself once a day."""
    named = list(names or (*installation.endpoints, MAILBOX))
    reports = [pull(installation, name, progress, count=count) for name in named if _is_pulled(installation, name)]
    if MAILBOX in named and installation.mailbox:
        reports.append(read_mailbox(installation))
    seen = assess(installation, decide=False)
    if aged.ask(installation, seen):
        seen = assess(installation, decide=False)
    remember_breaks(installation, seen)
    return reports


def _is_pulled(installation: Installation, name: str) -> bool:
    return name in installation.endpoints and installation.endpoints[name].platform not in WRITE_ONLY


def remember_breaks(installation: Installation, assessment: Assessment) -> None:
    with installation.store.write() as tx:
        outcomes.save_breaks(tx, installation.clock(), assessment.reconciliation.breaks)


def look(installation: Installation) -> tuple[Assessment, Plan]:
    """What would be done now. Writes nothing: this is what `owed plan` shows."""
    assessment = assess(installation)
    with installation.store.read() as tx:
        known = {effect.intent: effect for effect in outbox.listed(tx)}
    return assessment, plan(installation, assessment, known)


def write_down(
    installation: Installation, assessment: Assessment, made: Plan, leave_at: dt.datetime | None = None
) -> list[Effect]:
    """Save the decisions and the intended effects; an intent that is there already stays as it is. Messages leave no
    sooner than `leave_at`, in real time.

    A message that nobody approved in time is cancelled, so that it no longer stands in the way of the next.
    """
    now = installation.clock()
    with installation.store.write() as tx:
        for effect in outbox.listed(tx, ["planned"]):
            if effect.expires_at and effect.expires_at < now:
                outbox.cancel(tx, now, effect, "nobody approved it in time")
        outcomes.save_decisions(tx, now, assessment.decisions)
        return [outbox.plan(tx, now, _leaving(effect, leave_at)) for effect in made.effects]


def _leaving(effect: NewEffect, at: dt.datetime | None) -> NewEffect:
    is_message = effect.command.verb in MESSAGES
    return msgspec.structs.replace(effect, not_before=at) if at and is_message else effect


def approve(installation: Installation, effects: Iterable[Effect], actor: str) -> int:
    """Release planned effects for sending."""
    count = 0
    with installation.store.write() as tx:
        for effect in effects:
            if effect.state == "planned":
                count += outbox.approve(tx, installation.clock(), effect, actor)
    return count


def needs_person(installation: Installation, effect: NewEffect | Effect) -> bool:
    """A step marked `approval = true`, or a demand above `[sending] approval_above`, waits for `owed approve`; so does
    what may have been done already, in the time that a restored backup knows nothing of."""
    decision = effect.decision
    if decision is None:
        return False
    if may_have_been_done(installation, effect):
        return True
    limit = installation.sending.approval_above
    demand = decision.demand
    above = (
        limit is not None
        and isinstance(demand, Money)
        and demand.currency == limit.currency
        and demand.minor > limit.minor
    )
    return decision.approval or above


def run_round(installation: Installation, progress: Told | None = None) -> Round:
    """Everything, as the worker does it every hour. Sends nothing before go-live, whatever the mode."""
    done = Round(pulls=synchronise(installation))
    done.assessment, done.plan = look(installation)
    with installation.store.read() as tx:
        standing = organisations.standing(tx)
    if standing.live_at and not standing.stopped_at and installation.sending.mode != "off":
        effects = write_down(installation, done.assessment, done.plan, may_leave_at(installation))
        approve(installation, _unattended(installation, effects), "owed worker")
        _tell_the_owner(installation, effects)
        done.outcomes = deliver(installation, progress)
    return done


def _tell_the_owner(installation: Installation, effects: Iterable[Effect]) -> None:
    now = installation.clock()
    fresh = [one for one in effects if one.planned_at == now and one.state in ("planned", "approved")]
    notices = [one for one in (forewarning(installation, fresh), digest(installation)) if one]
    with installation.store.write() as tx:
        for notice in notices:
            planned = outbox.plan(tx, now, notice)
            if planned.state == "planned":
                outbox.approve(tx, now, planned, "owed")


def _unattended(installation: Installation, effects: Iterable[Effect]) -> list[Effect]:
    return [effect for effect in effects if not needs_person(installation, effect)]
