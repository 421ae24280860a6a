"""The schema. Every table carries its organisation, so that no query can cross from one to another unseen."""

from sqlalchemy import Column, Index, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint

from receivables.facts import PLATFORM_FACTS, Fact
from store.columns import Bytes, DateText, UtcText, Whole, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: Column | Index | PrimaryKeyConstraint | UniqueConstraint) -> Table:  # type: ignore[type-arg]  # columns of any type
    return Table(name, metadata, Column("organisation", Words, nullable=False), *parts, sqlite_strict=True)


organisation = _table(
    "organisation",
    Column("name", Words, nullable=False),
    Column("created_at", UtcText, nullable=False),
    #: Instant of go-live; nothing is sent before.
    Column("live_at", UtcText),
    #: The emergency stop: nothing leaves until it is lifted.
    Column("stopped_at", UtcText),
    #: After a backup was restored: what came due until then waits for approval, since it may have been done already.
    Column("review_until", UtcText),
    #: Goes up with every change of a fact: who knows the number needs not read the facts again to see that none has.
    Column("facts_version", Whole, nullable=False, server_default="0"),
    PrimaryKeyConstraint("organisation"),
)

connection = _table(
    "connection",
    Column("name", Words, nullable=False),
    Column("platform", Words, nullable=False),
    Column("account", Words, nullable=False, default=""),
    Column("title", Words, nullable=False, default=""),
    #: ok | reconnect | failing
    Column("state", Words, nullable=False, default="ok"),
    Column("problem", Words, nullable=False, default=""),
    Column("synced_at", UtcText),
    Column("tried_at", UtcText),
    #: When the platform was last asked who it is and whether it reminds by itself.
    Column("checked_at", UtcText),
    Column("reminds_by_itself", Whole),
    Column("posted_by_others", Whole),
    #: When every record was last compared with the platform's, one by one.
    Column("verified_at", UtcText),
    #: When the platform last told us of a change by itself.
    Column("hinted_at", UtcText),
    #: The platform's books are closed up to and with this day.
    Column("locked_until", DateText),
    #: One worker at a time reads a connection.
    Column("pulled_by", Words, nullable=False, server_default=""),
    Column("pulled_until", UtcText),
    PrimaryKeyConstraint("organisation", "name"),
)

credential = _table(
    "credential",
    Column("connection", Words, nullable=False),
    Column("sealed", Bytes, nullable=False),
    Column("version", Whole, nullable=False),
    Column("lease_owner", Words, nullable=False, default=""),
    Column("lease_until", UtcText),
    Column("updated_at", UtcText, nullable=False),
    PrimaryKeyConstraint("organisation", "connection"),
)

cursor = _table(
    "cursor",
    Column("connection", Words, nullable=False),
    Column("stream", Words, nullable=False),
    Column("cursor", Words, nullable=False),
    Column("moved_at", UtcText, nullable=False),
    PrimaryKeyConstraint("organisation", "connection", "stream"),
)

