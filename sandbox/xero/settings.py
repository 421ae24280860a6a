"""What Xero tells about the organisation: itself, reminders, themes, payment services."""

from __future__ import annotations

from sandbox.calls import Answer, Call
from sandbox.state import Record
from sandbox.xero.books import Books
from sandbox.xero.errors import missing
from sandbox.xero.lists import envelope
from sandbox.xero.render import day, instant


class Settings:
    def __init__(self, books: Books) -> None:
        self.books = books

    def organisation(self, call: Call) -> Answer:
        return envelope(call, Organisations=[organisation(self.books.organisation)])

    def reminders(self, call: Call) -> Answer:
        return envelope(call, InvoiceReminders=[{"Enabled": bool(self.books.organisation["reminders"])}])

    def themes(self, call: Call) -> Answer:
        return envelope(call, BrandingThemes=[theme(record) for record in self.books.themes])

    def services(self, call: Call) -> Answer:
        return envelope(call, PaymentServices=[service(record) for record in self.books.services])

    def theme_services(self, call: Call) -> Answer:
        record = self.books.themes.get(call.params["id"])
        if record is None:
            raise missing()
        found = [self.books.services[identity] for identity in record["services"]]
        return envelope(call, PaymentServices=[service(one) for one in found])

    def currencies(self, call: Call) -> Answer:
        names = {"GBP": "British Pound", "EUR": "Euro", "USD": "United States Dollar"}
        return envelope(call, Currencies=[{"Code": code, "Description": name} for code, name in names.items()])

    def tax_rates(self, call: Call) -> Answer:
        rates = [("20% (VAT on Income)", "OUTPUT2", 20.0), ("No VAT", "NONE", 0.0)]
        shown = [
            {"Name": name, "TaxType": kind, "Status": "ACTIVE", "DisplayTaxRate": rate, "EffectiveRate": rate}
            for name, kind, rate in rates
        ]
        return envelope(call, TaxRates=shown)


def organisation(record: Record) -> Record:
    shown: Record = {
        "Name": record["name"],
        "LegalName": record["name"],
        "PaysTax": True,
        "Version": "UK",
        "OrganisationType": "COMPANY",
        "BaseCurrency": record["currency"],
        "CountryCode": "GB",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": instant(record["created"]).replace("+0000", ""),
        "OrganisationEntityType": "COMPANY",
        "Timezone": "GMTSTANDARDTIME",
        "ShortCode": "!sNdBx",
        "OrganisationID": record["tenant"],
        "Edition": "BUSINESS",
        "Class": "PREMIUM",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    locks = {"PeriodLockDate": record.get("lock_date"), "EndOfYearLockDate": record.get("year_lock_date")}
    return shown | {name: day(locked) for name, locked in locks.items() if locked}


def theme(record: Record) -> Record:
    shown = {"BrandingThemeID": record["id"], "Name": record["name"], "SortOrder": record["order"], "Type": "INVOICE"}
    return {**shown, "CreatedDateUTC": instant(record["created"])}


def service(record: Record) -> Record:
    shown = {"PaymentServiceID": record["id"], "PaymentServiceName": record["name"], "PayNowText": "Pay Now"}
    return {**shown, "PaymentServiceType": record["type"]}
