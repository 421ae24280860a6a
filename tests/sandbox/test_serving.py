"""The sandbox as a whole: clock, mail, faults, restarts, the command line."""

from __future__ import annotations

import json
import signal
import smtplib
import subprocess
import sys
import time
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from sandbox.serve import Sandbox
from tests.sandbox.conftest import NOON
from tests.sandbox.worlds import Control, QuickBooks, Stripe, Xero, bill, debtor, stock

DAY = date(2026, 2, 1)
ROOT = Path(__file__).resolve().parents[2]


# -- mail ---------------------------------------------------------------------------------------------------------------


def test_mail_by_smtp_lands_in_the_mailbox(sandbox: Sandbox, control: Control) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "us@shop.example",
        "Ada <ada@acme.example>",
        "Invoice 7 — überfällig",
    )
    message["Message-ID"] = "<act-1@owed.example>"
    message.set_content("Please pay.")
    message.add_alternative("<p>Please pay.</p>", subtype="html")
    with smtplib.SMTP(sandbox.config["smtp"]["host"], sandbox.config["smtp"]["port"], timeout=10) as server:
        server.login("anybody", "anything")
        server.send_message(message)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            server.sendmail("us@shop.example", ["bounce-1@acme.example"], "Subject: x\r\n\r\nx")
    (mail,) = control.get("/mailbox.json")
    assert (mail["via"], mail["to"], mail["subject"]) == ("smtp", ["ada@acme.example"], "Invoice 7 — überfällig")
    assert mail["text"].strip() == "Please pay."
    assert mail["headers"]["Message-ID"] == "<act-1@owed.example>"
    assert "überfällig" in requests.get(f"{control.base}/mailbox", timeout=10).text
    assert [one["key"] for one in control.get("/effects.json")] == ["<act-1@owed.example>"]


@pytest.mark.parametrize(("kind", "kept"), [("lost", 1), ("reset", 0), ("throttle", 0), ("error", 0)])
def test_what_can_happen_to_a_mail(sandbox: Sandbox, control: Control, kind: str, kept: int) -> None:
    control.post("/faults", platform="smtp", kind=kind)
    with (
        pytest.raises((smtplib.SMTPServerDisconnected, smtplib.SMTPDataError)),
        smtplib.SMTP(sandbox.config["smtp"]["host"], sandbox.config["smtp"]["port"], timeout=10) as server,
    ):
        server.sendmail("us@shop.example", ["ada@acme.example"], "Subject: x\r\n\r\nx")
    assert len(control.get("/mailbox.json")) == kept


# -- clock --------------------------------------------------------------------------------------------------------------


def test_the_clock_is_set_and_moved(control: Control) -> None:
    assert control.get("/clock")["now"].startswith("2026-03-02T12:0")
    assert control.post("/clock", now="2030-01-01T09:00:00Z").json()["now"].startswith("2030-01-01T09:00")
    assert control.post("/clock", advance_seconds=86_400).json()["now"].startswith("2030-01-02T09:00")
    assert control.post("/clock", now="soon").status_code == 400


# -- faults -------------------------------------------------------------------------------------------------------------


def test_a_reply_that_is_lost_has_still_done_its_work(sandbox: Sandbox, xero: Xero, control: Control) -> None:
    identity = stock(sandbox, "xero", bill(debtor(), "INV-1", on=DAY)).xero.ids["bill-INV-1"]
    control.post("/faults", platform="xero", kind="lost", path="/Email")
    with pytest.raises(requests.ConnectionError):
        xero.call("POST", f"/Invoices/{identity}/Email", json={}, key="k")
    assert control.kinds("xero") == ["email"]
    assert xero.call("POST", f"/Invoices/{identity}/Email", json={}, key="k").status_code == 204
    assert control.kinds("xero") == ["email"]


