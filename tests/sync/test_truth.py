"""Held against the sandbox's own ledger truth: nobody who has paid is asked to pay."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from receivables.facts import Customer
from receivables.refs import Ref
from store import ingest, snapshots
from sync.assess import assess
from sync.cycle import synchronise
from tests.sync.by_hand import ByHand
from tests.sync.conftest import MORNING, Office

NAMES = {"xero": "books", "quickbooks": "ledger", "stripe": "cards"}


def test_money_received_at_stripe_is_never_demanded_again(office: Office) -> None:
    """Charges for invoices of the books that nobody has posted yet, whether they say what they are for or not."""
    office.go_live(released=["all"])
    seen = assess(office.installation)
    acting = {str(ref): one for one in seen.decisions if one.verdict == "act" for ref in one.invoices}
    unposted = [one for one in office.ask("/truth.json")["charges"] if one["pays"] and not one["posted"]]
    assert len(unposted) > 10
    asked = []
    for charge in unposted:
        ref = Ref(NAMES[charge["pays"]["platform"]], "invoice", charge["pays"]["id"])
        item = seen.item(str(ref))
        if item and str(ref) in acting and item.demandable > item.invoice.open - charge["amount"]:
            asked.append((charge, str(ref)))
    assert asked == []


def test_our_open_invoices_are_the_platforms_to_the_cent(office: Office) -> None:
    seen = assess(office.installation, decide=False)
    for platform, wanted in office.ask("/truth.json")["open"].items():
        name = NAMES[platform]
        ours = {
            one.id: (one.open, one.currency)
            for one in seen.snapshot.invoices.values()
            if one.connection == name and one.open > 0 and one.status in ("open", "uncollectible")
        }
        assert ours == {one["id"]: (one["amount"], one["currency"]) for one in wanted}


def test_mirrors_are_found_and_counted_once(office: Office) -> None:
    seen = assess(office.installation, decide=False)
    truth = {
        Ref("cards", "invoice", one["stripe"]): Ref(NAMES[one["of"]["platform"]], "invoice", one["of"]["id"])
        for one in office.ask("/truth.json")["mirrors"]
    }
    found = seen.reconciliation.mirrors
    assert not {mirror for mirror in found if truth.get(mirror) != found[mirror]}
    assert len(found) >= 0.9 * len(truth)


def test_no_match_is_certain_or_automatic_and_wrong(office: Office) -> None:
    seen = assess(office.installation, decide=False)
    truth = {one["id"]: one["pays"] for one in office.ask("/truth.json")["charges"]}
    wrong = []
    for match in seen.reconciliation.matches:
        pays = truth[match.payment.id]
        right = pays and (NAMES[pays["platform"]], pays["id"]) == (match.invoice.connection, match.invoice.id)
        if match.band != "propose" and match.invoice.connection != "cards" and not right:
            wrong.append((match, pays))
    assert wrong == []


def test_the_same_debtor_in_two_systems_is_one(office: Office) -> None:
    """Never two different debtors in one; most of those who are the same are found."""
    debtors = assess(office.installation, decide=False).reconciliation.debtors
    same = [
        [Ref(NAMES[one["platform"]], "customer", one["id"]) for one in group]
        for group in office.ask("/truth.json")["same_debtor"]
    ]
    found = [group for group in same if len({debtors[ref] for ref in group}) == 1]
    assert len(found) >= 0.8 * len(same), [group for group in same if group not in found]


#: kind of break, id of the thing that it is about, minor units.
Named = tuple[str, str, int]

_LOOSE = {"payment": "unapplied cash", "overpayment": "unapplied cash", "prepayment": "unapplied cash"}
_DISPUTES = {"needs_response": "chargeback", "under_review": "chargeback", "lost": "chargeback lost"}


def really(truth: dict[str, Any]) -> Iterator[Named]:
    """Every difference that there really is in the company, by the ledgers' own word."""
    for platform in truth["unapplied"].values():
        for one in platform:
            yield _LOOSE.get(one["kind"], "unapplied credit"), one["id"], one["amount"]
    for one in truth["journals"]:
        yield "unapplied credit" if one["amount"] < 0 else "debt without invoice", one["id"], abs(one["amount"])
    for one in truth["returned"]:
        kind = "refunded" if one["kind"] == "refund" else _DISPUTES.get(one["status"])
        if kind:
            yield kind, one["id"], one["amount"]
    for one in truth["charges"]:
        if one["pays"] and not one["posted"] and one["status"] == "succeeded":
            yield "missing counterpart", one["id"], one["amount"]
    arrived = str(MORNING.date() - dt.timedelta(days=8))
    settled = [one for one in truth["payouts"] if one["status"] == "paid" and one["arrives_on"] <= arrived]
    forgotten = [one for one in settled if not one["booked"]]
    assert 0 < len(forgotten) < len(settled) / 10
    yield from (("deposit missing", one["id"], one["amount"]) for one in forgotten)


