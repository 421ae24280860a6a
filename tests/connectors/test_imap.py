"""Reading a mailbox: what is asked of the server, and what becomes of every wrong answer."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectors.email.imap import MailboxAccount, MailPage, Security, read_new
from connectors.errors import ConnectorError, Malformed, Refused, Unauthorised, Unreachable
from tests.connectors.imap_server import HANG_UP, SILENCE, ImapServer, imap_server

SINCE = dt.date(2026, 2, 1)
#: The years in which the certificate of a test is valid.
VALID = (dt.datetime(2020, 1, 1), dt.datetime(2120, 1, 1))  # noqa: DTZ001 - the library wants them so
RAW = b"From: a@b.c\r\n\r\nHi"


def account(
    server: ImapServer | int,
    password: str = "secret",
    host: str = "127.0.0.1",
    security: Security = "none",
    folder: str = "INBOX",
) -> MailboxAccount:
    port = server if isinstance(server, int) else server.port
    return MailboxAccount(host, "ann@b.example", lambda: password, port, security, folder, timeout=0.5)


def pages(server: ImapServer | int, cursor: str = "", **changes: str) -> list[MailPage]:
    return list(read_new(account(server, **changes), cursor, SINCE))  # type: ignore[arg-type]


def test_new_mail_is_read_and_left_as_it_was() -> None:
    with imap_server() as server:
        (page,) = pages(server)
    (mail,) = page.messages
    assert mail == (RAW, dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC))
    assert (page.cursor, page.renumbered) == ("7:5", False)
    assert 'EXAMINE "INBOX"' in server.commands
    assert "UID SEARCH UID 1:* SINCE 1-Feb-2026" in server.commands
    assert "UID FETCH 5 (UID INTERNALDATE BODY.PEEK[]<0.1000000>)" in server.commands
    assert not any(word in command for command in server.commands for word in ("STORE", "SELECT", "EXPUNGE", "BODY[]"))
    assert server.commands[-1] == "LOGOUT"


def test_the_next_reading_goes_on_behind_the_last() -> None:
    with imap_server() as server:
        assert pages(server, "7:5") == []
        assert "UID SEARCH UID 6:*" in server.commands
        assert not any("FETCH" in command for command in server.commands)


def test_a_folder_with_new_numbers_is_read_anew() -> None:
    with imap_server() as server:
        (page,) = pages(server, "6:9999")
    assert (page.cursor, page.renumbered) == ("7:5", True)


def test_a_first_reading_without_recent_mail_still_knows_where_to_go_on() -> None:
    with imap_server(search=b"* SEARCH\r\n") as server:
        (page,) = pages(server)
    assert (page.messages, page.cursor) == ((), "7:0")


def test_a_message_that_somebody_removed_meanwhile_is_passed_over() -> None:
    with imap_server(fetch=b"* 3 EXISTS\r\n") as server:
        (page,) = pages(server)
    assert (page.messages, page.cursor) == ((), "7:5")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"greeting": b"220 smtp ready\r\n"}, Unreachable),
        ({"greeting": HANG_UP}, Unreachable),
        ({"greeting": SILENCE}, Unreachable),
        ({"greeting": b"* BYE busy\r\n"}, ConnectorError),
        ({"capability": b"TAG BAD what\r\n"}, ConnectorError),
        ({"capability": b"* CAPABILITY IMAP2\r\n"}, ConnectorError),
        ({"login": b"TAG NO [AUTHENTICATIONFAILED] no\r\n"}, Unauthorised),
        ({"login": b"TAG NO [UNAVAILABLE] later\r\n"}, Unreachable),
        ({"login": HANG_UP}, Unreachable),
        ({"login": SILENCE}, Unreachable),
        ({"examine": b"TAG NO no such folder\r\n"}, Refused),
        ({"examine": b"* 1 EXISTS\r\n"}, Malformed),
        ({"examine": b"* OK [UIDVALIDITY x] fine\r\n"}, Malformed),
        ({"search": b"TAG BAD no\r\n"}, Refused),
        ({"search": b"* SEARCH five\r\n"}, Malformed),
        ({"search": b"\xff\xfe garbage\r\n"}, ConnectorError),
        ({"search": HANG_UP}, Unreachable),
        ({"fetch": b"* 1 FETCH (UID 5 BODY[]<0> {3}\r\nabc)\r\n"}, Malformed),
        ({"fetch": b'* 1 FETCH (UID 5 INTERNALDATE "32-Mar-2026 13:00:00 +0100" BODY[]<0> {3}\r\nabc)\r\n'}, Malformed),
        ({"fetch": b"* 1 FETCH (UID 5 BODY[]<0> {999999999999}\r\n"}, Unreachable),
        ({"fetch": b"* 1 FETCH (UID 5 BODY[]<0> {500}\r\nabc"}, Unreachable),
        ({"fetch": SILENCE}, Unreachable),
    ],
)
def test_every_wrong_answer_is_one_line_of_a_known_kind(said: dict[str, bytes], expected: type[ConnectorError]) -> None:
    with imap_server(**said) as server, pytest.raises(expected) as error:
        pages(server)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match=r"no connection \(ConnectionRefusedError\)"):
        pages(port)


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_a_server_without_encryption_gets_no_password(security: Security) -> None:
    with imap_server() as server, pytest.raises(ConnectorError):
        pages(server, security=security)
    assert not any("secret" in command for command in server.commands)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """The server has a key and a certificate of its own making, as anybody on the way could."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "mail.pem"))
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.sendall(b"* OK ready\r\n")
                asked.append(wrapped.recv(1_000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(Unreachable, match=r"no secure connection \(CERTIFICATE_VERIFY_FAILED\)"):
            pages(listener.getsockname()[1], security="ssl")
        thread.join(5)
    assert asked == []


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *VALID)
    signed = made.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    ).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + signed.public_bytes(Encoding.PEM))
    return path


def test_a_password_never_travels_unencrypted_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with imap_server() as server:
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]
        )
        with pytest.raises(Refused, match="unencrypted"):
            pages(server, host="mail.example")
    assert not any("LOGIN" in command for command in server.commands)


@pytest.mark.parametrize(("password", "expected"), [("", Unauthorised), ("a\r\nb LOGOUT", Refused)])
def test_a_password_that_is_none(password: str, expected: type[ConnectorError]) -> None:
    with imap_server() as server, pytest.raises(expected):
        pages(server, password=password)
    assert not any("LOGIN" in command for command in server.commands)


def test_a_password_with_umlauts_is_sent_as_it_is() -> None:
    with imap_server(authenticate=b"+ \r\n") as server, pytest.raises(ConnectorError):
        pages(server, password="größe")  # the scripted server does not go on, but was asked the right thing
    assert "AUTHENTICATE PLAIN" in server.commands


def test_a_folder_s_name_is_quoted() -> None:
    with imap_server() as server:
        pages(server, folder='Debtors "old" \\ new')
    assert r'EXAMINE "Debtors \"old\" \\ new"' in server.commands
