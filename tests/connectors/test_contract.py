"""What every connector promises, whatever its platform; each platform's sandbox is asked to fail it."""

import datetime as dt
import itertools
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass

import pytest

from connectors.errors import ConnectorError, Refused, Uncertain, Unsupported
from connectors.protocol import Connector, Intent, Receipt
from connectors.registry import MANIFESTS, OAUTH_SERVERS, manifest_of, open_connector
from receivables.commands import (
    COMMANDS,
    AddNote,
    AnyCommand,
    ApplyCredit,
    AttachPayment,
    CallWebhook,
    ChargeFee,
    Command,
    CreateCheckout,
    CreatePaymentLink,
    CreditInvoice,
    MarkUncollectible,
    OpenTask,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    SendNotice,
    SendReminder,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
    WithdrawPaymentLink,
)
from receivables.facts import PLATFORM_FACTS
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors import commands_quickbooks, commands_stripe, commands_xero
from tests.connectors.commands import MAKERS
from tests.connectors.conftest import Company
from tests.connectors.stands import CountingLimiter, HeldTokens, endpoint, now, oauth_tokens

PLATFORMS = ("quickbooks", "xero", "stripe")
PLATFORM_MAKERS = {
    "quickbooks": commands_quickbooks.MAKERS,
    "xero": commands_xero.MAKERS,
    "stripe": commands_stripe.MAKERS,
}
SEVERAL_STEPS = {
    "quickbooks": commands_quickbooks.SEVERAL_STEPS,
    "xero": commands_xero.SEVERAL_STEPS,
    "stripe": commands_stripe.SEVERAL_STEPS,
}
#: A fault that strikes the first call that writes, not what is read before it. QuickBooks asks its queries by POST.
FIRST_WRITE = {"method": "POST|PUT|DELETE", "path": r"^(?!.*/query)"}
#: Writes that make something; the link of a book-keeping platform is only looked up.
MAKING = [
    (platform, write.command)
    for platform in PLATFORMS
    for write in MANIFESTS[platform].writes
    if write.command is not CreatePaymentLink or platform == "stripe"
]
_NUMBERS = itertools.count()


@dataclass
class Case:
    """One command towards one platform, and how often the sandbox saw it happen."""

    company: Company
    platform: str
    connector: Connector
    command: AnyCommand
    key: str

    def intent(self) -> Intent:
        before = self.connector.prepare(self.command)
        self.company.sandbox.clock.advance(5)
        return Intent(self.key, self.command, before, self.company.sandbox.clock.now())

    @property
    def several_steps(self) -> bool:
        return type(self.command) in SEVERAL_STEPS[self.platform]

    def happened(self) -> int:
        """How often; of a write with several steps, the step that happened most often. A step's key begins with ours."""
        effects = self.company.sandbox.world.effects.all()
        keys = [str(effect.get("key")) for effect in effects if str(effect.get("key")).startswith(self.key)]
        return max(Counter(keys).values(), default=0)


def _command(company: Company, platform: str, kind: type[Command], connector: Connector) -> AnyCommand:
    return (MAKERS | PLATFORM_MAKERS[platform])[kind](company, platform, connector)


@pytest.fixture
def case(request: pytest.FixtureRequest, company: Company) -> Case:
    platform, kind = request.param
    connector = company.connect(platform)
    return Case(
        company, platform, connector, _command(company, platform, kind, connector), f"contract-{next(_NUMBERS):04}"
    )


every_write = pytest.mark.parametrize(
    "case", MAKING, indirect=True, ids=[f"{platform}-{kind.verb}" for platform, kind in MAKING]
)


@every_write
def test_a_write_that_was_not_made_is_absent(case: Case) -> None:
    assert case.connector.find(case.intent()) == "absent"
    assert case.happened() == 0


@every_write
def test_a_write_that_was_made_is_found(case: Case) -> None:
    intent = case.intent()
    receipt = case.connector.push(intent)
    assert receipt.reference
    found = case.connector.find(intent)
    assert isinstance(found, Receipt)
    assert case.happened() == 1


@every_write
def test_the_same_key_twice_is_one_effect(case: Case) -> None:
    intent = case.intent()
    first, again = case.connector.push(intent), case.connector.push(intent)
    assert first.reference == again.reference
    assert case.happened() == 1


@every_write
def test_a_lost_answer_is_uncertain_and_is_found_afterwards(case: Case) -> None:
    intent = case.intent()
    case.company.sandbox.world.faults.plan({"platform": case.platform, "kind": "lost"} | FIRST_WRITE)
    with pytest.raises(Uncertain):
        case.connector.push(intent)
    assert case.happened() == 1, "it was made, and made once: nothing below us sends it again"
    case.company.sandbox.world.faults.clear()
    if case.several_steps:
        assert case.connector.find(intent) == "absent", "a step is missing: the same key mends it"
        case.connector.push(intent)
    assert isinstance(case.connector.find(intent), Receipt)
    assert case.happened() == 1


@every_write
def test_a_connection_reset_before_it_acts_leaves_nothing_and_is_absent(case: Case) -> None:
    intent = case.intent()
    case.company.sandbox.world.faults.plan({"platform": case.platform, "kind": "reset"} | FIRST_WRITE)
    with pytest.raises(Uncertain):
        case.connector.push(intent)
    case.company.sandbox.world.faults.clear()
    assert case.happened() == 0
    assert case.connector.find(intent) == "absent"
    assert case.connector.push(intent).reference
    assert case.happened() == 1


