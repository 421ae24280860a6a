"""Replies and bounces at the command line: what a bookkeeper sees of them, and can do about them."""

from typing import Any

import requests

from tests.owed.conftest import Desk


def tell(desk: Desk, door: str, **body: Any) -> None:
    answer = requests.post(f"{desk.sandbox.config['control']}{door}", json=body, timeout=20)
    assert answer.ok, answer.text


def answered(desk: Desk, kind: str, **said: str) -> str:
    """One of our messages of this test comes back; the address that it went to."""
    before = len(desk.mails())
    desk.go_live()
    desk.owed("apply", "--yes")
    mail = next(one for one in desk.mails()[before:] if one["recipients"] == ["ap@acme.example"])
    tell(desk, "/inbox", kind=kind, mail=mail["id"], **said)
    return str(mail["recipients"][0])


def test_a_bounce_is_told_shown_and_taken_back(desk: Desk) -> None:
    address = answered(desk, "bounce")
    told = desk.owed("sync")
    assert f"{address} bounced (5.1.1); nobody writes there any more: ask for another address" in told.out
    assert "mailbox accounts@harbour-joinery.example: ok, last read" in desk.owed("status").out
    shown = desk.owed("explain", "A-100").out
    assert f"bounce from {address}: smtp; 550 5.1.1 No such user here" in shown
    assert f"{address} is blocked since 2026-11-18: owed customers unblock {address}" in shown
    assert address in desk.owed("customers", "blocked").out
    assert "is not blocked" in desk.owed("customers", "unblock", "other@acme.example", code=2).err
    desk.owed("customers", "unblock", address.upper(), "--reason", "their server was full")
    assert desk.json("customers", "blocked") == []
    desk.owed("sync", "mailbox")
    assert desk.json("customers", "blocked") == []
    assert "is blocked" not in desk.owed("explain", "A-100").out
    desk.owed("journal", "verify")


def test_a_reply_is_told_and_shown(desk: Desk) -> None:
    address = answered(desk, "reply", text="The goods were damaged.\nWe shall not pay.")
    assert "paused until 2026-11-25" in desk.owed("sync", "mailbox").out
    shown = desk.owed("explain", "A-100").out
    assert f"reply from {address}: Re: " in shown
    assert ": The goods were damaged. We shall not pay.\n" in shown
    (back,) = (one for one in desk.json("explain", "A-100")["came_back"] if one["kind"] == "reply")
    assert back["text"] == "The goods were damaged.\nWe shall not pay."
    desk.owed("hold", "A-100", "--until", "2026-12-01")


def test_a_mailbox_that_fails_is_one_line_of_the_report(desk: Desk) -> None:
    (desk.folder / "owed.mailbox").write_text("wrong")
    told = desk.owed("sync", "mailbox", code=1)
    assert told.out.count("does not accept the user name or password") == 1
    assert "look at [mailbox] in owed.toml" in desk.owed("status").out
    assert "owed.toml has: books, ledger, cards, mail, mailbox" in desk.owed("sync", "nobody", code=2).err
