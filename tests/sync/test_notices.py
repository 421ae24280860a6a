"""The owner is told a day ahead what leaves, can take each back, and hears once a day how things stand."""

import re

import pytest

from store import journal, outbox
from sync.assess import MESSAGES
from sync.cycle import run_round
from tests.sync.conftest import Office

OWNER = "owner@harbour.example"


@pytest.fixture
def told(office: Office) -> Office:
    """Live, with the owner's address, a forewarning and a digest."""
    office.settings(r"\[sending\]", f'[sending]\nnotify = "{OWNER}"\nforewarn = true\ndigest = true')
    office.go_live(released=["all"], sent_elsewhere=True)
    return office


def to_owner(office: Office) -> list[dict[str, str]]:
    return [one for one in office.mails() if OWNER in str(one["to"])]


def to_debtors(office: Office) -> list[dict[str, str]]:
    return [one for one in office.mails() if OWNER not in str(one["to"])]


def test_messages_wait_for_a_morning_and_the_owner_may_take_each_back(told: Office) -> None:
    run_round(told.unhurried)
    planned = [one for one in told.effects("approved") if one.verb in MESSAGES]
    assert planned
    assert to_debtors(told) == []
    (forewarning,) = [one for one in to_owner(told) if "tomorrow" in one["subject"]]
    offered = re.findall(r"owed outbox cancel (\w+)", forewarning["text"])
    assert sorted(offered) == sorted(one.id[:8] for one in planned)

    taken_back = planned[0]
    installation = told.unhurried
    with installation.store.write() as tx:
        assert outbox.refuse(tx, installation.clock(), taken_back, "owner")

    told.later(hours=1)
    run_round(told.unhurried)
    assert to_debtors(told) == []
    for later in [one for one in to_owner(told) if "tomorrow" in one["subject"]][1:]:
        # what had to wait behind the message that was taken back; never the same again
        assert not set(re.findall(r"owed outbox cancel (\w+)", later["text"])) & set(offered)

    told.later(hours=23)  # Thursday, ten o'clock
    run_round(told.unhurried)
    sent = {one.intent for one in told.effects("sent") if one.verb in MESSAGES}
    assert sent
    assert taken_back.intent not in sent
    assert len(to_debtors(told)) == len([one for one in told.effects("sent") if one.verb == "send_reminder"])


def test_the_digest_comes_once_a_day_and_carries_the_journal_s_head(told: Office) -> None:
    installation = told.unhurried
    with installation.store.read() as tx:
        before = journal.head(tx)
    run_round(installation)
    told.later(hours=1)
    run_round(told.unhurried)
    (digest,) = [one for one in to_owner(told) if "breaks open" in one["subject"]]
    found = re.search(r"Journal: entry (\d+), ([0-9a-f]{64})", digest["text"])
    assert found
    assert int(found[1]) > before.number
    with told.unhurried.store.read() as tx:
        entry = next(one for one in journal.entries(tx) if one.number == int(found[1]))
    assert entry.hash == found[2]
    told.later(hours=23)
    run_round(told.unhurried)
    assert len([one for one in to_owner(told) if "breaks open" in one["subject"]]) == 2


def test_without_an_address_nobody_is_told(office: Office) -> None:
    office.go_live(released=["all"], sent_elsewhere=True)
    run_round(office.unhurried)
    assert to_owner(office) == []
