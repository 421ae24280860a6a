"""Consent and revocation at QuickBooks and Xero."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.worlds import QuickBooks, Xero

BACK = "http://127.0.0.1:9/callback"


def consent(config: dict[str, Any]) -> dict[str, str]:
    """What the browser brings back from the consent page."""
    query = {
        "client_id": config["client_id"],
        "redirect_uri": BACK,
        "state": "s 1",
        "response_type": "code",
        "scope": "x",
    }
    sent = requests.get(config["authorize_url"], params=query, allow_redirects=False, timeout=20)
    assert sent.status_code == 302, sent.text
    return {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["Location"]).query).items()}


def buy(config: dict[str, Any], code: str) -> requests.Response:
    client = (config["client_id"], config["client_secret"])
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return requests.post(config["token_url"], data=form, auth=client, timeout=20)


def test_quickbooks_brings_back_the_company(quickbooks: QuickBooks) -> None:
    back = consent(quickbooks.config)
    assert back["state"] == "s 1"
    assert back["realmId"] == quickbooks.config["realm_id"]
    quickbooks.token = buy(quickbooks.config, back["code"]).json()["access_token"]
    assert quickbooks.call("GET", "/preferences").status_code == 200
    assert buy(quickbooks.config, back["code"]).json()["error"] == "invalid_grant"


def test_xero_brings_back_a_code_that_buys_once(xero: Xero) -> None:
    back = consent(xero.config)
    assert back["state"] == "s 1"
    assert buy(xero.config, back["code"]).json()["refresh_token"]
    assert buy(xero.config, back["code"]).status_code == 400


@pytest.mark.parametrize("body", ["json", "data"])
def test_quickbooks_forgets_everything_when_revoked(quickbooks: QuickBooks, body: str) -> None:
    client = (quickbooks.config["client_id"], quickbooks.config["client_secret"])
    token: Any = {body: {"token": quickbooks.config["refresh_token"]}}
    assert requests.post(quickbooks.config["revoke_url"], auth=client, timeout=20, **token).status_code == 200
    assert quickbooks.call("GET", "/preferences").status_code == 401
    assert quickbooks.refresh(quickbooks.config["refresh_token"]).json()["error"] == "invalid_grant"
    quickbooks.token = buy(quickbooks.config, consent(quickbooks.config)["code"]).json()["access_token"]
    assert quickbooks.call("GET", "/preferences").status_code == 200


def test_xero_drops_every_connection_when_revoked(xero: Xero) -> None:
    client = (xero.config["client_id"], xero.config["client_secret"])
    form = {"token": xero.config["refresh_token"]}
    assert requests.post(xero.config["revoke_url"], data=form, auth=client, timeout=20).status_code == 200
    assert xero.call("GET", "/Organisation").status_code == 401
    xero.token = buy(xero.config, consent(xero.config)["code"]).json()["access_token"]
    assert xero.call("GET", "/Organisation").status_code == 200


@pytest.mark.parametrize("platform", ["quickbooks", "xero"])
def test_a_wrong_secret_is_a_wrong_client(quickbooks: QuickBooks, xero: Xero, platform: str) -> None:
    config = {"quickbooks": quickbooks.config, "xero": xero.config}[platform]
    form = {"grant_type": "refresh_token", "refresh_token": config["refresh_token"]}
    answer = requests.post(config["token_url"], data=form, auth=(config["client_id"], "wrong"), timeout=20)
    assert answer.json() == {"error": "invalid_client"}
