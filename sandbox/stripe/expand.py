"""`expand[]`: ids replaced by objects, and lists that are left out unless asked for."""

from __future__ import annotations

from typing import Any

from sandbox.state import Record
from sandbox.stripe import errors
from sandbox.stripe.ledger import Ledger

DEEPEST = 4
INLINE = 10


class Expander:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def expand(self, shown: Record, wanted: Any) -> Record:
        for path in wanted if isinstance(wanted, list) else [wanted] if wanted else []:
            parts = str(path).split(".")
            if len(parts) > DEEPEST + (parts[0] == "data"):
                raise errors.refused(400, f"You cannot expand more than {DEEPEST} levels of a property", param="expand")
            self._step(shown, parts, str(path))
        return shown

    def _step(self, node: Any, parts: list[str], path: str) -> None:
        if not parts or node is None:
            return
        if isinstance(node, list):
            for one in node:
                self._step(one, parts, path)
            return
        name, *rest = parts
        if name not in node and not self._include(node, name):
            raise errors.refused(400, f"This property cannot be expanded ({path}).", param="expand")
        if isinstance(node[name], str):
            node[name] = self._object(node[name], path)
        elif isinstance(node[name], dict):
            node[name] = dict(node[name])  # what is shown may share parts with the record
        elif isinstance(node[name], list):
            node[name] = [dict(one) if isinstance(one, dict) else one for one in node[name]]
        self._step(node[name], rest, path)

    def _object(self, identity: str, path: str) -> Record:
        found = self.ledger.find(identity)
        if found is None:
            raise errors.refused(400, f"This property cannot be expanded ({path}).", param="expand")
        return self.ledger.shown(found)

    def _include(self, node: Record, name: str) -> bool:
        """Lists that are absent by default."""
        identity, kind = node.get("id", ""), node.get("object")
        if (kind, name) == ("invoice", "payments"):
            rows = self.ledger["invoice_payment"].by("invoice", identity)
            node[name] = self._list(rows, f"/v1/invoice_payments?invoice={identity}")
        elif (kind, name) == ("invoice", "amount_paid_off_stripe"):
            node[name] = self.ledger["invoice"][identity]["_out_of_band"]
        elif (kind, name) == ("charge", "refunds"):
            rows = self.ledger["refund"].by("charge", identity)
            node[name] = self._list(rows, f"/v1/charges/{identity}/refunds")
        elif name == "line_items" and kind in ("payment_link", "checkout.session"):
            items = self.ledger[str(kind)][identity]["_items"]
            plural = {"payment_link": "payment_links", "checkout.session": "checkout/sessions"}[str(kind)]
            node[name] = {
                "object": "list",
                "data": items,
                "has_more": False,
                "url": f"/v1/{plural}/{identity}/line_items",
            }
        else:
            return False
        return True

    def _list(self, rows: list[Record], url: str) -> Record:
        newest = sorted(rows, key=lambda one: -one["created"])
        data = [self.ledger.shown(one) for one in newest[:INLINE]]
        return {"object": "list", "data": data, "has_more": len(rows) > INLINE, "url": url}
