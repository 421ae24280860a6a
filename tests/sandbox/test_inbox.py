"""The sandbox's IMAP server as the language's own client sees it, and what can be put into its mailbox."""

import email
import imaplib
import smtplib
from collections.abc import Iterator
from email import policy
from typing import Any

import pytest
import requests

from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control


@pytest.fixture
def imap(sandbox: Sandbox) -> Iterator[imaplib.IMAP4]:
    about = sandbox.config["imap"]
    with imaplib.IMAP4(about["host"], about["port"], timeout=10) as client:
        client.login(about["username"], about["password"])
        yield client


@pytest.fixture
def mail(sandbox: Sandbox, control: Control) -> dict[str, Any]:
    with smtplib.SMTP(sandbox.config["smtp"]["host"], sandbox.config["smtp"]["port"], timeout=10) as server:
        text = "From: us@shop.example\r\nTo: ada@acme.example\r\nSubject: Pay\r\nMessage-ID: <m1@shop.example>\r\n\r\nx"
        server.sendmail("us@shop.example", ["ada@acme.example"], text)
    found: dict[str, Any] = control.get("/mailbox.json")[-1]
    return found


def uids(imap: imaplib.IMAP4, *wanted: str) -> list[bytes]:
    answer, found = imap.uid("SEARCH", *wanted)
    assert answer == "OK"
    return bytes(found[0] or b"").split()


def message(imap: imaplib.IMAP4, uid: bytes) -> email.message.EmailMessage:
    answer, found = imap.uid("FETCH", uid.decode(), "(UID INTERNALDATE BODY.PEEK[])")
    assert answer == "OK"
    assert isinstance(found[0], tuple)
    return email.message_from_bytes(found[0][1], policy=policy.default)


def test_answers_to_a_mail_can_be_read(imap: imaplib.IMAP4, control: Control, mail: dict[str, Any]) -> None:
    for kind in ("reply", "away", "bounce", "delay"):
        control.post("/inbox", kind=kind, mail=mail["id"])
    assert imap.select("INBOX", readonly=True)[0] == "OK"
    assert imap.response("UIDVALIDITY")[1] == [b"1"]
    assert uids(imap, "UID", "1:*") == [b"1", b"2", b"3", b"4"]
    reply, away, bounce, delay = (message(imap, uid) for uid in uids(imap, "UID", "1:*"))
    assert (reply["From"], reply["In-Reply-To"]) == ("ada@acme.example", "<m1@shop.example>")
    assert away["Auto-Submitted"] == "auto-replied"
    for report, status in ((bounce, "5.1.1"), (delay, "4.4.1")):
        assert report.get_content_type() == "multipart/report"
        parts = list(report.iter_parts())
        assert [part.get_content_type() for part in parts] == [
            "text/plain",
            "message/delivery-status",
            "text/rfc822-headers",
        ]
        groups: Any = parts[1].get_payload()
        assert [group["Status"] for group in groups] == [None, status]
        assert "<m1@shop.example>" in parts[2].get_content()


def test_a_range_has_no_order_and_a_star_is_the_last(
    imap: imaplib.IMAP4, control: Control, mail: dict[str, Any]
) -> None:
    for _ in range(3):
        control.post("/inbox", kind="reply", mail=mail["id"])
    imap.select("INBOX", readonly=True)
    assert uids(imap, "UID", "9:*") == [b"3"]
    assert uids(imap, "UID", "3:2") == [b"2", b"3"]
    assert uids(imap, "UID", "1:*", "SINCE", "1-Jan-2099") == []
    control.post("/inbox", renumber=True)
    imap.select("INBOX", readonly=True)
    assert imap.response("UIDVALIDITY")[1] == [b"2"]
    assert uids(imap, "UID", "1:*") == [b"1", b"2", b"3", b"4"]


def test_nobody_reads_it_without_the_password(sandbox: Sandbox) -> None:
    about = sandbox.config["imap"]
    with imaplib.IMAP4(about["host"], about["port"], timeout=10) as client:
        with pytest.raises(imaplib.IMAP4.error, match="wrong user name or password"):
            client.login(about["username"], "guess")
        with pytest.raises(imaplib.IMAP4.error):
            client.select("INBOX", readonly=True)


def test_what_cannot_be_put_there_is_said(control: Control, mail: dict[str, Any]) -> None:
    for body in ({"mail": "999"}, {"mail": mail["id"], "kind": "song"}):
        assert requests.post(f"{control.base}/inbox", json=body, timeout=10).status_code == 400


def test_it_is_still_there_after_a_restart(tmp_path: Any) -> None:
    with Sandbox(tmp_path, company="empty") as sandbox, sandbox.changes() as world:
        world.inbox.add(b"From: a@b.example\r\n\r\nx")
    with Sandbox(tmp_path, company="empty") as sandbox:
        assert len(sandbox.world.inbox.all()) == 1
