"""Invoices as PDFs with our own messages: what the words promise is there, or the message waits."""

import email
from email import policy
from typing import Any

import pytest

from receivables.commands import SendReminder
from store.outbox import Effect
from sync import attachments
from tests.sync.conftest import Office


def with_pdfs(office: Office) -> None:
    text = office.config.read_text()
    office.config.write_text(text.replace("[[policy.step]]\n", "[[policy.step]]\nattach_pdf = true\n"))


def reminders(office: Office, *states: str) -> list[Effect]:
    return [one for one in office.effects(*states) if one.verb == "send_reminder"]


def pdfs_in(mail: dict[str, Any]) -> dict[str, bytes]:
    message = email.message_from_string(mail["raw"], policy=policy.default)
    return {str(part.get_filename()): part.get_content() for part in message.iter_attachments()}


@pytest.fixture
def promising(office: Office) -> Office:
    with_pdfs(office)
    office.go_live()
    return office


def test_each_invoice_goes_with_its_message(promising: Office) -> None:
    promising.apply()
    by_id = {mail["headers"].get("Message-ID"): mail for mail in promising.mails()}
    sent = reminders(promising, "sent")
    assert sent
    for effect in sent:
        assert isinstance(effect.command, SendReminder)
        found = pdfs_in(by_id[effect.reference])
        assert len(found) == len(effect.command.attach) == len(effect.command.invoices)
        assert all(name.startswith("invoice-") and content.startswith(b"%PDF-") for name, content in found.items())


def test_a_pdf_that_cannot_be_read_now_keeps_its_message_waiting(promising: Office) -> None:
    for platform, path in (("xero", "/Invoices/[0-9a-f-]+$"), ("quickbooks", "/pdf"), ("stripe", "pdf")):
        promising.tell("/faults", platform=platform, kind="error", path=path, method="GET", count=-1)
    before = len(promising.mails())
    promising.apply()
    waiting = [one for one in reminders(promising, "approved") if "PDF" in one.error]
    assert waiting
    gone = {one.id for one in reminders(promising, "sent", "uncertain", "failed")}
    assert not gone & {one.id for one in waiting}
    assert len(promising.mails()) - before == len(reminders(promising, "sent"))


def test_pdfs_that_no_mail_server_takes_fail_with_a_reason(promising: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST_BYTES", 100)
    before = len(promising.mails())
    promising.apply()
    failed = reminders(promising, "failed")
    assert failed
    assert all("bytes together, more than the 100 that an e-mail may carry" in one.error for one in failed)
    assert len(promising.mails()) == before
