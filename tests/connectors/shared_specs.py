"""The vendors' own examples, where the folder `shared` lies beside the checkout; tests that need them skip elsewhere."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"


def example(path: str) -> Any:
    found = SPECS / path
    if not found.is_file():
        pytest.skip(f"the vendor's example {path} is not at hand (folder shared beside the checkout)")
    return json.loads(found.read_text(encoding="utf-8"), parse_float=Decimal)


def xero_example(operation: str) -> dict[str, Any]:
    body = example(f"xero/examples/{operation}.200.json")["body"]
    assert isinstance(body, dict)
    return body


def quickbooks_recording(name: str, index: int) -> dict[str, Any]:
    response = example(f"quickbooks/recordings/{name}.json")[index]["response"]
    assert isinstance(response, dict)
    return response


def stripe_fixture(name: str) -> dict[str, Any]:
    found = example("stripe/fixtures3.json")["resources"][name]
    assert isinstance(found, dict)
    return found
