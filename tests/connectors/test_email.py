"""Our own e-mails on their way: what is known when a mail server fails at each step."""

import datetime as dt
import socket

import pytest

from connectors.email.connector import EmailConnector
from connectors.email.message import letter
from connectors.errors import ConnectorError, Refused, Unauthorised, Uncertain, Unreachable, Unsupported
from connectors.protocol import Attachment, Endpoint, Intent, Tokens
from receivables.commands import AddNote, SendReminder
from tests.connectors.reminders import INVOICE, parsed, reminder
from tests.connectors.smtp_server import HANG_UP, MailServer, mail_server
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, now


def connector(server: MailServer | int, tokens: Tokens | None = None, **options: str) -> EmailConnector:
    port = server if isinstance(server, int) else server.port
    held = {"host": "127.0.0.1", "port": str(port), "security": "none"} | options
    endpoint = Endpoint("mail", "email", timeout=(0.5, 0.5), options=held)
    return EmailConnector(endpoint, HeldTokens(tokens or Tokens()), CountingLimiter(), now)


def test_a_reminder_arrives_word_for_word() -> None:
    with mail_server() as server:
        receipt = connector(server).push(
            Intent("key-1", reminder(cc=("boss@ruiz.example",), html="<p>Pay £12.50</p>"), {}, NOW)
        )
        (raw,) = server.messages
        message = parsed(raw.replace(b"\r\n", b"\n"))
    assert message["From"] == "Harbour Joinery <accounts@harbour.example>"
    assert (message["To"], message["Cc"]) == ("ap@ruiz.example", "boss@ruiz.example")
    assert message["Reply-To"] == "ann@harbour.example"
    assert message["Message-ID"] == receipt.reference
    assert message["Auto-Submitted"] == "auto-generated"
    text, markup = message.iter_parts()
    assert text.get_content() == "Dear Ruiz,\n.please pay £12.50\n"
    assert "£12.50" in markup.get_content()
    assert [command.lower() for command in server.commands if command.lower().startswith("rcpt")] == [
        "rcpt to:<ap@ruiz.example>",
        "rcpt to:<boss@ruiz.example>",
    ]


@pytest.mark.parametrize(
    ("step", "words", "expected"),
    [
        ("greeting", HANG_UP, Unreachable),
        ("ehlo", HANG_UP, Unreachable),
        ("mail", HANG_UP, Unreachable),
        ("mail", "451 later", Unreachable),
        ("mail", "550 no", Refused),
        ("rcpt", HANG_UP, Unreachable),
        ("rcpt", "450 mailbox busy", Unreachable),
        ("rcpt", "550 no such user", Refused),
        ("data", HANG_UP, Unreachable),
        ("data", "421 shutting down", Unreachable),
        ("data", "554 no", Refused),
        ("dot", HANG_UP, Uncertain),
        ("dot", "rubbish", Uncertain),
        ("dot", "451 not now", Unreachable),
        ("dot", "554 looks like spam", Refused),
    ],
)
def test_what_is_known_after_a_failure_at_each_step(step: str, words: str, expected: type[ConnectorError]) -> None:
    with mail_server(**{step: words}) as server:
        with pytest.raises(expected) as raised:
            connector(server).push(Intent("key-1", reminder()))
        assert type(raised.value) is expected
        assert raised.value.indeterminate == (expected is Uncertain)


def test_a_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable):
        connector(silent.getsockname()[1]).push(Intent("key-1", reminder()))


def test_a_broken_farewell_after_the_message_was_accepted_is_a_success() -> None:
    with mail_server(quit=HANG_UP) as server:
        assert connector(server).push(Intent("key-1", reminder())).reference
        assert len(server.messages) == 1


@pytest.mark.parametrize(("step", "words"), [("rcpt", "550 no"), ("data", HANG_UP), ("data", "554 no")])
def test_the_commit_point_is_not_reached_by_what_fails_before(step: str, words: str) -> None:
    reached: list[int] = []
    with mail_server(**{step: words}) as server, pytest.raises(ConnectorError):
        connector(server).send(Intent("key-1", reminder()), lambda: reached.append(1))
    assert reached == []


def test_at_the_commit_point_nothing_has_been_delivered_and_a_failure_there_delivers_nothing() -> None:
    with mail_server() as server:

        def fail() -> None:
            assert server.messages == []
            raise RuntimeError("the database is gone")

        with pytest.raises(RuntimeError):
            connector(server).send(Intent("key-1", reminder()), fail)
    assert server.messages == []


def test_messages_follow_each_other_on_one_connection() -> None:
    with mail_server() as server:
        found = connector(server)
        for number in range(3):
            found.send(Intent(f"key-{number}", reminder()), lambda: None)
        found.close()
        assert (server.connections, len(server.messages)) == (1, 3)
        found.send(Intent("key-3", reminder()), lambda: None)
        found.close()
    assert (server.connections, len(server.messages)) == (2, 4)


