"""Three connections through a day of hourly pulls, people at work and platforms that fail: nothing missing, nothing doubled."""

import json
import random
from collections import Counter

from receivables.facts import CreditNote, Customer, Invoice, Payment
from store import snapshots
from sync import schedule
from sync.pull import pull
from tests.owed.conftest import run
from tests.sync.by_hand import ByHand
from tests.sync.conftest import Office
from tests.sync.deeds import DEEDS
from tests.sync.test_convergence import FAULTS, PLATFORMS, held, plan, repaired, settle, truth

HOURS = 24


def an_hour(office: Office, hand: ByHand, chance: random.Random) -> Counter[str]:
    """Some deeds, perhaps a fault, the hourly pulls, and what the worker does between the rounds."""
    for name in chance.sample(sorted(DEEDS), 3):
        DEEDS[name](hand, chance.randrange(1000))
    if chance.random() < 0.6:
        # at most eight: Xero forgives half an hour of lost tokens, no more
        plan(office, chance.choice(sorted(PLATFORMS.values())), chance.choice(FAULTS), chance.randrange(1, 9))
    told = Counter({"failed" if pull(office.unhurried, name).error else "ok": 1 for name in PLATFORMS})
    for minutes in (10, 10, 10):
        office.later(minutes=minutes)
        for name in schedule.to_try_again(office.unhurried):
            told["again"] += 1
            pull(office.unhurried, name)
    office.sandbox.world.faults.clear()
    office.later(minutes=30)
    return told


def test_after_a_day_of_faults_the_books_here_equal_the_books_there(office: Office) -> None:
    chance, hand = random.Random(20261118), ByHand(office.sandbox)
    told: Counter[str] = Counter()
    for _ in range(HOURS):
        told += an_hour(office, hand, chance)
    assert told["failed"] >= 3, f"the faults were felt: {told}"
    settle(office)
    assert held(office) == truth(office)
    for kind in (Customer, Invoice, CreditNote, Payment):
        with office.installation.store.read() as tx:
            refs = Counter(fact.ref for fact in snapshots.current(tx, kind))
        assert refs
        assert set(refs.values()) == {1}
    status = json.loads(run("status", "--json", "--config", str(office.config), "--now", office.now.isoformat()).out)
    pulled = [one for one in status["connections"] if one["platform"] != "email"]
    assert {one["state"] for one in pulled} == {"ok"}
    assert {one["problem"] for one in pulled} == {""}
    assert status["problems"] == []
    for name in PLATFORMS:
        assert repaired(office, name) == []
