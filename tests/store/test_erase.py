"""Erasing records on both engines: amounts stay, words go, and what a platform sends again stays without them."""

import sqlalchemy as sa

from receivables.facts import Customer, Fact, Invoice
from receivables.local_facts import BlockedAddress, Dispute, Reply
from receivables.refs import LOCAL, Ref
from store import archive, codec, erase, erased, ingest, journal, snapshots
from store.engine import Store
from store.erase import Words
from tests.builders import NOW, customer, invoice, payment

ACME = Ref("books", "customer", "c1")
WORDS = Words(["Acme Ltd", "ap@acme.example"])


def fill(store: Store) -> str:
    """The digest of the customer's record in the archive."""
    body = b'{"Name": "Acme Ltd", "EmailAddress": "ap@acme.example"}'
    with store.write() as tx:
        rows: list[tuple[bytes, list[Fact]]] = [
            (body, [customer()]),
            (b"i", [invoice(email="ap@acme.example", memo="for Ann", open=700)]),
        ]
        ingest.save_rows(tx, "books", "all", NOW, [*rows, (b"p", [payment(payer_name="Acme Ltd")])])
        ingest.save_rows(tx, "books", "all", NOW, [(b"other", [customer("c2", name="Other Co", email="o@o.example")])])
        dispute = Dispute(connection=LOCAL, id="d1", subject=str(ACME), reason="Ann says it broke")
        blocked = BlockedAddress(
            connection=LOCAL,
            id="blocked/ap@acme.example",
            subject=str(ACME),
            address="ap@acme.example",
            blocked_on=NOW.date(),
        )
        for fact in (dispute, blocked):
            ingest.state(tx, NOW, fact)
            journal.append(tx, NOW, fact.kind, fact.subject, fact, "anna")
        return codec.digest(body)


def erase_all(store: Store) -> None:
    with store.write() as tx:
        records = erase.linked(tx, [ACME])
        subjects = {str(ref) for ref in records}
        erase.facts(tx, records)
        erase.statements(tx, subjects, WORDS)
        erase.journal_bodies(tx, NOW, subjects, WORDS, {}, "anna")
        erased.remember(tx, [ACME], NOW)
    erase.compact(store)


def test_words_go_and_amounts_stay(store: Store) -> None:
    digest = fill(store)
    erase_all(store)
    with store.read() as tx:
        known = {fact.ref: fact for fact in snapshots.load_facts(tx)}
        assert archive.fetch(tx, digest) is None
        assert journal.verify(tx).fault == ""
        assert [entry.body for entry in journal.entries(tx)][:2] == [None, None]
    assert known[ACME] == Customer(connection="books", id="c1")
    debt = known[Ref("books", "invoice", "i1")]
    assert isinstance(debt, Invoice)
    assert (debt.open, debt.number, debt.email, debt.memo) == (700, "INV-i1", "", "")
    assert known[Ref("books", "customer", "c2")] == customer("c2", name="Other Co", email="o@o.example")
    assert not any("acme" in str(fact).casefold() for fact in known.values())


def test_a_record_that_comes_again_stays_without_words_and_is_not_archived(store: Store) -> None:
    fill(store)
    erase_all(store)
    body = b'{"Name": "Acme Limited"}'
    with store.write() as tx:
        told = [customer(name="Acme Limited"), invoice("i9", memo="for Ann", open=50)]
        ingest.save_rows(tx, "books", "all", NOW, [(body, told), (b"two", [customer("c2", name="Other Company")])])
        assert archive.fetch(tx, codec.digest(body)) is None
        names = tx.execute(sa.text("SELECT name FROM customer WHERE known_to IS NULL ORDER BY id")).scalars().all()
        (debt,) = [fact for fact in snapshots.current(tx, Invoice) if fact.id == "i9"]
    assert list(names) == ["", "Other Company"]
    assert (debt.open, debt.memo) == (50, "")


def test_a_reply_goes_with_the_message_as_it_was_received(store: Store) -> None:
    with store.write() as tx:
        (raw,) = archive.keep(tx, "mailbox", "mail", NOW, [b"Subject: Re: invoice\r\n\r\nI am ill. Ann"])
        reply = Reply(connection=LOCAL, id="reply/1", subject=str(ACME), sender="x@y.example", excerpt="ill", raw=raw)
        ingest.state(tx, NOW, reply)
        erase.statements(tx, {str(ACME)}, Words([]))
        assert archive.fetch(tx, raw) is None
        (left,) = snapshots.all_stated(tx, Reply)
    assert (left.subject, left.sender, left.excerpt) == (str(ACME), "", "")


def test_the_erasure_of_one_organisation_is_none_of_another(store: Store) -> None:
    other = Store(store.engine, "quay")
    fill(store)
    fill(other)
    erase_all(store)
    with other.write() as tx:
        ingest.save_rows(tx, "books", "all", NOW, [(b"x", [customer(name="Acme Limited")])])
        (found,) = [one for one in snapshots.current(tx, Customer) if one.id == "c1"]
        assert journal.verify(tx).erased == 0
    assert found.name == "Acme Limited"


def test_only_words_that_nobody_else_can_be_meant_by_are_searched_for() -> None:
    words = Words(["Open", "Ann", "Acme & Sons", "07700 900123", "a@b.example", ""])
    assert words.words == ("07700 900123", "Acme & Sons", "a@b.example")
    assert words.are_in('{"name": "ACME & SONS"}')
    assert words.are_in('{"name": "Acme \\u0026 Sons"}')
    assert words.are_in('{"text": "Dear all,\\nAcme & Sons owe"}')
    assert words.are_in('{"text": "\\u00a0a@b.example"}')
    assert not words.are_in("aa@b.example.org")
    assert words.removed_from("to a@b.example, now") == "to (erased), now"
