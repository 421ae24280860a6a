"""One sandbox for all tests of the connectors, with the seeded company."""

from collections.abc import Iterator

import pytest

from connectors.protocol import Connector
from receivables.facts import CreditNote, Fact, Invoice
from sandbox.serve import Sandbox
from tests.connectors.stands import CountingLimiter, HeldTokens
from tests.connectors.towards_sandbox import connect, tokens_of


class Patience(CountingLimiter):
    """Waits by moving the sandbox's clock, a little more than a second a call: no platform's limit is ever hit."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def spend(self, calls: int = 1, *, write: bool = False) -> None:
        super().spend(calls, write=write)
        self._sandbox.clock.advance(1.1)


class Company:
    """The sandbox as connectors see it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._facts: dict[tuple[str, str], list[Fact]] = {}
        #: One store of tokens for each platform, as everywhere: whoever spends a refresh token keeps the next for all.
        self._held: dict[str, HeldTokens] = {}

    def held(self, platform: str) -> HeldTokens:
        return self._held.setdefault(platform, tokens_of(self.sandbox.config, platform))

    def connect(self, platform: str, tokens: HeldTokens | None = None) -> Connector:
        held = tokens or self.held(platform)
        return connect(self.sandbox.config, platform, self.sandbox.clock.now, held, Patience(self.sandbox))

    def facts(self, platform: str, stream: str) -> list[Fact]:
        if (platform, stream) not in self._facts:
            pages = self.connect(platform).pull(stream, "")
            self._facts[platform, stream] = [fact for page in pages for row in page.rows for fact in row.facts]
        return self._facts[platform, stream]

    def open_invoices(self, platform: str) -> list[Invoice]:
        found = [fact for fact in self.facts(platform, "invoices") if isinstance(fact, Invoice)]
        return [invoice for invoice in found if invoice.is_open and invoice.due_on]

    def open_credit(self, platform: str) -> tuple[CreditNote, Invoice]:
        """An open credit note and an open invoice of the same customer and currency."""
        invoices = self.open_invoices(platform)
        for note in self.facts(platform, "credit_notes"):
            if isinstance(note, CreditNote) and note.open > 0:
                for invoice in invoices:
                    if (invoice.customer_id, invoice.currency) == (note.customer_id, note.currency):
                        return note, invoice
        raise LookupError("the seeded company has no credit note with an open invoice beside it")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield Company(sandbox)


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "company" in request.fixturenames:
        request.getfixturevalue("company").sandbox.world.faults.clear()