#: What platforms told us by webhooks: each says that a record changed, and is kept once by its event.
hint = _table(
    "hint",
    Column("connection", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("stream", Words, nullable=False),
    Column("id", Words, nullable=False),
    Column("received_at", UtcText, nullable=False),
    Column("followed_at", UtcText),
    PrimaryKeyConstraint("organisation", "connection", "event", "stream", "id"),
    Index("ix_hint_open", "organisation", "connection", "followed_at"),
)

raw = _table(
    "raw",
    Column("digest", Words, nullable=False),
    Column("connection", Words, nullable=False),
    Column("stream", Words, nullable=False),
    Column("received_at", UtcText, nullable=False),
    Column("size", Whole, nullable=False),
    Column("body", Bytes),
    PrimaryKeyConstraint("organisation", "digest"),
)

problem = _table(
    "problem",
    Column("connection", Words, nullable=False),
    Column("place", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("hint", Words, nullable=False, default=""),
    Column("raw", Words, nullable=False, default=""),
    Column("first_seen_at", UtcText, nullable=False),
    Column("last_seen_at", UtcText, nullable=False),
    Column("mended_at", UtcText),
    PrimaryKeyConstraint("organisation", "connection", "place"),
)

#: kind -> columns copied out of the fact, so that plain SQL can ask about it.
PROJECTIONS: dict[str, dict[str, type | object]] = {
    "customer": {"name": Words, "balance": Whole, "currency": Words},
    "invoice": {
        "number": Words,
        "customer_id": Words,
        "status": Words,
        "currency": Words,
        "total": Whole,
        "open": Whole,
        "issue_on": DateText,
        "due_on": DateText,
    },
    "credit_note": {
        "number": Words,
        "customer_id": Words,
        "status": Words,
        "currency": Words,
        "total": Whole,
        "open": Whole,
        "issue_on": DateText,
    },
    "payment": {
        "customer_id": Words,
        "status": Words,
        "currency": Words,
        "amount": Whole,
        "unapplied": Whole,
        "paid_on": DateText,
        "reference": Words,
    },
    "refund": {
        "payment_id": Words,
        "status": Words,
        "currency": Words,
        "amount": Whole,
        "refunded_on": DateText,
    },
    "chargeback": {"payment_id": Words, "status": Words, "currency": Words, "amount": Whole},
    "payout": {"status": Words, "currency": Words, "amount": Whole, "arrives_on": DateText},
    "balance_transaction": {"currency": Words, "amount": Whole, "fee": Whole, "payout_id": Words, "source_id": Words},
    "bank_line": {
        "account": Words,
        "status": Words,
        "currency": Words,
        "amount": Whole,
        "booked_on": DateText,
        "reference": Words,
    },
    "journal_line": {"customer_id": Words, "currency": Words, "amount": Whole, "posted_on": DateText},
    "payment_link": {"invoice": Words, "currency": Words, "amount": Whole},
    "statement": {"subject": Words},
}


def _fact_table(kind: str) -> Table:
    """Versions of one kind of fact. The version with known_to NULL is the current one, and there is at most one."""
    current = Index(f"uq_{kind}_current", "organisation", "connection", "id", unique=True)
    table = _table(
        kind,
        Column("connection", Words, nullable=False),
        Column("id", Words, nullable=False),
        Column("known_from", UtcText, nullable=False),
        Column("known_to", UtcText),
        Column("updated_at", UtcText),
        #: Of the body, so that an unchanged fact writes nothing.
        Column("digest", Words, nullable=False),
        #: Of the bytes received; see the table `raw`.
        Column("raw", Words, nullable=False, default=""),
        *(Column(name, of) for name, of in PROJECTIONS[kind].items()),  # type: ignore[arg-type]  # a type or an instance, as SQLAlchemy takes both
        Column("kind", Words, nullable=False),
        Column("body", Words, nullable=False),
        PrimaryKeyConstraint("organisation", "connection", "id", "known_from"),
        current,
    )
    for dialect in ("sqlite", "postgresql"):
        current.dialect_options[dialect]["where"] = table.c.known_to.is_(None)
    return table


#: One table a kind of platform fact; what people state to owed shares the table `statement`.
FACTS: dict[str, Table] = {fact.kind: _fact_table(fact.kind) for fact in PLATFORM_FACTS}
STATEMENT = _fact_table("statement")


def table_of(fact: type[Fact]) -> Table:
    return FACTS.get(fact.kind, STATEMENT)


difference = _table(
    "break",
    Column("key", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("currency", Words, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("body", Words, nullable=False),
    Column("first_seen_at", UtcText, nullable=False),
    Column("last_seen_at", UtcText, nullable=False),
    Column("closed_at", UtcText),
    PrimaryKeyConstraint("organisation", "key"),
)

decision = _table(
    "decision",
    Column("subject", Words, nullable=False),
    Column("decided_at", UtcText, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("body", Words, nullable=False),
    PrimaryKeyConstraint("organisation", "subject", "decided_at"),
)

outbox = _table(
    "outbox",
    Column("id", Words, nullable=False),
    #: Business identity: planning the same effect twice, on two machines, gives one row.
    Column("intent", Words, nullable=False),
    Column("verb", Words, nullable=False),
    Column("connection", Words, nullable=False),
    Column("debtor", Words, nullable=False, default=""),
    Column("subjects", Words, nullable=False),
    Column("decision", Words, nullable=False, default=""),
    #: Frozen bytes of the command; a retry sends exactly these.
    Column("payload", Words, nullable=False),
    Column("payload_digest", Words, nullable=False),
    #: planned | approved | sending | uncertain | needs_human | sent | failed | cancelled
    Column("state", Words, nullable=False),
    Column("attempt", Whole, nullable=False, default=0),
    Column("key", Words, nullable=False, default=""),
    #: Real time of the first try under this key: the platform remembers a key only so long.
    Column("key_since", UtcText),
    #: Where a blind send stands: "" or "commit" (the point of no return was passed).
    Column("phase", Words, nullable=False, default=""),
    #: Intents that have to be sent first (a reminder waits for its pay links).
    Column("needs", Words, nullable=False, default="[]"),
    Column("before", Words, nullable=False, default="{}"),
    Column("lease_owner", Words, nullable=False, default=""),
    Column("lease_until", UtcText),
    Column("not_before", UtcText),
    Column("expires_at", UtcText),
    Column("planned_at", UtcText, nullable=False),
    Column("approved_at", UtcText),
    Column("approved_by", Words, nullable=False, default=""),
    Column("started_at", UtcText),
    Column("finished_at", UtcText),
    Column("reference", Words, nullable=False, default=""),
    Column("url", Words, nullable=False, default=""),
    Column("error", Words, nullable=False, default=""),
    PrimaryKeyConstraint("organisation", "id"),
    UniqueConstraint("organisation", "intent"),
    Index("ix_outbox_state", "organisation", "state", "not_before"),
    Index("ix_outbox_started", "organisation", "started_at", "verb", "state"),
)

journal = _table(
    "journal",
    Column("number", Whole, nullable=False),
    Column("at", UtcText, nullable=False),
    Column("actor", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("subject", Words, nullable=False),
    #: SHA-256 of the salt and the body; "" in entries of the first form, whose hash is over the body itself.
    Column("sealed", Words, nullable=False, server_default=""),
    Column("previous", Words, nullable=False),
    Column("hash", Words, nullable=False),
    PrimaryKeyConstraint("organisation", "number"),
)

#: What entries of the journal tell, apart from them: it may be erased while the chain stays whole.
journal_body = _table(
    "journal_body",
    Column("number", Whole, nullable=False),
    Column("salt", Words, nullable=False),
    Column("body", Words, nullable=False),
    PrimaryKeyConstraint("organisation", "number"),
)

#: Records of customers whose data was erased, by digest: what a platform sends of them again is kept without texts.
erased = _table(
    "erased",
    Column("digest", Words, nullable=False),
    Column("erased_at", UtcText, nullable=False),
    PrimaryKeyConstraint("organisation", "digest"),
)

rulebook = _table(
    "rulebook",
    Column("hash", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("first_used_at", UtcText, nullable=False),
    PrimaryKeyConstraint("organisation", "hash"),
)

slot = _table(
    "slot",
    Column("job", Words, nullable=False),
    Column("slot_at", UtcText, nullable=False),
    #: claimed | done | failed | skipped
    Column("state", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("lease_until", UtcText, nullable=False),
    Column("finished_at", UtcText),
    Column("note", Words, nullable=False, default=""),
    PrimaryKeyConstraint("organisation", "job", "slot_at"),
)

allowance = _table(
    "allowance",
    #: "connection/window", such as "books/minute".
    Column("scope", Words, nullable=False),
    Column("window_at", UtcText, nullable=False),
    Column("used", Whole, nullable=False),
    Column("paused_until", UtcText),
    Column("note", Words, nullable=False, default=""),
    PrimaryKeyConstraint("organisation", "scope"),
)
