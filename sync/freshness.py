"""Just before a payment is posted: is it in the books already, and is the money still ours?"""

from collections.abc import Iterable

from connectors.errors import ConnectorError
from receivables.commands import RecordPayment
from receivables.facts import Payment
from receivables.refs import Ref
from store import connections
from store.outbox import Effect
from sync.connected import Connected
from sync.installation import Installation
from sync.saving import save_page
from sync.turns import Busy, reading
from sync.vanished import read_again
from sync.verify import Recheck


def read_payments_again(
    installation: Installation, connected: Connected, effects: Iterable[Effect], recheck: Recheck
) -> None:
    """The newest payments of the books that are written to, and the payments that were seen elsewhere. What cannot be
    read again waits: its invoice is noted as unread."""
    commands = [effect.command for effect in effects if isinstance(effect.command, RecordPayment)]
    wanted: dict[str, list[RecordPayment]] = {}
    for command in commands:
        wanted.setdefault(command.connection, []).append(command)
        wanted.setdefault(command.source.connection, []).append(command)
    for name, concerned in sorted(wanted.items()):
        sources = [one.source for one in concerned if one.source.connection == name]
        writes = any(one.connection == name for one in concerned)
        try:
            _read(installation, connected, name, sources, writes=writes)
        except (ConnectorError, Busy) as error:
            recheck.unread.update((one.invoice, str(error)) for one in concerned)


def _read(installation: Installation, connected: Connected, name: str, sources: list[Ref], *, writes: bool) -> None:
    """Raises ConnectorError, and Busy while another worker reads this connection."""
    connector = connected.to(name)
    if sources:
        read_again(installation, connector, name, Payment.kind, sorted({ref.id for ref in sources}))
    if not writes:
        return
    with reading(installation, name):
        for stream in connector.manifest.streams_of(Payment.kind):
            with installation.store.read() as tx:
                cursor = connections.load_cursor(tx, name, stream)
            for page in connector.pull(stream, cursor):
                save_page(installation, name, page)
