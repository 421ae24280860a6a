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
from sync.pull import pull

_log = logging.getLogger("owed.worker")

#: Sends one hint: a slot, or a connection's name.
Send = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors of one organisation on a broker. Our rows decide about retries, not the broker."""

    installation: Installation
    round: Send
    follow: Send
    again: Send

    def tick(self) -> bool:
        """Claim the hour's slot, if nobody has, and hand its round to a thread."""
        slot = schedule.claim_due(self.installation)
        if slot is not None:
            self.round(slot.isoformat())
        return slot is not None

    def listen(self) -> None:
        """Between the rounds: what platforms have told by webhooks, and connections that failed and may be back."""
        for name in hints.waiting(self.installation):
            self.follow(name)
        for name in schedule.to_try_again(self.installation):
            self.again(name)


def declare(broker: dramatiq.Broker, installation: Installation, told: Callable[[Round], None]) -> Actors:
    def do_round(slot_text: str) -> None:
        _round(installation, dt.datetime.fromisoformat(slot_text), told)

    def follow(name: str) -> None:
        hints.follow(installation, name)
        remember_breaks(installation, assess(installation, decide=False))

    def again(name: str) -> None:
        report = pull(installation, name)
        _log.info("%s: tried again: %s", name, report.error or "ok")

    return Actors(
        installation,
        round=_actor(broker, "hourly_round", do_round, minutes=50),
        follow=_actor(broker, "follow_hints", follow, minutes=10),
        again=_actor(broker, "try_again", again, minutes=50),
    )


def _actor(broker: dramatiq.Broker, name: str, work: Callable[[str], None], *, minutes: int) -> Send:
    """One that gives up after so many minutes, and does not start on a hint that is older."""

    def logged(hint: str) -> None:
        try:
            work(hint)
        except Exception:
            _log.exception("%s of %s failed", name, hint)

    milliseconds = minutes * 60_000
    actor = dramatiq.actor(
        actor_name=name, broker=broker, max_retries=0, time_limit=milliseconds, max_age=milliseconds
    )(logged)
    return actor.send


def _round(installation: Installation, slot: dt.datetime, told: Callable[[Round], None]) -> None:
    try:
        done = run_round(installation)
        told(done)
    except Exception as error:
        schedule.finish(installation, slot, done=False, note=f"{type(error).__name__}: {error}")
        raise
    failing = [report.connection for report in done.pulls if report.error]
    schedule.finish(installation, slot, done=True, note=f"not read: {', '.join(failing)}" if failing else "")
