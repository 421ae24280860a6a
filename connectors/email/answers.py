"""What a mail server's answer means: accepted, not now, or never (RFC 5321, 4.2; RFC 3463)."""

import re

from connectors.errors import BadRecipient, ConnectorError, Refused, Unreachable

_BAD_ADDRESS = re.compile(rb"\b5\.1\.[0-9]{1,3}\b")


def expect_recipient(answer: tuple[int, bytes], recipient: str) -> None:
    """5.1.x says that the address itself is wrong (RFC 3463, 3.2); any other refusal may be about the message or us."""
    code, said = answer
    if code >= 500 and _BAD_ADDRESS.search(said):
        text = " ".join(said.decode("utf-8", "replace").split())[:200]
        raise BadRecipient(f"no such address: {recipient}: {code} {text}", address=recipient, code=str(code))
    expect(answer, 250, f"recipient {recipient}", 251)


def expect(answer: tuple[int, bytes], code: int, what: str, other: int = 0) -> None:
    found, said = answer
    if found not in {code, other}:
        text = " ".join(said.decode("utf-8", "replace").split())[:200]
        raise_by(found, what, Refused(f"the mail server refuses the {what}: {found} {text}", code=str(found)))


def raise_by(code: int, what: str, lasting: ConnectorError) -> None:
    """4xx is for now, 5xx for good; in both nothing was delivered."""
    if 400 <= code < 500:
        raise Unreachable(f"the mail server does not take the {what} now: {code}", code=str(code))
    if code < 0:
        raise Unreachable(f"the mail server hung up at the {what}")
    raise lasting
