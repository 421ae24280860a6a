"""What a company says of itself: its currency, its closed books, its receivables accounts. Each is asked for once."""

import datetime as dt

from connectors.errors import Refused
from connectors.fields import Record, day, decode_record, identifier, record, text
from connectors.quickbooks.client import QuickBooksClient

_RECEIVABLE = (
    "SELECT * FROM Account WHERE AccountType = 'Accounts Receivable' AND Active IN (true, false) MAXRESULTS 1000"
)


class Company:
    """`home` is the company's currency where it is known already; `business` stands in for one that does not tell."""

    def __init__(self, client: QuickBooksClient, business: str) -> None:
        self._client = client
        self._business = business
        self._preferences: Record | None = None
        self._receivable: frozenset[str] | None = None
        self.home = ""

    def home_currency(self) -> str:
        if not self.home:
            home = text(record(record(self.preferences(), "CurrencyPrefs"), "HomeCurrency"), "value")
            self.home = home or self._business
        return self.home

    def locked_until(self) -> dt.date | None:
        """The last day of the closed books."""
        return day(record(self.preferences(), "AccountingInfoPrefs"), "BookCloseDate")

    def preferences(self) -> Record:
        """Empty where the user who consented may not see them."""
        if self._preferences is None:
            try:
                self._preferences = record(self._client.get("preferences"), "Preferences")
            except Refused:
                self._preferences = {}
        return self._preferences

    def receivable(self) -> frozenset[str]:
        """Ids of the accounts that hold what customers owe; a company with several currencies has several."""
        if self._receivable is None:
            raws = self._client.query(_RECEIVABLE, "Account").of("Account")
            self._receivable = frozenset(identifier(decode_record(raw), "Id") for raw in raws)
        return self._receivable

    def forget(self) -> None:
        """Before another look: accounts come and go, books are closed. The home currency stays."""
        self._preferences = self._receivable = None
