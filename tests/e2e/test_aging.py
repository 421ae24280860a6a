"""Open count, overdue count and every bucket equal what the ledger's CSV says by itself."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.ledgers import Expected, expected, write_ledger
from tests.e2e.running import product

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "ibm-late-payments.csv"


def aged(folder: Path, ledger: Path, as_of: dt.date, look_back: dt.date | None = None) -> Expected:
    """The same figures by owed: sandbox filled from the ledger, three connections, sync, aging.

    `look_back` is a day before the first sync, which owed rebuilds from the dates on documents.
    """
    now = f"{as_of}T12:00:00Z"
    with product(folder, "--ledger", str(ledger), "--as-of", str(as_of)) as running:
        running.connect(now)
        running.owed("sync", "--now", now)
        told = running.json("aging", "--now", now)
        assert told["basis"] == "known"
        if look_back:
            told = running.json("aging", "--now", f"{look_back}T12:00:00Z")
            assert told["basis"] == "documents"
        breaks = running.json("breaks", "--now", now)
    assert [one for one in breaks if one["break"]["kind"] == "balance differs"] == []
    found = Expected(told["open_count"], told["overdue_count"])
    for currency, one in told["currencies"].items():
        for name, bucket in one["buckets"].items():
            assert bucket["total"]["currency"] == currency
            if bucket["count"]:
                found.totals[currency, name] = Decimal(bucket["total"]["amount"])  # type: ignore[assignment]  # a Counter holds decimals too
    return found


def test_a_generated_ledger_with_all_buckets_currencies_and_platforms(tmp_path: Path) -> None:
    as_of, ledger = dt.date(2026, 6, 30), tmp_path / "ledger.csv"
    write_ledger(ledger, as_of)
    wanted = expected(ledger, as_of)
    assert len(wanted.totals) == 15, "the generated ledger fills five buckets in three currencies"
    assert aged(tmp_path, ledger, as_of) == wanted


@pytest.mark.skipif(not REAL.exists(), reason="the real payment history is not beside this checkout")
def test_the_real_history_of_2466_invoices(tmp_path: Path) -> None:
    as_of = dt.date(2013, 6, 30)
    wanted = expected(REAL, as_of)
    assert wanted.open_count == 84
    assert aged(tmp_path, REAL, as_of) == wanted


@pytest.mark.skipif(not REAL.exists(), reason="the real payment history is not beside this checkout")
def test_a_day_before_the_first_sync_is_rebuilt_from_documents(tmp_path: Path) -> None:
    as_of, day = dt.date(2013, 6, 30), dt.date(2013, 2, 28)
    wanted = expected(REAL, day)
    assert wanted.open_count > 84
    assert aged(tmp_path, REAL, as_of, look_back=day) == wanted
