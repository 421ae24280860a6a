"""The books that organisations are connected to: one company of the sandbox, in a process of its own."""

import csv
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from benchmarks.vendors.process import ROOT
from connectors.protocol import Tokens

#: A Wednesday, seven in the evening in London: in most hours of a day the guards hold whatever is due.
NIGHT = dt.datetime(2026, 11, 18, 19, 0, tzinfo=dt.UTC)

#: Ten on the next day.
MORNING = NIGHT + dt.timedelta(hours=15)

_BACK = "http://localhost/callback"
_COLUMNS = (
    "invoice_number customer_id invoice_date due_date invoice_amount currency platform customer_email settled_date"
)
#: Invoices of one customer.
_EACH = 5
_DAYS_TO_PAY = 30
#: The oldest open invoice has been due for so long.
_OLDEST_DAYS = 90


@dataclass(slots=True)
class Company:
    """`config` is the sandbox's sandbox.json. Several organisations may be connected, each by a grant of its own."""

    config: dict[str, Any]
    pid: int
    _paid: int = 0

    def grant(self) -> Tokens:
        """What a consent at Xero gives."""
        about = self.config["xero"]
        app = {"client_id": about["client_id"], "client_secret": about["client_secret"]}
        asked = {"client_id": app["client_id"], "redirect_uri": _BACK, "state": "bench"}
        answer = requests.get(about["authorize_url"], asked, allow_redirects=False, timeout=20)
        (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _BACK, **app}
        given = requests.post(about["token_url"], form, timeout=20).json()
        return Tokens(access_token=given["access_token"], refresh_token=given["refresh_token"], **app)

    def keys(self) -> dict[str, Tokens]:
        """Of one organisation, by connection."""
        return {"books": self.grant(), "cards": Tokens(api_key=self.config["stripe"]["api_key"])}

    def move_on(self, now: dt.datetime) -> None:
        """Later, and one more customer has paid an invoice."""
        self.tell("/clock", now=now.isoformat())
        self._paid += 1
        about = self.config["xero"]
        shown = {"Authorization": f"Bearer {self.grant().access_token}", "Xero-tenant-id": about["tenant_id"]}
        shown["Accept"] = "application/json"
        number = {"InvoiceNumbers": f"N-{self._paid:05}"}
        answer = requests.get(f"{about['api_base']}/Invoices", number, headers=shown, timeout=20)
        (invoice,) = answer.json()["Invoices"]
        payment = {
            "Invoice": {"InvoiceID": invoice["InvoiceID"]},
            "Account": {"Code": "090"},
            "Amount": invoice["AmountDue"],
        }
        body = {"Payments": [payment]}
        requests.put(f"{about['api_base']}/Payments", json=body, headers=shown, timeout=20).raise_for_status()

    def tell(self, path: str, **body: object) -> None:
        requests.post(f"{self.config['control']}{path}", json=body, timeout=20).raise_for_status()


@contextmanager
def company(folder: Path, invoices: int, paid: int = 0) -> Iterator[Company]:
    """`invoices` are open; so many more were `paid` long ago. Rate limits are off: all organisations share one company."""
    folder.mkdir(parents=True)
    _write_ledger(folder / "ledger.csv", invoices, paid)
    command = [sys.executable, "-m", "sandbox", "--folder", str(folder), "--ledger", str(folder / "ledger.csv")]
    command += ["--as-of", NIGHT.date().isoformat(), "--now", NIGHT.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            assert "ready" in process.stdout.readline()
            made = Company(json.loads((folder / "sandbox.json").read_text()), process.pid)
            made.tell("/limits", enabled=False)
            yield made
        finally:
            process.terminate()


def _write_ledger(path: Path, invoices: int, paid: int) -> None:
    """Open invoices are due from a month ahead to a quarter ago; the paid ones were before that."""
    today = NIGHT.date()
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS.split())
        for number in range(1, invoices + paid + 1):
            days = number % (_OLDEST_DAYS + _DAYS_TO_PAY) - _DAYS_TO_PAY
            due = today - dt.timedelta(days=days + (_OLDEST_DAYS if number > invoices else 0))
            issued = due - dt.timedelta(days=_DAYS_TO_PAY)
            settled = due if number > invoices else ""
            customer = f"c{number // _EACH:05}"
            amount = f"{100 + number}.00"
            address = f"{customer}@customers.example"
            rows.writerow([f"N-{number:05}", customer, issued, due, amount, "GBP", "xero", address, settled])
