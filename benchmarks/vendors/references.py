"""What most programs do: the official library's own objects, page by page, into one table with Core's executemany.

No versions, no digests, no archive, no cursors: only the columns that owed projects, and the document's id.
"""

import datetime as dt
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

#: A page of rows, ready for the table.
Pages = Iterator[list[dict[str, Any]]]
_COLUMNS = ("id", "number", "customer_id", "status", "currency", "total", "open", "issue_on", "due_on")


def write(url: str, pages: Pages) -> int:
    metadata = sa.MetaData()
    whole = {"total", "open"}
    table = sa.Table(
        "invoice",
        metadata,
        sa.Column("body", sa.LargeBinary),
        *(sa.Column(name, sa.BigInteger if name in whole else sa.Text) for name in _COLUMNS),
    )
    engine = sa.create_engine(url)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    count = 0
    for page in pages:
        with engine.begin() as connection:
            connection.execute(table.insert(), page)
        count += len(page)
    metadata.drop_all(engine)
    engine.dispose()
    return count


def stripe(url: str) -> Pages:
    from stripe import RequestsClient, StripeClient

    bases = {"api": url, "connect": url, "files": url, "meter_events": url}
    client = StripeClient("rk_test_bench", http_client=RequestsClient(), base_addresses=bases)  # type: ignore[arg-type]  # a typed dict
    page = client.v1.invoices.list({"limit": 100})
    while True:
        yield [
            {
                "id": one.id,
                "number": one.number,
                "customer_id": str(one.customer),
                "status": one.status,
                "currency": one.currency,
                "total": one.total,
                "open": one.amount_remaining,
                "issue_on": str(one.created),
                "due_on": str(one.due_date),
            }
            for one in page.data
        ]
        if not page.has_more:
            return
        page = client.v1.invoices.list({"limit": 100, "starting_after": page.data[-1].id})


def quickbooks(url: str) -> Pages:
    import requests
    from quickbooks import QuickBooks
    from quickbooks.objects import Invoice

    class Token:
        environment, client_id, access_token, refresh_token = "production", "", "bench", None

    client = QuickBooks(auth_client=Token(), company_id="1", minorversion=75, use_decimal=True)
    client.session = requests.Session()
    client.session.access_token = "bench"  # the library puts it into each header
    client.api_url_v3 = f"{url}/v3"
    start = 1
    while True:
        statement = f"SELECT * FROM Invoice STARTPOSITION {start} MAXRESULTS 1000"
        found = Invoice.query(statement, qb=client)
        yield [
            {
                "id": one.Id,
                "number": one.DocNumber,
                "customer_id": one.CustomerRef.value,
                "status": "open",
                "currency": one.CurrencyRef.value,
                "total": int(one.TotalAmt * 100),
                "open": int(one.Balance * 100),
                "issue_on": one.TxnDate,
                "due_on": one.DueDate,
            }
            for one in found
        ]
        if len(found) < 1000:
            return
        start += 1000


def xero(url: str) -> Pages:
    from xero_python.accounting import AccountingApi
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token

    token = {
        "access_token": "bench",
        "refresh_token": None,
        "expires_in": 1800,
        "expires_at": None,
        "token_type": "Bearer",
        "scope": ["x"],
    }
    configuration = Configuration()
    configuration.oauth2_token = OAuth2Token("bench", "bench")
    client = ApiClient(configuration, oauth2_token_getter=lambda: token, oauth2_token_saver=lambda _: None)
    accounting = AccountingApi(client, base_url=f"{url}/api.xro/2.0")
    number = 1
    while True:
        found = accounting.get_invoices(
            "00000000-0000-4000-8000-000000000000", page=number, page_size=1000, order="UpdatedDateUTC ASC"
        ).invoices
        if not found:
            return
        yield [
            {
                "id": one.invoice_id,
                "number": one.invoice_number,
                "customer_id": one.contact.contact_id,
                "status": str(one.status),
                "currency": str(one.currency_code),
                "total": int(one.total * 100),
                "open": int(one.amount_due * 100),
                "issue_on": _day(one.date),
                "due_on": _day(one.due_date),
            }
            for one in found
        ]
        number += 1


def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def raw(url: str) -> Pages:
    """As bare as it can be at Stripe: JSON into plain values, and one column more for the payload."""
    import requests

    session, after = requests.Session(), ""
    names = {"customer_id": "customer", "open": "amount_remaining", "issue_on": "created", "due_on": "due_date"}
    while True:
        page = session.get(f"{url}/v1/invoices?limit=100{after}", timeout=20).content
        rows, kept = msgspec.json.decode(page)["data"], msgspec.json.decode(page, type=_RawPage)
        yield [
            {name: row[names.get(name, name)] for name in _COLUMNS} | {"body": bytes(body)}
            for row, body in zip(rows, kept.data, strict=True)
        ]
        if not kept.has_more:
            return
        after = f"&starting_after={rows[-1]['id']}"


class _RawPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool


READERS: dict[str, Callable[[str], Pages]] = {"xero": xero, "quickbooks": quickbooks, "stripe": stripe, "raw": raw}
NAMES = {"xero": "xero-python", "quickbooks": "python-quickbooks", "stripe": "stripe"}


def load(platform: str) -> None:
    """Import the library, which is no part of a pull."""
    importlib.import_module(
        {"xero": "xero_python.accounting", "quickbooks": "quickbooks.objects", "stripe": "stripe", "raw": "requests"}[
            platform
        ]
    )


def pull(platform: str, url: str, folder: Path) -> int:
    return write(f"sqlite:///{folder}/plain.db", READERS[platform](url))
