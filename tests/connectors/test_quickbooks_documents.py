"""Documents that owed makes at QuickBooks: fees, credits, refunds, expenses, against a scripted server."""

import datetime as dt
import json

import pytest

from connectors.errors import Refused, Uncertain
from connectors.protocol import Receipt
from connectors.quickbooks.writing import tag
from receivables.commands import (
    ChargeFee,
    CreditInvoice,
    RecordProcessingFee,
    RecordRefund,
)
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.quickbooks_world import INVOICE, KEY, TIME, an_invoice, connector, intent


def test_closed_books_are_told_as_locked() -> None:
    closed = '{"Fault":{"Error":[{"Message":"Account Period Closed","code":"6210"}],"type":"ValidationFault"}}'
    with loopback(replies(Reply(closed, 400))) as server, pytest.raises(Refused) as raised:
        connector(server).push(intent(a_fee()))
    assert raised.value.code == "locked"


def a_fee(tax_code: str = "") -> ChargeFee:
    return ChargeFee(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "5"),
        amount=Money(4050, "USD"),
        description="Late payment",
        issued_on=dt.date(2026, 3, 1),
        due_on=dt.date(2026, 3, 15),
        account="11",
        tax_code=tax_code,
    )


def test_a_fee_is_an_invoice_that_is_sent_to_nobody_and_numbered_by_quickbooks() -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"90"}}'))) as server:
        assert connector(server).push(intent(a_fee())).reference == "90"
        body = json.loads(server.asked[0].body)
        assert server.asked[0].query["requestid"] == KEY
    (line,) = body["Line"]
    assert (line["Amount"], line["SalesItemLineDetail"]["ItemRef"]) == (40.5, {"value": "11"})
    assert (body["EmailStatus"], body["DueDate"]) == ("NotSet", "2026-03-15")
    assert "DocNumber" not in body
    assert tag(KEY) in body["PrivateNote"]


@pytest.mark.parametrize(("code", "way"), [("", None), ("TAX", None), ("NON", None), ("20.0% S", "TaxExcluded")])
def test_trap_a_way_of_calculation_is_for_companies_outside_the_united_states_only(code: str, way: str | None) -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"90"}}'))) as server:
        connector(server).push(intent(a_fee(code)))
        body = json.loads(server.asked[0].body)
    assert body.get("GlobalTaxCalculation") == way
    assert body["Line"][0]["SalesItemLineDetail"].get("TaxCodeRef", {}).get("value", "") == code


def test_notes_cannot_be_searched_for_so_a_fee_is_found_by_customer_and_day() -> None:
    rows = [an_invoice("8", PrivateNote="other"), an_invoice("90", PrivateNote=f"For x [{tag(KEY)}]")]
    answer = json.dumps({"QueryResponse": {"Invoice": rows}, "time": TIME})
    with loopback(replies(Reply(answer))) as server:
        found = connector(server).find(intent(a_fee()))
        assert b"WHERE CustomerRef = '5' AND TxnDate = '2026-03-01' ORDERBY Id" in server.asked[0].body
    assert isinstance(found, Receipt)
    assert found.reference == "90"


def a_refund(item: str = "11") -> RecordRefund:
    return RecordRefund(
        connection="books",
        customer=Ref("books", "customer", "5"),
        amount=Money(1200, "USD"),
        refunded_on=dt.date(2026, 3, 1),
        account="35",
        source=Ref("card", "refund", "re_1"),
        item=item,
    )


def test_a_refund_without_an_item_is_refused_before_anything_is_asked() -> None:
    with loopback(replies(Reply("{}"))) as server, pytest.raises(Refused, match="item"):
        connector(server).push(intent(a_refund(item="")))
    assert server.asked == []


def test_a_refund_to_which_quickbooks_added_tax_is_for_a_person() -> None:
    row = {"Id": "4", "TotalAmt": 14.4, "PrivateNote": f"card:refund:re_1 [{tag(KEY)}]"}
    listed = json.dumps({"QueryResponse": {"RefundReceipt": [row]}, "time": TIME})
    with loopback(replies(Reply(json.dumps({"RefundReceipt": row})), Reply(listed))) as server:
        with pytest.raises(Uncertain, match=r"14\.4"):
            connector(server).push(intent(a_refund()))
        assert connector(server).find(intent(a_refund())) == "unknown"


def a_processing_fee(supplier: str) -> RecordProcessingFee:
    return RecordProcessingFee(
        connection="books",
        amount=Money(175, "USD"),
        paid_on=dt.date(2026, 3, 1),
        account="35",
        expense_account="91",
        tax_code="",
        source=Ref("card", "balance_transaction", "txn_1"),
        supplier=supplier,
    )


@pytest.mark.parametrize("known", [True, False])
def test_a_processing_fee_names_the_supplier_where_the_books_know_it(known: bool) -> None:
    vendors = {"Vendor": [{"Id": "56", "DisplayName": "O'Stripe"}]} if known else {}

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/query"):
            return Reply(json.dumps({"QueryResponse": vendors, "time": TIME}))
        return Reply('{"Purchase":{"Id":"4","TotalAmt":1.75}}')

    with loopback(script) as server:
        connector(server).push(intent(a_processing_fee("O'Stripe")))
        assert rb"DisplayName = 'O\'Stripe'" in server.asked[0].body
        body = json.loads(server.asked[1].body)
    assert body.get("EntityRef") == ({"value": "56", "type": "Vendor"} if known else None)
    assert (body["PaymentType"], body["AccountRef"]) == ("Cash", {"value": "35"})
    detail = body["Line"][0]["AccountBasedExpenseLineDetail"]
    assert (body["Line"][0]["Amount"], detail) == (1.75, {"AccountRef": {"value": "91"}})


def a_credit() -> CreditInvoice:
    return CreditInvoice(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "5"),
        amount=Money(1200, "USD"),
        description="Goodwill",
        issued_on=dt.date(2026, 3, 1),
        account="11",
    )


class Taxing:
    """Adds tax to every credit memo, as QuickBooks does in the United States by the customer's address."""

    def __init__(self) -> None:
        self.memo = {"Id": "4", "SyncToken": "0", "TotalAmt": 13.2, "RemainingCredit": 13.2, "DocNumber": "CM-4"}
        self.posted: list[str] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/query"):
            made = b"CreditMemo" in asked.body and self.posted
            rows = {"CreditMemo": [self.memo | {"PrivateNote": f"[{tag(KEY)}]"}]} if made else {}
            return Reply(json.dumps({"QueryResponse": rows, "time": TIME}))
        if asked.method == "POST":
            self.posted.append(asked.path.rpartition("/")[2])
        row = an_invoice("7", TotalAmt=100, Balance=100) if "/invoice" in asked.path else self.memo
        return Reply(json.dumps({"Invoice" if "/invoice" in asked.path else "CreditMemo": row}))


def test_a_credit_memo_to_which_quickbooks_added_tax_is_not_applied_and_a_person_is_told() -> None:
    books = Taxing()
    with loopback(books) as server:
        for _ in range(2):
            with pytest.raises(
                Refused, match=r"CM-4 was made, but with tax it comes to 13\.2, not 12\.00 USD"
            ) as raised:
                connector(server).push(intent(a_credit()))
            assert raised.value.code == "half_done"
        assert connector(server).find(intent(a_credit())) == "unknown"
    assert books.posted == ["creditmemo"], "made once, applied never"
