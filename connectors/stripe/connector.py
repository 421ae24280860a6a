"""Stripe as a Connector."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors import cursors
from connectors.errors import Forbidden, Malformed, NotFound, Refused, Unauthorised, Unsupported
from connectors.fields import decode_record, text
from connectors.protocol import (
    Checked,
    Clock,
    Endpoint,
    Finding,
    Health,
    Intent,
    Limiter,
    Page,
    Receipt,
    Standing,
    TokenStore,
)
from connectors.stripe import checks, push
from connectors.stripe.census import census
from connectors.stripe.client import PAGE_SIZE, StripeClient, safe
from connectors.stripe.in_flight import of_invoice, of_sessions
from connectors.stripe.manifest import MANIFEST
from connectors.stripe.mark import Mark
from connectors.stripe.payouts import Payouts
from connectors.stripe.pulls import Pulls
from connectors.stripe.reader import Reader, in_pages
from connectors.stripe.records import Account
from connectors.stripe.translate import STREAMS
from connectors.transport import one_write
from receivables.commands import AnyCommand
from receivables.facts import Gone, Invoice
from receivables.refs import Ref


class StripeConnector:
    manifest = MANIFEST

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._name = endpoint.name
        self._wanted_account = endpoint.account
        self._zone = endpoint.options.get("timezone", "")
        self._client = StripeClient(endpoint, tokens, limiter, clock)
        self._clock = clock
        payouts = Payouts(self._client)
        self._reader = Reader(self._client, payouts, Account(endpoint.name, ZoneInfo("UTC")))
        self._pulls = Pulls(self._client, self._reader, payouts, clock)

    def check(self) -> Health:
        return checks.check(self._client, self._name, self._wanted_account)

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        """Raises Unauthorised when the key is of another mode than what was read so far, Forbidden with the name of
        the permission that is missing."""
        mark = cursors.read(cursor, Mark(sweeping=True))
        mark.mode = self._same_mode(mark.mode)
        mark.zone = self._locate(mark.zone)
        with checks.naming(stream, STREAMS[stream].permission):
            yield from self._pulls.pull(stream, mark)

    def _same_mode(self, known: str) -> str:
        """Test records and real money must not meet in one connection."""
        if self._client.live is None:
            return known
        mode = "live" if self._client.live else "test"
        if known and known != mode:
            raise Unauthorised(f"the key is for {mode} mode, but what was read so far is {known}: reconnect")
        return mode

    def _locate(self, known: str = "") -> str:
        """Days are those of the account's time zone, which is asked for once."""
        self._zone = self._zone or known or self._account_zone()
        self._reader.account = Account(self._name, _zone(self._zone), self._client.live)
        return self._zone

    def _account_zone(self) -> str:
        try:
            return checks.zone_of(self._client) or "UTC"
        except (Forbidden, Refused, Malformed):
            return "UTC"

    def census(self, stream: str) -> Iterator[Sequence[Standing]]:
        return census(self._client, stream)

    def reread(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        self._locate()
        for names in in_pages(ids, PAGE_SIZE):
            yield Page(stream, [self._reader.read_again(STREAMS[stream], name) for name in names], "")

    def read_pdf(self, invoice_id: str) -> bytes:
        """Raises Refused for a draft, which has none."""
        url = text(self._client.get(f"/v1/invoices/{safe(invoice_id)}"), "invoice_pdf")
        if not url:
            raise Refused(f"invoice {invoice_id} has no PDF: it was never finalised")
        return self._client.download(url)

    def aged_receivables(self, customer_id: str) -> Mapping[str, Decimal]:  # noqa: ARG002 - the protocol's argument
        raise Unsupported("Stripe has no report of aged receivables")

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        self._locate()
        found = {wanted: self._read_invoice(wanted) for wanted in dict.fromkeys(ids)}
        return {wanted: state for wanted, state in found.items() if state is not None}

    def _read_invoice(self, identifier: str) -> Checked | None:
        """None when the answer cannot be understood."""
        expand = ("payments", "payments.data.payment.payment_intent")
        try:
            raw = self._client.get_raw(f"/v1/invoices/{safe(identifier)}", expand).body
        except NotFound:
            return Checked(None)
        (row,) = self._reader.rows(STREAMS["invoices"], [raw])
        fact = row.facts[0] if row.facts else None
        if isinstance(fact, Gone):
            return Checked(None)
        return Checked(fact, of_invoice(decode_record(raw), fact)) if isinstance(fact, Invoice) else None

    def sessions_of_link(self, link_id: str) -> int:
        """Minor units that were paid, or are being paid, through a payment link; a failed bank debit does not count."""
        query = {"payment_link": link_id, "expand": ["data.payment_intent"]}
        found = self._client.pages("/v1/checkout/sessions", query)
        return of_sessions(decode_record(bytes(raw)) for page in found for raw in page.data)

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        return push.prepare(command)

    def push(self, intent: Intent) -> Receipt:
        with one_write(intent.command.verb):
            return push.push(self._client, intent, self._clock())

    def find(self, intent: Intent) -> Finding:
        return push.find(self._client, intent, self._clock())

    def invoice_url(self, ref: Ref) -> str:
        found = self._client.get(f"/v1/invoices/{safe(ref.id)}")
        return text(found, "hosted_invoice_url") if text(found, "status") == "open" else ""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        return ZoneInfo("UTC")