@every_write
def test_a_fault_of_the_platform_is_a_connector_error(case: Case) -> None:
    intent = case.intent()
    without_body = case.platform == "xero" and isinstance(case.command, SendInvoiceEmail)
    for kind in ("error", "throttle") if without_body else ("error", "throttle", "truncated"):
        case.company.sandbox.world.faults.plan({"platform": case.platform, "kind": kind} | FIRST_WRITE)
        with pytest.raises(ConnectorError) as raised:
            case.connector.push(intent)
        assert raised.value.transient, kind
        case.company.sandbox.world.faults.clear()
    assert case.happened() <= 1


def _later_commands(ref: Ref, money: Money, on: dt.date) -> list[AnyCommand]:
    return [
        SetCustomerMemo(connection="x", invoice=ref, text="t"),
        VoidInvoice(connection="x", invoice=ref),
        MarkUncollectible(connection="x", invoice=ref),
        ChargeFee(
            connection="x",
            invoice=ref,
            customer=ref,
            amount=money,
            description="d",
            issued_on=on,
            due_on=on,
            account="1",
        ),
        CreditInvoice(connection="x", invoice=ref, customer=ref, amount=money, description="d", issued_on=on),
        AttachPayment(connection="x", invoice=ref, payment=ref),
        VoidPayment(connection="x", payment=ref),
        RecordRefund(connection="x", customer=ref, amount=money, refunded_on=on, account="1", source=ref),
        RecordProcessingFee(
            connection="x", amount=money, paid_on=on, account="1", expense_account="2", tax_code="", source=ref
        ),
        CreateCheckout(connection="x", invoice=ref, amount=money, success_url="http://127.0.0.1", expires_at=now()),
    ]


@pytest.mark.parametrize("platform", sorted(MANIFESTS))
def test_a_command_that_the_manifest_does_not_list_is_unsupported_and_asks_nothing(platform: str) -> None:
    limiter = CountingLimiter()
    connector = open_connector(endpoint(platform, "http://127.0.0.1:9"), HeldTokens(oauth_tokens()), limiter, now)
    ref = Ref("books", "invoice", "1")
    money = Money(1, "GBP")
    commands: list[AnyCommand] = [
        SendReminder(connection="x", invoices=(ref,), to=("a@b.example",), subject="s", text="t", sender="c@d.example"),
        SendInvoiceEmail(connection="x", invoice=ref),
        CreatePaymentLink(connection="x", invoice=ref, amount=money),
        WithdrawPaymentLink(connection="x", invoice=ref, link=ref),
        AddNote(connection="x", invoice=ref, text="t"),
        RecordPayment(
            connection="x", invoice=ref, customer=ref, amount=money, paid_on=now().date(), account="1", source=ref
        ),
        ApplyCredit(
            connection="x", invoice=ref, customer=ref, credit_note=ref, amount=money, allocated_on=now().date()
        ),
        *_later_commands(ref, money, now().date()),
        SendNotice(connection="x", to=("a@b.example",), subject="s", text="t", sender="c@d.example"),
        OpenTask(connection="x", action="call", debtor="d", invoices=(ref,), title="call"),
        CallWebhook(connection="x", invoices=(ref,), body="{}"),
    ]
    assert {type(command) for command in commands} == set(COMMANDS)
    for command in commands:
        if manifest_of(platform).write(type(command)) is None:
            with pytest.raises(Unsupported):
                connector.push(Intent("key-1", command))
    assert limiter.calls == 0


@pytest.mark.parametrize("platform", sorted(MANIFESTS))
def test_a_manifest_says_what_is_so(platform: str) -> None:
    manifest = MANIFESTS[platform]
    assert manifest.platform == platform
    assert len(set(manifest.streams)) == len(manifest.streams)
    assert len({write.command for write in manifest.writes}) == len(manifest.writes)
    assert all(write.key_window_seconds > 0 for write in manifest.writes if write.keyed)
    assert (manifest.auth == "oauth") == (platform in OAUTH_SERVERS)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_stream_of_the_seeded_company_is_read_without_a_problem(company: Company, platform: str) -> None:
    connector = company.connect(platform)
    kinds = {fact.kind for fact in PLATFORM_FACTS}
    for stream in connector.manifest.streams:
        pages = list(connector.pull(stream, ""))
        assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
        for row in (row for page in pages for row in page.rows):
            assert row.problem is None
            assert row.raw
            assert {fact.kind for fact in row.facts} <= kinds
        again = list(company.connect(platform).pull(stream, pages[-1].cursor))
        assert sum(len(page.rows) for page in again) <= 60, "only what changed, and the overlap"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_opening_makes_no_call(platform: str) -> None:
    limiter = CountingLimiter()
    open_connector(endpoint(platform, "http://127.0.0.1:9"), HeldTokens(oauth_tokens()), limiter, now)
    assert limiter.calls == 0


def test_the_registry_imports_no_sdk() -> None:
    code = "import sys, connectors.registry; print({'stripe', 'xero_python', 'quickbooks'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_platform_is_told_with_those_that_are_known() -> None:
    with pytest.raises(Refused, match="quickbooks"):
        manifest_of("sage")
