"""From the store to decisions: load, reconcile, add what only the shell knows, evaluate. Writes nothing."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision
from receivables.history import Contacted, History
from receivables.open_items import Blocker, OpenItem
from receivables.refs import Ref
from receivables.rewind import rewind
from receivables.snapshot import Snapshot, take
from reconciliation.assumed_terms import with_assumed_terms
from reconciliation.breaks.answers import Answers
from reconciliation.engine import reconcile
from reconciliation.results import Reconciliation
from reconciliation.shared_addresses import with_shared_addresses
from rules.evaluate import evaluate
from store import connections, organisations, outbox, snapshots
from store.engine import Transaction
from store.outbox import Effect
from sync.contacts import with_contacts
from sync.debts import Debts
from sync.installation import Installation
from sync.postings import posting_breaks
from sync.receipts import with_receipts

#: What was overdue by more than this when its customer was released is backlog: held until that is released too.
BACKLOG_DAYS = 60

#: Intents of messages that went to the owner instead of the debtor end so; they never count as contact.
REDIRECTED = "#redirected"

MESSAGES = ("send_reminder", "send_invoice_email")


@dataclass(frozen=True)
class Assessment:
    """One look at everything, at one instant."""

    snapshot: Snapshot
    reconciliation: Reconciliation
    debts: Debts
    history: History
    decisions: tuple[Decision, ...] = ()

    @property
    def items(self) -> tuple[OpenItem, ...]:
        return self.debts.items

    def item(self, ref: str) -> OpenItem | None:
        return self.debts.of_invoice(ref)

    def around(self, decision: Decision) -> list[OpenItem]:
        return self.debts.around(decision)


def load_snapshot(installation: Installation) -> Snapshot:
    """Facts as known at owed's now: today's, a past day's, or for days before the first sync rebuilt from documents."""
    now = installation.clock()
    with installation.store.read() as tx:
        first = snapshots.first_known_at(tx)
        states = connection_states(tx, installation)
        if first is None or now >= first:
            found = take(installation.business, now, states, snapshots.load_facts(tx, now))
        else:
            found = rewind(take(installation.business, first, states, snapshots.load_facts(tx, first)), now)
        live_at = organisations.standing(tx).live_at
    return replace(found, connections=with_receipts(found, live_at))


def assess(
    installation: Installation,
    *,
    in_flight: Mapping[Ref, int] | None = None,
    decide: bool = True,
) -> Assessment:
    """`in_flight` is money just seen on its way, in minor units, beside what the facts tell."""
    snapshot = load_snapshot(installation)
    with installation.store.read() as tx:
        effects = outbox.listed(tx)
        live_at = organisations.standing(tx).live_at
    found = reconcile(snapshot, installation.match_policy)
    debts = known_debts(installation, snapshot, found, live_at, in_flight or {})
    return conclude(installation, snapshot, found, debts, effects, live_at, decide=decide)


def known_debts(
    installation: Installation,
    snapshot: Snapshot,
    reconciled: Reconciliation,
    live_at: dt.datetime | None,
    in_flight: Mapping[Ref, int],
) -> Debts:
    """The open items, with what only the shell knows of them. `in_flight` as in assess()."""
    seen = _with_money_in_flight(reconciled.items, in_flight)
    known = with_shared_addresses(with_assumed_terms(seen, snapshot.business), snapshot.local)
    return Debts(with_contacts(with_backlog(known, snapshot.business, live_at), installation.contacts))


def conclude(
    installation: Installation,
    snapshot: Snapshot,
    reconciled: Reconciliation,
    debts: Debts,
    effects: Collection[Effect],
    live_at: dt.datetime | None,
    *,
    decide: bool = True,
) -> Assessment:
    """What follows from the debts and from what was sent. `effects` are all rows of the outbox."""
    reconciliation = _with_postings(reconciled, snapshot, effects, live_at)
    history = History(contacts_in(effects, installation.sending.mode))
    decisions: tuple[Decision, ...] = ()
    if decide:
        concerned = [item for item in debts.items if item.invoice.status != "paid" or installation.rulebook.thanks]
        found = evaluate(
            installation.rulebook, concerned, snapshot.business, snapshot.connections, history, snapshot.taken_at
        )
        decisions = tuple(found)
    return Assessment(snapshot, reconciliation, debts, history, decisions)


def _with_postings(
    found: Reconciliation, snapshot: Snapshot, effects: Iterable[Effect], live_at: dt.datetime | None
) -> Reconciliation:
    """What only the outbox knows: which payments in the books are ours."""
    answers = Answers(snapshot.local)
    ours = [answers.applied(one) for one in posting_breaks(snapshot, found.sightings, effects, live_at)]
    return replace(found, breaks=tuple(sorted((*found.breaks, *ours), key=lambda one: one.key))) if ours else found


def connection_states(tx: Transaction, installation: Installation) -> list[ConnectionState]:
    """The owner's answers in owed.toml go before what a platform says of itself."""
    known = connections.known(tx)
    states = []
    for name, endpoint in installation.endpoints.items():
        books = installation.books[name]
        row = known.get(name)
        reminds = books.reminds_by_itself
        states.append(
            ConnectionState(
                name=name,
                platform=endpoint.platform,
                synced_at=row.synced_at if row else None,
                reminds_by_itself=row.reminds_by_itself if reminds is None and row else reminds,
                clearing_accounts=books.clearing_accounts,
                posted_by_others=books.posted_by_others,
                counted_at=row.verified_at if row else None,
                locked_until=row.locked_until if row else None,
            )
        )
    return states


def contacts_in(effects: Iterable[Effect], mode: str) -> Iterable[Contacted]:
    """Messages of the mode that is in force: a rehearsal to the owner never counts as contact with the debtor."""
    for effect in effects:
        decision = effect.decision
        if effect.intent.endswith(REDIRECTED) != (mode == "redirect"):
            continue
        if decision is not None:
            yield Contacted(
                key=decision.key,
                debtor=effect.debtor,
                invoices=effect.subjects,
                policy=decision.policy,
                step=decision.step,
                stage=decision.stage,
                channel=decision.channel,
                state=effect.state,  # type: ignore[arg-type]  # the outbox's states are the contact's
                at=effect.started_at or effect.planned_at,
                alongside=decision.alongside,
                action=decision.action,
                occasion=decision.occasion,
            )


def _with_money_in_flight(items: Iterable[OpenItem], in_flight: Mapping[Ref, int]) -> Iterable[OpenItem]:
    for item in items:
        amount = max(in_flight.get(item.invoice.ref, 0), item.in_flight)
        yield item if amount == item.in_flight else msgspec.structs.replace(item, in_flight=amount)


def with_backlog(items: Iterable[OpenItem], business: Business, live_at: dt.datetime | None) -> Iterable[OpenItem]:
    """The owner's word at go-live: whom not to chase, and which old debts wait until they are released.

    A debtor who was not there at go-live (a connection added later) is judged by the day of go-live.
    """
    for item in items:
        due_on, release = item.invoice.due_on, item.release
        since = release.stated_at if release else live_at
        old = bool(since and due_on and due_on < business.day_of(since) - dt.timedelta(days=BACKLOG_DAYS))
        blocker = None
        if release and not release.chase:
            blocker = Blocker("not_chased", "the owner chose not to chase this customer")
        elif old and not (release and release.backlog):
            what = f"it was overdue by more than {BACKLOG_DAYS} days at go-live"
            blocker = Blocker("backlog", f"{what}; release it with: owed golive --release {item.debtor}")
        yield msgspec.structs.replace(item, blockers=(*item.blockers, blocker)) if blocker else item
