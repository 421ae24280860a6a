"""What the cassettes hold, and how they are written and read.

Each is one conversation of a connector with the sandbox, with secrets taken out, its JSON bodies parsed, and what the
connector made of it. `python -m tests.connectors.recorded` records all of them again.
"""

import datetime as dt
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec
import vcr
import yaml  # type: ignore[import-untyped]  # comes with vcrpy and ships no types

from connectors.errors import ConnectorError
from connectors.protocol import Connector, Endpoint, Intent, Tokens
from connectors.registry import open_connector
from receivables.commands import AnyCommand, CreatePaymentLink, RecordPayment, SendInvoiceEmail
from receivables.facts import Fact, Invoice
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.stands import CountingLimiter, HeldTokens

FOLDER = Path(__file__).parents[2] / "cassettes"
NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
SOURCE = "sandbox: the look-alike platforms of this project, written from the vendors' public documents"
#: Where the recorded platforms are said to live; nobody listens there.
HOST = "http://127.0.0.1:9"
BASES = {"quickbooks": f"{HOST}/v3", "xero": f"{HOST}/api.xro/2.0", "stripe": HOST}
#: Fields of answers that open something to whoever reads them.
_SECRETS = {"client_secret", "access_token", "refresh_token"}
_KEPT_HEADERS = {"content-type", "retry-after", "x-rate-limit-problem", "intuit_tid", "request-id"}


class Wants(Protocol):
    def __call__(self, connector: Connector, ids: dict[str, str]) -> Any: ...


@dataclass(frozen=True)
class Case:
    """`run` gets ids out of the seeded company; its result is what the cassette expects on replay."""

    platform: str
    name: str
    run: Wants

    @property
    def path(self) -> Path:
        return FOLDER / self.platform / f"{self.name}.yaml"


def told(fact: Fact) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(fact))
    return {"kind": fact.kind} | found


def _pull(stream: str) -> Wants:
    def run(connector: Connector, ids: dict[str, str]) -> Any:
        pages = list(connector.pull(stream, ""))
        assert not any(row.problem for page in pages for row in page.rows)
        return [told(fact) for page in pages for row in page.rows for fact in row.facts]

    return run


def _reread(connector: Connector, ids: dict[str, str]) -> Any:
    found = connector.read_invoices([ids["invoice"], ids["other"], ids["missing"]])
    return {name: told(checked.invoice) if checked.invoice else None for name, checked in found.items()}


def _push(command: Callable[[dict[str, str]], AnyCommand]) -> Wants:
    def run(connector: Connector, ids: dict[str, str]) -> Any:
        wanted = command(ids)
        intent = Intent("cassette/step/1", wanted, connector.prepare(wanted), NOW)
        try:
            receipt = connector.push(intent)
        except ConnectorError as error:
            return {"refused": type(error).__name__, "because": str(error)}
        found = connector.find(intent)
        return {"reference": receipt.reference, "url": receipt.url, "found": found if isinstance(found, str) else "yes"}

    return run


def _email(ids: dict[str, str]) -> AnyCommand:
    return SendInvoiceEmail(connection="books", invoice=Ref("books", "invoice", ids["invoice"]))


def _payment(minor: int) -> Callable[[dict[str, str]], AnyCommand]:
    def command(ids: dict[str, str]) -> AnyCommand:
        return RecordPayment(
            connection="books",
            invoice=Ref("books", "invoice", ids["invoice"]),
            customer=Ref("books", "customer", ids["customer"]),
            amount=Money(minor, ids["currency"]),
            paid_on=NOW.date(),
            account=ids["account"],
            source=Ref("card", "payment", "ch_1"),
            reference="ch_1",
        )

    return command


def _link(ids: dict[str, str]) -> AnyCommand:
    amount = Money(1250, ids["currency"])
    invoice = Ref("books", "invoice", ids["invoice"])
    return CreatePaymentLink(connection="card", invoice=invoice, amount=amount, number="INV-7")


CASES = (
    Case("quickbooks", "pull-deposits-sweep", _pull("deposits")),
    Case("quickbooks", "pull-refunds-sweep", _pull("refunds")),
    Case("quickbooks", "read-invoices-one-missing", _reread),
    Case("quickbooks", "push-invoice_email-sent", _push(_email)),
    Case("quickbooks", "push-payment-recorded", _push(_payment(1))),
    Case("xero", "pull-prepayments-sweep", _pull("prepayments")),
    Case("xero", "read-invoices-one-missing", _reread),
    Case("xero", "push-invoice_email-sent", _push(_email)),
    Case("xero", "push-payment-recorded", _push(_payment(1))),
    Case("xero", "push-payment-too_much", _push(_payment(99_999_999))),
    Case("stripe", "pull-chargebacks-sweep", _pull("chargebacks")),
    Case("stripe", "read-invoices-one-missing", _reread),
    Case("stripe", "push-payment_link-created", _push(_link)),
)


