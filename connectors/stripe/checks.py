"""Is the connection usable? Every missing permission is told by name, not only the first that a pull runs into."""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.errors import Forbidden, Malformed, NotFound, Refused
from connectors.fields import Record, record, text
from connectors.protocol import Health
from connectors.stripe.client import StripeClient
from connectors.stripe.translate import STREAMS
from receivables.problems import Problem

_BOXES = "in Stripe under Developers, API keys, edit the restricted key: set {permission} to Read"


def check(client: StripeClient, connection: str, wanted_account: str) -> Health:
    """One call for the account, and one for each list that is pulled."""
    try:
        found = client.get("/v1/account")
    except (Forbidden, NotFound):
        what = "the key may not read the account: its name and time zone are not known"
        return Health(account=wanted_account, problems=(Problem(connection, what), *_forbidden(client, connection)))
    account, settings = text(found, "id"), record(record(found, "settings"), "dashboard")
    return Health(
        account=account,
        name=text(settings, "display_name") or text(record(found, "business_profile"), "name"),
        currency=text(found, "default_currency").upper(),
        timezone=text(settings, "timezone"),
        problems=(*_another_account(connection, account, wanted_account), *_forbidden(client, connection)),
    )


def zone_of(client: StripeClient) -> str:
    """The account's time zone, "" where it cannot be asked."""
    found: Record = client.get("/v1/account")
    return text(record(record(found, "settings"), "dashboard"), "timezone")


def _another_account(connection: str, account: str, wanted: str) -> tuple[Problem, ...]:
    if wanted in {"", account}:
        return ()
    what = f"the key belongs to {account}, but the connection names {wanted}"
    return (Problem(connection, what, "mend account in owed.toml, or give the other account's key"),)


def _forbidden(client: StripeClient, connection: str) -> Iterator[Problem]:
    lists = [(stream, table.path, table.permission, table.expand) for stream, table in STREAMS.items()]
    for stream, path, permission, expand in [*lists, ("events", "/v1/events", "Events", ())]:
        try:
            client.page(path, {"limit": 1, "expand": [f"data.{name}" for name in expand]})
        except Forbidden as error:
            yield Problem(connection, f"the key may not read {words(stream)}: {error}", box(permission))
        except (Refused, Malformed):
            continue  # a server without this list: its pull will tell


class MissingPermission(Forbidden):
    """Says which line of Stripe's key page has to be set."""


@contextmanager
def naming(stream: str, permission: str) -> Iterator[None]:
    """A call that the key may not make is refused with the name of what is missing."""
    try:
        yield
    except MissingPermission:
        raise
    except Forbidden as error:
        what = f"the key may not read {words(stream)}: {error}; {box(permission)}"
        raise MissingPermission(what, code=error.code, reference=error.reference) from None


def words(stream: str) -> str:
    return stream.replace("_", " ")


def box(permission: str) -> str:
    """What to tick."""
    return _BOXES.format(permission=permission)
