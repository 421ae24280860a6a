"""What a message that came back is, whatever its bytes."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email.bounces import Failure
from connectors.email.inbox import Answer, Incoming, Returned, Unreadable, read

AT = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
OURS = "<0123456789abcdef0123456789abcdef01234567@harbour.example>"


def mail(*headers: str, body: str = "Hello") -> bytes:
    return "\r\n".join([*headers, "", body.replace("\n", "\r\n"), ""]).encode()


def seen(raw: bytes) -> Incoming:
    return read(raw, AT)


def answer(raw: bytes) -> Answer:
    found = seen(raw)
    assert isinstance(found, Answer), found
    return found


def returned(raw: bytes) -> Returned:
    found = seen(raw)
    assert isinstance(found, Returned), found
    return found


def test_a_person_s_reply() -> None:
    found = answer(
        mail(
            "From: Jane Smith <Jane@Acme.example>",
            "Subject: =?utf-8?q?Re=3A_=C3=BCberf=C3=A4llig?=",
            "Message-ID: <reply-1@acme.example>",
            f"In-Reply-To: {OURS.upper()}",
            "References: <older@x.example> <newer@x.example>",
            body="We paid on Monday.\n\nOn Mon, 2 Mar 2026 at 09:00, Harbour Joinery wrote:\n> Please pay\n",
        )
    )
    assert (found.sender, found.title, found.text) == ("jane@acme.example", "Re: überfällig", "We paid on Monday.")
    assert found.message_id == "<reply-1@acme.example>"
    assert found.names == (OURS, "<newer@x.example>", "<older@x.example>")
    assert (found.automatic, found.bulk, found.received_at) == (False, False, AT)


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated; owner=x", True),
        ("auto-submitted: No", False),
        ("X-Autoreply: yes", True),
        ("Precedence: bulk", True),
        ("Precedence: auto_reply", True),
        ("Precedence: first-class", False),
        ("X-Mailer: Autopilot", False),
    ],
)
def test_what_a_programme_answers_is_no_person_s_word(header: str, automatic: bool) -> None:
    assert answer(mail("From: a@b.example", header)).automatic is automatic


def test_a_notice_that_a_message_was_displayed_is_no_answer_of_a_person() -> None:
    kind = 'Content-Type: multipart/report; report-type=disposition-notification; boundary="x"'
    body = "--x\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n\n--x--\n"
    assert answer(mail("From: a@b.example", kind, body=body)).automatic


def report(*groups: str, headers: str = f"Message-ID: {OURS}", sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    fields = "\n\n".join(("Reporting-MTA: dns; mx.example", *groups))
    parts = (
        "--b\nContent-Type: text/plain\n\nIt did not arrive.\n"
        f"--b\nContent-Type: message/delivery-status\n\n{fields}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{headers}\n\n--b--\n"
    )
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'
    return mail(f"From: {sender}", "Subject: Returned", kind, body=parts)


FAILED = "Final-Recipient: rfc822; Office@Acme.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n such user"


def test_a_report_of_a_hard_bounce() -> None:
    found = returned(report(FAILED))
    assert found.failed == (Failure("office@acme.example", True, "5.1.1", "smtp; 550 no such user"),)
    assert OURS in found.names


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (
            "Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1",
            Failure("a@b.example", False, "4.4.1"),
        ),
        ("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 4.4.7", Failure("a@b.example", False, "4.4.7")),
        ("Final-Recipient: rfc822; a@b.example\nAction: failed", Failure("a@b.example", True)),
        (
            "Original-Recipient: rfc822;office@b.example\nFinal-Recipient: rfc822;x17@inner.example\nAction: failed\nStatus: 5.2.1",
            Failure("office@b.example", True, "5.2.1"),
        ),
    ],
)
def test_what_a_report_tells_of_a_recipient(group: str, expected: Failure) -> None:
    assert returned(report(group)).failed == (expected,)


def test_each_recipient_of_a_report_is_told() -> None:
    other = "Final-Recipient: rfc822; b@acme.example\nAction: failed\nStatus: 5.7.1"
    assert [one.address for one in returned(report(FAILED, other)).failed] == ["office@acme.example", "b@acme.example"]


def test_good_news_is_no_bounce() -> None:
    found = answer(report("Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.1.5"))
    assert found.automatic


QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<office@acme.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 no such user

--- Below this line is a copy of the message.

Return-Path: <accounts@harbour.example>
Message-ID: {id}
Subject: Invoice
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  office@acme.example
    unrouteable mail domain

------ This is a copy of the message, including all the headers. ------
Message-Id: {id}
"""


