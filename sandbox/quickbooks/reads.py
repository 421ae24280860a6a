"""Reading at QuickBooks: queries, change data capture, single objects, the company."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.calls import Answer, Call, json_answer
from sandbox.clock import milliseconds, read_instant
from sandbox.quickbooks.books import ENTITIES, NAMED, Books
from sandbox.quickbooks.errors import Faults
from sandbox.quickbooks.fields import check_names, reader, render
from sandbox.quickbooks.pdf import invoice_pdf
from sandbox.quickbooks.query import BadQuery, Parser, Statement, holds
from sandbox.quickbooks.render import moment, stamp
from sandbox.state import Record

LOOK_BACK = timedelta(days=30)
MOST_CHANGES = 1000


class Reads:
    def __init__(self, books: Books) -> None:
        self.books = books

    # -- queries ----------------------------------------------------------------------------------------------------

    def query(self, call: Call) -> Answer:
        text = call.argument("query") if call.method == "GET" else call.body.decode("utf-8", "replace")
        try:
            statement = Parser(text).parse()
            return json_answer({"QueryResponse": self._run(statement), "time": stamp(call.now)})
        except BadQuery as problem:
            raise Faults(call.now).bad_query(problem.code, str(problem)) from problem

    def _run(self, statement: Statement) -> Record:
        single = {"companyinfo": company_info, "preferences": preferences}.get(statement.entity.lower())
        if single is not None:
            name = "CompanyInfo" if single is company_info else "Preferences"
            return {name: [single(self.books)], "maxResults": 1}
        entity = next((one for one in ENTITIES if one.lower() == statement.entity.lower()), None)
        if entity is None:
            raise BadQuery(f"Metadata not found for Entity {statement.entity}", "4001")
        found = self._found(entity, statement)
        if statement.count:
            return {"totalCount": len(found)}
        page = found[statement.start - 1 : statement.start - 1 + statement.limit]
        if not page:
            return {}
        rows = [project(render(self.books, entity, one), statement.columns) for one in page]
        return {entity: rows, "startPosition": statement.start, "maxResults": len(rows)}

    def _found(self, entity: str, statement: Statement) -> list[Record]:
        check_names(entity, [one.name for one in statement.conditions] + [name for name, _ in statement.order])
        if any(one.name.lower() == "id" and one.operator not in ("=", "IN") for one in statement.conditions):
            raise BadQuery("Operator not supported for Property Id: only = and IN are", "4001")
        records = list(self.books[entity])
        asks_active = any(one.name.lower() == "active" for one in statement.conditions)
        if entity in NAMED and not asks_active:
            records = [one for one in records if one.get("active", True)]
        for condition in statement.conditions:
            records = [one for one in records if holds(condition, reader(self.books, entity, one))]
        for name, descending in reversed(statement.order):
            records.sort(key=lambda one: rank(reader(self.books, entity, one)(name)), reverse=descending)
        return records

    # -- change data capture ----------------------------------------------------------------------------------------

    def changes(self, call: Call) -> Answer:
        names = [name.strip().lower() for name in call.argument("entities").split(",") if name.strip()]
        wanted = [next((one for one in ENTITIES if one.lower() == name), "") for name in names]
        if not wanted or "" in wanted:
            raise Faults(call.now).bad_query("4001", "QueryValidationError: entities is empty or unknown")
        since = self._since(call)
        left, blocks = MOST_CHANGES, []
        for entity in wanted:
            block = self._changed(entity, since, left)
            left -= len(block.get(entity, []))
            blocks.append(block)
        return json_answer({"CDCResponse": [{"QueryResponse": blocks}], "time": stamp(call.now)})

    def _since(self, call: Call) -> int:
        try:
            since = read_instant(call.argument("changedSince").replace(" ", "+"))
        except ValueError as problem:
            raise Faults(call.now).bad_query("4001", "QueryValidationError: changedSince is no date") from problem
        if call.now - since > LOOK_BACK:
            raise Faults(call.now).bad_query("4001", "QueryValidationError: changedSince is more than 30 days ago")
        return milliseconds(since)

    def _changed(self, entity: str, since: int, left: int) -> Record:
        rows = [
            (one["updated"], render(self.books, entity, one)) for one in self.books[entity] if one["updated"] >= since
        ]
        gone = [one for one in self.books.deleted if one["entity"] == entity and one["updated"] >= since]
        rows += [(one["updated"], stub(one)) for one in gone]
        rows.sort(key=lambda row: row[0])
        shown = [row for _, row in rows[:left]]
        return {entity: shown, "startPosition": 1, "maxResults": len(shown), "totalCount": len(shown)} if shown else {}

    # -- single objects ---------------------------------------------------------------------------------------------

    def get(self, call: Call) -> Answer:
        entity = entity_of(call)
        record = self.books[entity].get(call.params["id"]) if entity else None
        if record is None:
            raise Faults(call.now).not_found()
        shown = render(self.books, entity, record)
        if entity == "Invoice" and "invoiceLink" in call.argument("include"):
            shown |= self._link(record)
        return json_answer({entity: shown, "time": stamp(call.now)})

    def _link(self, record: Record) -> Record:
        """Only with online payment allowed, an address to bill, and something to pay."""
        if not record["online"] or not record.get("bill_email") or record.get("voided"):
            return {}
        return {"InvoiceLink": f"{self.books.world.address['quickbooks']}/pay/{record['code']}"}

    def pdf(self, call: Call) -> Answer:
        record = self.books["Invoice"].get(call.params["id"])
        if record is None:
            raise Faults(call.now).not_found()
        return Answer(200, invoice_pdf(self.books, record), "application/pdf")

    def company(self, call: Call) -> Answer:
        return json_answer({"CompanyInfo": company_info(self.books), "time": stamp(call.now)})

    def preferences(self, call: Call) -> Answer:
        return json_answer({"Preferences": preferences(self.books), "time": stamp(call.now)})


def entity_of(call: Call) -> str:
    return next((one for one in ENTITIES if one.lower() == call.params["entity"].lower()), "")


def stub(deleted: Record) -> Record:
    times = {"LastUpdatedTime": moment(deleted["updated"])}
    return {"domain": "QBO", "status": "Deleted", "Id": deleted["of"], "MetaData": times}


def rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    if isinstance(value, str):
        return (1, int(value)) if value.isdigit() else (2, value.lower())
    return 1, value.timestamp() if isinstance(value, datetime) else value


def project(row: Record, columns: list[str]) -> Record:
    if "*" in columns:
        return row
    wanted = {column.split(".")[0].lower() for column in columns} | {"id"}
    return {name: value for name, value in row.items() if name.lower() in wanted} | {"domain": "QBO", "sparse": True}


def company_info(books: Books) -> Record:
    company = books.company
    made = moment(company["created"])
    values = {"IndustryType": "Joinery", "SubscriptionStatus": "PAID", "OfferingSku": "QuickBooks Online Plus"}
    return {
        "CompanyName": company["name"],
        "LegalName": company["name"],
        "CompanyStartDate": datetime.fromtimestamp(company["created"] / 1000, UTC).date().isoformat(),
        "FiscalYearStartMonth": "April",
        "Country": "GB",
        "Email": {"Address": company["email"]},
        "CompanyAddr": {
            "Id": "1",
            "Line1": "2 Quay Street",
            "City": "Whitby",
            "PostalCode": "YO22 4AA",
            "Country": "GB",
        },
        "SupportedLanguages": "en",
        "DefaultTimeZone": "Europe/London",
        "NameValue": [{"Name": name, "Value": value} for name, value in values.items()],
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": {"CreateTime": made, "LastUpdatedTime": made},
    }


def preferences(books: Books) -> Record:
    made = moment(books.company["created"])
    automatic = bool(books.company.get("auto_apply_credit"))
    sales = {"AutoApplyCredit": automatic, "AutoApplyPayments": False, "AllowDeposit": True, "AllowDiscount": True}
    closed = {"BookCloseDate": books.company["book_close"]} if books.company.get("book_close") else {}
    return {
        "AccountingInfoPrefs": {
            "UseAccountNumbers": False,
            "FirstMonthOfFiscalYear": "April",
            "CustomerTerminology": "Customers",
            **closed,
        },
        "SalesFormsPrefs": {
            **sales,
            "CustomTxnNumbers": True,
            "ETransactionPaymentEnabled": True,
            "DefaultTerms": {"value": "3"},
        },
        "TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": False},
        "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": books.company["currency"]}},
        "OtherPrefs": {"NameValue": [{"Name": "TimeTrackingFeatureEnabled", "Value": "false"}]},
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": {"CreateTime": made, "LastUpdatedTime": made},
    }
