"""An e-mail as bytes: words, names and headers arrive as they were written, and nothing else does."""

import email
import html
import re
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.email.message import letter
from connectors.errors import Refused
from tests.connectors.reminders import parsed, reminder
from tests.connectors.stands import NOW


def test_every_try_of_one_intent_sends_the_same_bytes() -> None:
    first, again = (letter(reminder(), "key-1", "", NOW) for _ in range(2))
    other = letter(reminder(), "key-2", "", NOW)
    assert first == again
    assert first.message_id != other.message_id
    assert first.message_id.endswith("@harbour.example>")
    assert first.body.isascii()


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Hello\r\nBcc: all@evil.example"},
        {"subject": "Hello\0"},
        {"subject": "Hello\x85there"},
        {"to": ("ap@ruiz.example\r\nRCPT TO:<all@evil.example>",)},
        {"to": ("ap@ruiz.example, all@evil.example",)},
        {"cc": ("two words@ruiz.example",)},
        {"sender": "accounts@harbour.example\nX: y"},
        {"reply_to": "no address"},
        {"to": ()},
        {"to": ("jürgen@ruiz.example",)},
        {"to": ("a..b@ruiz.example",)},
        {"to": ("ap@ruiz..example",)},
        {"to": ("all@evil.example <ap@ruiz.example>",)},
        {"text": "half a sign \ud83d"},
        {"subject": "half a sign \ud83d"},
    ],
)
def test_headers_and_addresses_that_could_be_something_else_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Refused):
        letter(reminder(**fields), "key-1", "", NOW)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Smith, Jones & Co <a@harbour.example>", '"Smith, Jones & Co" <a@harbour.example>'),
        ('"Harbour" <a@harbour.example>', "Harbour <a@harbour.example>"),
        ("Müller <a@harbour.example>", "Müller <a@harbour.example>"),
        ("a@harbour.example", "a@harbour.example"),
    ],
)
def test_names_of_businesses_may_hold_what_names_hold(written: str, shown: str) -> None:
    found = letter(reminder(sender=written), "key-1", "", NOW)
    assert parsed(found.body)["From"] == shown
    assert found.sender == "a@harbour.example"


#: All that may stand in a header: no control characters, and no half of a surrogate pair.
_WRITTEN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)
_NAMES = _WRITTEN.map(lambda name: " ".join(re.sub(r'[<>@"\\\\]', "", name).split()))


@example(subject="=?utf-8?q?Hello?=", name="=?utf-8?q?Mr?= X", copied="")
@example(subject="two  spaces, one at the end ", name="Smith, Jones", copied="Œuvre, Äpfel")
@example(subject="x" * 120, name="y" * 120, copied="ü" * 120)
@example(subject="", name="株式会社" * 15, copied="a.b; c: (d)")
@given(subject=_WRITTEN, name=_NAMES, copied=_NAMES)
def test_subjects_and_names_arrive_as_they_were_written(subject: str, name: str, copied: str) -> None:
    to = (f"{name} <a@ruiz.example>", "b@ruiz.example")
    found = letter(reminder(subject=subject, to=to, cc=(f"{copied} <c@ruiz.example>",)), "key-1", "", NOW)
    message = email.message_from_bytes(found.body)
    assert str(make_header(decode_header(message["Subject"]))) == subject
    assert _shown(message["To"]) == [(name, "a@ruiz.example"), ("", "b@ruiz.example")]
    assert _shown(message["Cc"]) == [(copied, "c@ruiz.example")]
    assert max(map(len, found.body.split(b"\r\n"))) <= 200, "RFC 5322 allows 998, of which encoded words take 75"


def _shown(header: str) -> list[tuple[str, str]]:
    """By Python's older reader: its newer one, in 3.11, leaves spaces between the parts of a long name."""
    addresses = getaddresses([header.replace("\r\n", "")])
    return [(str(make_header(decode_header(name))) if name else "", spec) for name, spec in addresses]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000))
def test_words_arrive_as_they_were_written(words: str) -> None:
    found = letter(reminder(text=words, html=f"<p>{html.escape(words)}</p>"), "key-1", "", NOW)
    text, markup = parsed(_received(found.body)).iter_parts()
    written = re.sub(r"\r\n?", "\n", words.replace("\0", ""))
    assert text.get_content().rstrip("\n") == written.rstrip("\n")
    assert markup.get_content().rstrip("\n") == f"<p>{html.escape(written)}</p>"
    assert max(map(len, found.body.split(b"\r\n"))) <= 78


def _received(body: bytes) -> bytes:
    """As the mail server takes it: without the doubled dots (RFC 5321, 4.5.2)."""
    return re.sub(rb"(?m)^\.\.", b".", body).replace(b"\r\n", b"\n")


def test_the_language_is_told() -> None:
    """Programs that read a message aloud, or translate it, go by it."""
    assert parsed(letter(reminder(language="de"), "key-1", "", NOW).body)["Content-Language"] == "de"


def test_no_line_ends_in_another_way_than_by_both_characters() -> None:
    found = letter(reminder(text="one\rtwo\n.three\r\n\0four\n.\n"), "key-1", "", NOW)
    rest = found.body.replace(b"\r\n", b"")
    assert b"\r" not in rest
    assert b"\n" not in rest
    assert b"\r\n.\r\n" not in found.body


def test_one_person_twice_gets_one_message() -> None:
    found = letter(reminder(cc=("AP@ruiz.example", "boss@ruiz.example")), "key-1", "", NOW)
    assert found.recipients == ("ap@ruiz.example", "boss@ruiz.example")
