"""Intuit's recorded answers in XML, as the JSON that the API writes for the same records.

A repeated element is a list, a reference's text is its value, and its attribute name its name.
"""

import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from typing import Any

import pytest

from connectors.fields import Record
from tests.connectors.shared_specs import SPECS

_LISTS = {"Line", "LinkedTxn", "CustomField", "TaxLine", "OtherContactInfo", "AttachableRef"}
_NUMBERS = {
    "Amount",
    "Balance",
    "BalanceWithJobs",
    "Deposit",
    "DiscountPercent",
    "ExchangeRate",
    "HomeBalance",
    "HomeTotalAmt",
    "Qty",
    "RemainingCredit",
    "TaxInclusiveAmt",
    "TotalAmt",
    "TotalTax",
    "UnappliedAmt",
    "UnitPrice",
}
FOLDER = "quickbooks/fixtures_ruby"


def fixture_names() -> set[str]:
    folder = SPECS / FOLDER
    if not folder.is_dir():
        pytest.skip("the vendor's examples are not at hand (folder shared beside the checkout)")
    return {path.stem for path in folder.glob("*.xml")}


def fixture(name: str, entity: str) -> list[Record]:
    """All records of an entity in one recording, in their order."""
    path = SPECS / FOLDER / f"{name}.xml"
    if not path.is_file():
        pytest.skip(f"the vendor's example {name} is not at hand (folder shared beside the checkout)")
    root = ElementTree.parse(path).getroot()
    found = [element for element in root.iter() if _name(element) == entity]
    return [_record(element) for element in found]


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _record(element: ElementTree.Element) -> Record:
    row: Record = {name: element.attrib[name] for name in ("domain", "status") if name in element.attrib}
    for child in element:
        name, value = _name(child), _value(child)
        if name in _LISTS:
            row.setdefault(name, []).append(value)
        else:
            row[name] = value
    return row


def _value(element: ElementTree.Element) -> Any:
    name, text = _name(element), (element.text or "").strip()
    if len(element):
        return _record(element)
    if name.endswith("Ref") or name == "CustomerMemo":
        return {"value": text} | ({"name": element.attrib["name"]} if "name" in element.attrib else {})
    if name in _NUMBERS:
        return Decimal(text)
    return {"true": True, "false": False}.get(text, text)
