"""Holds what owed's outbox says against what the look-alikes counted themselves. Nothing that owed believes is trusted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.outbox import Effect

#: What a platform counts -> the command that asked for it. Mail by SMTP is looked at message by message.
_VERBS = {
    "email": "send_invoice_email",
    "note": "add_note",
    "metadata": "add_note",
    "payment": "record_payment",
    "payment_link": "create_payment_link",
    "payment_link_closed": "withdraw_payment_link",
}
_PLATFORMS = {"books": "xero", "ledger": "quickbooks", "cards": "stripe"}

#: One thing done to one record of one platform.
_Deed = tuple[str, str, str]


@dataclass(slots=True)
class Verdict:
    """`effects` were really done. `asked`: left to a person; of these `asked_done` were done all the same."""

    effects: int = 0
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    asked: int = 0
    asked_done: int = 0

    @property
    def violations(self) -> list[str]:
        return [*self.duplicates, *self.lost, *self.other]


def judge(rows: Sequence[Effect], effects: Iterable[Mapping[str, Any]], mails: Iterable[Mapping[str, Any]]) -> Verdict:
    found = Verdict()
    for row in rows:
        if row.state in ("sending", "uncertain"):
            found.other.append(f"{row.verb} {row.intent} ended as {row.state}: {row.error}")
    _platforms(found, rows, Counter(_deeds(effects)))
    _smtp(found, rows, [mail for mail in mails if mail["via"] == "smtp"])
    return found


def _deeds(effects: Iterable[Mapping[str, Any]]) -> Iterable[_Deed]:
    for one in effects:
        if one["kind"] in _VERBS and one["platform"] != "smtp":
            yield _VERBS[one["kind"]], one["platform"], str(one["target"]).rpartition("/")[2]


def _deed(row: Effect) -> _Deed:
    """Links are known by their reference, everything else by the invoice it was done to."""
    of_links = row.verb in ("create_payment_link", "withdraw_payment_link")
    target = _link_of(row) if of_links else row.subjects[0].split(":")[2]
    return row.verb, _PLATFORMS[row.connection], target


def _link_of(row: Effect) -> str:
    return getattr(row.command, "link", None).id if row.verb == "withdraw_payment_link" else row.reference  # type: ignore[union-attr]  # a withdrawal names its link


def _platforms(found: Verdict, rows: Sequence[Effect], done: Counter[_Deed]) -> None:
    """Done as often as it is `sent`; a row that a person is asked about may be one more."""
    ours = [row for row in rows if row.connection in _PLATFORMS and not _is_only_read(row)]
    sent = Counter(_deed(row) for row in ours if row.state == "sent")
    doubtful = Counter(_deed(row) for row in ours if row.state == "needs_human")
    found.effects += done.total()
    found.asked += doubtful.total()
    for deed in done.keys() | sent.keys() | doubtful.keys():
        more, less = done[deed] - sent[deed] - doubtful[deed], sent[deed] - done[deed]
        found.duplicates += [f"{deed} was done {done[deed]} times, sent is {sent[deed]}"] if more > 0 else []
        found.lost += [f"{deed} was done {done[deed]} times, sent is {sent[deed]}"] if less > 0 else []
        found.asked_done += min(doubtful[deed], max(0, done[deed] - sent[deed]))


def _is_only_read(row: Effect) -> bool:
    """Pay pages of the books, and of Stripe's own invoices, are there already: nothing is written for them."""
    return row.verb == "create_payment_link" and not row.reference.startswith("plink_")


def _smtp(found: Verdict, rows: Sequence[Effect], mails: Sequence[Mapping[str, Any]]) -> None:
    """At most once; whatever is not surely sent is a person's."""
    ids = Counter(mail["headers"]["Message-ID"] for mail in mails)
    words = Counter((tuple(mail["to"]), mail["subject"]) for mail in mails)
    ours = [row for row in rows if row.connection == "mail"]
    sent = sum(row.state == "sent" for row in ours)
    asked = sum(row.state == "needs_human" for row in ours)
    found.effects += len(mails)
    found.asked += asked
    found.asked_done += max(0, len(mails) - sent)
    found.duplicates += [f"mail {name} left {count} times" for name, count in ids.items() if count > 1]
    found.duplicates += [f"mail {name} left {count} times" for name, count in words.items() if count > 1]
    if len(mails) < sent:
        found.lost.append(f"{sent} mails are sent, {len(mails)} arrived")
    if len(mails) > sent + asked:
        found.duplicates.append(f"{len(mails)} mails arrived, {sent} are sent and {asked} in doubt")
