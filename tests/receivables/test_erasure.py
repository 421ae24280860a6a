"""What remains of a record names nobody, still adds up, and every field was thought about."""

import msgspec
import pytest

from receivables.commands import COMMANDS
from receivables.erasure import NUMBERED, PERSONAL, minimal, numbers_in
from receivables.facts import PLATFORM_FACTS, Contact, Fact
from receivables.local_facts import LOCAL_FACTS, Reply
from tests.builders import customer, invoice, payment

#: Fields that name nobody: ids, codes, numbers of documents, words of the program, and who of ours stated something.
NAMELESS = frozenset(
    """connection id version updated_at customer_id status currency account group_id source_id payout_id payment_id
    payment_ids credit_note_id journal_id number method country language timezone parent_id merged_into exchange_rate
    category payable invoice invoices allocations journals subject stated_by stated_at answers raw other channel cause
    action question answer break_kind refs choice assigned_to done_by metadata kind debtor attach reply_to tax_code
    expense_account supplier item key""".split()
)


@pytest.mark.parametrize("kind", [*PLATFORM_FACTS, *LOCAL_FACTS, *COMMANDS], ids=lambda kind: kind.__name__)
def test_every_field_that_may_hold_words_was_thought_about(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        if "str" in str(field.type) or "Contact" in str(field.type) or "Line" in str(field.type):
            known = PERSONAL | NUMBERED | NAMELESS
            assert field.name in known, f"is {kind.__name__}.{field.name} about a person?"


def test_a_customer_keeps_its_place_in_the_books_and_nothing_else() -> None:
    whole = customer(tax_id="GB1", address="1 Quay", contacts=(Contact("a@b.example", "Ann Bo"),), balance=500)
    left = minimal(whole)
    assert (left.id, left.balance, left.name, left.contacts, left.tax_id, left.address) == ("c1", 500, "", (), "", "")


@pytest.mark.parametrize(
    "fact",
    [
        customer(),
        invoice(email="x@y.example", memo="for Ann", reference="INV-12 Ann Bo", metadata={"note": "Ann Bo", "id": "7"}),
        payment(payer_name="Ann Bo", reference="INV-12 from Ann", description="x"),
        Reply(connection="local", id="reply/1", subject="books:customer:1", sender="a@b.example", excerpt="hello"),
    ],
)
def test_doing_it_again_changes_nothing(fact: Fact) -> None:
    assert minimal(minimal(fact)) == minimal(fact)
    text = msgspec.json.encode(minimal(fact)).decode()
    assert not any(word in text for word in ("Ann", "example", "Acme", "hello"))


def test_the_numbers_of_documents_stay() -> None:
    words = "Payment INV-1042 (1043) of Ann Bo +44 7700 900123 ann1@x.example RF18539007547034"
    assert numbers_in(words) == "INV-1042 1043"
