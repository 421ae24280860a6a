"""What was written to a debtor, and what came back, as files of an evidence bundle."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from outreach.evidence_words import EvidenceWords
from receivables.commands import SendReminder
from receivables.local_facts import Bounce, LocalFact, Reply
from store import journal, outbox
from store.engine import Transaction
from store.outbox import Effect


def messages(tx: Transaction, effects: Iterable[Effect], words: EvidenceWords) -> dict[str, bytes]:
    """Each effect with its frozen payload and every state that it went through; messages also as text to be read, below
    headings in `words`."""
    files: dict[str, bytes] = {}
    for number, effect in enumerate(sorted(effects, key=lambda one: (one.planned_at, one.id)), 1):
        name = f"messages/{number:04}-{effect.verb.replace('_', '-')}-{effect.id[:8]}"
        files[f"{name}.json"] = _json(_effect(tx, effect))
        if isinstance(effect.command, SendReminder):
            files[f"{name}.txt"] = _letter(effect, effect.command, words).encode()
    return files


def _effect(tx: Transaction, effect: Effect) -> dict[str, Any]:
    """`payload` is the text of the bytes that were frozen before the first try; the journal holds its digest. None when
    it was erased."""
    payload = outbox.frozen(tx, effect.id)
    states = [
        {"number": one.number, "at": one.at, "state": one.event, "actor": one.actor}
        for one in journal.entries(tx, effect.id)
    ]
    receipt = {"state": effect.state, "at": effect.finished_at, "reference": effect.reference, "url": effect.url}
    return {
        "id": effect.id,
        "intent": effect.intent,
        "what": effect.verb,
        "through": effect.connection,
        "debtor": effect.debtor,
        "about": effect.subjects,
        "payload": payload.text if payload.is_whole else None,
        "payload_digest": payload.digest,
        "key": effect.key,
        "tries": effect.attempt,
        "planned_at": effect.planned_at,
        "approved_at": effect.approved_at,
        "approved_by": effect.approved_by,
        "started_at": effect.started_at,
        "receipt": {**receipt, "remark": effect.error},
        "states": states,
        "decision": effect.decision,
    }


def _letter(effect: Effect, command: SendReminder, words: EvidenceWords) -> str:
    """Sent or not, and when, stands above the message, which is as it was written. `verify.py` reads it."""
    when = f"{effect.finished_at:%Y-%m-%d %H:%M:%S} UTC" if effect.finished_at else "-"
    said = words.letter
    head = [
        said.state.format(state=words.state(effect.state), at=when),
        said.receipt.format(reference=effect.reference or "-"),
        said.sender.format(sender=command.sender),
        said.to.format(to=", ".join(command.to)),
        *([said.cc.format(cc=", ".join(command.cc))] if command.cc else []),
        said.subject.format(subject=command.subject),
    ]
    return "\n".join([*head, "", command.text, ""])


def letters(facts: Iterable[LocalFact], received: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """Replies and bounces, with the messages as they were received where they are still kept."""
    files: dict[str, bytes] = {}
    came = sorted(
        (one for one in facts if isinstance(one, Reply | Bounce)), key=lambda one: (str(one.received_at), one.id)
    )
    for number, fact in enumerate(came, 1):
        name = f"replies/{number:04}-{fact.kind}"
        files[f"{name}.json"] = _json({"kind": fact.kind, "fact": fact})
        original = received(fact.raw) if fact.raw else None
        if original is not None:
            files[f"{name}.eml"] = original
    return files


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"
