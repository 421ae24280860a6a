"""Whatever people do at the platforms, whatever fails there, and wherever owed is killed: the books here become equal
to the books there, with nothing missing and nothing doubled."""

import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from receivables.facts import CreditNote, Invoice, Payment
from store import snapshots
from sync.census import Count
from sync.pull import pull
from tests.sync.by_hand import ByHand
from tests.sync.conftest import Office, opened
from tests.sync.deeds import DEEDS

PLATFORMS = {"books": "xero", "ledger": "quickbooks", "cards": "stripe"}
FAULTS = ("error", "throttle", "reset", "lost", "truncated", "malformed")


class Killed(BaseException):
    """The process ends here, after a page was saved and before the next was asked for."""


deeds = st.tuples(st.just("deed"), st.sampled_from(sorted(DEEDS)), st.integers(0, 500))
syncs = st.tuples(st.just("sync"), st.sampled_from(sorted(PLATFORMS)), st.none() | st.integers(1, 6))
faults = st.tuples(st.just("fault"), st.sampled_from(sorted(set(PLATFORMS.values()))), st.sampled_from(FAULTS))
meanwhile = st.tuples(st.just("meanwhile"), st.sampled_from(sorted(PLATFORMS)), st.sampled_from(sorted(DEEDS)))
interleavings = st.lists(deeds | deeds | syncs | faults | meanwhile, min_size=4, max_size=14)


#: Where records are; TLS lets no token be garbled on its way.
_RECORDS = {"xero": "api.xro", "quickbooks": "/company/", "stripe": "/v1/"}


def plan(office: Office, platform: str, kind: str, count: int) -> None:
    path = _RECORDS[platform] if kind in {"malformed", "truncated"} else ""
    office.tell("/faults", platform=platform, kind=kind, count=count, path=path)


def act(office: Office, hand: ByHand, step: tuple[str, Any, Any]) -> None:
    kind, first, second = step
    if kind == "deed":
        office.later(seconds=20)
        DEEDS[first](hand, second)
    elif kind == "fault":
        office.sandbox.world.faults.clear()  # half an hour of lost answers ends a connection to Xero for good
        plan(office, first, second, 2)
    else:
        office.later(minutes=7)
        sync(
            office,
            hand,
            first,
            killed_after=second if kind == "sync" else None,
            deed=second if kind == "meanwhile" else "",
        )


def sync(office: Office, hand: ByHand, name: str, *, killed_after: int | None, deed: str) -> None:
    """With a deed between every two pages, or killed after some."""
    pages = 0

    def between(_connection: str, _stream: str, _rows: int) -> None:
        nonlocal pages
        pages += 1
        if deed:
            DEEDS[deed](hand, pages)
        if killed_after == pages:
            raise Killed

    with suppress(Killed):
        pull(office.unhurried, name, between)


def settle(office: Office) -> None:
    """The faults end. Failed connections are tried again within minutes, as the worker does; then undisturbed."""
    office.sandbox.world.faults.clear()
    office.later(minutes=10)
    for name in PLATFORMS:
        pull(office.unhurried, name)
    office.later(hours=1)
    for name in PLATFORMS:
        report = pull(office.unhurried, name)
        assert not report.error, report.error
        assert not report.problems, report.problems


def held(office: Office) -> dict[str, Any]:
    """What the store says is open and unapplied, by platform."""
    with office.installation.store.read() as tx:
        invoices = snapshots.current(tx, Invoice)
        notes, payments = snapshots.current(tx, CreditNote), snapshots.current(tx, Payment)
    owed = [one for one in invoices if one.status in {"open", "uncollectible"} and one.open]
    credit = [(one.connection, one.open) for one in notes if one.status == "open" and one.open]
    credit += [(one.connection, one.unapplied) for one in payments if one.status == "settled" and one.unapplied]
    return {
        "open": {
            name: sorted((one.id, one.open, one.currency) for one in owed if one.connection == name)
            for name in PLATFORMS
        },
        "unapplied": {
            name: Counter(amount for owner, amount in credit if owner == name) for name in ("books", "ledger")
        },
    }


def truth(office: Office) -> dict[str, Any]:
    """The same, from the sandbox's own ledgers."""
    told = office.ask("/truth.json")
    return {
        "open": {
            name: sorted((one["id"], one["amount"], one["currency"]) for one in told["open"][platform])
            for name, platform in PLATFORMS.items()
        },
        "unapplied": {
            name: Counter(one["amount"] for one in told["unapplied"][PLATFORMS[name]]) for name in ("books", "ledger")
        },
    }


def repaired(office: Office, name: str) -> list[Count]:
    """What a census has to mend. A customer's balance is a sum, whose changes QuickBooks' change feed does not tell."""
    counts = pull(office.unhurried, name, count=True).counts
    assert counts
    return [count for count in counts if count.repaired and count.kind != "customer"]


def test_any_interleaving_of_changes_faults_crashes_and_syncs_converges(connected_office: Path, tmp_path: Path) -> None:
    shutil.copytree(connected_office, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as office:
        hand = ByHand(office.sandbox)

        @settings(max_examples=12, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(interleavings)
        def converges(steps: list[tuple[str, Any, Any]]) -> None:
            for step in steps:
                act(office, hand, step)
            settle(office)
            assert held(office) == truth(office)

        converges()
        for name in PLATFORMS:
            assert repaired(office, name) == []


def test_every_deed_is_noticed(connected_office: Path, tmp_path: Path) -> None:
    """The deeds above are no empty gestures: each changes the truth or a record, and the next pull sees it."""
    shutil.copytree(connected_office, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as office:
        hand = ByHand(office.sandbox)
        for name, deed in DEEDS.items():
            platform = name.partition(":")[0]
            connection = next(one for one, where in PLATFORMS.items() if where == platform)
            for number in range(1, 8):
                office.later(minutes=10)
                deed(hand, number)
                office.later(minutes=10)
                report = pull(office.installation, connection)
                changes = sum(saved.new + saved.changed + saved.gone for saved in report.saved.values())
                if changes:
                    break
            assert changes, f"{name}: nothing changed"
        assert held(office) == truth(office)
