"""owed.toml, read and checked: every problem at once, each with its file:line:column and a hint."""

import datetime as dt
import os
import re
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path

from connectors.protocol import Endpoint
from outreach.catalog import built_in
from receivables.business import Business
from receivables.money import CURRENCIES, Money
from receivables.problems import Problem
from reconciliation.policy import MatchPolicy
from rules.loader import load as load_rules
from rules.loader import read as read_rules
from rules.schema import Rulebook
from rules.table import Table
from rules.toml import parse
from sync.installation import BookSettings, Sending
from sync.limiter import WINDOW_NAMES

PLATFORMS = ("quickbooks", "xero", "stripe", "email")
MODES = ("off", "redirect", "live")
BROKERS = ("memory:", "amqp://", "amqps://", "redis://", "rediss://", "postgresql://")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by where it stands, never by its value."""

    env: str = ""
    file: str = ""

    def read(self, folder: Path) -> str:
        """The value, or "" when it is not there."""
        if self.env:
            return os.environ.get(self.env, "")
        path = folder / self.file
        return path.read_text().strip() if self.file and path.is_file() else ""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One [[connection]]."""

    endpoint: Endpoint
    books: BookSettings
    client_id: Secret = field(default_factory=Secret)
    client_secret: Secret = field(default_factory=Secret)
    password: Secret = field(default_factory=Secret)


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Who writes the messages: From, Reply-To, a signature and the bank details at the end of each."""

    address: str = ""
    reply_to: str = ""
    signature: str = ""
    bank_details: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. `folder` is where it stands; relative paths start there."""

    folder: Path
    text: str
    business: Business
    store_url: str
    broker: str
    key_file: Path
    connections: dict[str, ConnectionSettings]
    sending: Sending
    sender: SenderSettings
    matching: MatchPolicy
    rulebook: Rulebook


def load(path: Path, rules: Path | None = None) -> tuple[Settings, list[Problem]]:
    """Read the file; `rules` may name another file that holds the policies. With problems, do not use the settings."""
    try:
        text = path.read_text(encoding="utf-8")
        rules_text = rules.read_text(encoding="utf-8") if rules else ""
    except (OSError, UnicodeDecodeError) as error:
        missing = Problem(str(rules or path), f"cannot be read: {error}", "owed init writes a first owed.toml")
        return _read(Table({}, (), parse("", str(path))[0].places, []), path, "", Rulebook()), [missing]
    document, problems = parse(text, str(path))
    if problems:
        return _read(document.root([]), path, text, Rulebook()), problems
    root = document.root(problems)
    rulebook = read_rules(root, templates=built_in().names)
    if rules:
        rulebook, rule_problems = load_rules(rules_text, str(rules), templates=built_in().names)
        problems += rule_problems
    settings = _read(root, path, text, rulebook)
    root.finish()
    return settings, sorted(set(problems), key=_place)


def _place(problem: Problem) -> tuple[str, int, int, str]:
    name, line, column = [*problem.where.rsplit(":", 2), "0", "0"][:3]
    return name, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0, problem.what


def _read(root: Table, path: Path, text: str, rulebook: Rulebook) -> Settings:
    folder = path.parent.resolve()
    store = root.take_table("store")
    url = store.take_text("url", "sqlite:///owed.db")
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        store.expected("url", "sqlite:///FILE or postgresql://…")
    store.finish()
    worker = root.take_table("worker")
    broker = worker.take_text("broker", "memory:")
    if not broker.startswith(BROKERS):
        worker.expected("broker", f"one of {', '.join(BROKERS)}")
    worker.finish()
    secrets = root.take_table("secrets")
    key_file = folder / secrets.take_text("key_file", "owed.key")
    secrets.finish()
    business = _business(root.take_table("business", required=True))
    connections = _connections(root)
    sending, sender = _sending(root.take_table("sending"))
    return Settings(
        folder=folder,
        text=text,
        business=business,
        store_url=_absolute(url, folder),
        broker=broker,
        key_file=key_file,
        connections=connections,
        sending=sending,
        sender=sender,
        matching=_matching(root.take_table("matching")),
        rulebook=rulebook,
    )


def _absolute(url: str, folder: Path) -> str:
    """A relative SQLite file stands beside owed.toml, wherever the command is called from."""
    name = url.removeprefix("sqlite:///")
    return f"sqlite:///{folder / name}" if url.startswith("sqlite:///") and name != ":memory:" else url


def _business(table: Table) -> Business:
    name = table.take_text("name")
    zone = table.take_text("timezone", "UTC")
    if zone not in zoneinfo.available_timezones():
        table.expected("timezone", "a time zone such as Europe/London")
        zone = "UTC"
    currency = table.take_text("currency", "")
    if currency and currency not in CURRENCIES:
        table.expected("currency", "an ISO 4217 code such as GBP")
    country = table.take_text("country", "")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        table.expected("country", "an ISO 3166 code of two letters such as GB")
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    business = Business(
        id=table.take_text("id", slug or "business"),
        name=name,
        timezone=zone,
        country=country,
        currency=currency,
        domains=table.take_list_of_text("domains", ()),
    )
    table.finish()
    return business


