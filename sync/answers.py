"""What a message that came back means for a debtor, and the facts that follow from it.

Facts are named after the message and the debtor, so that reading a message again changes nothing: not even a hold that
a person has lifted since, or an address that a person has taken back.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.email.bounces import Failure
from connectors.email.inbox import Answer, Incoming, Mail, Returned
from connectors.email.message import name_of
from receivables.local_facts import BlockedAddress, Bounce, Hold, LocalFact, Reply
from receivables.refs import LOCAL, Ref
from receivables.workdays import workdays_after
from store import archive, ingest, journal, outbox, snapshots
from store.engine import Transaction
from store.outbox import Effect
from sync.correspondence import Correspondence, recipients
from sync.installation import Installation

#: Who stated it, in the history and in the journal.
ACTOR = "mailbox"

#: States that nothing which came back can change: it is known already, or a person has taken the message back.
_CLOSED = ("sent", "refused")

#: After a reply the customer is left alone for so many working days: time for a person to read it and answer.
PAUSE_WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class Meaning:
    """`fact` is what is kept; `blocks` is an address that cannot be reached; `pauses` are the customer's references."""

    fact: Reply | Bounce
    blocks: str = ""
    pauses: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        if isinstance(self.fact, Reply):
            return "automatic answers" if self.fact.automatic else "replies"
        return "bounces" if self.fact.lasting else "delays"


