"""Sandboxes for tests: an empty one per test, the seeded company once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, QuickBooks, Stripe, Xero

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", now=NOON, company="empty") as running:
        yield running


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The seeded company, for reading only; its limits are off."""
    with Sandbox(tmp_path_factory.mktemp("seeded"), now=NOON) as running:
        for door in running.control.doors.values():
            door.limits_on = False
        yield running


@pytest.fixture
def xero(sandbox: Sandbox) -> Xero:
    return Xero(sandbox)


@pytest.fixture
def quickbooks(sandbox: Sandbox) -> QuickBooks:
    return QuickBooks(sandbox)


@pytest.fixture
def stripe(sandbox: Sandbox) -> Stripe:
    return Stripe(sandbox)


@pytest.fixture
def control(sandbox: Sandbox) -> Control:
    return Control(sandbox)
