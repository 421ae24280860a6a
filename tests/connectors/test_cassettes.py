"""Recorded conversations, replayed through the real clients and SDKs: the same answers still mean the same."""

import pytest

from tests.connectors.recorded import CASES
from tests.connectors.recording import SOURCE, Case, load, open_recorded, player


@pytest.mark.parametrize("case", CASES, ids=[f"{case.platform}/{case.name}" for case in CASES])
def test_a_recorded_conversation_still_means_the_same(case: Case) -> None:
    held = load(case)
    connector = open_recorded(case.platform, held["account"])
    with player("none").use_cassette(str(case.path)) as cassette:
        assert case.run(connector, held["ids"]) == held["outcome"]
        assert cassette.all_played


@pytest.mark.parametrize("case", CASES, ids=[f"{case.platform}/{case.name}" for case in CASES])
def test_a_cassette_tells_its_source_and_no_secret(case: Case) -> None:
    text = case.path.read_text(encoding="utf-8")
    assert load(case)["source"] == SOURCE
    lower = text.lower()
    for word in (
        "authorization",
        "bearer",
        "rk_test",
        "access_token",
        "refresh_token",
        "client_secret",
        "/work",
        "/tmp",
    ):
        assert word not in lower