def test_a_held_up_call_and_its_retry_have_one_effect(
    sandbox: Sandbox, xero: Xero, quickbooks: QuickBooks, control: Control
) -> None:
    stock(sandbox, "quickbooks", bill(debtor(), "1", on=DAY))
    identity = stock(sandbox, "xero", bill(debtor(), "INV-1", on=DAY)).xero.ids["bill-INV-1"]
    control.post("/faults", platform="any", kind="hang", seconds=0.8, method="POST", path="Email|send", count=2)
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{xero.config['api_base']}/Invoices/{identity}/Email", json={}, timeout=0.2,
            headers={"Authorization": f"Bearer {xero.token}", "xero-tenant-id": xero.config["tenant_id"], "Idempotency-Key": "k"},
        )  # fmt: skip
    assert xero.call("POST", f"/Invoices/{identity}/Email", json={}, key="k").status_code == 204
    for _ in range(2):
        assert quickbooks.call("POST", "/invoice/1/send", params={"requestid": "r"}).status_code == 200
    time.sleep(0.3)
    assert control.kinds("xero") == ["email"]
    assert control.kinds("quickbooks") == ["email"]


def test_a_reset_happens_before_anything_is_done(sandbox: Sandbox, quickbooks: QuickBooks, control: Control) -> None:
    identity = stock(sandbox, "quickbooks", bill(debtor(), "1", on=DAY)).quickbooks.ids["bill-1"]
    control.post("/faults", platform="quickbooks", kind="reset", method="POST")
    with pytest.raises(requests.ConnectionError):
        quickbooks.call("POST", f"/invoice/{identity}/send")
    assert control.kinds("quickbooks") == []


def test_a_failure_may_come_after_the_deed(stripe: Stripe, control: Control) -> None:
    control.post("/faults", platform="stripe", kind="failed", path="/payment_links", status=502, body="html")
    answer = stripe.call("POST", "/payment_links", data=LINK, key="k")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (502, "text/html")
    assert control.kinds("stripe") == ["payment_link"]
    assert stripe.call("POST", "/payment_links", data=LINK, key="k").status_code == 200
    assert control.kinds("stripe") == ["payment_link"]


LINK = {
    "line_items[0][price_data][currency]": "gbp", "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "X", "line_items[0][quantity]": "1",
}  # fmt: skip


def test_stripe_keeps_its_own_failures_under_the_key(stripe: Stripe, control: Control) -> None:
    control.post("/faults", platform="stripe", kind="error", status=500, store=True)
    assert stripe.call("POST", "/payment_links", data=LINK, key="k").status_code == 500
    again = stripe.call("POST", "/payment_links", data=LINK, key="k")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (500, "true")


def test_broken_bodies_and_refusals(xero: Xero, quickbooks: QuickBooks, control: Control) -> None:
    control.post("/faults", platform="xero", kind="truncated")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        xero.call("GET", "/Organisation").json()
    control.post("/faults", platform="xero", kind="throttle", problem="day")
    day = xero.call("GET", "/Organisation")
    assert (day.status_code, day.headers["X-Rate-Limit-Problem"], int(day.headers["Retry-After"]) > 60_000) == (
        429,
        "day",
        True,
    )
    control.post("/faults", platform="quickbooks", kind="error", status=503, body="xml")
    assert quickbooks.call("GET", "/preferences").headers["Content-Type"] == "application/xml"
    control.post("/faults", platform="quickbooks", kind="throttle", flavour="lower", skip=1)
    assert quickbooks.call("GET", "/preferences").status_code == 200
    assert quickbooks.call("GET", "/preferences").json()["fault"]["error"][0]["code"] == "3001"
    control.post("/faults", platform="xero", kind="rewrite", path="/Accounts", find='"ACTIVE"', replace="null")
    assert xero.get("/Accounts")["Accounts"][0]["Status"] is None
    control.post("/faults", platform="xero", kind="throttle", body="empty")
    assert xero.call("GET", "/Accounts").status_code == 429
    assert control.post("/faults", kind="earthquake").status_code == 400
    assert control.post("/faults", kind="reset", count="often").status_code == 400
    assert control.post("/faults", platform="any", kind="reset").status_code == 200
    assert control.get("/clock")["now"]  # no fault strikes the control itself


