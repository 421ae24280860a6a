"""[[connection]] of owed.toml: where books are kept, money is taken and mail is sent from."""

import re
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from connectors.protocol import Endpoint
from owed.secret import Secret, take_secret
from receivables.money import CURRENCIES
from receivables.refs import LOCAL
from rules.table import Table
from sync.installation import BookSettings, FeePosting
from sync.limits import WINDOW_NAMES
from sync.mailbox import MAILBOX

PLATFORMS = ("quickbooks", "xero", "stripe", "email", "webhook")
SECURITY = ("starttls", "ssl", "none")

#: What `owed connect` keeps sealed in the store.
_CREDENTIALS = ("api_key", "access_token", "refresh_token")
_ADDRESS = re.compile(r"https://[^/\s?#]+[^\s]*|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/\S*)?")


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One [[connection]]."""

    endpoint: Endpoint
    books: BookSettings
    #: What the platform signs its webhooks with.
    webhook_secret: Secret = field(default_factory=Secret)
    client_id: Secret = field(default_factory=Secret)
    client_secret: Secret = field(default_factory=Secret)
    password: Secret = field(default_factory=Secret)


def read_connections(root: Table) -> dict[str, ConnectionSettings]:
    """By name, in the file's order; problems are appended to the root's."""
    found: dict[str, ConnectionSettings] = {}
    for table in root.take_tables("connection"):
        settings = _connection(table)
        name = settings.endpoint.name
        if name in found or name in (LOCAL, MAILBOX):
            table.report("name", f"{name!r} is taken", "every connection needs a name of its own")
        elif name and not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
            table.expected("name", "lower-case letters, digits and hyphens")
        found[name] = settings
        _check_grant(table, settings.endpoint, found)
    return found


def _check_grant(table: Table, endpoint: Endpoint, known: dict[str, ConnectionSettings]) -> None:
    """One consent for several organisations: each has to say which of them it is."""
    if not endpoint.grant:
        return
    lender = known.get(endpoint.grant)
    if endpoint.platform != "xero" or lender is None or lender.endpoint.platform != "xero" or lender.endpoint.grant:
        table.report(
            "grant", f"{endpoint.grant!r} lends no grant", "name a [[connection]] to Xero that stands above it"
        )
    elif not endpoint.account:
        table.report("grant", "the organisation is not named", "add account = its tenant id; owed connect lists them")


def _connection(table: Table) -> ConnectionSettings:
    name = table.take_text("name")
    platform = table.take_choice("platform", PLATFORMS)
    endpoint = Endpoint(
        name=name,
        platform=platform,
        account=table.take_text("account", ""),
        grant=table.take_text("grant", ""),
        api_base=_url(table, "api_base"),
        token_url=_url(table, "token_url"),
        authorize_url=_url(table, "authorize_url"),
        revoke_url=_url(table, "revoke_url"),
        options={**_options(table, platform), **_limits(table)},
    )
    books = BookSettings(
        _clearing_accounts(table),
        table.take_flag("stripe_money_posted_by_others", None),
        table.take_flag("reminds_by_itself", None),
        _fee_posting(table),
    )
    secrets = {key: take_secret(table, key) for key in ("client_id", "client_secret", "password", "webhook_secret")}
    _refuse_credentials(table, name)
    table.finish()
    return ConnectionSettings(endpoint, books, **secrets)


def _clearing_accounts(table: Table) -> dict[str, str]:
    """Account codes by currency."""
    clearing = table.take_table("clearing_accounts")
    accounts = {}
    for currency in clearing:
        if currency not in CURRENCIES:
            clearing.report(currency, "not a currency", 'write the clearing account per currency: GBP = "090"')
        accounts[currency] = clearing.take_text(currency)
    clearing.finish()
    return accounts


def _fee_posting(table: Table) -> FeePosting | None:
    """post_fees = { expense_account = "404", tax_code = "NONE" }; account, where it is not the clearing account."""
    if "post_fees" not in table:
        return None
    fees = table.take_table("post_fees")
    found = FeePosting(fees.take_text("expense_account"), fees.take_text("tax_code"), fees.take_text("account", ""))
    fees.finish()
    return found


def _options(table: Table, platform: str) -> dict[str, str]:
    """What only some platforms know: the mail server, scopes, the connections list of Xero."""
    if platform == "xero":
        found = {"connections_url": _url(table, "connections_url"), "scopes": table.take_text("scopes", "")}
    elif platform == "stripe":
        connect = table.take_flag("connect", False)
        found = {"connect": "true" if connect else "", "timezone": _zone(table)}
    elif platform == "email":
        port = table.take_int("port", None, least=1, most=65_535)
        found = {
            "host": table.take_text("host"),
            "security": table.take_choice("security", SECURITY, "starttls"),
            "username": table.take_text("username", ""),
            "port": str(port or ""),  # the usual port depends on the security; the connector knows it
        }
    else:
        found = {}
    return {key: value for key, value in found.items() if value}


def _zone(table: Table) -> str:
    """Where a restricted key may not read the account, its calendar days have to be told."""
    name = table.take_text("timezone", "")
    if name and name not in available_timezones():
        table.expected("timezone", "a name of the IANA database, such as Europe/London")
    return name


def _limits(table: Table) -> dict[str, str]:
    limits = table.take_table("limits")
    calls = {f"calls_per_{window}": limits.take_int(f"calls_per_{window}", None, least=1) for window in WINDOW_NAMES}
    limits.finish()
    return {key: str(number) for key, number in calls.items() if number}


def _url(table: Table, key: str) -> str:
    url = table.take_text(key, "")
    if url and not _ADDRESS.fullmatch(url):
        table.expected(key, "an https:// address (http:// only on this machine)")
    return url.rstrip("/")


def _refuse_credentials(table: Table, name: str) -> None:
    for key in _CREDENTIALS:
        if key in table:
            table.take_any(key)
            table.report(key, "a secret does not stand in the file", f"remove it and run: owed connect {name}")
