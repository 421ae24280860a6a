"""Nobody is written to where the last address bounced: it is asked for another, by name and day."""

import datetime as dt

from receivables.facts import Contact
from receivables.local_facts import BlockedAddress
from receivables.refs import LOCAL
from tests.rules.given import LADDER, debt, decide, only

OFFICE = BlockedAddress(connection=LOCAL, id="b", address="office@acme.example", blocked_on=dt.date(2026, 3, 2))


def test_the_address_and_the_day_are_named() -> None:
    item = debt(email="Office@acme.example", contacts=(), blocked={OFFICE.address: OFFICE})
    decision = only(decide(item))
    assert decision.verdict == "hold"
    told = {reason.code: reason.text for reason in decision.reasons}
    assert told["no_address"] == "office@acme.example bounced on 2 Mar 2026: ask for another address"


def test_another_address_is_enough() -> None:
    other = (Contact(email="ann@acme.example"),)
    assert (
        only(decide(debt(email="Office@acme.example", contacts=other, blocked={OFFICE.address: OFFICE}))).verdict
        == "act"
    )


def test_somebody_else_s_bounce_holds_nobody() -> None:
    assert only(decide(debt(email="ann@acme.example", contacts=(), blocked={OFFICE.address: OFFICE}))).verdict == "act"


def test_the_platform_is_not_asked_to_write_where_it_bounced() -> None:
    rules = LADDER.replace('name = "friendly"', 'name = "friendly"\nchannel = "platform"', 1)
    other = (Contact(email="ann@acme.example"),)
    bounced = debt(email="Office@acme.example", contacts=other, blocked={OFFICE.address: OFFICE})
    assert only(decide(bounced, rules=rules)).channel == "email"
    assert only(decide(debt(email="ann@acme.example"), rules=rules)).channel == "platform"
