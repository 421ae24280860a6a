"""One typical invoice of each platform, as the sandbox shows it, with marks where the copies differ."""

import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from sandbox.serve import Sandbox

#: What a copy puts in: its id, its number, and the instant of its last change in the platform's own form.
ID, NUMBER, CHANGED, CREATED = "@id@", "@number@", "@changed@", '"@created@"'

_PLACE = {"City": "Wellington", "Region": "", "PostalCode": "6011", "Country": "New Zealand"}
_ADDRESSES = [_PLACE | {"AddressType": kind} for kind in ("STREET", "POBOX")]
_NUMBER = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
_PHONES = [_NUMBER | {"PhoneType": kind} for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")]


def make() -> dict[str, str]:
    """JSON text by platform."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder)) as sandbox:
        return {
            "xero": _xero(sandbox.config),
            "quickbooks": _quickbooks(sandbox.config),
            "stripe": _stripe(sandbox.config),
        }


def _get(url: str, token: str, **headers: str) -> Any:
    answer = requests.get(
        url, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"} | headers, timeout=20
    )
    answer.raise_for_status()
    return answer.json()


def _three_lines(row: dict[str, Any], field: str) -> dict[str, Any]:
    """A typical invoice has three lines; the sandbox's have one to four."""
    held = row[field]
    if isinstance(held, dict):
        return row | {field: held | {"data": (held["data"] * 3)[:3]}}
    return row | {field: (held * 3)[:3]}


def _xero(config: dict[str, Any]) -> str:
    """Xero shows the contact with its addresses and telephone numbers inside every invoice of a list."""
    found = config["xero"]
    url = f"{found['api_base']}/Invoices?page=1&pageSize=200&where=Type%3D%3D%22ACCREC%22"
    rows = _get(url, found["access_token"], **{"xero-tenant-id": found["tenant_id"]})["Invoices"]
    row = _three_lines(next(row for row in rows if row["Status"] == "AUTHORISED"), "LineItems")
    contact = row["Contact"] | {"Addresses": _ADDRESSES, "Phones": _PHONES}
    return json.dumps(row | {"InvoiceID": ID, "InvoiceNumber": NUMBER, "UpdatedDateUTC": CHANGED, "Contact": contact})


def _quickbooks(config: dict[str, Any]) -> str:
    found = config["quickbooks"]
    statement = "SELECT * FROM Invoice MAXRESULTS 200"
    url = f"{found['api_base']}/company/{found['realm_id']}/query"
    rows = _get(f"{url}?query={quote(statement)}", found["access_token"])["QueryResponse"]["Invoice"]
    row = _three_lines(next(row for row in rows if row["Balance"]), "Line")
    times = row["MetaData"] | {"LastUpdatedTime": CHANGED}
    return json.dumps(row | {"Id": ID, "DocNumber": NUMBER, "MetaData": times})


def _stripe(config: dict[str, Any]) -> str:
    found = config["stripe"]
    url = f"{found['api_base']}/v1/invoices?limit=100&status=open&expand[]=data.payments"
    row = _three_lines(_get(url, found["api_key"])["data"][0], "lines")
    return json.dumps(row | {"id": ID, "number": NUMBER, "created": "@created@"})
