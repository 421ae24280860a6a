"""Who is one debtor: what is sure is joined, what is likely is proposed, and a person has the last word."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from receivables.facts import Contact, Customer, Fact
from receivables.snapshot import Snapshot
from reconciliation.identity import debtors
from reconciliation.lookalikes import Proposal, proposals
from tests.builders import NOW, customer, snapshot
from tests.reconciliation.given import same_debtor

ONE, TWO, THREE = "books:customer:c1", "ledger:customer:7", "cards:customer:cus_1"


def likely(seen: Snapshot) -> list[Proposal]:
    return proposals(seen, debtors(seen))


def groups(*facts: Fact) -> int:
    return len(set(debtors(snapshot(*facts)).values()))


def acme(identifier: str, connection: str, name: str = "Acme Ltd", email: str = "ap@acme.example") -> Customer:
    return customer(identifier, connection, name=name, email=email)


def test_confirmed_records_are_one_debtor_whatever_their_names() -> None:
    facts = [acme("c1", "books"), acme("7", "ledger", "Brown & Sons", "jo@brown.example")]
    assert (groups(*facts), groups(*facts, same_debtor(ONE, TWO))) == (2, 1)


def test_refused_records_are_never_joined_however_alike() -> None:
    facts = [acme("c1", "books"), acme("7", "ledger")]
    assert (groups(*facts), groups(*facts, same_debtor(ONE, TWO, same=False))) == (1, 2)


def test_refused_records_are_not_joined_by_way_of_a_third() -> None:
    found = debtors(
        snapshot(acme("c1", "books"), acme("7", "ledger"), acme("cus_1", "cards"), same_debtor(TWO, ONE, same=False))
    )
    assert len(set(found.values())) == 2


def test_of_two_words_about_a_pair_the_newer_counts() -> None:
    facts = [acme("c1", "books"), acme("7", "ledger", "Brown", "jo@brown.example")]
    later = same_debtor(TWO, ONE, same=False, at=NOW + dt.timedelta(hours=1))
    assert groups(*facts, same_debtor(ONE, TWO), later) == 2


def test_a_shared_address_under_two_names_is_proposed_and_not_joined() -> None:
    (found,) = likely(snapshot(acme("c1", "books"), acme("7", "ledger", "Brown & Sons")))
    assert (str(found.one), str(found.other), found.evidence) == (ONE, TWO, ("the same e-mail address",))


def test_a_similar_name_at_the_same_telephone_is_proposed_with_its_evidence() -> None:
    def called(identifier: str, connection: str, name: str, phone: str) -> Customer:
        return Customer(connection=connection, id=identifier, name=name, contacts=(Contact(phone=phone),))

    there = called("c1", "books", "Whitby Interiors Holdings", "+44 1632 960123")
    here = called("7", "ledger", "Whitby Interiors", "01632 960123")
    (found,) = likely(snapshot(there, here))
    assert found.evidence == ("a similar name", "the same phone number")
    assert found.score == found.margin == 50


def test_the_margin_says_how_ambiguous_a_pair_is() -> None:
    facts = [acme("c1", "books"), acme("7", "ledger", "Brown"), acme("cus_1", "cards", "Cooper")]
    assert {one.margin for one in likely(snapshot(*facts))} == {0}


def test_what_a_person_answered_is_not_asked_again() -> None:
    facts = [acme("c1", "books"), acme("7", "ledger", "Brown & Sons")]
    for same in (True, False):
        assert not likely(snapshot(*facts, same_debtor(ONE, TWO, same=same)))


NAMES = st.sampled_from(["Acme Ltd", "Acme Holdings", "Brown", "Brown & Sons"])


@given(
    names=st.lists(NAMES, min_size=2, max_size=6),
    pairs=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))),
    seed=st.randoms(use_true_random=False),
)
def test_refused_pairs_stay_apart_in_any_order_of_input(
    names: list[str], pairs: set[tuple[int, int]], seed: object
) -> None:
    facts: list[Fact] = [acme(f"c{place}", "books", name) for place, name in enumerate(names)]
    apart = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1] and max(pair) < len(names)}
    facts += [same_debtor(f"books:customer:c{one}", f"books:customer:c{two}", same=False) for one, two in sorted(apart)]
    found = {ref.id: key for ref, key in debtors(snapshot(*facts)).items()}
    assert all(found[f"c{one}"] != found[f"c{two}"] for one, two in apart)
    seed.shuffle(facts)  # type: ignore[attr-defined]  # Hypothesis' own random stream
    assert {ref.id: key for ref, key in debtors(snapshot(*facts)).items()} == found