def test_every_break_of_two_years_is_a_real_difference_and_every_real_difference_is_a_break(office: Office) -> None:
    """Nothing invented and nothing missed: each with its amount, to the cent."""
    seen = assess(office.installation, decide=False)
    told: list[Named] = []
    for one in seen.reconciliation.breaks:
        about = one.refs[0] if one.kind == "missing counterpart" else one.refs[-1]
        name = about.id.partition("-")[0] if about.kind == "journal_line" else about.id
        told.append((one.kind, name, one.amount.minor))
    assert sorted(told) == sorted(really(office.ask("/truth.json")))


def test_payouts_are_the_sum_of_their_parts_at_the_platform_and_here(office: Office) -> None:
    seen = assess(office.installation, decide=False)
    parts: dict[str, int] = {}
    for one in seen.snapshot.balance_transactions.values():
        if one.payout_id and one.source_id != one.payout_id:
            parts[one.payout_id] = parts.get(one.payout_id, 0) + one.net
    truth = office.ask("/truth.json")["payouts"]
    assert len(truth) > 50
    assert parts == {one["id"]: one["parts"] for one in truth if one["parts"] is not None}
    assert all(one["parts"] == one["amount"] for one in truth)


def test_a_payment_that_settles_a_debt_by_journal_leaves_no_difference(office: Office) -> None:
    """A journal puts 50.00 on a customer's account, half of which is paid; the customer's balance there moves with it."""
    hand, books = ByHand(office.sandbox), office.sandbox.quickbooks.books
    customer = next(one["id"] for one in books["Customer"] if one["currency"] == "GBP" and not one["parent"])
    accounts = {one["type"]: one["id"] for one in books["Account"]}
    sides = (("Debit", accounts["Accounts Receivable"]), ("Credit", accounts["Bank"]))
    owner = {"Type": "Customer", "EntityRef": {"value": customer}}
    lines = [
        {
            "Amount": 50,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}, "Entity": owner},
        }
        for side, account in sides
    ]
    entry = hand.quickbooks("journalentry", {"Line": lines})["JournalEntry"]
    link = {"Amount": 25, "LinkedTxn": [{"TxnId": entry["Id"], "TxnType": "JournalEntry"}]}
    assert hand.quickbooks("payment", {"CustomerRef": {"value": customer}, "TotalAmt": 25, "Line": [link]})
    before = {one.key for one in assess(office.installation, decide=False).reconciliation.breaks}
    synchronise(office.installation, ["ledger"], count=True)
    found = [one for one in assess(office.installation, decide=False).reconciliation.breaks if one.key not in before]
    assert [(one.kind, one.amount.minor) for one in found] == [("debt without invoice", 2_500)]


def test_a_balance_that_drifts_by_a_cent_is_found(office: Office) -> None:
    """The check is not blind: QuickBooks' own figure of one customer, one cent off."""
    with office.installation.store.write() as tx:
        customer = next(one for one in snapshots.current(tx, Customer) if one.connection == "ledger" and one.balance)
        drifted = msgspec.structs.replace(customer, balance=(customer.balance or 0) + 1)
        ingest.state(tx, MORNING, drifted)
    breaks = assess(office.installation, decide=False).reconciliation.breaks
    assert [(one.kind, one.refs[0].id, one.amount.minor) for one in breaks if "balance differs" in one.kind] == [
        ("customer balance differs", customer.id, -1)
    ]
