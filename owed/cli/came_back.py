"""What came back by mail about an invoice: replies, notices of absence, bounces, and addresses that are blocked."""

import datetime as dt
from typing import Any

from receivables.local_facts import Bounce, LocalFact, Reply
from receivables.open_items import OpenItem
from receivables.refs import Ref
from sync.assess import Assessment


def came_back(seen: Assessment, invoice: Ref, item: OpenItem | None) -> list[dict[str, Any]]:
    """Oldest first."""
    about = [one for one in seen.snapshot.local if isinstance(one, Reply | Bounce) and invoice in one.invoices]
    told = [_told(one) for one in sorted(about, key=_at)]
    blocked = (
        [{"kind": "blocked", "address": one.address, "on": one.blocked_on} for one in item.bounced] if item else []
    )
    return [*told, *blocked]


def _at(fact: LocalFact) -> tuple[str, str]:
    received: dt.datetime | None = getattr(fact, "received_at", None)
    return str(received or fact.stated_at), fact.id


def _told(fact: Reply | Bounce) -> dict[str, Any]:
    if isinstance(fact, Bounce):
        kind = "bounce" if fact.lasting else "delay"
        return {"at": fact.received_at, "kind": kind, "address": fact.address, "text": fact.diagnostic or fact.status}
    kind = "automatic answer" if fact.automatic else "reply"
    return {"at": fact.received_at, "kind": kind, "address": fact.sender, "title": fact.title, "text": fact.excerpt}


def came_back_line(one: dict[str, Any]) -> str:
    """One line; of a reply its subject and its beginning."""
    if one["kind"] == "blocked":
        return f"{one['address']} is blocked since {one['on']}: owed customers unblock {one['address']}"
    words = " ".join(str(one["text"]).split())
    about = ": ".join(part for part in (str(one.get("title", "")), words[:160] + "…" * (len(words) > 160)) if part)
    return f"{one['at']:%Y-%m-%d %H:%M} UTC  {one['kind']} from {one['address']}: {about}"
