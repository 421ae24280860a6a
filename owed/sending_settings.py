"""[sending] of owed.toml: whether, how much, and in whose name."""

import datetime as dt
import re
from dataclasses import dataclass

from receivables.money import Money
from rules.table import Table
from sync.installation import Sending

MODES = ("off", "redirect", "live")

_MAILBOX = r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9.-]+"
_NAMED = re.compile(rf"[^<>\x00-\x1f]*<{_MAILBOX}>|{_MAILBOX}")
_PLAIN = re.compile(_MAILBOX)


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Who writes the messages: From, Reply-To, a signature and the bank details at the end of each."""

    address: str = ""
    reply_to: str = ""
    signature: str = ""
    bank_details: str = ""


def read_sending(table: Table, *, mails: bool) -> tuple[Sending, SenderSettings]:
    """`mails`: there is a connection to a mail server, so messages need a From. Problems go to the table's."""
    mode = table.take_choice("mode", MODES, "off")
    above: Money | None = table.take_money("approval_above", None)
    sending = Sending(
        mode=mode,  # type: ignore[arg-type]  # take_choice returns one of MODES
        redirect_to=_address(table, "redirect_to", _PLAIN),
        notify=_address(table, "notify", _PLAIN),
        forewarn=table.take_flag("forewarn", False),
        digest=table.take_flag("digest", False),
        cc=_addresses(table, "cc"),
        copy_to=_address(table, "copy_to", _PLAIN),
        daily_cap=table.take_int("daily_cap", 200, least=1),
        ramp_start=table.take_int("ramp_start", 10, least=1),
        settle=dt.timedelta(seconds=table.take_int("settle_seconds", 120, least=1, most=3600)),
        note_in_books=table.take_flag("note_in_books", True),
        approval_above=above,
    )
    sender = SenderSettings(
        address=_address(table, "from", _NAMED),
        reply_to=_address(table, "reply_to", _NAMED),
        signature=table.take_text("signature", ""),
        bank_details=table.take_text("bank_details", ""),
    )
    for key in ("forewarn", "digest"):
        if table.peek(key) is True and "notify" not in table:
            table.report(key, f"{key} needs notify", 'add notify = "you@example.com"')
    if mode == "redirect" and "redirect_to" not in table:
        table.report("mode", "redirect needs redirect_to", 'add redirect_to = "you@example.com"')
    if mode != "off" and mails and "from" not in table:
        table.report("mode", f"{mode} needs from", 'add from = "Your name <accounts@example.com>"')
    return sending, sender


def _addresses(table: Table, key: str) -> tuple[str, ...]:
    found = table.take_list_of_text(key, ())
    if not all(_PLAIN.fullmatch(one) for one in found):
        table.expected(key, "e-mail addresses", 'a list such as ["sales@example.com"]')
    return found


def _address(table: Table, key: str, form: re.Pattern[str]) -> str:
    value = table.take_text(key, "")
    if (value or table.peek(key) == "") and not form.fullmatch(value):
        hint = "a bare address such as you@example.com" if form is _PLAIN else "Your name <accounts@example.com>"
        table.expected(key, "an e-mail address", hint)
    return value
