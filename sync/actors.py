"""What the worker's threads do. Each actor takes a hint and looks at the rows."""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

import dramatiq

from sync import hints, schedule
from sync.assess import assess
from sync.cycle import Round, remember_breaks, run_round
from sync.installation import Installation

_log = logging.getLogger("owed.worker")


@dataclass(frozen=True, slots=True)
class Actors:
    """`tick` claims the hour's slot, if nobody has, and hands its round to a thread; `listen` does so with what
    platforms have told by webhooks."""

    tick: Callable[[], bool]
    listen: Callable[[], None]


def declare(broker: dramatiq.Broker, installation: Installation, told: Callable[[Round], None]) -> Actors:
    """Declare the actors of one organisation on a broker. Our rows decide about retries, not the broker."""

    def round_of(slot_text: str) -> None:
        slot = dt.datetime.fromisoformat(slot_text)
        try:
            done = run_round(installation)
            told(done)
        except Exception as error:
            schedule.finish(installation, slot, done=False, note=f"{type(error).__name__}: {error}")
            _log.exception("the round of %s failed", slot_text)
            return
        failing = [report.connection for report in done.pulls if report.error]
        schedule.finish(installation, slot, done=True, note=f"not read: {', '.join(failing)}" if failing else "")

    actor = dramatiq.actor(
        actor_name="hourly_round", broker=broker, max_retries=0, time_limit=50 * 60_000, max_age=55 * 60_000
    )(round_of)

    def follow_told(name: str) -> None:
        try:
            hints.follow(installation, name)
            remember_breaks(installation, assess(installation, decide=False))
        except Exception:
            _log.exception("what %s told could not be followed", name)

    following = dramatiq.actor(
        actor_name="follow_hints", broker=broker, max_retries=0, time_limit=10 * 60_000, max_age=10 * 60_000
    )(follow_told)

    def listen() -> None:
        for name in hints.waiting(installation):
            following.send(name)

    def tick() -> bool:
        slot = schedule.claim_due(installation)
        if slot is not None:
            actor.send(slot.isoformat())
        return slot is not None

    return Actors(tick, listen)
