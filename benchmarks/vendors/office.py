"""An organisation connected to the stand-ins, as a user's would be to the platforms."""

import dataclasses
import datetime as dt
from pathlib import Path

from connectors.protocol import Tokens
from owed.bootstrap import install
from sync.installation import Installation
from sync.tokens import StoredTokens

_FREE = "limits = { calls_per_second = 1000000, calls_per_minute = 1000000, calls_per_day = 10000000, calls_per_month = 100000000 }"
_SETTINGS = """
[business]
name = "Bench"
currency = "USD"
[store]
url = "{store}"
[[connection]]
name = "books"
platform = "{platform}"
account = "{account}"
api_base = "{base}"
{limits}
"""
_ACCOUNTS = {"xero": "00000000-0000-4000-8000-000000000000", "quickbooks": "1", "stripe": "acct_bench"}
_PATHS = {"xero": "/api.xro/2.0", "quickbooks": "/v3", "stripe": ""}


def opened(
    folder: Path, platform: str, url: str, store: str = "sqlite:///owed.db", limits: str = _FREE
) -> Installation:
    config = folder / "owed.toml"
    base = url + _PATHS[platform]
    text = _SETTINGS.format(store=store, platform=platform, account=_ACCOUNTS[platform], base=base, limits=limits)
    config.write_text(text)
    ours = install(config)
    tokens = Tokens(access_token="bench", api_key="rk_test_bench")
    StoredTokens(ours.store, ours.vault, "books", ours.wall, ours.processes).save(tokens)
    return dataclasses.replace(ours, clock=lambda: dt.datetime.now(dt.UTC))
