"""One row is one effect: planned once, claimed by one, and never sent on a guess."""

import datetime as dt
import threading

from receivables.commands import AddNote
from receivables.refs import Ref
from store import outbox
from store.engine import Store
from store.outbox import Effect, NewEffect
from tests.builders import NOW

NOTE = AddNote(connection="books", invoice=Ref("books", "invoice", "i1"), text="called")
TEN_MINUTES = dt.timedelta(minutes=10)


def planned(store: Store, text: str = "called") -> Effect:
    with store.write() as tx:
        command = AddNote(connection="books", invoice=NOTE.invoice, text=text)
        return outbox.plan(tx, NOW, NewEffect(intent="note/i1", command=command))


def approved(store: Store) -> Effect:
    effect = planned(store)
    with store.write() as tx:
        outbox.approve(tx, NOW, effect, "owner")
        found = outbox.get(tx, effect.id)
    assert found is not None
    return found


def claim(store: Store, effect: Effect, owner: str) -> Effect | None:
    with store.write() as tx:
        return outbox.claim(
            tx, NOW, effect, owner=owner, wall=NOW, lease=TEN_MINUTES, command=effect.command, before={}, key=effect.id
        )


def test_planning_twice_gives_one_row(store: Store) -> None:
    assert planned(store).id == planned(store, "another text").id
    with store.read() as tx:
        (effect,) = outbox.listed(tx)
    assert effect.command == NOTE


def test_only_one_worker_gets_the_claim(store: Store) -> None:
    effect = approved(store)
    winners: list[str] = []

    def work(name: str) -> None:
        if claim(store, effect, name):
            winners.append(name)

    threads = [threading.Thread(target=work, args=(f"worker-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1


def test_a_claim_of_stale_knowledge_fails(store: Store) -> None:
    effect = approved(store)
    with store.write() as tx:
        assert outbox.cancel(tx, NOW, effect, "paid")
    assert claim(store, effect, "worker") is None


def test_what_has_begun_to_leave_cannot_be_cancelled(store: Store) -> None:
    claimed = claim(store, approved(store), "worker")
    assert claimed is not None
    with store.write() as tx:
        assert not outbox.cancel(tx, NOW, claimed, "too late")


def test_a_cancelled_effect_can_be_planned_again_with_new_words(store: Store) -> None:
    effect = planned(store)
    with store.write() as tx:
        outbox.cancel(tx, NOW, effect, "the amount changed")
    again = planned(store, "new words")
    assert again.id == effect.id
    assert again.state == "planned"
    assert isinstance(again.command, AddNote)
    assert again.command.text == "new words"


def test_a_sent_effect_is_never_planned_again(store: Store) -> None:
    claimed = claim(store, approved(store), "worker")
    assert claimed is not None
    with store.write() as tx:
        outbox.sent(tx, NOW, claimed, "ref")
    assert planned(store).state == "sent"