@pytest.mark.parametrize("words", ["421 too many messages", "452 later", "550 enough for one session", HANG_UP])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_connection_that_is_used_up_is_followed_by_a_new_one(step: str, words: str) -> None:
    usual = "354 go on" if step == "data" else "250 ok"
    reached: list[int] = []
    with mail_server(**{step: [usual, words, usual]}) as server:
        found = connector(server)
        for number in range(2):
            found.send(Intent(f"key-{number}", reminder()), lambda: reached.append(1))
        found.close()
    assert (server.connections, len(server.messages), len(reached)) == (2, 2, 2)


def test_what_a_kept_connection_refuses_and_a_new_one_too_is_refused() -> None:
    with mail_server(rcpt=["250 ok", "550 no such user"]) as server:
        found = connector(server)
        found.send(Intent("key-0", reminder()), lambda: None)
        with pytest.raises(Refused, match="the recipient ap@"):
            found.send(Intent("key-1", reminder()), lambda: None)
    assert (server.connections, len(server.messages)) == (2, 1)


def test_after_a_lost_answer_nothing_is_tried_on_a_new_connection() -> None:
    with mail_server(dot=["250 accepted", HANG_UP]) as server:
        found = connector(server)
        found.send(Intent("key-0", reminder()), lambda: None)
        with pytest.raises(Uncertain):
            found.send(Intent("key-1", reminder()), lambda: None)
    assert (server.connections, len(server.messages)) == (1, 2)


def test_one_refused_recipient_stops_the_message_for_all() -> None:
    with mail_server(rcpt="550 no such user") as server, pytest.raises(Refused, match="the recipient ap@"):
        connector(server).push(Intent("key-1", reminder(cc=("boss@ruiz.example",))))
    assert server.messages == []


def test_encryption_that_was_asked_for_is_never_left_out() -> None:
    with mail_server() as server, pytest.raises(Refused, match="security"):
        connector(server, security="starttls").push(Intent("key-1", reminder()))
    assert server.messages == []


def test_a_refused_password_asks_a_person() -> None:
    with (
        mail_server(ehlo="250-mail\r\n250 AUTH PLAIN", auth="535 no") as server,
        pytest.raises(Unauthorised, match="reconnect"),
    ):
        connector(server, Tokens(username="u", password="p")).push(Intent("key-1", reminder()))


def test_a_password_does_not_travel_in_the_clear_over_a_network() -> None:
    with mail_server() as server:
        found = connector(server, Tokens(username="u", password="p"))
        found._session.host = "mail.harbour.example"
        with pytest.raises(Refused, match="unencrypted"):
            found._session._refuse_plain_password()


def test_a_mail_server_carries_out_nothing_else_and_tells_nothing() -> None:
    with mail_server() as server:
        found = connector(server)
        with pytest.raises(Unsupported):
            found.push(Intent("key-1", AddNote(connection="mail", invoice=INVOICE, text="x")))
        assert found.find(Intent("key-1", reminder())) == "unknown"
        assert found.check().account == "127.0.0.1"
        assert server.messages == []


def test_the_date_is_that_of_the_first_try() -> None:
    started = NOW - dt.timedelta(hours=3)
    with mail_server() as server:
        connector(server).push(Intent("key-1", reminder(), {}, started))
        assert parsed(server.messages[0])["Date"].datetime == started


PDF = b"%PDF-1.4\n" + bytes(range(256)) * 20


def with_pdf(**fields: object) -> Intent:
    command = reminder(attach=(INVOICE,), html="<p>Pay</p>", **fields)
    return Intent("key-1", command, {}, NOW, (Attachment("invoice-INV-7.pdf", PDF),))


def test_a_pdf_goes_with_the_message() -> None:
    with mail_server() as server:
        connector(server).push(with_pdf())
        (raw,) = server.messages
    message = parsed(raw)
    (pdf,) = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type(), pdf.get_content()) == (
        "invoice-INV-7.pdf",
        "application/pdf",
        PDF,
    )
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "<p>Pay</p>" in html.get_content()
    assert "please pay" in text.get_content()


def test_every_try_with_html_and_pdf_sends_the_same_bytes() -> None:
    given = with_pdf()
    assert isinstance(given.command, SendReminder)
    first, again = (letter(given.command, "key-1", "", NOW, given.files) for _ in range(2))
    assert first == again
    assert letter(given.command, "key-2", "", NOW, given.files).body != first.body


def test_a_message_never_leaves_without_what_it_promises() -> None:
    with mail_server() as server, pytest.raises(Refused, match="promises PDFs that are not there"):
        connector(server).push(Intent("key-1", reminder(attach=(INVOICE,)), {}, NOW))
    assert server.messages == []


def test_the_business_s_own_copy_is_seen_by_nobody() -> None:
    with mail_server() as server:
        connector(server).push(Intent("key-1", reminder(copy_to="proof@harbour.example"), {}, NOW))
        (raw,) = server.messages
    assert b"proof@" not in raw
    told = [command.lower() for command in server.commands if command.lower().startswith("rcpt")]
    assert told == ["rcpt to:<ap@ruiz.example>", "rcpt to:<proof@harbour.example>"]
