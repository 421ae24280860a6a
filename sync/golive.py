"""Going live: the owner's word about each debtor, and the day from which messages may leave."""

from collections.abc import Collection, Mapping

import msgspec

from receivables.local_facts import Confirmation, Release
from receivables.refs import LOCAL
from store import connections, ingest, journal, organisations
from store.engine import Transaction
from sync.assess import Assessment
from sync.installation import Installation


def overdue_debtors(seen: Assessment) -> set[str]:
    """Keys of everyone who has something overdue today."""
    today = seen.snapshot.today
    return {item.debtor for item in seen.items if item.invoice.is_open and (item.days_past_due(today) or 0) > 0}


def go_live(
    installation: Installation,
    seen: Assessment,
    *,
    actor: str,
    skipped: Collection[str] = (),
    released: Collection[str] = (),
    reminders: Mapping[str, bool] | None = None,
    sent_elsewhere: bool = False,
) -> None:
    """Record a release for everyone overdue: chased unless in `skipped`, with old backlog if in `released` ("all").

    `reminders` are answers to "does this platform remind by itself?". A later go-live adds releases and keeps the
    first day: what was backlog then stays backlog until it is released.
    """
    now = installation.clock()
    with installation.store.write() as tx:
        for debtor in sorted(overdue_debtors(seen)):
            release = Release(
                connection=LOCAL,
                id=f"release-{debtor}",
                subject=debtor,
                stated_by=actor,
                stated_at=now,
                chase=debtor not in skipped,
                backlog=debtor in released or "all" in released,
            )
            _keep(tx, release, seen, by_name=debtor in released)
        if sent_elsewhere:
            confirmation = Confirmation(
                connection=LOCAL,
                id="sent-elsewhere",
                subject="all",
                question="sent_elsewhere",
                stated_by=actor,
                stated_at=now,
            )
            ingest.state(tx, now, confirmation)
        for name, answer in (reminders or {}).items():
            connections.update(tx, name, reminds_by_itself=int(answer))
        organisations.go_live(tx, now)
        journal.append(
            tx, now, "went live", "sending", {"skipped": sorted(skipped), "released": sorted(released)}, actor
        )


def _keep(tx: Transaction, release: Release, seen: Assessment, *, by_name: bool) -> None:
    """What was said before stays said: the first day, a released backlog, and whom not to chase until released by name."""
    for one in seen.snapshot.local:
        if isinstance(one, Release) and one.subject == release.subject:
            release = msgspec.structs.replace(
                release,
                stated_at=one.stated_at,
                backlog=release.backlog or one.backlog,
                chase=release.chase and (one.chase or by_name),
            )
    ingest.state(tx, seen.snapshot.taken_at, release)