@pytest.mark.parametrize(("body", "headers"), [(QMAIL, ()), (EXIM, ("X-Failed-Recipients: office@acme.example",))])
def test_bounces_from_before_there_was_a_standard(body: str, headers: tuple[str, ...]) -> None:
    raw = mail("From: MAILER-DAEMON@mx.example", "Subject: failure notice", *headers, body=body.format(id=OURS))
    found = returned(raw)
    assert [(one.address, one.lasting) for one in found.failed] == [("office@acme.example", True)]
    assert OURS in found.names


def test_a_person_who_quotes_a_bounce_has_not_bounced() -> None:
    found = answer(mail("From: jane@acme.example", "Subject: Fwd: failure notice", body=QMAIL.format(id=OURS)))
    assert not found.automatic


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("One\n\n\n\n\nTwo\n> quoted\n", "One\n\nTwo"),
        ("Ja.\n\nAm 02.03.2026 um 09:00 schrieb Harbour:\n> Bitte\nrest", "Ja."),
        ("Oui.\n\nLe lun. 2 mars 2026 à 09:00, Harbour a écrit :\n> Merci", "Oui."),
        ("Sí.\n\nEl lun, 2 mar 2026 a las 9:00, Harbour escribió:\n> Gracias", "Sí."),
        ("No.\n-----Original Message-----\nFrom: us", "No."),
        ("> only a quotation", ""),
        ("\x07bell\u202e reversed", "bell  reversed"),
        ("x" * 5_000, "x" * 2_000),
    ],
)
def test_the_excerpt_is_what_the_customer_wrote(body: str, excerpt: str) -> None:
    raw = mail("From: a@b.example", "Content-Type: text/plain; charset=utf-8", body=body)
    assert answer(raw).text == excerpt


def test_an_excerpt_of_html_alone() -> None:
    body = "<html><head><title>T</title><style>p { x }</style></head><p>We &amp; you</p><script>alert(1)</script><div>Bye</div>"
    assert answer(mail("From: a@b.example", "Content-Type: text/html", body=body)).text == "We & you\nBye"


def test_words_in_a_charset_that_nobody_knows_are_shown_as_far_as_possible() -> None:
    raw = b"From: a@b.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nHall\xc3\xb6chen \xff\r\n"
    assert answer(raw).text == "Hallöchen \ufffd"


def test_a_message_without_an_id_is_told_by_its_bytes() -> None:
    first, again, other = (answer(mail("From: a@b.example", body=body)).message_id for body in ("x", "x", "y"))
    assert first == again != other


NESTED = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(3_000))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0\0",
        b"Subject: nobody\r\n\r\nx",
        b"From: \r\n\r\nx",
        b"From: <>\r\n\r\nx",
        b"From: =?utf-8?b?////?= <x\r\n\r\n",
        b"From: a@b.example\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx",
        b"From: " + b"(" * 20_000 + b"\r\n\r\nx",
    ],
)
def test_what_nobody_can_read_is_passed_over(raw: bytes) -> None:
    assert isinstance(seen(raw), Unreadable)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.example\r\n" + NESTED.encode(),
        mail("From: a@b.example", 'Content-Type: multipart/mixed; boundary="b"', body="--b\n" * 5_000),
        mail("From: a@b.example", "Content-Type: text/html", body="<" * 100_000),
        mail("From: a@b.example", "Content-Type: text/html", body="<style>" * 20_000),
        mail("From: a@b.example", body="\n" * 100_000 + "On x"),
        mail("From: a@b.example", body=" " * 100_000),
        mail("From: a@b.example", "References: " + "<a@b>" * 10_000),
        mail("From: a@b.example", "Content-Transfer-Encoding: base64", body="!!!!"),
        mail("From: mailer-daemon@b.example", body="x\n" * 50_000),
        mail("From: a@b.example", "Content-Type: multipart/report; boundary", body="x"),
    ],
)
def test_hostile_messages_are_only_messages(raw: bytes) -> None:
    assert isinstance(seen(raw), Answer | Unreadable)


@settings(max_examples=300)
@given(st.binary(max_size=2_000))
def test_any_bytes_at_all_give_an_answer(raw: bytes) -> None:
    for prefix in (
        b"",
        b"From: a@b.example\r\n",
        report(FAILED)[:300],
        b'From: mailer-daemon@x\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n',
    ):
        found = seen(prefix + raw)
        if isinstance(found, Answer):
            assert len(found.text) <= 2_000
        if not isinstance(found, Unreadable):
            assert found.title.isprintable()


@given(st.integers(0, 1_200))
def test_a_report_that_was_cut_off_anywhere_names_no_other_address(length: int) -> None:
    found = seen(report(FAILED)[:length])
    if isinstance(found, Returned):
        assert {one.address for one in found.failed} <= {"office@acme.example"}
