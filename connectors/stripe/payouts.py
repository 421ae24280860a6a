"""Which balance transactions a payout is made of: only the payout can be asked, not the transaction.

The floor for a first pull is one call for every hundred payouts, at least one for each automatic payout, and one for
every hundred balance transactions. Later only payouts that changed are asked.
"""

from collections.abc import Iterable

import msgspec

from connectors.errors import Forbidden
from connectors.fields import Record, Unreadable, decode_record, text
from connectors.stripe.client import StripeClient, id_of
from connectors.stripe.records import reference

#: Types of a balance transaction that come from a charge.
_CHARGED = {"charge", "payment"}


def is_settled(payout: Record) -> bool:
    """Stripe says of automatic payouts only what they are made of, and only once it has worked that out."""
    return payout.get("automatic") is True and payout.get("reconciliation_status") == "completed"


class Payouts:
    """What was asked is kept for as long as the connector lives: the parts of a settled payout do not change."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client
        self._members: dict[str, tuple[bytes, ...]] = {}
        self._payout_of: dict[str, str] = {}
        self._settled: dict[str, bool] = {}
        #: The parts of all payouts made at or after this second are known.
        self._known_since: int | None = None

    def note(self, payout: Record) -> bool:
        """Remember of a payout as shown just now whether it can be asked; returns that."""
        settled = self._settled[text(payout, "id")] = is_settled(payout)
        return settled

    def settled(self, payout_id: str) -> bool | None:
        """None when it was not shown since its last change."""
        return self._settled.get(payout_id)

    def forget(self, payout_ids: Iterable[str]) -> None:
        """They have changed."""
        for name in payout_ids:
            self._settled.pop(name, None)
            self._members.pop(name, None)

    def members(self, payout_id: str) -> tuple[bytes, ...]:
        """The balance transactions of one settled payout, as received."""
        if payout_id not in self._members:
            pages = self._client.pages("/v1/balance_transactions", {"payout": payout_id})
            rows = tuple(bytes(raw) for page in pages for raw in page.data)
            self._members[payout_id] = rows
            self._payout_of |= {id_of(raw): payout_id for raw in rows}
        return self._members[payout_id]

    def charges(self, payout_id: str) -> tuple[str, ...]:
        """The ids of the charges that a settled payout brings; none for a key that may not list its transactions, of
        which their own pull tells."""
        try:
            rows = map(decode_record, self.members(payout_id))
        except Forbidden:
            return ()
        found = (reference(row, "source") for row in rows if row.get("type") in _CHARGED)
        return tuple(name for name in found if name)

    def payout_of(self, transaction_id: str) -> str:
        """ "" for one that is in no payout that we asked."""
        return self._payout_of.get(transaction_id, "")

    def all_asked(self) -> None:
        """Every payout was shown, and asked, by a pull of the payouts."""
        self._known_since = 0

    def ask_since(self, made_at: int = 0) -> None:
        """Ask all payouts made at or after `made_at`: a payout is never older than what it is made of."""
        if self._known_since is not None and self._known_since <= made_at:
            return
        query = {"created": {"gte": made_at}} if made_at else {}
        for page in self._client.pages("/v1/payouts", query):
            self._ask(page.data)
        self._known_since = made_at

    def _ask(self, payouts: Iterable[msgspec.Raw]) -> None:
        for raw in payouts:
            try:
                row = decode_record(bytes(raw))
                if is_settled(row):
                    self.members(text(row, "id"))
            except Unreadable:
                continue  # the pull of the payouts tells this problem
