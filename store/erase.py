"""Taking a person's data out of every table. Rows stay, with their amounts and days; words and addresses go."""

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from receivables.breaks import Break
from receivables.commands import AnyCommand
from receivables.decisions import Decision
from receivables.erasure import minimal, minimal_decision
from receivables.facts import Fact
from receivables.local_facts import BlockedAddress, LocalFact
from receivables.refs import Ref
from store import archive, codec, journal, organisations
from store.engine import Store, Transaction
from store.outbox import Effect
from store.snapshots import KINDS
from store.tables import (
    FACTS,
    PROJECTIONS,
    STATEMENT,
    connection,
    decision,
    difference,
    outbox,
    problem,
    rulebook,
    slot,
)

_GONE = "(erased)"
#: Columns of free text that may name somebody, in tables that are about nobody in particular.
_TEXTS = (
    (problem, ("place", "what", "hint")),
    (connection, ("problem",)),
    (slot, ("note",)),
    (rulebook, ("text",)),
)
#: What is erased of an effect beside its payload and its decision.
_BLANK = {"error": "", "reference": "", "url": "", "before": "{}"}


#: Where a word begins, also after a line's end or another letter as JSON writes them.
_BEGINS = r"(?:(?<!\w)|(?<=\\[nrtfb])|(?<=\\u[0-9a-f]{4}))"


class Words:
    """Addresses, numbers and names that nobody else can be meant by, to be found wherever they stand."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(sorted({word.strip() for word in words if _is_distinctive(word.strip())}))
        forms = {form for word in self.words for form in _written(word)}
        found = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
        self._pattern = re.compile(rf"{_BEGINS}(?:{found})(?!\w)", re.IGNORECASE) if forms else None

    def are_in(self, text: str) -> bool:
        return bool(self._pattern and self._pattern.search(text))

    def removed_from(self, text: str) -> str:
        return self._pattern.sub(_GONE, text) if self._pattern else text


def _is_distinctive(word: str) -> bool:
    """An address, a number of seven digits, or a name of several words; one word alone may mean anything."""
    digits = sum(letter.isdigit() for letter in word)
    return "@" in word or digits >= 7 or (len(word) >= 6 and " " in word)


def _written(word: str) -> set[str]:
    """As it is, and as the platforms' JSON writes it: quotes, other letters, and what means something in HTML."""
    plain = msgspec.json.encode(word).decode()[1:-1]
    escaped = json.dumps(word)[1:-1]
    in_html = "".join(f"\\u{ord(letter):04x}" if letter in "&<>'" else letter for letter in escaped)
    return {word, plain, escaped, in_html}


def versions(tx: Transaction, refs: Collection[Ref]) -> Iterator[Fact]:
    """Every version of these records."""
    for table in FACTS.values():
        for row in _rows(tx, table, refs):
            yield codec.decode(row.body, KINDS[row.kind])


def facts(tx: Transaction, refs: Collection[Ref]) -> int:
    """Take the words out of every version of these records, and empty what was received of them in the archive."""
    count = 0
    for table in FACTS.values():
        rows = _rows(tx, table, refs)
        archive.empty(tx, [row.raw for row in rows if row.raw])
        for row in rows:
            _rewrite(tx, table, row, minimal(codec.decode(row.body, KINDS[row.kind])))
        count += len(rows)
    return count


def _rows(tx: Transaction, table: sa.Table, refs: Collection[Ref]) -> list[sa.Row[Any]]:
    found: list[sa.Row[Any]] = []
    by_connection: dict[str, list[str]] = {}
    for ref in refs:
        if ref.kind == table.name:
            by_connection.setdefault(ref.connection, []).append(ref.id)
    for name, ids in by_connection.items():
        for start in range(0, len(ids), 5_000):
            here = sa.and_(tx.mine(table), table.c.connection == name, table.c.id.in_(ids[start : start + 5_000]))
            found += tx.execute(sa.select(table).where(here)).all()
    return found


def _rewrite(tx: Transaction, table: sa.Table, row: sa.Row[Any], fact: Fact) -> None:
    body = codec.encode(fact)
    copied = {name: getattr(fact, name) for name in PROJECTIONS[table.name]}
    this = sa.and_(
        tx.mine(table),
        table.c.connection == row.connection,
        table.c.id == row.id,
        table.c.known_from == row.known_from,
    )
    tx.execute(table.update().where(this).values(body=body, digest=codec.digest(body), **copied))
    organisations.facts_changed(tx)