class Answers:
    """One round: what each message means, and writing it down."""

    def __init__(self, installation: Installation, correspondence: Correspondence) -> None:
        self._installation = installation
        self._known = correspondence

    def meanings(self, mail: Incoming) -> list[Meaning]:
        """Empty for what is none of ours: it is neither kept nor looked at again."""
        if isinstance(mail, Returned):
            return list(self._of_bounce(mail))
        return list(self._of_answer(mail)) if isinstance(mail, Answer) else []

    def _of_bounce(self, mail: Returned) -> Iterator[Meaning]:
        named = self._known.named(mail.names)
        if named and self._known.is_rehearsal(named):
            return
        for failure in mail.failed:
            effect = named or self._known.newest_to(failure.address, mail.received_at)
            if effect is None or self._known.is_own(failure.address):
                continue
            address = _ours(effect, failure.address)
            yield Meaning(self._bounce(mail, effect, failure, address), address if failure.lasting else "")

    def _bounce(self, mail: Mail, effect: Effect, failure: Failure, address: str) -> Bounce:
        return Bounce(
            **self._about(mail, effect, f"bounce/{address or failure.address}"),
            address=address or failure.address,
            lasting=failure.lasting,
            status=failure.status,
            diagnostic=failure.diagnostic,
        )

    def _of_answer(self, mail: Answer) -> Iterator[Meaning]:
        named = self._known.named(mail.names)
        if self._known.is_own(mail.sender) or (named and self._known.is_rehearsal(named)):
            return
        if named is None and mail.bulk:
            return
        for effect in [named] if named else self._known.from_sender(mail.sender, mail.received_at):
            fact = Reply(
                **self._about(mail, effect, "reply"),
                sender=mail.sender,
                title=mail.title,
                automatic=mail.automatic,
                excerpt=mail.text,
            )
            yield Meaning(fact, pauses=() if mail.automatic else tuple(self._known.customers_of(effect)))

    def _about(self, mail: Mail, effect: Effect, what: str) -> dict[str, Any]:
        name = hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]
        return {
            "connection": LOCAL,
            "id": f"{what}/{name}/{effect.debtor}",
            "subject": effect.debtor,
            "stated_by": ACTOR,
            "stated_at": self._installation.clock(),
            "message_id": mail.message_id,
            "received_at": mail.received_at,
            "answers": effect.id,
            "invoices": tuple(Ref.parse(subject) for subject in effect.subjects),
        }

    def settle(self, tx: Transaction, mail: Incoming) -> list[str]:
        """Messages that nobody was sure of and that this one proves to have left; a line for each.

        Whoever names the Message-ID of ours has the message, or a copy of it: an answer, a bounce, and our own copy in
        the mailbox are proof alike, also of a try that was held to have come to nothing."""
        if not isinstance(mail, Mail):
            return []
        lines = (self._settle(tx, mail, name) for name in dict.fromkeys((mail.message_id, *mail.names)))
        return [line for line in lines if line]

    def _settle(self, tx: Transaction, mail: Mail, name: str) -> str:
        cited = self._known.named([name])
        row = outbox.get(tx, cited.id) if cited else None
        if row is None or row.state in _CLOSED or (row.state == "sending" and not _is_of_this_try(row, name)):
            return ""
        now, before = self._installation.clock(), row.state
        if not outbox.sent(tx, now, row, name, actor=ACTOR):
            return ""
        proof = {"intent": row.intent, "was": before, "names": name, "by": mail.message_id}
        journal.append(tx, now, "proved to have left", row.id, proof, ACTOR)
        return f"{row.debtor}: a message that was {before} did leave: mail from {mail.sender or 'nobody'} names it"

    def take(self, tx: Transaction, meaning: Meaning, raw: bytes) -> str:
        """Write down what follows; a line for the report, or "" when the message was taken before."""
        fact = meaning.fact
        if snapshots.versions(tx, fact.kind, LOCAL, fact.id):
            return ""
        (kept,) = archive.keep(tx, ACTOR, "mail", self._installation.clock(), [raw])
        self._state(tx, msgspec.structs.replace(fact, raw=kept), f"{fact.kind} received")
        if isinstance(fact, Bounce):
            return self._block(tx, fact, meaning.blocks)
        return self._pause(tx, fact, meaning.pauses)

    def _block(self, tx: Transaction, bounce: Bounce, address: str) -> str:
        what = f"{bounce.address} bounced{f' ({bounce.status})' if bounce.status else ''}"
        if not address:
            return f"{bounce.subject}: {what}; nothing follows"
        identifier, received_at = f"blocked/{address}", bounce.received_at or self._installation.clock()
        before = snapshots.versions(tx, BlockedAddress.kind, LOCAL, identifier)
        last = before[-1][1] if before else None
        if isinstance(last, BlockedAddress) and (last.lifted_at is None or last.lifted_at >= received_at):
            return f"{bounce.subject}: {what}; it is blocked already, or was taken back since"
        fact = BlockedAddress(
            connection=LOCAL,
            id=identifier,
            subject=bounce.subject,
            reason=bounce.diagnostic or bounce.status,
            stated_by=ACTOR,
            stated_at=self._installation.clock(),
            address=address,
            blocked_on=self._installation.business.day_of(received_at),
        )
        self._state(tx, fact, "address blocked")
        return f"{bounce.subject}: {what}; nobody writes there any more: ask for another address"

    def _pause(self, tx: Transaction, reply: Reply, customers: tuple[str, ...]) -> str:
        if reply.automatic:
            return f"{reply.subject}: automatic answer from {reply.sender}"
        business = self._installation.business
        day = business.day_of(reply.received_at or self._installation.clock())
        until_on = workdays_after(day, PAUSE_WORKDAYS, business.country)
        told = f"{reply.subject}: reply from {reply.sender}: {reply.title}"
        if until_on <= business.day_of(self._installation.clock()):
            return told
        for subject in customers:
            self._hold(tx, reply, subject, day, until_on)
        return f"{told}; paused until {until_on}"

    def _hold(self, tx: Transaction, reply: Reply, subject: str, day: dt.date, until_on: dt.date) -> None:
        """The newest hold of a subject counts, so a longer one that somebody has stated must stay the newest."""
        now = self._installation.clock()
        held = [one for one in snapshots.stated(tx, Hold, subject) if one.lifted_at is None]
        newest = max(held, key=lambda one: (str(one.stated_at), one.id), default=None)
        if newest and (newest.until_on is None or newest.until_on >= until_on):
            return
        fact = Hold(
            connection=LOCAL,
            id=f"hold/{reply.id.split('/')[1]}/{subject}",
            subject=subject,
            reason=f"replied on {day}: {reply.title}"[:200],
            stated_by=ACTOR,
            stated_at=now,
            until_on=until_on,
        )
        self._state(tx, fact, "hold")

    def _state(self, tx: Transaction, fact: LocalFact, event: str) -> None:
        now = self._installation.clock()
        ingest.state(tx, now, fact)
        journal.append(tx, now, event, fact.subject, fact, ACTOR)


def _is_of_this_try(row: Effect, name: str) -> bool:
    return name.strip("<>").partition("@")[0] == name_of(row.key)


def _ours(effect: Effect, address: str) -> str:
    """The address as we wrote to it: a mailbox that forwards names the one behind it. "" when it cannot be told."""
    written = recipients(effect.command)
    if address in written:
        return address
    return next(iter(written)) if len(written) == 1 else ""
