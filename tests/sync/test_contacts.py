"""Persons whom the admin has named stand beside those whom the platforms know, for the roles that steps ask for."""

from receivables.facts import Contact
from sync.contacts import with_contacts
from tests.outreach.given import JANE, debt

CHIEF = Contact(email="cfo@acme.example", role="escalation", stated=True)


def test_a_named_person_is_a_contact_of_the_customer_or_of_the_whole_debtor() -> None:
    item = debt(contacts=(JANE,))
    assert item.customer
    for name in (str(item.customer.ref), item.debtor):
        (found,) = with_contacts([item], {name: (CHIEF,)})
        assert found.customer
        assert found.customer.contacts == (JANE, CHIEF)
    assert with_contacts([item], {"books:customer:other": (CHIEF,)}) == (item,)
    assert with_contacts([item], {}) == (item,)


def test_a_debt_without_a_customer_record_stays_as_it_is() -> None:
    item = debt()
    lonely = type(item)(invoice=item.invoice, platform="xero", debtor=item.debtor)
    assert with_contacts([lonely], {item.debtor: (CHIEF,)}) == (lonely,)
