"""Xero's own examples of its answers, read by this connector: each is either understood with its values or refused by name."""

import json
from typing import Any

import pytest

from connectors.errors import Refused, Uncertain
from connectors.fields import Record, text
from connectors.transport import Answer
from connectors.xero.answers import accepted
from connectors.xero.dates import day
from connectors.xero.faults import verdict
from connectors.xero.translate import STREAMS
from receivables.facts import CreditNote, Customer, Fact, Invoice, Payment, Payout, Refund
from tests.connectors.shared_specs import SPECS, example
from tests.connectors.stands import NOW

LIAM, BARNEY = "430fa14a-f945-44d3-9f97-5df5e28441b8", "a3675fc4-f8dd-4f03-ba5b-f1870566bcd7"


def told(operation: str) -> list[Fact]:
    """The facts of every record of an example, in order."""
    body = example(f"xero/examples/{operation}.200.json")["body"]
    tables = {table.entity: table for table in STREAMS.values()}
    (entity,) = set(body) & set(tables)
    return [fact for row in body[entity] for fact in tables[entity].translate(row, "books")]


def brief(fact: Fact) -> tuple[Any, ...]:
    """The figures of a fact that decide about money, amounts in minor units."""
    match fact:
        case Invoice():
            shares = tuple(share.amount for share in fact.allocations)
            return fact.number, fact.customer_id, fact.status, fact.currency, fact.total, fact.open, fact.tax, shares
        case CreditNote():
            return fact.number, fact.customer_id, fact.status, fact.currency, fact.total, fact.open
        case Payment():
            settled = tuple((share.invoice_id, share.amount) for share in fact.allocations)
            return fact.customer_id, fact.status, fact.currency, fact.amount, fact.unapplied, str(fact.paid_on), settled
        case Refund():
            return fact.customer_id, fact.credit_note_id, fact.currency, fact.amount, str(fact.refunded_on)
        case Payout():
            return fact.status, fact.currency, fact.amount, str(fact.arrives_on), len(fact.payment_ids), fact.reference
        case Customer():
            return fact.name, tuple(contact.email for contact in fact.contacts), fact.active, fact.country
    raise AssertionError(fact)


_PAID = (BARNEY, "settled", "NZD", 4_600, 0, "2018-11-29", (("046d8a6d-1ae1-4b4d-9340-5601bdf41b87", 4_600),))
_OVERPAID = (LIAM, "settled", "NZD", 2_000, 2_000, "2019-03-13", ())
_ACME = ("Acme Parts Co.", ("bk@krave.co", "sue.johnson@krave.com"), True, "")
_WEBSITE = ("INV-0007", LIAM, "open", "NZD", 4_000, 4_000, 0, ())
_TOUR = ("CN-0005", LIAM, "open", "NZD", 3_450, 3_250)
_LUKE, _TO_LUKE = "be392c72-c121-4f83-9512-03ac71e54c20", "c7c37b83-ac95-45ea-88ba-8ad83a5f22fe"

#: What each example says about receivables; an empty list where it shows only what is owed to suppliers.
UNDERSTOOD: dict[str, list[tuple[Any, ...]]] = {
    "getInvoices": [
        ("INV-0001", BARNEY, "void", "NZD", 4_000, 0, 0, ()),
        ("INV-0002", BARNEY, "paid", "NZD", 4_600, 0, 600, (4_600,)),
        ("INV-0003", BARNEY, "open", "NZD", 11_500, 11_500, 1_500, ()),
    ],
    "getInvoice": [("INV-0006", LIAM, "paid", "NZD", 14_806_276, 0, 0, (14_806_276,))],
    "createInvoices": [_WEBSITE],
    "updateOrCreateInvoices": [_WEBSITE],
    "updateInvoice": [("INV-0008", _LUKE, "submitted", "NZD", 57_500, 57_500, 7_500, ())],
    "getCreditNotes": [_TOUR],
    "getCreditNote": [_TOUR],
    "updateCreditNote": [],
    "getPayments": [_PAID, (LIAM, "249f15fa-f2a7-4acc-8769-0984103f2225", "NZD", 200, "2019-03-14")],
    "getPayment": [_PAID],
    "deletePayment": [],
    "getOverpayments": [_OVERPAID] * 3,
    "getOverpayment": [],
    "getPrepayments": [(_LUKE, "settled", "NZD", 345_000, 345_000, "2019-03-13", ())],
    "getPrepayment": [(_LUKE, "settled", "NZD", 345_000, 344_900, "2019-03-13", ((_TO_LUKE, 100),))],
    "getBatchPayments": [("settled", "NZD", 100_000, "2017-11-28", 5, "Hello World")],
    "getBatchPayment": [("settled", "NZD", 453_355, "2018-10-03", 3, "ref")],
    "createBatchPayment": [("settled", "NZD", 300, "2019-02-22", 3, "Foobar123")],
    "deleteBatchPayment": [],
    "deleteBatchPaymentByUrlParam": [],
    "getContacts": [
        ("Katherine Warren", ("kat.warren@clampett.com",), True, "US"),
        ("Lisa Parker", ("lparker@parkerandco.com",), True, "US"),
    ],
    "getContact": [_ACME],
    "getContactByContactNumber": [_ACME],
    "createContacts": [("Foo9987", ("sid32476@blah.com",), True, "")],
    "updateContact": [("FooBar", ("sid30680@blah.com",), True, "")],
    "updateOrCreateContacts": [("Bruce Banner", ("bruce@banner.com",), True, "")],
}


