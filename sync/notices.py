"""What the business's own people are told by mail: what leaves tomorrow, and once a day how things stand."""

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from receivables.commands import OpenTask, SendNotice
from receivables.local_facts import Task
from receivables.workdays import next_workday
from store import journal, outbox, outcomes, snapshots
from store.outbox import Effect, NewEffect
from sync.assess import MESSAGES
from sync.installation import Installation

#: When a forewarned message may leave on its day, and when the daily digest is due: the business's time.
_MORNING = dt.time(8, 0)
_STATES_TO_TELL = ("needs_human", "uncertain", "failed")


def may_leave_at(installation: Installation) -> dt.datetime | None:
    """With `forewarn`: the next working morning, in real time (which the outbox waits by); else now."""
    if not installation.sending.forewarn:
        return None
    now = installation.clock()
    zone = ZoneInfo(installation.business.timezone)
    morning = next_workday(now.astimezone(zone).date() + dt.timedelta(days=1), installation.business.country)
    leaves = dt.datetime.combine(morning, _MORNING, zone)
    return installation.wall() + (leaves - now)


def forewarning(installation: Installation, planned: Iterable[Effect]) -> NewEffect | None:
    """The mail about messages that were planned in this round and leave on the next working morning."""
    messages = [one for one in planned if one.verb in MESSAGES and one.not_before is not None]
    mailer, owner = installation.first_of("email"), installation.sending.notify
    if not (messages and mailer and owner):
        return None
    lines = [
        "These messages leave on the next working morning, unless somebody pays, disputes or promises before.",
        "",
        *(line for one in messages for line in (_line(one), f"    to stop it: owed outbox cancel {one.id[:8]}", "")),
        "To stop everything: owed stop",
    ]
    return _notice(installation, f"forewarning/{messages[0].id}", f"{_count(messages)} tomorrow", lines)


def digest(installation: Installation) -> NewEffect | None:
    """How things stand, once a day from the morning on; None before it, or when nobody is to be told."""
    zone = ZoneInfo(installation.business.timezone)
    local = installation.clock().astimezone(zone)
    if not (installation.sending.digest and installation.sending.notify and installation.first_of("email")):
        return None
    if local.time() < _MORNING:
        return None
    day_ago = installation.clock() - dt.timedelta(days=1)
    with installation.store.read() as tx:
        effects = outbox.listed(tx)
        broken = outcomes.open_breaks(tx)
        tasks = [one for one in snapshots.all_stated(tx, Task) if one.done_at is None]
        head = journal.head(tx)
    left = [one for one in effects if one.verb in MESSAGES and one.finished_at and one.finished_at >= day_ago]
    waiting = [one for one in effects if one.state == "planned"]
    doubtful = [one for one in effects if one.state in _STATES_TO_TELL]
    fresh = [one for since, one in broken if since >= day_ago]
    lines = [
        *_part("Sent since yesterday", [_line(one) for one in left if one.state == "sent"]),
        *_part("Wait for your approval (owed approve)", [_line(one) for one in waiting]),
        *_part("Need you (owed outbox list)", [f"{_line(one)}: {one.state}, {one.error}" for one in doubtful]),
        *_part("Tasks (owed tasks)", [one.title for one in tasks]),
        *_part("New breaks (owed breaks)", [f"{one.kind}, {one.amount}: {one.cause}" for one in fresh]),
        f"Journal: entry {head.number}, {head.hash}. Keep this mail: it proves that nothing before it was changed.",
    ]
    return _notice(installation, f"digest/{local.date()}", f"{_count(left)} sent, {len(broken)} breaks open", lines)


def _part(title: str, lines: Sequence[str]) -> list[str]:
    shown = [f"  {line}" for line in lines[:50]]
    more = [f"  and {len(lines) - 50} more"] if len(lines) > 50 else []
    return [f"{title}: {len(lines)}", *shown, *more, ""]


def _line(effect: Effect) -> str:
    decision, command = effect.decision, effect.command
    to = ", ".join(getattr(command, "to", ()) or ()) or effect.debtor
    if isinstance(command, OpenTask) or decision is None:
        return f"{effect.verb.replace('_', ' ')}: {getattr(command, 'title', '') or ' '.join(effect.subjects)}"
    return f"{decision.step} to {to}: {decision.demand}"


def _count(messages: Sequence[Effect]) -> str:
    return f"{len(messages)} message{'' if len(messages) == 1 else 's'}"


def _notice(installation: Installation, intent: str, subject: str, lines: Iterable[str]) -> NewEffect:
    command = SendNotice(
        connection=installation.first_of("email"),
        to=(installation.sending.notify,),
        subject=f"{installation.business.name}: {subject}",
        text="\n".join(lines) + "\n",
        sender=installation.sender.address,
    )
    return NewEffect(intent=intent, command=command)
