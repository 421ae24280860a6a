"""What a connector is that can only be told things: everything that reads is refused in words."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connectors.errors import Unsupported
from connectors.protocol import Checked, Finding, Intent, Page, Standing
from receivables.commands import AnyCommand
from receivables.refs import Ref


class WriteOnly:
    """The reading half of the protocol. `_name` is how it is called in an error."""

    _name = "this connection"

    def prepare(self, command: AnyCommand) -> dict[str, str]:  # noqa: ARG002 - the protocol's argument; nothing can be seen before
        return {}

    def find(self, intent: Intent) -> Finding:  # noqa: ARG002 - the protocol's argument; nothing is told afterwards
        return "unknown"

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:  # noqa: ARG002 - the protocol's arguments
        raise Unsupported(f"{self._name} has no {stream}")

    def census(self, stream: str) -> Iterator[Sequence[Standing]]:
        raise Unsupported(f"{self._name} has no {stream}")

    def reread(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:  # noqa: ARG002 - the protocol's arguments
        raise Unsupported(f"{self._name} has no {stream}")

    def read_pdf(self, invoice_id: str) -> bytes:  # noqa: ARG002 - the protocol's argument
        raise Unsupported(f"{self._name} has no invoices")

    def aged_receivables(self, customer_id: str) -> Mapping[str, Decimal]:  # noqa: ARG002 - the protocol's argument
        raise Unsupported(f"{self._name} has no customers")

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:  # noqa: ARG002 - the protocol's argument
        raise Unsupported(f"{self._name} has no invoices")

    def invoice_url(self, ref: Ref) -> str:  # noqa: ARG002 - the protocol's argument; it has no pages
        return ""
