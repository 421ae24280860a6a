"""The demo's owed.toml: three platforms, a mail server and a mailbox, all of them the sandbox's."""

from pathlib import Path
from typing import Any

from owed.starter import starter_rules

_TEMPLATE = """# Written by owed demo for the sandbox in {folder}; every address is on this machine.

[business]
id = "harbour-joinery"
name = "Harbour Joinery Ltd"
timezone = "Europe/London"
country = "GB"
currency = "GBP"

[store]
url = "{store}"

[sending]
mode = "live"                       # live on the demo's own sandbox: every address there is invented
from = "Harbour Joinery <accounts@harbour-joinery.example>"
reply_to = "accounts@harbour-joinery.example"
signature = "Ann Harbour, Accounts"
bank_details = "Harbour Bank, sort code 00-00-00, account 00000000"
settle_seconds = 2                  # the sandbox answers at once

[[connection]]
name = "books"
platform = "xero"
limits = {{ calls_per_minute = 115 }}  # the demo's clock jumps half an hour on the way, and Xero's minute with it
account = "{xero[tenant_id]}"
api_base = "{xero[api_base]}"
token_url = "{xero[token_url]}"
authorize_url = "{xero[authorize_url]}"
revoke_url = "{xero[revoke_url]}"
connections_url = "{xero[connections_url]}"
stripe_money_posted_by_others = false
[connection.clearing_accounts]
GBP = "091"

[[connection]]
name = "ledger"
platform = "quickbooks"
account = "{quickbooks[realm_id]}"
api_base = "{quickbooks[api_base]}"
token_url = "{quickbooks[token_url]}"
authorize_url = "{quickbooks[authorize_url]}"
revoke_url = "{quickbooks[revoke_url]}"
reminds_by_itself = false
stripe_money_posted_by_others = false
[connection.clearing_accounts]
GBP = "4"
EUR = "4"
USD = "4"

[[connection]]
name = "cards"
platform = "stripe"
account = "{stripe[account]}"
api_base = "{stripe[api_base]}"
reminds_by_itself = false

[[connection]]
name = "mail"
platform = "email"
host = "{smtp[host]}"
port = {smtp[port]}
security = "none"

[mailbox]
host = "{imap[host]}"
port = {imap[port]}
security = "none"
username = "{imap[username]}"
password = {{ file = "owed.mailbox" }}

"""


def write_settings(folder: Path, config: dict[str, Any], store: str, rules: str = "") -> Path:
    """Written anew at every run, since the sandbox's ports change; the store stays. `rules`: else the starter's."""
    path = folder / "owed.toml"
    (folder / "owed.mailbox").write_text(config["imap"]["password"], encoding="utf-8")
    head = _TEMPLATE.format(folder=folder.name, store=store, **config)
    path.write_text(head + (rules or starter_rules()), encoding="utf-8")
    return path
