"""Looks before a delivery: they read little, and tell the same as a look at everything."""

import dataclasses
import datetime as dt

from receivables.facts import Fact, PaymentLink
from receivables.local_facts import Hold
from receivables.open_items import OpenItem
from receivables.refs import LOCAL
from store import ingest, organisations, outbox
from sync.assess import Assessment, assess
from sync.cycle import synchronise
from sync.installation import Installation
from sync.send import OwnFacts
from sync.watch import Watch
from tests.sync.conftest import MORNING, Office


def told(one: Assessment) -> tuple[object, ...]:
    """All that a delivery asks of an assessment."""
    found = one.reconciliation
    connections = sorted(one.snapshot.connections.items())
    return (
        one.snapshot.taken_at,
        connections,
        one.items,
        found.matches,
        found.sightings,
        found.breaks,
        one.history.contacts,
    )


def same_as_a_look_at_everything(office: Office, watch: Watch) -> bool:
    return told(watch.look({})) == told(assess(office.installation, decide=False))


def test_a_look_tells_of_everything_that_has_changed_since_the_last_one(office: Office) -> None:
    office.go_live()
    ours = office.installation
    watch = Watch(ours)
    assert same_as_a_look_at_everything(office, watch)
    first = watch.look({})

    debtor = next(item.debtor for item in first.items if item.demand.minor > 0)
    with ours.store.write() as tx:
        hold = Hold(connection=LOCAL, id="h1", subject=debtor, reason="they call back", stated_at=MORNING)
        ingest.state(tx, MORNING, hold)
    assert same_as_a_look_at_everything(office, watch)
    assert watch.look({}).items != first.items

    office.apply()
    assert same_as_a_look_at_everything(office, watch)
    assert len(watch.look({}).history.contacts) > len(first.history.contacts)

    url = next(one.url for one in office.effects("sent") if one.verb == "create_payment_link")
    office.tell("/pay", url=url)
    synchronise(office.installation)
    assert same_as_a_look_at_everything(office, watch)

    with ours.store.write() as tx:
        planned = next(one for one in outbox.listed(tx, ["approved", "planned"]))
        outbox.refuse(tx, MORNING, planned, "ann")
    assert same_as_a_look_at_everything(office, watch)


def save(ours: Installation, *facts: Fact) -> OwnFacts:
    with ours.store.write() as tx:
        before = organisations.facts_version(tx)
        for fact in facts:
            ingest.state(tx, MORNING, fact)
        return OwnFacts(before, organisations.facts_version(tx), facts)


def link_for(item: OpenItem, number: int = 1, *, active: bool = True) -> PaymentLink:
    amount = item.demand
    return PaymentLink(
        connection="cards",
        id=f"plink_{number}",
        url=f"https://pay.example/{number}",
        currency=amount.currency,
        amount=amount.minor,
        invoice=str(item.invoice.ref),
        active=active,
    )


def test_pay_links_of_its_own_are_known_without_reading_everything_again(office: Office) -> None:
    office.go_live()
    ours = office.installation
    watch = Watch(ours)
    first = watch.look({})
    one, other = [item for item in first.items if item.demand.minor > 0][:2]
    for facts in ([link_for(one)], [link_for(other, 2)], [link_for(one, active=False)]):
        watch.wrote(save(ours, *facts))
    second = watch.look({})
    assert second.snapshot.invoices is first.snapshot.invoices
    assert told(second) == told(assess(ours, decide=False))
    assert second.items != first.items


def test_links_of_its_own_do_not_hide_what_others_wrote(office: Office) -> None:
    office.go_live()
    ours = office.installation
    owing = [item for item in assess(ours, decide=False).items if item.demand.minor > 0]
    before, after, beside = (
        Hold(connection=LOCAL, id=f"h{number}", subject=item.debtor, reason="they call back", stated_at=MORNING)
        for number, item in enumerate(owing[:3])
    )
    watch = Watch(ours)
    assert same_as_a_look_at_everything(office, watch)
    save(ours, before)
    watch.wrote(save(ours, link_for(owing[0], 1)))
    assert same_as_a_look_at_everything(office, watch)
    watch.wrote(save(ours, link_for(owing[1], 2)))
    save(ours, after)
    watch.wrote(save(ours, link_for(owing[1], 3)))
    assert same_as_a_look_at_everything(office, watch)
    watch.wrote(save(ours, link_for(owing[2], 4), beside))
    assert same_as_a_look_at_everything(office, watch)


def test_money_on_its_way_counts_while_it_is_on_its_way(office: Office) -> None:
    office.go_live()
    ours = office.installation
    watch = Watch(ours)
    owing = [item.invoice.ref for item in watch.look({}).items if item.demand.minor > 200][:2]
    for seen in ({owing[0]: 100}, {owing[0]: 100, owing[1]: 200}, {owing[0]: 0}, {}, {owing[1]: 150}, {owing[0]: 150}):
        assert told(watch.look(seen)) == told(assess(ours, in_flight=seen, decide=False))


def test_a_new_day_is_looked_at_anew(office: Office) -> None:
    ours = office.installation
    now = [MORNING]
    watch = Watch(_with_clock(ours, now))
    before = watch.look({})
    now[0] += dt.timedelta(days=1)
    after = watch.look({})
    assert after.snapshot.today == before.snapshot.today + dt.timedelta(days=1)
    assert told(after) == told(assess(_with_clock(ours, now), decide=False))


def test_what_has_not_changed_is_not_read_again(office: Office) -> None:
    office.go_live()
    watch = Watch(office.installation)
    assert watch.look({}).snapshot.invoices is watch.look({}).snapshot.invoices
    with office.installation.store.write() as tx:
        organisations.facts_changed(tx)
    read = watch.look({}).snapshot.invoices
    with office.installation.store.write() as tx:
        organisations.facts_changed(tx)
    assert watch.look({}).snapshot.invoices is not read


def _with_clock(ours: Installation, now: list[dt.datetime]) -> Installation:
    return dataclasses.replace(ours, clock=lambda: now[0])