def test_a_token_lost_after_rotation_is_helped_by_grace(xero: Xero, control: Control) -> None:
    control.post("/faults", platform="xero", kind="token_lost")
    with pytest.raises(requests.ConnectionError):
        xero.refresh(xero.config["refresh_token"])
    assert xero.refresh(xero.config["refresh_token"]).status_code == 200


def test_calls_are_counted(xero: Xero, control: Control) -> None:
    for _ in range(3):
        xero.get("/Invoices", page=1)
    assert control.get("/calls.json")["xero"] == {"GET /api.xro/2.0/Invoices": 3}


# -- restarts -----------------------------------------------------------------------------------------------------------


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with Sandbox(folder, now=NOON, company="empty") as first:
        identity = stock(first, "xero", bill(debtor(), "INV-1", on=DAY)).xero.ids["bill-INV-1"]
        xero = Xero(first)
        body = {"Payments": [{"Invoice": {"InvoiceID": identity}, "Account": {"Code": "090"}, "Amount": 40.0}]}
        made = xero.call("PUT", "/Payments", json=body, key="p").json()["Payments"][0]["PaymentID"]
        xero.call("POST", f"/Invoices/{identity}/Email", json={}, key="e")
        link = Stripe(first).link(key="l")["id"]
        Control(first).post("/clock", advance_seconds=3600)
    with Sandbox(folder) as second:
        assert second.clock.now().date() == date(2026, 3, 2)
        assert second.clock.now().hour == 13
        xero, control = Xero(second), Control(second)
        xero.token = xero.refresh(xero.config["refresh_token"]).json()["access_token"]
        assert xero.invoice(identity)["AmountDue"] == 60.0
        assert Stripe(second).link(key="l")["id"] == link
        assert second.config["stripe"] == first.config["stripe"]  # the ports too: links that are out keep working
        assert len(control.get("/mailbox.json")) == 1
        assert control.kinds("xero") == ["payment", "email"]
        assert xero.get(f"/Payments/{made}")["Payments"][0]["Amount"] == 40.0


def test_the_same_seed_makes_the_same_company(tmp_path: Path) -> None:
    one, two = (Sandbox(tmp_path / name, now=NOON) for name in ("one", "two"))
    for books in ("xero", "quickbooks"):
        tables = [getattr(each, books).books for each in (one, two)]
        first, second = [table.invoices.records if books == "xero" else table["Invoice"].records for table in tables]
        assert list(first) == list(second)
        assert [one["lines"] for one in first.values()] == [one["lines"] for one in second.values()]
    assert list(one.stripe.ledger["charge"].records) == list(two.stripe.ledger["charge"].records)
    one.stop()
    two.stop()


def test_the_command_serves_until_it_is_told_to_stop_and_survives_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--folder", str(tmp_path), "--empty", "--now", "2026-03-02T12:00:00Z"]
    for ending in (signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("sandbox ready: http://127.0.0.1:")
        config = json.loads((tmp_path / "sandbox.json").read_text())
        assert config["pid"] == process.pid
        headers = {"Authorization": f"Bearer {config['stripe']['api_key']}"}
        links = requests.get(f"{config['stripe']['api_base']}/v1/payment_links", headers=headers, timeout=10).json()[
            "data"
        ]
        assert len(links) == (0 if ending == signal.SIGKILL else 1)
        requests.post(f"{config['stripe']['api_base']}/v1/payment_links", data=LINK, headers=headers, timeout=10)
        process.send_signal(ending)
        begun = time.monotonic()
        _, errors = process.communicate(timeout=15)
        assert time.monotonic() - begun < 5
        assert process.returncode == (0 if ending == signal.SIGTERM else -signal.SIGKILL)
        assert "Traceback" not in errors
