"""What most programs do: the official library's own objects, page by page, into the same tables as owed's.

No versions, no digests, no compression, no cursors: only the columns that owed projects, and empty payloads.
"""

import datetime as dt
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from store.engine import open_engine
from store.migrate import upgrade
from store.tables import FACTS
from store.tables import raw as raw_table

#: A page of rows, ready for the table.
Pages = Iterator[list[dict[str, Any]]]
_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_SAME = {
    "organisation": "bench",
    "connection": "books",
    "known_from": _NOW,
    "digest": "",
    "raw": "",
    "kind": "invoice",
    "body": "{}",
}
_SAME_RAW = {
    "organisation": "bench",
    "connection": "books",
    "stream": "invoices",
    "received_at": _NOW,
    "size": 0,
    "body": b"",
}
_COLUMNS = ("id", "number", "customer_id", "status", "currency", "total", "open", "issue_on", "due_on")


def write(url: str, pages: Pages) -> int:
    """The same tables as owed's, by Core's executemany, a page at a time: the projected columns, no body, no payload."""
    engine = open_engine(url)
    upgrade(engine)
    table, count = FACTS["invoice"], 0
    for page in filter(None, pages):
        with engine.connect().execution_options(owed_write=True) as connection, connection.begin():
            connection.execute(table.insert(), [_SAME | row for row in page])
            connection.execute(raw_table.insert(), [_SAME_RAW | {"digest": row["id"]} for row in page])
        count += len(page)
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
                "issue_on": _of_epoch(one.created),
                "due_on": _of_epoch(one.due_date),
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
                "issue_on": dt.date.fromisoformat(one.TxnDate),
                "due_on": dt.date.fromisoformat(one.DueDate) if one.DueDate else None,
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
                "issue_on": one.date,
                "due_on": one.due_date,
            }
            for one in found
        ]
        number += 1


def _of_epoch(seconds: int | None) -> dt.date | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).date()


def raw(url: str) -> Pages:
    """As bare as it can be at Stripe: JSON into plain values, and one column more for the payload."""
    import requests

    session, after = requests.Session(), ""
    names = {"customer_id": "customer", "open": "amount_remaining"}
    while True:
        page = session.get(f"{url}/v1/invoices?limit=100{after}", timeout=20).content
        rows, kept = msgspec.json.decode(page)["data"], msgspec.json.decode(page, type=_RawPage)
        yield [
            {name: row[names.get(name, name)] for name in _COLUMNS[:-2]}
            | {
                "body": bytes(body).decode(),
                "issue_on": _of_epoch(row["created"]),
                "due_on": _of_epoch(row["due_date"]),
            }
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
