"""Xero as a Connector: what is read, and in which pages."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connectors.errors import Forbidden, Malformed, Refused
from connectors.fields import Record, flag, records, text
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
from connectors.transport import one_write
from connectors.xero import links, push
from connectors.xero.aged import due_by_invoice
from connectors.xero.client import XeroClient
from connectors.xero.dates import day
from connectors.xero.manifest import MANIFEST
from connectors.xero.reading import Reading
from connectors.xero.rereading import Rereading
from receivables.commands import AnyCommand
from receivables.problems import Problem
from receivables.refs import Ref


class XeroConnector:
    manifest = MANIFEST

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._name = endpoint.name
        self._client = XeroClient(endpoint, tokens, limiter, clock)
        self._reading = Reading(self._client, endpoint.name)
        self._rereading = Rereading(self._client, self._reading, endpoint.name)

    def check(self) -> Health:
        if not self._client.tenant and (unclear := self._choose()):
            return unclear
        found = next(iter(records(self._client.get("Organisation"), "Organisations")), {})
        return Health(
            account=self._client.tenant,
            name=text(found, "Name"),
            currency=text(found, "BaseCurrency"),
            timezone=text(found, "Timezone"),
            reminds_by_itself=self._reminders(),
            locked_until=_locked_until(found),
        )

    def _choose(self) -> Health | None:
        """Takes the only organisation of the grant; a person has to choose between several."""
        seen = [found for found in self._client.tenants() if text(found, "tenantType") == "ORGANISATION"]
        if len(seen) == 1:
            self._client.tenant = text(seen[0], "tenantId")
            return None
        listed = ", ".join(f"{text(found, 'tenantId')} ({text(found, 'tenantName')})" for found in seen) or "none"
        what = f"the grant sees {len(seen)} organisations: {listed}"
        choices = tuple((text(found, "tenantId"), text(found, "tenantName")) for found in seen)
        return Health(problems=(Problem(self._name, what, "set account in owed.toml to one"),), choices=choices)

    def _reminders(self) -> bool | None:
        try:
            found = records(self._client.get("InvoiceReminders/Settings"), "InvoiceReminders")
        except (Forbidden, Refused, Malformed):
            return None
        return any(flag(setting, "Enabled") for setting in found) if found else None

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        return self._reading.pull(stream, cursor)

    def census(self, stream: str) -> Iterator[Sequence[Standing]]:
        return self._reading.census(stream)

    def reread(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        return self._rereading.reread(stream, ids)

    def read_pdf(self, invoice_id: str) -> bytes:
        return self._client.pdf(invoice_id)

    def aged_receivables(self, customer_id: str) -> Mapping[str, Decimal]:
        return due_by_invoice(self._client.get("Reports/AgedReceivablesByContact", contactId=customer_id))

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        return self._rereading.read_invoices(ids)

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        return push.prepare(self._client, command)

    def push(self, intent: Intent) -> Receipt:
        with one_write(intent.command.verb):
            return push.push(self._client, intent)

    def find(self, intent: Intent) -> Finding:
        return push.find(self._client, intent)

    def invoice_url(self, ref: Ref) -> str:
        return links.invoice_link(self._client, ref.id)


def _locked_until(organisation: Record) -> dt.date | None:
    """The later of the two lock dates: what is dated on it or before is refused."""
    days = (day(organisation, "PeriodLockDate"), day(organisation, "EndOfYearLockDate"))
    return max((found for found in days if found), default=None)
