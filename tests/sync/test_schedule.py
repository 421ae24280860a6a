"""Between the hourly rounds: connections that failed are tried again within minutes."""

from sync import schedule
from sync.pull import pull
from tests.sync.conftest import Office


def test_a_connection_that_failed_is_tried_again_before_xeros_half_hour_is_over(office: Office) -> None:
    office.later(hours=1)
    office.tell("/faults", platform="xero", kind="error", count=50)
    assert pull(office.installation, "books").error
    assert schedule.to_try_again(office.installation) == []
    office.later(minutes=9)
    assert schedule.to_try_again(office.installation) == ["books"]
    assert schedule.to_try_again(office.installation) == [], "it is under way"
    office.later(minutes=9)
    assert schedule.to_try_again(office.installation) == ["books"]
    office.sandbox.world.faults.clear()
    assert not pull(office.installation, "books").error
    office.later(minutes=9)
    assert schedule.to_try_again(office.installation) == []
