"""The page about the connectors says what the manifests say."""

from pathlib import Path

from connectors.page import describe


def test_the_page_is_made_from_the_manifests() -> None:
    page = Path(__file__).parents[2] / "docs" / "connectors.md"
    assert page.read_text(encoding="utf-8") == describe(), "run: python -m connectors.page > docs/connectors.md"
