"""One consent at Xero for two organisations: one refresh token, renewed by whoever needs it first, used by both."""

import re

from sync.pull import pull
from tests.sync.conftest import Office


def test_two_connections_live_on_one_grant(office: Office) -> None:
    text = office.config.read_text()
    found = re.search(r'\[\[connection\]\]\nname = "books".*?(?=\n\[\[)', text, re.DOTALL)
    assert found
    second = found[0].replace('name = "books"', 'name = "branch"\ngrant = "books"')
    office.config.write_text(text.replace(found[0], f"{found[0]}\n{second}"))
    for _ in range(3):
        office.later(minutes=40)  # the access token is dead each time, and whoever comes first renews it
        assert not pull(office.installation, "branch").error
        assert not pull(office.installation, "books").error
        office.later(minutes=40)
        assert not pull(office.installation, "books").error
        assert not pull(office.installation, "branch").error
