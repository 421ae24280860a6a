"""Held against the sandbox's own ledger truth: nobody who has paid is asked to pay."""

from receivables.refs import Ref
from sync.assess import assess
from tests.sync.conftest import Office

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
