"""Xero's aged receivables, as a third word about a balance that does not add up."""

import datetime as dt

import msgspec

from receivables.facts import Invoice
from store import ingest, snapshots
from sync import aged
from sync.assess import assess
from tests.sync.conftest import Office

_REPORT = "GET /api.xro/2.0/Reports/AgedReceivablesByContact"


def drift(office: Office, invoices: int = 1) -> list[Invoice]:
    """As if the platform's own figure of these invoices, each another customer's, had come in a cent too high."""
    installation = office.installation
    with installation.store.write() as tx:
        open_ones = [one for one in snapshots.current(tx, Invoice) if one.connection == "books" and one.is_open]
        chosen = list({one.customer_id: one for one in open_ones}.values())[:invoices]
        for one in chosen:
            ingest.state(tx, office.now, msgspec.structs.replace(one, open=one.open + 1))
    assert len(chosen) == invoices
    return chosen


def asked(office: Office) -> int:
    installation = office.installation
    return aged.ask(installation, assess(installation, decide=False))


def calls(office: Office) -> int:
    made: dict[str, int] = office.sandbox.world.calls.all().get("xero", {})
    return made.get(_REPORT, 0)


def causes(office: Office) -> list[str]:
    found = assess(office.installation, decide=False).reconciliation.breaks
    return [one.cause for one in found if one.kind == "balance differs"]


def test_only_customers_whose_balance_does_not_add_up_are_asked_about(office: Office) -> None:
    office.sandbox.world.calls.clear()
    assert asked(office) == calls(office) == 0
    (invoice,) = drift(office)
    assert asked(office) == calls(office) == 1
    (cause,) = causes(office)
    really = invoice.balance.decimal  # before the drift
    assert f"; Xero's aged receivables say that {really} of it is due on 2026-11-18" in cause


def test_each_is_asked_about_once_a_day(office: Office) -> None:
    drift(office)
    assert [asked(office), asked(office)] == [1, 0]
    office.now += dt.timedelta(hours=25)
    assert asked(office) == 1


def test_so_many_a_day_and_no_more(office: Office) -> None:
    drift(office, 23)
    office.sandbox.world.calls.clear()
    assert asked(office) + asked(office) == calls(office) == 20
    assert sum("aged receivables" in cause for cause in causes(office)) == 20


def test_a_platform_that_does_not_answer_takes_nothing_away(office: Office) -> None:
    drift(office, 3)
    office.tell("/faults", platform="xero", kind="error", status=403, count=1)
    assert asked(office) == 0
    assert len(causes(office)) == 3