@pytest.mark.parametrize("operation", UNDERSTOOD)
def test_an_example_is_read_with_its_values(operation: str) -> None:
    assert [brief(fact) for fact in told(operation)] == UNDERSTOOD[operation]


#: Writes answered with 200 that refuse what was asked, and the words they do it with.
REFUSED = {
    "createPayments": ("Payments", "exceeds the amount outstanding"),
    "createPayment": ("Payments", "exceeds the amount outstanding"),
    "createBankTransactions": ("BankTransactions", "to identify the contact"),
    "updateOrCreateBankTransactions": ("BankTransactions", "to identify the contact"),
}
#: Examples that say OK and complain in one breath.
DOUBTFUL = {
    "createCreditNotes": ("CreditNotes", "could not be found"),
    "updateOrCreateCreditNotes": ("CreditNotes", "could not be found"),
}
#: Writes that were taken, and the field that names what was made; allocations are given no name in the examples.
TAKEN = {
    "createCreditNoteAllocation": ("Allocations", "AllocationID", ""),
    "createOverpaymentAllocations": ("Allocations", "AllocationID", ""),
    "createPrepaymentAllocations": ("Allocations", "AllocationID", ""),
}


def answer(operation: str, status: int = 200) -> Answer:
    body = example(f"xero/examples/{operation}.{status}.json")["body"]
    return Answer(status, {}, json.dumps(body, default=float).encode())


@pytest.mark.parametrize("operation", REFUSED)
def test_a_200_that_refuses_is_a_refusal(operation: str) -> None:
    name, words = REFUSED[operation]
    with pytest.raises(Refused, match=words):
        accepted(answer(operation), name)


@pytest.mark.parametrize("operation", DOUBTFUL)
def test_an_element_that_is_ok_and_complains_is_believed_neither_way(operation: str) -> None:
    name, words = DOUBTFUL[operation]
    with pytest.raises(Uncertain, match=words):
        accepted(answer(operation), name)


@pytest.mark.parametrize("operation", TAKEN)
def test_a_write_that_was_taken_is_taken(operation: str) -> None:
    name, field, value = TAKEN[operation]
    assert text(accepted(answer(operation), name), field) == value


#: Refusals with the status 400 of endpoints that we write to, or that fail in the same form.
FAULTS = {
    "createContacts": "already assigned to another contact",
    "updateOrCreateContacts": "already assigned to another contact",
    "createOverpaymentHistory": "was not found for this endpoint",
    "createPrepaymentHistory": "was not found for this endpoint",
    "createPaymentHistory": "was not found for this endpoint",
    "createReceiptHistory": "was not found for this endpoint",
    "createContactGroup": "limit of 100 contact groups",
    "createAccount": "unique Name",
    "updateAccount": "unique Name",
    "deleteAccount": "unique Name",
}


@pytest.mark.parametrize("operation", FAULTS)
def test_a_fault_is_a_refusal_with_xeros_words(operation: str) -> None:
    found = verdict(answer(operation, 400), NOW)
    assert isinstance(found, Refused)
    assert FAULTS[operation] in str(found)


def test_the_organisation_tells_when_its_books_are_closed() -> None:
    (row,) = example("xero/examples/getOrganisations.200.json")["body"]["Organisations"]
    assert (row["BaseCurrency"], row["Timezone"]) == ("NZD", "NEWZEALANDSTANDARDTIME")
    assert [str(day(row, name)) for name in ("PeriodLockDate", "EndOfYearLockDate")] == ["2018-12-31"] * 2


def test_the_online_page_and_the_reminders_stand_where_we_look() -> None:
    (page,) = example("xero/examples/getOnlineInvoice.200.json")["body"]["OnlineInvoices"]
    (setting,) = example("xero/examples/getInvoiceReminders.200.json")["body"]["InvoiceReminders"]
    assert page["OnlineInvoiceUrl"].startswith("https://in.xero.com/")
    assert setting["Enabled"] is False


