"""Recorded conversations: what a case is, how it is written into a cassette, and how it is played again.

Each cassette is one conversation of a connector with the sandbox, with secrets taken out, its JSON bodies parsed, and
what the connector made of it. The cases stand in `recorded.py` and `recorded_<platform>.py`.
"""

import base64
import datetime as dt
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec
import vcr
import yaml  # type: ignore[import-untyped]  # comes with vcrpy and ships no types

from connectors.errors import ConnectorError, Throttled
from connectors.protocol import Connector, Endpoint, Intent, Tokens
from connectors.registry import open_connector
from receivables.commands import AnyCommand
from receivables.facts import Fact, Invoice
from sandbox.serve import Sandbox
from tests.connectors.stands import CountingLimiter, HeldTokens
from tests.connectors.towards_sandbox import ACCOUNT, connect, tokens_of

FOLDER = Path(__file__).parents[2] / "cassettes"
NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
SOURCE = "sandbox: the look-alike platforms of this project, written from the vendors' public documents"
#: Where the recorded platforms are said to live; nobody listens there.
HOST = "http://127.0.0.1:9"
BASES = {"quickbooks": f"{HOST}/v3", "xero": f"{HOST}/api.xro/2.0", "stripe": HOST}
#: Fields of answers that open something to whoever reads them.
_SECRETS = {"client_secret", "access_token", "refresh_token"}
_KEPT_HEADERS = {"content-type", "retry-after", "x-rate-limit-problem", "intuit_tid", "request-id"}
_KEPT_HEADERS |= {"stripe-rate-limited-reason", "stripe-should-retry"}


class Wants(Protocol):
    def __call__(self, connector: Connector, ids: dict[str, str]) -> Any: ...


#: Prepares an empty sandbox and tells the ids that the case asks for.
World = Callable[[Sandbox], dict[str, str]]


@dataclass(frozen=True)
class Case:
    """`run` gets ids out of the company; its result is what the cassette expects on replay.

    Without `world` the company is the seeded one, with an open invoice and another; `faults` strike while it runs.
    """

    platform: str
    name: str
    run: Wants
    world: World | None = None
    faults: Sequence[dict[str, Any]] = ()

    @property
    def path(self) -> Path:
        return FOLDER / self.platform / f"{self.name}.yaml"


def told(fact: Fact) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(fact))
    return {"kind": fact.kind} | found


# --- what cases do ---------------------------------------------------------------------------------------------------


def pulls(stream: str) -> Wants:
    def run(connector: Connector, ids: dict[str, str]) -> Any:
        pages = list(connector.pull(stream, ""))
        assert not any(row.problem for page in pages for row in page.rows)
        return [told(fact) for page in pages for row in page.rows for fact in row.facts]

    return run


def counts(stream: str) -> Wants:
    def run(connector: Connector, ids: dict[str, str]) -> Any:
        return [[one.id, one.version, one.open] for page in connector.census(stream) for one in page]

    return run


def rereads(stream: str, *names: str) -> Wants:
    """The records whose ids the company has under these names."""

    def run(connector: Connector, ids: dict[str, str]) -> Any:
        pages = connector.reread(stream, [ids[name] for name in names])
        return [told(fact) for page in pages for row in page.rows for fact in row.facts]

    return run


def reads_pdf(connector: Connector, ids: dict[str, str]) -> Any:
    return base64.b64encode(connector.read_pdf(ids["invoice"])).decode()


def rereads_invoices(connector: Connector, ids: dict[str, str]) -> Any:
    found = connector.read_invoices([ids["invoice"], ids["other"], ids["missing"]])
    return {name: told(checked.invoice) if checked.invoice else None for name, checked in found.items()}


def pushes(command: Callable[[dict[str, str]], AnyCommand]) -> Wants:
    """The write and its read-back."""

    def run(connector: Connector, ids: dict[str, str]) -> Any:
        wanted = command(ids)
        intent = Intent("cassette/step/1", wanted, connector.prepare(wanted), NOW)
        try:
            receipt = connector.push(intent)
        except ConnectorError as error:
            return refused(error)
        found = connector.find(intent)
        return {"reference": receipt.reference, "url": receipt.url, "found": found if isinstance(found, str) else "yes"}

    return run


def fails(wants: Wants) -> Wants:
    def run(connector: Connector, ids: dict[str, str]) -> Any:
        try:
            wants(connector, ids)
        except ConnectorError as error:
            return refused(error)
        raise AssertionError("this was to be refused")

    return run


def refused(error: ConnectorError) -> dict[str, str]:
    said = {"refused": type(error).__name__, "because": str(error)}
    said |= {"code": error.code} if error.code else {}
    return said | ({"retry_at": error.retry_at.isoformat()} if isinstance(error, Throttled) else {})


# --- playing -----------------------------------------------------------------------------------------------------------


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


def record(case: Case) -> None:
    company = "empty" if case.world else "seeded"
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder), now=NOW, company=company) as sandbox:
        ids = case.world(sandbox) if case.world else _ids(_connect(sandbox, case), case.platform)
        sandbox.clock.advance(120)
        for fault in case.faults:
            sandbox.world.faults.plan({"platform": case.platform} | fault)
        connector = _connect(sandbox, case)
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


def _connect(sandbox: Sandbox, case: Case) -> Connector:
    """With a token that cannot be renewed, as on replay: no secret of the token service is ever recorded."""
    held = tokens_of(sandbox.config, case.platform).load()
    return connect(
        sandbox.config, case.platform, lambda: NOW, HeldTokens(msgspec.structs.replace(held, refresh_token=""))
    )