def _connections(root: Table) -> dict[str, ConnectionSettings]:
    found: dict[str, ConnectionSettings] = {}
    for table in root.take_tables("connection"):
        settings = _connection(table)
        name = settings.endpoint.name
        if name in found or name == "local":
            table.report("name", f"{name!r} is taken", "every connection needs a name of its own")
        elif name and not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
            table.expected("name", "lower-case letters, digits and hyphens")
        found[name] = settings
    return found


def _connection(table: Table) -> ConnectionSettings:
    name = table.take_text("name")
    platform = table.take_choice("platform", PLATFORMS)
    endpoint = Endpoint(
        name=name,
        platform=platform,
        account=table.take_text("account", ""),
        api_base=_url(table, "api_base"),
        token_url=_url(table, "token_url"),
        authorize_url=_url(table, "authorize_url"),
        revoke_url=_url(table, "revoke_url"),
        options=_options(table, platform),
    )
    clearing = table.take_table("clearing_accounts")
    accounts = {}
    for currency in clearing:
        if currency not in CURRENCIES:
            clearing.report(currency, "not a currency", 'write the clearing account per currency: GBP = "090"')
        accounts[currency] = clearing.take_text(currency)
    clearing.finish()
    others = table.take_flag("stripe_money_posted_by_others", None)
    books = BookSettings(accounts, others, table.take_flag("reminds_by_itself", None))
    secrets = [_secret(table, key) for key in ("client_id", "client_secret", "password")]
    table.finish()
    return ConnectionSettings(endpoint, books, *secrets)


def _options(table: Table, platform: str) -> dict[str, str]:
    """What only some platforms know: the mail server, scopes, the connections list of Xero."""
    texts = {"email": ("host", "security", "username"), "xero": ("connections_url", "scopes")}.get(platform, ())
    options = {key: table.take_text(key, "") for key in texts}
    if platform == "email":
        options["port"] = str(table.take_int("port", 587, least=1, most=65_535))
    limits = table.take_table("limits")
    for window in WINDOW_NAMES:
        calls = limits.take_int(f"calls_per_{window}", None, least=1)
        options[f"calls_per_{window}"] = str(calls or "")
    limits.finish()
    return {key: value for key, value in options.items() if value}


def _url(table: Table, key: str) -> str:
    url = table.take_text(key, "")
    if url and not re.match(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)", url):
        table.expected(key, "an https:// address (http:// only on this machine)")
    return url.rstrip("/")


def _secret(table: Table, key: str) -> Secret:
    """`{ env = "NAME" }` or `{ file = "path" }`; a secret written into the file is refused."""
    if isinstance(table.peek(key), str):
        table.take_any(key)
        table.report(
            key, "a secret does not stand in the file", f'write {key} = {{ env = "NAME" }} or {{ file = "PATH" }}'
        )
        return Secret()
    inner = table.take_table(key)
    secret = Secret(env=inner.take_text("env", ""), file=inner.take_text("file", ""))
    inner.finish()
    return secret


def _sending(table: Table) -> tuple[Sending, SenderSettings]:
    mode = table.take_choice("mode", MODES, "off")
    redirect_to = table.take_text("redirect_to", "")
    if mode == "redirect" and "@" not in redirect_to:
        table.report("mode", "redirect needs redirect_to", 'add redirect_to = "you@example.com"')
    above: Money | None = table.take_money("approval_above", None)
    sending = Sending(
        mode=mode,  # type: ignore[arg-type]  # take_choice returns one of MODES
        redirect_to=redirect_to,
        daily_cap=table.take_int("daily_cap", 200, least=1),
        ramp_start=table.take_int("ramp_start", 10, least=1),
        settle=dt.timedelta(seconds=table.take_int("settle_seconds", 120, least=1)),
        note_in_books=table.take_flag("note_in_books", True),
        approval_above=above,
    )
    sender = SenderSettings(
        address=table.take_text("from", ""),
        reply_to=table.take_text("reply_to", ""),
        signature=table.take_text("signature", ""),
        bank_details=table.take_text("bank_details", ""),
    )
    for key in ("from", "reply_to", "redirect_to"):
        value = table.peek(key)
        if isinstance(value, str) and value and not re.search(r"[^\s@<>]+@[^\s@<>]+", value):
            table.expected(key, "an e-mail address")
    table.finish()
    return sending, sender


def _matching(table: Table) -> MatchPolicy:
    standard = MatchPolicy()
    policy = MatchPolicy(
        sighting_days=table.take_int("sighting_days", standard.sighting_days, least=0, most=60),
        shortest_number=table.take_int("shortest_number", standard.shortest_number, least=2),
    )
    table.finish()
    return policy