def statements(tx: Transaction, subjects: Collection[str], words: Words) -> int:
    """What people and the mailbox stated: that it was stated stays. A blocked address is an address, and goes whole."""
    count = 0
    for row in tx.execute(sa.select(STATEMENT).where(tx.mine(STATEMENT))).all():
        fact = codec.decode(row.body, KINDS[row.kind])
        assert isinstance(fact, LocalFact)
        if fact.subject not in subjects and not words.are_in(row.body):
            continue
        count += 1
        archive.empty(tx, [getattr(fact, "raw", "")])
        if isinstance(fact, BlockedAddress):
            tx.execute(STATEMENT.delete().where(tx.mine(STATEMENT), STATEMENT.c.id == row.id))
            organisations.facts_changed(tx)
        else:
            _rewrite(tx, STATEMENT, row, minimal(fact))
    return count


def decisions(tx: Transaction, subjects: Collection[str]) -> None:
    for row in tx.execute(sa.select(decision).where(tx.mine(decision))).all():
        if row.subject in subjects:
            body = codec.encode(minimal_decision(codec.decode(row.body, Decision)))
            this = sa.and_(tx.mine(decision), decision.c.subject == row.subject)
            tx.execute(decision.update().where(this, decision.c.decided_at == row.decided_at).values(body=body))


def breaks(tx: Transaction, refs: Collection[Ref], words: Words) -> None:
    """Their words are written anew by the next reconciliation, from what is left."""
    for row in tx.execute(sa.select(difference).where(tx.mine(difference))).all():
        found = codec.decode(row.body, Break)
        if {*found.refs, *found.about}.intersection(refs) or words.are_in(row.body):
            body = codec.encode(msgspec.structs.replace(found, cause="", next_step="", reason=""))
            tx.execute(difference.update().where(tx.mine(difference), difference.c.key == row.key).values(body=body))


def effects(tx: Transaction, concerned: Iterable[Effect]) -> int:
    """The payload's digest stays: whoever has the message can still prove that it is the one that was sent."""
    count = 0
    for effect in concerned:
        command: AnyCommand = minimal(effect.command)
        decided = codec.encode(minimal_decision(effect.decision)) if effect.decision else ""
        this = sa.and_(tx.mine(outbox), outbox.c.id == effect.id, outbox.c.state == effect.state)
        tx.execute(outbox.update().where(this).values(payload=codec.encode(command), decision=decided, **_BLANK))
        count += 1
    return count


def texts(tx: Transaction, words: Words) -> None:
    """Problems, notes and old rulebooks that mention them. The rulebook in force stands in owed.toml."""
    for table, columns in _TEXTS:
        keys = [column.name for column in table.primary_key.columns]
        for row in tx.execute(sa.select(table).where(tx.mine(table))).mappings().all():
            changed = {name: words.removed_from(row[name]) for name in columns if words.are_in(row[name])}
            if changed:
                this = sa.and_(*(table.c[name] == row[name] for name in keys))
                tx.execute(table.update().where(this).values(changed))


def journal_bodies(
    tx: Transaction, now: dt.datetime, subjects: Collection[str], words: Words, told: object, actor: str
) -> int:
    """What the journal tells about them, or in words of theirs; errors of their messages may quote an address."""
    concerned = [
        entry
        for entry in journal.entries(tx)
        if entry.body and entry.event != journal.ERASED and (_tells(entry, subjects) or words.are_in(entry.body))
    ]
    return journal.erase_bodies(tx, now, concerned, told, actor)


def _tells(entry: journal.Entry, subjects: Collection[str]) -> bool:
    """Of an effect its payload's digest stays in the chain as long as nothing else stands beside it."""
    if entry.subject not in subjects:
        return False
    is_effect = ":" not in entry.subject
    return not is_effect or any(f'"{name}"' in (entry.body or "") for name in ("error", "reference", "url"))


def compact(store: Store) -> None:
    """Have the database give up the space where the erased data stood: a deleted row is not yet an erased one."""
    raw = store.engine.raw_connection()
    try:
        if store.engine.dialect.name == "postgresql":
            raw.driver_connection.autocommit = True  # type: ignore[union-attr]  # the driver's own connection
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        if store.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    finally:
        if store.engine.dialect.name == "postgresql":
            raw.driver_connection.autocommit = False  # type: ignore[union-attr]  # as above
        raw.close()


def linked(tx: Transaction, customers: Collection[Ref]) -> set[Ref]:
    """Every record that names one of these customers, in any version, also those that are gone; and their refunds."""
    found = set(customers)
    for table in FACTS.values():
        if "customer_id" in table.c:
            query = sa.select(table.c.connection, table.c.id, table.c.customer_id).where(tx.mine(table)).distinct()
            named = ((row, Ref(row.connection, "customer", row.customer_id or "")) for row in tx.execute(query))
            found.update(Ref(row.connection, table.name, row.id) for row, owner in named if owner in customers)
    for kind in ("refund", "chargeback"):
        table = FACTS[kind]
        query = sa.select(table.c.connection, table.c.id, table.c.payment_id).where(tx.mine(table)).distinct()
        for row in tx.execute(query):
            if row.payment_id and Ref(row.connection, "payment", row.payment_id) in found:
                found.add(Ref(row.connection, kind, row.id))
    return found