def open_recorded(platform: str, account: str) -> Connector:
    endpoint = Endpoint("books", platform, account, BASES[platform], options={"timezone": "Europe/London"})
    tokens = Tokens(api_key="rk_test_scrubbed") if platform == "stripe" else Tokens(access_token="scrubbed")
    return open_connector(endpoint, HeldTokens(tokens), CountingLimiter(), lambda: NOW)


def load(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(case.path.read_text(encoding="utf-8"))
    return found


class ParsedBodies:
    """A vcrpy serializer: JSON bodies stand in the file as data, so that a reader sees what was said."""

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        held = yaml.safe_load(text)
        for exchange in held["interactions"]:
            exchange["request"]["body"] = _text(exchange["request"]["body"])
            exchange["response"]["body"] = {"string": _text(exchange["response"]["body"]) or ""}
        return dict(held)

    @staticmethod
    def serialize(held: dict[str, Any]) -> str:
        for exchange in held["interactions"]:
            exchange["request"]["body"] = _parsed(exchange["request"]["body"])
            exchange["response"]["body"] = _parsed(exchange["response"]["body"].get("string"))
        return str(yaml.safe_dump(_scrubbed(held), sort_keys=False, allow_unicode=True, width=120))


def _scrubbed(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _scrubbed(inner) for name, inner in found.items() if name not in _SECRETS}
    return [_scrubbed(inner) for inner in found] if isinstance(found, list) else found


def _parsed(body: Any) -> Any:
    text = body.decode() if isinstance(body, bytes) else body
    try:
        return {"json": json.loads(text)} if text else None
    except ValueError:
        return text


def _text(body: Any) -> str | None:
    return json.dumps(body["json"]) if isinstance(body, dict) else body


def player(mode: str) -> vcr.VCR:
    found = vcr.VCR(
        record_mode=mode,
        match_on=("method", "path", "query", "said"),
        before_record_response=_without_headers,
        filter_headers=[
            "authorization",
            "user-agent",
            "xero-tenant-id",
            "accept",
            "accept-encoding",
            "connection",
            "content-length",
            "content-type",
        ],
        decode_compressed_response=True,
    )
    found.register_serializer("parsed", ParsedBodies)
    found.register_matcher("said", lambda one, other: _parsed(one.body) == _parsed(other.body))
    found.serializer = "parsed"
    return found


def _without_headers(response: dict[str, Any]) -> dict[str, Any]:
    response["headers"] = {name: value for name, value in response["headers"].items() if name.lower() in _KEPT_HEADERS}
    return response


# --- recording ------------------------------------------------------------------------------------------------------


def _ids(connector: Connector, platform: str) -> dict[str, str]:
    facts = (fact for page in connector.pull("invoices", "") for row in page.rows for fact in row.facts)
    open_ones = [fact for fact in facts if isinstance(fact, Invoice) and fact.is_open and fact.currency == "GBP"]
    first, other = open_ones[:2]
    missing = {"quickbooks": "99999999", "xero": "00000000-0000-4000-8000-000000000000", "stripe": "in_missing"}
    account = {"quickbooks": "4", "xero": "091", "stripe": ""}
    return {
        "invoice": first.id,
        "other": other.id,
        "missing": missing[platform],
        "customer": first.customer_id,
        "currency": first.currency,
        "account": account[platform],
    }


def _record(case: Case) -> None:
    from sandbox.serve import Sandbox
    from tests.connectors.towards_sandbox import ACCOUNT, connect

    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder), now=NOW) as sandbox:
        ids = _ids(connect(sandbox.config, case.platform, sandbox.clock.now), case.platform)
        sandbox.clock.advance(120)
        connector = connect(sandbox.config, case.platform, lambda: NOW)
        connector.__dict__.update({"_zone": "Europe/London"} if case.platform == "stripe" else {})
        raw = Path(folder) / "raw.yaml"
        with player("all").use_cassette(str(raw)):
            outcome = case.run(connector, ids)
        found = sandbox.config[case.platform]
        held = {"source": SOURCE, "account": found[ACCOUNT[case.platform]], "ids": ids, "outcome": outcome}
        text = yaml.safe_dump(held, sort_keys=False, allow_unicode=True, width=120) + raw.read_text(encoding="utf-8")
        base = found["api_base"].removesuffix(BASES[case.platform].removeprefix(HOST))
        case.path.parent.mkdir(parents=True, exist_ok=True)
        case.path.write_text(text.replace(base, HOST), encoding="utf-8")


if __name__ == "__main__":
    for wanted in CASES:
        _record(wanted)
        sys.stdout.write(f"{wanted.path}\n")