LOOKED_AT = {"getOrganisations", "getOnlineInvoice", "getInvoiceReminders"}

#: Examples that this connector does not read, each with the reason.
NOT_READ: dict[str, str] = (
    dict.fromkeys(
        [
            "createAccountAttachmentByFileName",
            "createBankTransactionAttachmentByFileName",
            "createContactAttachmentByFileName",
            "createCreditNoteAttachmentByFileName",
            "createInvoiceAttachmentByFileName",
            "createRepeatingInvoiceAttachmentByFileName",
            "getAccountAttachments",
            "getBankTransactionAttachments",
            "getContactAttachments",
            "getCreditNoteAttachments",
            "getInvoiceAttachments",
            "getRepeatingInvoiceAttachments",
            "updateAccountAttachmentByFileName",
            "updateBankTransactionAttachmentByFileName",
            "updateContactAttachmentByFileName",
            "updateCreditNoteAttachmentByFileName",
            "updateInvoiceAttachmentByFileName",
            "updateRepeatingInvoiceAttachmentByFileName",
        ],
        "files attached to a record change no balance",
    )
    | dict.fromkeys(
        [
            "getReportAgedPayablesByContact",
            "getReportAgedReceivablesByContact",
            "getReportBalanceSheet",
            "getReportBankSummary",
            "getReportBudgetSummary",
            "getReportExecutiveSummary",
            "getReportTenNinetyNine",
            "getReportTrialBalance",
        ],
        "a report is a picture of figures that are read record by record",
    )
    | dict.fromkeys(
        [
            "createRepeatingInvoices",
            "getRepeatingInvoice",
            "getRepeatingInvoices",
            "updateOrCreateRepeatingInvoices",
            "updateRepeatingInvoice",
        ],
        "a template of invoices that are not yet owed",
    )
    | dict.fromkeys(
        ["createAccount", "getAccount", "getAccounts", "updateAccount", "createCurrency", "getCurrencies"],
        "settings of the books: accounts are named by whoever writes the rules, currencies come with each document",
    )
    | dict.fromkeys(
        ["getBankTransaction", "getBankTransactions", "updateBankTransaction"],
        "bank lines beside invoices; over- and prepayments, which are born there, are read from their own lists",
    )
    | dict.fromkeys(
        [
            "createContactGroup",
            "createContactGroupContacts",
            "getContactGroup",
            "getContactGroups",
            "updateContactGroup",
        ],
        "groups come with each contact as tags",
    )
    | dict.fromkeys(
        ["getContactCISSettings", "getOrganisationCISSettings", "getOrganisationActions"],
        "British construction tax and the user's own rights in Xero decide nothing about receivables",
    )
    | dict.fromkeys(
        ["createPaymentService", "createBrandingThemePaymentServices", "getPaymentServices"],
        "a payment service is set up by a person in Xero",
    )
    | dict.fromkeys(
        ["getBatchPaymentHistory", "createBatchPaymentHistoryRecord"],
        "only the history of invoices is read and written",
    )
    | dict.fromkeys(
        ["deleteCreditNoteAllocations", "deleteOverpaymentAllocations", "deletePrepaymentAllocations"],
        "an allocation is taken back by a person in Xero",
    )
    | {"deleteAccount": "accounts are never deleted by us"}
    | {"getBrandingThemePaymentServices": "only whether there is one is asked, which test_xero_push.py covers"}
)


def test_every_example_is_either_read_or_refused_by_name() -> None:
    folder = SPECS / "xero" / "examples"
    if not folder.is_dir():
        pytest.skip("the vendor's examples are not at hand (folder shared beside the checkout)")
    there = {path.name.removesuffix(".json") for path in folder.glob("*.json")}
    read = {f"{name}.200" for name in (*UNDERSTOOD, *REFUSED, *DOUBTFUL, *TAKEN, *LOOKED_AT)}
    read |= {f"{name}.400" for name in FAULTS}
    not_read = {f"{name}.200" for name in NOT_READ}
    assert read | not_read >= there, "an example that nobody has looked at"
    assert not read & not_read


def test_no_example_that_is_read_is_left_with_a_problem() -> None:
    """The rows of every list that we pull, whatever operation the example is of."""
    rows: list[tuple[str, Record]] = []
    for operation in UNDERSTOOD:
        body = example(f"xero/examples/{operation}.200.json")["body"]
        rows += [(table.entity, row) for table in STREAMS.values() for row in body.get(table.entity, [])]
    tables = {table.entity: table for table in STREAMS.values()}
    assert len(rows) > 30
    for entity, row in rows:
        tables[entity].translate(row, "books")
